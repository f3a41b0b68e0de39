// One job: its state, the player, its cues by language, its files; live while it is worked on.

import * as api from "./api.js";
import { announce } from "./announce.js";
import { actions } from "./actions.js";
import { badge, progress } from "./badge.js";
import { el } from "./dom.js";
import { files } from "./files.js";
import { follow, pause } from "./follow.js";
import { notices } from "./notices.js";
import { panels } from "./panels.js";
import { player } from "./player.js";
import { river } from "./river.js";
import { ENDED, language, state } from "./words.js";

const PATIENCE = 10; // seconds within which a correction becomes a new run

export function lecture(main, { session, signal, argument: id }) {
  const heading = el("h1", "Lecture");
  const [mark, bar, told] = [badge(), progress(), notices()];
  const bed = river((seconds) => screen.seek(seconds));
  const screen = player({ id, time: (seconds) => (cues.time(seconds), bed.time(seconds)), chosen: (tag) => cues.choose(tag), signal });
  const cues = panels({ id, session, signal, seek: screen.seek, now: screen.now, chosen: screen.show, saved, shown: bed.cues });
  const kept = files(id);
  const does = actions({ session, changed, signal });
  const body = el("div.lecture", el("div.watch", screen.node, bed.node, kept.node), cues.node);
  main.append(el("p.back", el("a", { href: "#/" }, "All lectures")), el("div.title", heading, mark.node), bar.node, does.node, told.node, body);
  let [job, turn] = [null, null];
  signal.addEventListener("abort", () => turn?.abort());
  begin();

  async function begin() {
    try {
      changed(await api.job(id));
    } catch (problem) {
      if (signal.aborted) return;
      if (problem.status === 404) {
        main.replaceChildren(el("h1", "This lecture is not here"), el("p", "It may have been deleted. ", el("a", { href: "#/" }, "All lectures")));
      } else setTimeout(() => signal.aborted || begin(), 3000);
    }
  }

  /** A job as it stands now; another run is followed from its beginning. */
  function changed(now) {
    if (signal.aborted) return;
    const isNewRun = !job || now.run !== job.run;
    update(now);
    if (isNewRun && !(ENDED.has(job.state) && job.files.length)) listen();
  }

  function update(now) {
    const before = job;
    job = now;
    heading.textContent = job.name;
    document.title = `${job.name} · Chalkstream`;
    for (const each of [mark, told, kept, does, cues, screen]) each.update(job);
    bar.update(job, job.name);
    bed.update(job);
    if (before && before.state !== job.state && ENDED.has(job.state)) announce(`${job.name}: ${state(job)}.`);
  }

  async function listen() {
    turn?.abort();
    turn = new AbortController();
    const here = turn.signal;
    cues.fresh();
    try {
      await follow(id, (event) => here.aborted || hear(event), here);
    } catch (problem) {
      if (!here.aborted && problem.status === 404) begin();
    }
  }

  function hear({ name, data }) {
    if (name === "progress" || name === "done") changed(data);
    else if (name === "segment") {
      cues.segment(data);
      screen.segment(data);
    } else if (name === "subtitles") {
      cues.ready(data);
      if (!ENDED.has(job.state)) announce(`${language(data.language)} subtitles are ready.`);
    }
  }

  /** Cues of a language were saved: the track and the files are others now. */
  async function saved(tag) {
    screen.renew(tag);
    for (let tries = 0; tries < PATIENCE && !signal.aborted; tries += 1) {
      const now = await api.job(id).catch(() => job);
      const isNewRun = now.run !== job.run;
      changed(now);
      if (isNewRun) return;
      await pause(1000, signal);
    }
  }
}
