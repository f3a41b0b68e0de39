// What one may do with a job: stop it, run it again, delete it.

import * as api from "./api.js";
import { announce } from "./announce.js";
import { ask, tell } from "./dialog.js";
import { button, el } from "./dom.js";
import { wishes } from "./wishes.js";
import { ENDED } from "./words.js";

/** `changed(job)` is told how the job stands afterwards. */
export function actions({ session, changed, signal }) {
  const stop = button("Stop", () => act(() => api.cancel(job.job), "It is being stopped."));
  const again = button("Run again …", runAgain);
  const drop = button("Delete …", remove, "danger");
  const node = el("div.actions", session.role === "viewer" ? [] : [stop, again, drop]);
  let job = null;
  return { node, update };

  function update(now) {
    job = now;
    const ended = ENDED.has(job.state);
    again.hidden = !ended;
    if (document.activeElement === stop && ended) again.focus();
    stop.hidden = ended;
    if (document.activeElement === again && !ended) stop.focus();
  }

  async function act(does, word) {
    try {
      const now = await does();
      announce(word);
      changed(now);
    } catch (problem) {
      if (!signal.aborted) await tell("That did not work", problem.line);
    }
  }

  async function runAgain() {
    const made = new Set(job.files.filter((file) => file.kind === "transcript").map((file) => file.language));
    const chosen = Object.keys(job.languages).filter((tag) => !made.has(tag));
    const wanted = wishes(session, { chosen, again: true });
    const note = el("p", "What has not changed is not computed again, and corrections made by hand are kept.");
    if ((await ask("Run it again", [note, wanted.node], [["yes", "Run again"]])) !== "yes") return;
    const { targets, source_language: spoken, profile } = wanted.values();
    const wish = { targets: targets ? targets.split(",") : [], ...(profile && { profile }), ...(spoken && { source_language: spoken }) };
    await act(() => api.rerun(job.job, wish), "A new run has begun.");
  }

  async function remove() {
    const note = el("p", "The video, its subtitles, all corrections and everything made for it are removed from the server. This can't be undone.");
    if ((await ask(`Delete ${job.name}?`, [note], [["yes", "Delete it", "danger"]])) !== "yes") return;
    try {
      await api.remove(job.job);
      location.hash = "#/";
      announce(`${job.name} was deleted.`);
    } catch (problem) {
      await tell("It was not deleted", problem.line);
    }
  }
}
