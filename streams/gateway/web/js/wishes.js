// What shall be made of a video: languages, house style, spoken language. Used for uploads and for running again.

import { el, field, fresh } from "./dom.js";
import { language } from "./words.js";

const KEPT = "chalkstream.targets";
const FEW = 12;

/** The controls (`again`: of a run that changes what was wished before), `values()` as the server wants them, and `set(values)`. */
export function wishes(session, { chosen = kept(), again = false } = {}) {
  const boxes = session.targets
    .map((tag) => ({ tag, name: language(tag) }))
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(({ tag, name }) => {
      const box = el("input", { type: "checkbox", value: tag, checked: chosen.includes(tag), id: fresh("target") });
      return { tag, name, box, node: el("span.choice", box, el("label", { for: box.id }, name)) };
    });
  const spoken = select(again ? "As before" : "Found out by itself", session.source_languages ?? []);
  const profile = el("select", again && el("option", { value: "" }, "As before"), session.profiles.map((name) => el("option", { value: name }, name)));
  const list = el(`div.choices${boxes.length > FEW ? ".many" : ""}`, boxes.map((each) => each.node));
  const node = el(
    "div.wishes",
    el("fieldset", el("legend", "Translate into"), boxes.length > FEW ? filter(boxes) : null, list),
    el(
      "details",
      el("summary", "More choices"),
      el("div.pair", field("Spoken language", spoken), field("House style", profile, "How long lines and how fast cues may be.")),
    ),
  );
  return { node, values, set };

  function values() {
    const targets = boxes.filter(({ box }) => box.checked).map(({ tag }) => tag);
    try {
      localStorage.setItem(KEPT, targets.join(","));
    } catch {
      // then it is chosen again next time
    }
    return { targets: targets.join(","), source_language: spoken.value, profile: profile.value };
  }

  function set(told) {
    const wanted = (told.targets ?? "").split(",");
    for (const { tag, box } of boxes) box.checked = wanted.includes(tag);
    if (told.source_language !== undefined) spoken.value = told.source_language;
    if (told.profile) profile.value = told.profile;
  }
}

function select(none, tags) {
  const names = tags.map((tag) => [tag, language(tag)]).sort((a, b) => a[1].localeCompare(b[1]));
  return el("select", el("option", { value: "" }, none), names.map(([tag, name]) => el("option", { value: tag }, name)));
}

function filter(boxes) {
  const input = el("input", { type: "search", oninput: look });
  return field("Find a language", input);

  function look() {
    const text = input.value.trim().toLowerCase();
    for (const { tag, name, box, node } of boxes) {
      node.hidden = !box.checked && !name.toLowerCase().includes(text) && !tag.toLowerCase().startsWith(text);
    }
  }
}

function kept() {
  try {
    return (localStorage.getItem(KEPT) ?? "").split(",");
  } catch {
    return [];
  }
}
