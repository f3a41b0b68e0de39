// What has been changed and not been saved, and the two things to do about it.

import { button, el } from "./dom.js";

export function saveBar({ save, discard, signal }) {
  const word = el("p", { role: "status" });
  const keep = button("Save", run, "main");
  const node = el("div.savebar", { hidden: true }, word, el("div.actions", keep, button("Discard", discard, "quiet")));
  addEventListener("keydown", pressed, { signal });
  return { node, update };

  function update(changed, over, savable) {
    node.hidden = !changed;
    keep.disabled = !savable;
    const text = [
      `${changed} ${changed === 1 ? "cue" : "cues"} changed`,
      over ? `${over} over a limit` : "",
      savable ? "" : "some can't be saved so: see the marks",
    ].filter(Boolean).join(", ");
    if (word.textContent !== text) word.textContent = text;
  }

  async function run() {
    keep.disabled = true;
    try {
      await save();
    } finally {
      keep.disabled = false;
    }
  }

  function pressed(event) {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey) || node.hidden || !node.isConnected) return;
    event.preventDefault();
    if (!keep.disabled) run();
  }
}
