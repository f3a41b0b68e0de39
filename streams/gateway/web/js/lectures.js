// The list of jobs: newest first, by pages, kept up to date while somebody looks. Rows stay the same elements, so that
// the focus is never lost.

import * as api from "./api.js";
import { badge, progress } from "./badge.js";
import { button, el, fresh } from "./dom.js";
import { pause } from "./follow.js";
import { short } from "./time.js";
import { ENDED, joined, language, languageState } from "./words.js";

const PAGE = 20;
const MOST = 100;
const FILTERS = [
  ["", "All"], ["running", "Working"], ["queued", "Waiting"], ["done", "Done"], ["partial", "Partly done"],
  ["failed", "Refused or failed"], ["cancelled", "Stopped"],
];

export function lectures(signal) {
  const rows = new Map();
  const list = el("ul.lectures");
  const empty = el("p.calm", "One moment …");
  const more = button("Show more", older, "", { hidden: true });
  const heading = el("h2", { id: fresh("lectures") }, "Lectures");
  const state = el("select", { "aria-label": "Show only", onchange: again }, FILTERS.map(([value, name]) => el("option", { value }, name)));
  const node = el("section", { "aria-labelledby": heading.id }, el("div.bar", heading, state), list, empty, more);
  let [next, shown, turn] = [null, PAGE, new AbortController()];
  watch();
  return node;

  async function watch() {
    while (!signal.aborted) {
      const working = await look().catch(() => true);
      turn = new AbortController();
      await pause(working ? 2000 : 15_000, AbortSignal.any([signal, turn.signal]));
      while (document.hidden && !signal.aborted) await pause(1000, signal);
    }
  }

  async function look() {
    const asked = state.value;
    const page = await api.jobs({ limit: Math.min(MOST, shown), state: asked });
    if (signal.aborted || asked !== state.value) return true;
    if (shown <= MOST) {
      const told = new Set(page.jobs.map((job) => job.job));
      for (const [id, row] of rows) if (!told.has(id)) (row.node.remove(), rows.delete(id));
      next = page.next;
    }
    put(page.jobs, 0);
    return page.jobs.some((job) => !ENDED.has(job.state));
  }

  function put(jobs, from) {
    jobs.forEach((job, at) => {
      const row = rows.get(job.job) ?? rowOf(job);
      rows.set(job.job, row);
      row.update(job);
      if (list.children[from + at] !== row.node) list.insertBefore(row.node, list.children[from + at] ?? null);
    });
    empty.hidden = rows.size > 0;
    empty.textContent = state.value ? "There is none." : "There is none yet. Your first one appears here.";
    more.hidden = !next;
  }

  async function older() {
    const page = await api.jobs({ limit: PAGE, after: next, state: state.value }).catch(() => null);
    if (!page || signal.aborted) return;
    next = page.next;
    const from = rows.size;
    put(page.jobs, from);
    shown = rows.size;
    list.children[from]?.querySelector("a").focus();
  }

  function again() {
    shown = PAGE;
    turn.abort();
  }
}

function rowOf(job) {
  const name = el("a", { href: `#/jobs/${job.job}` });
  const [mark, about, bar] = [badge(), el("p.about"), progress()];
  const node = el("li", el("div.row", name, mark.node), about, bar.node);
  return { node, update };

  function update(told) {
    name.textContent = told.name;
    mark.update(told);
    bar.update(told, told.name);
    about.textContent = [when(told.created), told.duration ? short(told.duration) : null, languages(told)].filter(Boolean).join(" · ");
  }
}

function languages(job) {
  const names = Object.entries(job.languages).map(
    ([tag, state]) => language(tag) + (state === "failed" || state === "partial" ? ` (${languageState(state)})` : ""),
  );
  return joined(names);
}

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const when = (text) => (text ? clock.format(new Date(text)) : "");
