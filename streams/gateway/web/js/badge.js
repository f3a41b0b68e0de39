// How a job stands, as a word with a shape (never a colour alone), and how far it is.

import { el, svg } from "./dom.js";
import { ENDED, stage, state } from "./words.js";

const SHAPES = {
  queued: "M3 8h10", running: "M2 9c2-3 4-3 6 0s4 3 6 0", done: "M3 8.500l3.500 3.500L13 4.500", partial: "M3 8h4M9 8h1M12 8h1",
  failed: "M4 4l8 8M12 4l-8 8", cancelled: "M5 5h6v6H5z",
};

export function badge() {
  const path = svg("path", { d: SHAPES.queued });
  const word = el("span");
  const node = el("span.badge", svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, path), word);
  return {
    node,
    update(job) {
      node.dataset.state = job.state;
      path.setAttribute("d", SHAPES[job.state] ?? SHAPES.queued);
      word.textContent = state(job);
    },
  };
}

/** A bar for what has not ended. */
export function progress() {
  const bar = el("progress", { max: 1 });
  const word = el("span.help");
  const node = el("div.progress", { hidden: true }, bar, word);
  return {
    node,
    update(job, name) {
      node.hidden = ENDED.has(job.state);
      if (node.hidden) return;
      bar.value = job.progress;
      bar.setAttribute("aria-label", `Progress of ${name}`);
      word.textContent = job.state === "queued" ? "Waiting for its turn" : `${stage(job.stage)}, ${Math.floor(job.progress * 100)} %`;
    },
  };
}
