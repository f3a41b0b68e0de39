// The whole lecture at a glance: where there is speech, what was lost, where one is. A picture of the list of cues,
// which says the same to those who don't see it.

import { el, svg } from "./dom.js";

const WIDE = 1000;
const MOMENT = 100;

export function river(seek) {
  const [bed, holes] = [svg("g", { class: "speech" }), svg("g", { class: "holes" })];
  const here = svg("rect", { class: "here", width: 2, height: 30, y: 1, x: -4 });
  const picture = svg("svg", { viewBox: `0 0 ${WIDE} 32`, preserveAspectRatio: "none", "aria-hidden": "true" }, bed, holes, here);
  const node = el("div.river", picture);
  let [length, known, asked] = [0, [], null];
  picture.addEventListener("click", (event) => {
    const place = picture.getBoundingClientRect();
    if (length) seek(((event.clientX - place.left) / place.width) * length);
  });
  return { node, update, time, cues };

  function update(job) {
    const now = job.duration || job.audio_seconds;
    if (now !== length) {
      length = now;
      draw();
    }
    holes.replaceChildren(...(job.lost ?? []).map((each) => bar(each, 2, 28)));
  }

  /** What there is to show. */
  function cues(list) {
    known = list;
    asked ??= setTimeout(draw, MOMENT);
  }

  function draw() {
    asked = null;
    const end = Math.max(length, known.at(-1)?.end ?? 0);
    if (!end) return;
    bed.replaceChildren(...known.map((cue) => bar(cue, 10, 12, end)));
  }

  function bar({ start, end }, y, height, whole = length) {
    const x = (start / whole) * WIDE;
    return svg("rect", { x, y, height, width: Math.max(1.5, ((end - start) / whole) * WIDE - 1), rx: 3 });
  }

  function time(seconds) {
    here.setAttribute("x", length ? (seconds / length) * WIDE : -4);
  }
}
