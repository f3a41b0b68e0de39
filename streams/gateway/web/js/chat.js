// The chat box: one conversation, answers as they come. A screen reader hears an answer when it is whole.

import { problemOf, request } from "./api.js";
import { button, el, field, fresh } from "./dom.js";
import { Parser, read } from "./sse.js";

export function chat(signal) {
  const heading = el("h2", { id: fresh("chat") }, "Chat");
  const log = el("div.log", { role: "log", "aria-labelledby": heading.id, tabindex: "0" });
  const question = el("textarea", { rows: "2", required: true, onkeydown: pressed });
  const wrong = el("p.wrong", { role: "alert" });
  const send = el("button.main", { type: "submit" }, "Ask");
  const stop = button("Stop", () => answering?.abort(), "", { hidden: true });
  const anew = button("Begin anew", begin, "quiet", { hidden: true });
  const form = el("form", { onsubmit: submit }, field("Your question", question, "Enter sends it; Shift and Enter begins a line."), wrong, el("div.actions", send, stop, anew));
  const node = el("section.card.talk", { "aria-labelledby": heading.id }, heading, log, form);
  let [messages, answering] = [[], null];
  signal.addEventListener("abort", () => answering?.abort());
  begin();
  return node;

  function begin() {
    messages = [];
    log.replaceChildren(el("p.calm", "Answers come from the model of this server and may be wrong."));
    anew.hidden = true;
    wrong.textContent = "";
  }

  function pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  }

  async function submit(event) {
    event.preventDefault();
    const text = question.value.trim();
    if (!text || answering) return;
    if (!messages.length) log.replaceChildren();
    question.value = wrong.textContent = "";
    messages.push({ role: "user", content: text });
    const place = said("You", text);
    const answer = said("Model", "");
    try {
      await answered(answer.querySelector("p"));
    } catch (problem) {
      if (!answer.querySelector("p").textContent) answer.remove();
      if (problem.name !== "AbortError") {
        wrong.textContent = problem.line ?? "The answer broke off.";
        question.value = text;
        if (!answer.isConnected) (place.remove(), messages.pop());
      }
    }
  }

  function said(who, text) {
    const node = el("div.said", { "data-who": who.toLowerCase() }, el("span.who", who), el("p", { dir: "auto" }, text));
    log.append(node);
    log.scrollTop = log.scrollHeight;
    return node;
  }

  async function answered(place) {
    answering = new AbortController();
    busy(true);
    let text = "";
    const take = ({ data }) => {
      if (data === "[DONE]") return;
      const told = JSON.parse(data);
      if (told.error) throw problemOf(500, data);
      text += told.choices?.[0]?.delta?.content ?? "";
      place.textContent = text;
      log.scrollTop = log.scrollHeight;
    };
    try {
      const answer = await request("/v1/chat/completions", { method: "POST", json: { messages, stream: true }, signal: answering.signal });
      await read(answer.body, new Parser(take));
    } finally {
      if (text) messages.push({ role: "assistant", content: text });
      busy(false);
      answering = null;
    }
  }

  function busy(is) {
    log.setAttribute("aria-busy", String(is));
    send.disabled = is;
    if (!is && document.activeElement === stop) question.focus();
    stop.hidden = !is;
    anew.hidden = is || !messages.length;
  }
}
