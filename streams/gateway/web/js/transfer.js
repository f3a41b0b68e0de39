// One upload as one sees it: how far it is, stop, go on. The sending itself is tus.js, over XMLHttpRequest, which tells
// how much of a body has gone.

import { problemOf } from "./api.js";
import { announce } from "./announce.js";
import { button, el } from "./dom.js";
import { pause } from "./follow.js";
import { size, spoken } from "./time.js";
import { Upload } from "./tus.js";

const AT_ONCE = 2; // a browser has six lines to one server, and the page needs some
const turns = { free: AT_ONCE, waiting: [] };

async function turn() {
  if (turns.free > 0) turns.free -= 1;
  else await new Promise((resolve) => turns.waiting.push(resolve));
}

function over() {
  const next = turns.waiting.shift();
  if (next) next();
  else turns.free += 1;
}

/** A row of its own; `ended(job)` with the job's id, or with null when it was given up. */
export function sent({ file, values, url, began, ended }) {
  const bar = el("progress", { max: file.size || 1, "aria-label": `Upload of ${file.name}` });
  const word = el("p.help", "Waiting for its turn");
  const stop = button("Pause", pauseOrGoOn);
  const drop = button("Give up", giveUp, "quiet");
  const node = el("li.card", el("strong", file.name), bar, word, el("div.actions", stop, drop));
  let [upload, running, known, shown, since] = [null, false, url, 0, null];
  go();
  return { node };

  async function go() {
    running = true;
    since = null;
    stop.textContent = "Pause";
    upload = new Upload({ file, values: { filename: file.name, ...values }, url: known, send, wait: pause, began: keep, progress, waiting });
    if (known) node.dataset.url = known;
    await turn();
    try {
      finish(await upload.run());
    } catch (error) {
      interrupted(error);
    } finally {
      over();
    }
  }

  function keep(given) {
    known = given;
    node.dataset.url = given;
    began(given);
  }

  function progress(bytes) {
    since ??= { at: performance.now(), bytes };
    bar.value = bytes;
    if (performance.now() - shown < 200 && bytes < file.size) return;
    shown = performance.now();
    word.textContent = `${size(bytes)} of ${size(file.size)}${remaining(bytes)}`;
  }

  function remaining(bytes) {
    const [seconds, moved] = [(performance.now() - since.at) / 1000, bytes - since.bytes];
    if (bytes >= file.size) return ", being checked";
    return seconds > 2 && moved > 0 ? `, about ${spoken(((file.size - bytes) * seconds) / moved)} left` : "";
  }

  function waiting(ms) {
    since = null;
    word.textContent = `The connection was lost; the next try is in ${spoken(Math.max(1000, ms) / 1000)}. Nothing that was sent is lost.`;
  }

  function interrupted(error) {
    running = false;
    stop.textContent = "Go on";
    if (error.name === "AbortError") word.textContent = `Paused at ${size(bar.value)} of ${size(file.size)}.`;
    else {
      word.textContent = error.status ? problemOf(error.status, JSON.stringify(error.problem)).line : "It could not be sent. Nothing that was sent is lost.";
      announce(`${file.name}: ${word.textContent}`);
    }
  }

  function finish(job) {
    running = false;
    bar.value = file.size;
    word.textContent = "Sent. ";
    word.append(el("a", { href: `#/jobs/${job}` }, `Open ${file.name}`));
    stop.remove();
    drop.textContent = "Hide";
    ended(job);
  }

  function pauseOrGoOn() {
    if (running) upload.stop();
    else go();
  }

  async function giveUp() {
    const done = !stop.isConnected;
    (node.nextElementSibling ?? node.previousElementSibling)?.querySelector("button")?.focus();
    node.remove();
    if (done) return;
    await upload.discard();
    ended(null);
  }
}

/** One request; a network that fails is status 0. */
function send({ method, url, headers, body, progress, signal }) {
  return new Promise((resolve) => {
    const wire = new XMLHttpRequest();
    wire.open(method, url);
    for (const [name, value] of Object.entries(headers)) wire.setRequestHeader(name, value);
    if (progress) wire.upload.onprogress = (event) => progress(event.loaded);
    signal?.addEventListener("abort", () => wire.abort(), { once: true });
    wire.onloadend = () => resolve({ status: wire.status, header: (name) => wire.getResponseHeader(name), text: wire.responseText });
    wire.send(body ?? null);
  });
}
