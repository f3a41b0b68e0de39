// The picture box: words in, a picture out.

import { json } from "./api.js";
import { announce } from "./announce.js";
import { el, field, fresh } from "./dom.js";

export function picture(session, signal) {
  const heading = el("h2", { id: fresh("picture") }, "Picture");
  const prompt = el("textarea", { rows: "2", required: true, maxlength: String(session.limits?.image?.prompt_characters ?? 4000) });
  const seed = el("input", { inputmode: "numeric", pattern: "[0-9]{1,9}", autocomplete: "off" });
  const wrong = el("p.wrong", { role: "alert" });
  const send = el("button.main", { type: "submit" }, "Make it");
  const made = el("div.made");
  const form = el(
    "form",
    { onsubmit: submit },
    field("What shall be seen", prompt),
    field("Seed (may be left out)", seed, "The same words with the same number give the same picture."),
    wrong,
    el("div.actions", send),
  );
  const urls = [];
  signal.addEventListener("abort", () => urls.forEach((url) => URL.revokeObjectURL(url)));
  return el("section.card", { "aria-labelledby": heading.id }, heading, form, made);

  async function submit(event) {
    event.preventDefault();
    wrong.textContent = "";
    send.disabled = true;
    made.setAttribute("aria-busy", "true");
    const text = prompt.value.trim();
    try {
      const wish = { prompt: text, n: 1, response_format: "b64_json", ...(seed.value && { seed: Number(seed.value) }) };
      const answer = await json("/v1/images/generations", { method: "POST", json: wish, signal });
      for (const each of answer.data) made.prepend(shown(each.b64_json, text));
      announce("The picture is there.");
    } catch (problem) {
      if (!signal.aborted) wrong.textContent = problem.line ?? "It could not be made.";
    } finally {
      send.disabled = false;
      made.setAttribute("aria-busy", "false");
    }
  }

  function shown(data, text) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const url = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    urls.push(url);
    return el("figure", el("img", { src: url, alt: text }), el("figcaption", text, " ", el("a", { href: url, download: "picture.png" }, "Download")));
  }
}
