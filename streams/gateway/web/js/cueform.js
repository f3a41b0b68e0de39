// The form of one cue: its text and times, measured as one types.

import { announce } from "./announce.js";
import { button, el, field } from "./dom.js";
import { measured, said } from "./limits.js";
import { parsed, precise } from "./time.js";

const WRONG = "Write a time as 1:02.500.";

/** `check(cue)`: what it breaks; `next()`: the cue after it; `changed(cue)` for every sound change; `closed(focus)`;
 * `forward()`: to the next one. */
export function cueForm({ cue, tag, profile, now, seek, check, next, changed, closed, forward, removed, added }) {
  const before = { ...cue };
  const text = el("textarea", { rows: "2", lang: tag, dir: "auto", spellcheck: "true", oninput: typed });
  text.value = cue.text;
  const [start, startWrong] = timeField("start");
  const [end, endWrong] = timeField("end");
  const meters = el("ul.meters");
  const problems = el("p.wrong");
  const node = el(
    "form.cueform",
    { "aria-label": `Cue at ${precise(cue.start)}`, onkeydown: pressed, onsubmit: (event) => (event.preventDefault(), finish(true)) },
    field("Text", text, `Up to ${profile.max_lines} lines of ${profile.max_chars_per_line} characters. Control and Enter: the next cue. Escape: as it was.`),
    el("div.pair", timed("Start", start, startWrong), timed("End", end, endWrong)),
    meters,
    problems,
    el(
      "div.actions",
      el("button.main", { type: "submit" }, "Done"),
      button("Listen", () => seek(Math.max(0, current.start - 0.3))),
      button("Add one after it", () => (finish(false), added()), "quiet"),
      button("Take it out", () => (finish(false), removed()), "quiet danger"),
    ),
  );
  let [current, rules] = [{ ...cue }, ""];
  tell(false);
  return { node, close: () => finish(false), focus: () => text.focus() };

  function timeField(which) {
    const input = el("input", { autocomplete: "off", oninput: typed, onkeydown: step });
    input.value = precise(cue[which]);
    return [input, el("span.wrong")];
  }

  function timed(name, input, wrong) {
    const here = button("Now", () => ((input.value = precise(now())), typed()), "quiet", { "aria-label": `${name}: where the player is` });
    const made = field(name, input);
    made.append(wrong);
    return el("div.timed", made, here);
  }

  function step(event) {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const value = parsed(event.target.value);
    if (!way || value === null) return;
    event.preventDefault();
    event.target.value = precise(value + way * (event.shiftKey ? 1 : 0.1));
    typed();
  }

  function typed() {
    const told = [parsed(start.value), parsed(end.value)];
    [[start, startWrong, told[0]], [end, endWrong, told[1]]].forEach(([input, wrong, value]) => {
      input.setAttribute("aria-invalid", String(value === null));
      wrong.textContent = value === null ? WRONG : "";
    });
    if (told.includes(null)) return;
    current = { start: told[0], end: told[1], text: text.value.replaceAll("\r", "").replace(/\n+$/, "") };
    tell(true);
    changed(current);
  }

  function tell(aloud) {
    const found = check(current);
    const over = new Set(found.map((each) => each.rule));
    const told = measured(current, next());
    meters.replaceChildren(
      ...told.lines.map((count, at) => meter(`Line ${at + 1}`, count, profile.max_chars_per_line, "", count > profile.max_chars_per_line || at >= profile.max_lines)),
      meter("Characters a second", told.speed, profile.max_chars_per_second, "", over.has("reading_speed"), 1),
      meter("Shown for", told.duration, profile.max_duration, " s", over.has("min_duration") || over.has("max_duration") || over.has("order"), 2),
      ...(told.gap === null ? [] : [el("li", { "data-over": String(over.has("gap") || over.has("overlap")) }, el("span", `Gap to the next: ${Math.round(told.gap * 1000)} ms`))]),
    );
    problems.textContent = found.map(said).map((line) => line[0].toUpperCase() + line.slice(1) + ".").join(" ");
    const names = found.map((each) => each.rule).join();
    if (aloud && names !== rules) announce(problems.textContent || "Within all limits.");
    rules = names;
  }

  function meter(name, value, limit, unit, over, digits = 0) {
    const bar = el("i");
    bar.style.width = `${Math.max(0, Math.min(100, (value / limit) * 100))}%`;
    const number = Number.isFinite(value) ? value.toFixed(digits) : "–";
    return el("li", { "data-over": String(over) }, el("span", `${name}: ${number} of ${limit}${unit}`), el("b", { "aria-hidden": "true" }, bar));
  }

  function pressed(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      changed(before);
      finish(true);
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      finish(false);
      forward();
    }
  }

  function finish(focus) {
    closed(focus);
  }
}
