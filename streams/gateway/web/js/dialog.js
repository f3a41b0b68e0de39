// Questions that must be answered first. The browser's own dialog keeps the focus inside and gives it back.

import { button, el, fresh } from "./dom.js";

/** Ask; gives what `answers` names for the button that was pressed, or null. `answers`: [[value, label, kind], …];
 * `content`: nodes under the title. The first answer is the one Enter gives. */
export function ask(title, content, answers) {
  const heading = el("h2", { id: fresh("dialog") }, title);
  return new Promise((resolve) => {
    const dialog = el("dialog", { "aria-labelledby": heading.id, onclose: closed });
    const [[first, label, kind], ...others] = answers;
    const form = el(
      "form",
      { onsubmit: (event) => (event.preventDefault(), dialog.close(first)) },
      heading,
      ...content,
      el(
        "div.actions",
        el(`button.${kind || "main"}`, { type: "submit" }, label),
        others.map(([value, name, kind]) => button(name, () => dialog.close(value), kind || "")),
        button("Leave it", () => dialog.close(""), "quiet"),
      ),
    );
    dialog.append(form);
    document.body.append(dialog);
    dialog.showModal();

    function closed() {
      dialog.remove();
      resolve(dialog.returnValue || null);
    }
  });
}

/** Something went wrong: say it, and wait until it was read. */
export function tell(title, text) {
  const heading = el("h2", { id: fresh("dialog") }, title);
  return new Promise((resolve) => {
    const dialog = el("dialog", { "aria-labelledby": heading.id, onclose: () => (dialog.remove(), resolve()) });
    dialog.append(heading, el("p", text), el("div.actions", button("Close", () => dialog.close(), "main")));
    document.body.append(dialog);
    dialog.showModal();
  });
}
