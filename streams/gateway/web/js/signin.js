// The key, asked for once: the server gives a cookie for it, and the key is kept nowhere.

import * as api from "./api.js";
import { el, field } from "./dom.js";

export function signIn(main, { start }) {
  const key = el("input", { type: "password", autocomplete: "current-password", required: true, spellcheck: "false", name: "key" });
  const wrong = el("p.wrong", { role: "alert" });
  const form = el(
    "form.card.narrow",
    { onsubmit: submit },
    field("Key", key, "As it was given to you by who runs this server; it begins with ck_."),
    wrong,
    el("button.main", { type: "submit" }, "Sign in"),
  );
  main.append(el("h1", "Sign in"), form);

  async function submit(event) {
    event.preventDefault();
    wrong.textContent = "";
    try {
      await api.signIn(key.value.trim());
      await start(true);
    } catch (problem) {
      wrong.textContent = problem.status === 401 ? "This key is not known." : problem.line;
      key.focus();
    }
  }
}
