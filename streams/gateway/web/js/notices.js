// What a person has to know about a job: why it was refused, what is missing, what is doubtful.

import { el } from "./dom.js";
import { short } from "./time.js";
import * as words from "./words.js";

const SHOWN = 20;

export function notices() {
  const node = el("div.notices");
  let before = "";
  return { node, update };

  function update(job) {
    const now = JSON.stringify([job.state, job.error, job.warnings, job.lost, job.languages]);
    if (now === before) return;
    before = now;
    node.replaceChildren(...[trouble(job), stopped(job), partly(job), ...job.warnings.map(warned)].filter(Boolean));
  }
}

function trouble(job) {
  if (!job.error || job.state === "cancelled") return null;
  const { what, todo, detail } = words.error(job.error);
  return el("div.notice.bad", el("p", el("strong", what), " ", todo), detail && el("p.help", `The server says: ${detail}`));
}

function stopped(job) {
  if (job.state !== "cancelled") return null;
  const { what, todo } = words.error({ code: "cancelled" });
  return el("div.notice", el("p", el("strong", what), " ", todo));
}

function partly(job) {
  const failed = Object.entries(job.languages).filter(([, state]) => state === "failed").map(([tag]) => words.language(tag));
  const lost = job.lost ?? [];
  if (!words.ENDED.has(job.state) || (!lost.length && !(failed.length && job.state === "partial"))) return null;
  const seconds = lost.reduce((sum, each) => sum + each.end - each.start, 0);
  return el(
    "div.notice.some",
    el("p", el("strong", "The subtitles are valid, but something is missing.")),
    failed.length ? el("p", `${words.joined(failed)} could not be made. Run it again to try once more.`) : null,
    lost.length ? el("p", `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s could not be used:`) : null,
    lost.length ? el("ul", lost.slice(0, SHOWN).map(range)) : null,
    lost.length > SHOWN ? el("p.help", `… and ${lost.length - SHOWN} more; all of them stand in the report.`) : null,
  );
}

const range = ({ start, end, reason }) => el("li", `${short(start)} to ${short(end)}: ${words.lost(reason)}`);
const warned = (text) => el("div.notice.some", el("p", words.warning(text)));
