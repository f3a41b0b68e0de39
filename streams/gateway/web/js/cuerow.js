// One cue in the list: when, what, what it breaks; a form takes its place while it is edited.

import { button, el, fresh } from "./dom.js";
import { said } from "./limits.js";
import { isChanged } from "./merge.js";
import { short } from "./time.js";

export function cueRow({ entry, tag, may, seek, edit, restore }) {
  const at = el("button.at", { type: "button", onclick: () => seek(entry.cue.start) });
  const text = el("p.text", { lang: tag, dir: "auto", id: fresh("cue") });
  const marks = el("p.marks");
  const change = may ? button("Edit", edit, "quiet") : null;
  const back = button("Put back", restore, "quiet", { hidden: true });
  const shown = el("div.read", at, el("div", text, marks), change, back);
  const node = el("li.cue", shown);
  return { node, entry, update, open, shut, focus, current };

  function update(found) {
    const { cue, base } = entry;
    const when = short((cue ?? base).start);
    at.textContent = when;
    at.setAttribute("aria-label", `Play from ${when}`);
    at.disabled = !cue;
    text.textContent = (cue ?? base).text;
    node.classList.toggle("gone", !cue);
    node.classList.toggle("changed", isChanged(entry));
    change?.setAttribute("aria-label", `Edit the cue at ${when}`);
    if (change) change.hidden = !cue;
    back.hidden = !!cue;
    back.setAttribute("aria-label", `Put back the cue at ${when}`);
    marks.textContent = [!cue ? "Taken out" : isChanged(entry) ? "Changed" : "", ...found.map(said)].filter(Boolean).join(" · ");
  }

  function open(form) {
    shown.hidden = true;
    node.append(form);
  }

  function shut() {
    shown.hidden = false;
    node.replaceChildren(shown);
  }

  function focus() {
    (entry.cue ? (change ?? at) : back).focus();
  }

  /** Whether it is on the screen of the player now. */
  function current(is, follow = false) {
    node.classList.toggle("now", is);
    if (is) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
    const box = node.closest(".scroll");
    if (is && follow && box && !box.contains(document.activeElement) && box.scrollHeight > box.clientHeight) {
      box.scrollTop = node.offsetTop - box.offsetTop - box.clientHeight / 3;
    }
  }
}
