// The cues of a job, a tab for each language, and one for what is heard until the transcript stands.

import { el, fresh } from "./dom.js";
import { editor } from "./editor.js";
import { live } from "./live.js";
import { ENDED, language, languageState } from "./words.js";

const LIVE = "live";

/** `chosen(tag)`, `shown(cues)`: what is on the screen now; `saved(tag)`: its files are others. */
export function panels({ id, session, signal, seek, now, chosen, saved, shown }) {
  const [list, panel] = [el("div.tabs", { role: "tablist", "aria-label": "Languages", onkeydown: moved }), el("div.panel", { role: "tabpanel", id: fresh("panel"), tabindex: "0" })];
  const node = el("section.cues", { "aria-label": "Subtitles" }, list, panel);
  const heard = live({ seek, shown: (cues) => selected === LIVE && shown(cues) });
  const [tabs, open, ready] = [new Map(), new Map(), new Set()];
  let [job, selected, picked, spoken, on] = [null, null, false, null, null];
  return { node, update, choose, segment, ready: isReady, fresh: anew, time };

  function update(told) {
    job = told;
    for (const file of job.files) noteFile(file);
    const tags = tagsNow();
    for (const [tag, tab] of tabs) if (!tags.includes(tag)) (tab.remove(), tabs.delete(tag));
    tags.forEach((tag, at) => {
      if (!tabs.has(tag)) tabs.set(tag, tabOf(tag));
      if (list.children[at] !== tabs.get(tag)) list.insertBefore(tabs.get(tag), list.children[at] ?? null);
      tabs.get(tag).querySelector(".state").textContent = stateOf(tag);
    });
    if (!picked || !tabs.has(selected)) choose(usual(tags), false);
    else draw();
  }

  function noteFile({ language: tag, kind }) {
    ready.add(tag);
    if (kind === "transcript") spoken = tag;
  }

  function tagsNow() {
    const others = Object.keys(job.languages).filter((tag) => tag !== spoken);
    if (spoken) return [spoken, ...others];
    return ENDED.has(job.state) && !heard.count() ? others : [LIVE, ...others];
  }

  /** Live first; of what has ended, the first translation. */
  function usual(tags) {
    const translated = tags.find((tag) => tag !== spoken && ready.has(tag));
    if (ENDED.has(job.state) && translated && !picked && selected === null) return translated;
    return tags.includes(LIVE) ? LIVE : tags.includes(selected) ? selected : (spoken ?? tags[0] ?? null);
  }

  function tabOf(tag) {
    const name = tag === LIVE ? "As it is heard" : language(tag);
    return el("button", { type: "button", role: "tab", id: fresh("tab"), "aria-controls": panel.id, onclick: () => choose(tag) }, el("span", name), el("span.state"));
  }

  function stateOf(tag) {
    if (tag === LIVE || ready.has(tag) && job.languages[tag] !== "failed") return "";
    return languageState(job.languages[tag] ?? "");
  }

  function choose(tag, byHand = true) {
    picked ||= byHand;
    const isNew = tag !== selected;
    selected = tag;
    for (const [each, tab] of tabs) {
      tab.setAttribute("aria-selected", String(each === tag));
      tab.tabIndex = each === tag ? 0 : -1;
    }
    if (tabs.has(tag)) panel.setAttribute("aria-labelledby", tabs.get(tag).id);
    draw();
    if (isNew) chosen(tag);
  }

  function draw() {
    const wanted = selected === LIVE ? heard : ready.has(selected) ? editorOf(selected) : null;
    if (wanted) {
      if (on !== wanted) panel.replaceChildren(wanted.node);
      wanted.look();
    } else panel.replaceChildren(el("p.calm", waitingFor(selected)));
    on = wanted;
  }

  function editorOf(tag) {
    if (!open.has(tag)) {
      const may = session.role !== "viewer";
      open.set(tag, editor({ id, tag, may, signal, seek, now, saved: () => saved(tag), shown: (cues) => selected === tag && shown(cues) }));
    }
    return open.get(tag);
  }

  function waitingFor(tag) {
    if (tag === null) return "There is nothing to read.";
    if (job.languages[tag] === "failed") return `${language(tag)} could not be made.`;
    if (ENDED.has(job.state)) return `There are no subtitles in ${language(tag)}.`;
    return `${language(tag)} follows as soon as the first sentences are translated; all of it is shown when it stands.`;
  }

  function moved(event) {
    const order = [...tabs.keys()];
    const at = order.indexOf(selected);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: order.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const tag = order[(to + order.length) % order.length];
    choose(tag);
    tabs.get(tag).focus();
  }

  function segment(told) {
    heard.add(told);
    if (!spoken && !tabs.has(LIVE)) update(job);
  }

  function isReady({ language: tag, kind }) {
    noteFile({ language: tag, kind });
    open.get(tag)?.stale();
    if (job) update(job);
  }

  function anew() {
    heard.clear();
  }

  function time(seconds) {
    on?.time(seconds);
  }
}
