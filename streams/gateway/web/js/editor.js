// The cues of one language: read, and corrected one at a time. What was changed is kept here until it is saved, also
// when one looks elsewhere on the page; it is saved only over what one has seen.

import * as api from "./api.js";
import { announce } from "./announce.js";
import { cueForm } from "./cueform.js";
import { cueRow } from "./cuerow.js";
import { ask } from "./dialog.js";
import { el } from "./dom.js";
import { brokenAll, broken, said, savable } from "./limits.js";
import { changes, cuesOf, drafted, merged } from "./merge.js";
import { saveBar } from "./savebar.js";
import { language } from "./words.js";

const drafts = new Map();
addEventListener("beforeunload", (event) => {
  if ([...drafts.values()].some((each) => changes(each.draft))) event.preventDefault();
});

export function editor({ id, tag, may, signal, seek, now, saved, shown }) {
  const [list, told, calm] = [el("ol.list"), el("div.told"), el("p.calm", "One moment …")];
  const bar = saveBar({ save, discard, signal });
  const node = el("div.editor", told, calm, el("div.scroll", list), bar.node);
  const name = `${id}|${tag}`;
  let [kept, rows, form, current, last] = [drafts.get(name) ?? null, [], null, null, 0];
  let old = !kept || !changes(kept.draft);
  return { node, look, time, stale };

  async function look() {
    if (kept && !rows.length) draw();
    if (kept) shown(cuesOf(kept.draft));
    if (!old || form || (kept && changes(kept.draft))) return;
    old = false;
    try {
      take(await api.cues(id, tag));
    } catch (problem) {
      old = true;
      calm.hidden = false;
      calm.textContent = problem.status === 404 ? "There are no subtitles yet." : problem.line;
      if (problem.status !== 404 && !signal.aborted) setTimeout(look, 3000);
    }
  }

  /** Other files stand now; what is being changed stays, and is put on top of them when it is saved. */
  function stale() {
    old = true;
  }

  function take({ document, etag }, draft = drafted(document.cues)) {
    kept = { document, etag, draft };
    drafts.set(name, kept);
    draw();
  }

  function draw() {
    form = null;
    rows = kept.draft.map((entry) => rowOf(entry));
    list.replaceChildren(...rows.map((row) => row.node));
    calm.hidden = rows.length > 0;
    if (!rows.length) calm.textContent = "There are no cues: nobody speaks in it.";
    refresh();
  }

  function rowOf(entry) {
    const row = cueRow({ entry, tag, may, seek, edit: () => open(row), restore: () => restore(row) });
    return row;
  }

  function refresh() {
    const cues = cuesOf(kept.draft);
    const found = brokenAll(cues, kept.document.profile, kept.document.duration);
    let at = 0;
    for (const row of rows) row.update(row.entry.cue ? found[at++] : []);
    bar.update(changes(kept.draft), found.filter((each) => each.length).length, found.every(savable));
    shown(cues);
  }

  function open(row) {
    form?.close();
    const entry = row.entry;
    last = rows.indexOf(row);
    form = cueForm({
      cue: entry.cue, tag, profile: kept.document.profile, now, seek,
      check: (cue) => broken(cue, after(row), kept.document.profile, kept.document.duration),
      next: () => after(row),
      changed: (cue) => ((entry.cue = cue), refresh()),
      closed: (focus) => closed(row, focus),
      forward: () => (following(row) ? open(following(row)) : row.focus()),
      removed: () => remove(row),
      added: () => add(row),
    });
    row.open(form.node);
    form.focus();
  }

  function closed(row, focus) {
    form = null;
    row.shut();
    if (!row.entry.base && !row.entry.cue.text) remove(row);
    else if (focus) row.focus();
  }

  function following(row) {
    return rows.slice(rows.indexOf(row) + 1).find((each) => each.entry.cue);
  }

  function after(row) {
    return following(row)?.entry.cue ?? null;
  }

  function remove(row) {
    if (!rows.includes(row)) return;
    if (row.entry.base) row.entry.cue = null;
    else {
      kept.draft.splice(kept.draft.indexOf(row.entry), 1);
      rows.splice(rows.indexOf(row), 1);
      row.node.remove();
    }
    announce("The cue was taken out.");
    refresh();
    (row.entry.base ? row : rows[Math.min(last, rows.length - 1)])?.focus();
  }

  function restore(row) {
    row.entry.cue = { ...row.entry.base };
    refresh();
    row.focus();
  }

  function add(row) {
    if (!rows.includes(row)) return;
    const start = row.entry.cue.end;
    const room = (after(row)?.start ?? kept.document.duration) - start;
    const entry = { base: null, cue: { start, end: start + Math.max(0.1, Math.min(2, room)), text: "" } };
    const made = rowOf(entry);
    kept.draft.splice(kept.draft.indexOf(row.entry) + 1, 0, entry);
    rows.splice(rows.indexOf(row) + 1, 0, made);
    row.node.after(made.node);
    refresh();
    open(made);
  }

  function discard() {
    told.replaceChildren();
    take(kept, drafted(kept.document.cues));
    old = true;
    look();
    announce("Your changes were taken back.");
    rows[Math.min(last, rows.length - 1)]?.focus();
  }

  async function save() {
    told.replaceChildren();
    try {
      take(await api.saveCues(id, tag, cuesOf(kept.draft), kept.etag));
      announce(`${language(tag)} was saved. The files are new.`);
      rows[Math.min(last, rows.length - 1)]?.focus();
      saved();
    } catch (problem) {
      if (problem.status === 412) await conflict();
      else refused(problem);
    }
  }

  function refused(problem) {
    const lines = problem.errors.map((each) => el("li", `Cue ${each.cue}: ${said({ value: 0, limit: 0, ...each })}`));
    told.replaceChildren(el("div.notice.bad", { role: "alert" }, el("p", el("strong", "It was not saved. "), problem.line), lines.length ? el("ul", lines) : null));
    told.scrollIntoView({ block: "nearest" });
  }

  async function conflict() {
    const note = el("p", "They were saved after you had opened them. Your changes are still here. They can be put on top of the others: cues that only you have changed become yours, and you look at it all once more before you save.");
    const answer = await ask("Somebody else has changed these subtitles", [note], [["mine", "Put mine on top"], ["theirs", "Drop mine, take theirs", "danger"]]);
    if (!answer) return;
    const theirs = await api.cues(id, tag).catch((problem) => (refused(problem), null));
    if (!theirs) return;
    if (answer === "theirs") return take(theirs);
    const { draft, lost } = merged(kept.draft, theirs.document.cues);
    take(theirs, draft);
    const lines = lost.map(({ cue, base }) => el("li", cue ? cue.text : `(taken out) ${base.text}`));
    told.replaceChildren(
      lost.length
        ? el("div.notice.some", { role: "alert" }, el("p", el("strong", "These cues were changed by both of you. Theirs are shown; yours were:")), el("ul", lines))
        : el("div.notice", { role: "status" }, el("p", "Your changes are on top of theirs now. Look them over and save.")),
    );
  }

  function time(seconds) {
    const row = rows.findLast?.((each) => each.entry.cue && each.entry.cue.start <= seconds + 0.001);
    const here = row && seconds < row.entry.cue.end ? row : null;
    if (here === current) return;
    current?.current(false);
    current = here;
    current?.current(true, !form);
  }
}
