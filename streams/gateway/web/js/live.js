// What is heard, as it is heard: grows at its end, and stays where one reads.

import { el } from "./dom.js";
import { short } from "./time.js";

const NEAR = 60;
const MOMENT = 40;

export function live({ seek, shown }) {
  const list = el("ol.list");
  const calm = el("p.calm", "Listening. The first words appear here within seconds.");
  const node = el("div.scroll", calm, list);
  const names = new Set();
  let [known, waiting, timer] = [[], [], null];
  return { node, add, clear, look: () => shown(known), time: () => {}, count: () => names.size };

  /** One more; a whole history comes at once, so rows are made together. */
  function add(told) {
    const name = `${told.start}|${told.text}`;
    if (names.has(name)) return;
    names.add(name);
    waiting.push(told);
    timer ??= setTimeout(write, MOMENT);
  }

  function write() {
    const follows = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR;
    waiting.forEach(place);
    [waiting, timer] = [[], null];
    calm.hidden = true;
    if (follows) node.scrollTop = node.scrollHeight;
    shown(known);
  }

  function place({ start, end, text, language: tag, index }) {
    const late = known.length && known.at(-1).start > start;
    const at = late ? known.findIndex((each) => each.start > start) : -1;
    known.splice(at < 0 ? known.length : at, 0, { start, end, text });
    const row = el(
      "li.cue",
      { "data-chunk": String(index) },
      el("button.at", { type: "button", "aria-label": `Play from ${short(start)}`, onclick: () => seek(start) }, short(start)),
      el("p.text", { lang: tag, dir: "auto" }, text),
    );
    list.insertBefore(row, at < 0 ? null : list.children[at]);
  }

  function clear() {
    clearTimeout(timer);
    [known, waiting, timer] = [[], [], null];
    names.clear();
    list.replaceChildren();
    calm.hidden = false;
  }
}
