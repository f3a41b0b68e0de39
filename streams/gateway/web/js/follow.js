// What happens to a job, live: its events, followed through broken lines from where they were.

import { events, problemOf, noted } from "./api.js";
import { Parser, read } from "./sse.js";

const LONGEST = 30_000;

/** `hear({name, data})` for every event, each once; ends after `done`, or when `signal` is aborted. Raises Problem
 * where there is nothing to follow. */
export async function follow(job, hear, signal) {
  let [last, wait, over, tries] = ["", 2000, false, 0];
  while (!over && !signal.aborted) {
    const parser = new Parser(
      ({ name, data, id }) => {
        last = id || last;
        tries = 0;
        over ||= name === "done";
        hear({ name, data: JSON.parse(data) });
      },
      (ms) => (wait = ms),
    );
    parser.id = last;
    try {
      const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
      const answer = await fetch(events(job), { headers, signal, credentials: "same-origin" });
      if (answer.ok) await read(answer.body, parser);
      else await refused(answer);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status) throw error;
      noted(0);
    }
    if (!over) await pause(Math.min(LONGEST, wait * 2 ** tries++), signal);
  }
}

async function refused(answer) {
  const problem = problemOf(answer.status, await answer.text());
  noted(answer.status, problem.message);
  if (answer.status < 500 && answer.status !== 429) throw problem;
}

/** Wait, or be stopped; also awake when the network is back. */
export function pause(ms, signal) {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      removeEventListener("online", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
    addEventListener("online", done);
  });
}
