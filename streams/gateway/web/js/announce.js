// What a screen reader is told besides what has the focus: one polite place, a word at a time, never twice the same.

const WAIT = 400;
let [timer, last] = [0, ""];

/** Say it when nothing newer comes within a moment. */
export function announce(text) {
  const place = document.getElementById("announcer");
  clearTimeout(timer);
  timer = setTimeout(() => {
    place.textContent = text === last ? `${text}\u00a0` : text;
    last = place.textContent;
  }, WAIT);
}
