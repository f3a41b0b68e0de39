// An upload by tus 1.0: create, ask where it stands, send on from there, until it is a job. No screen, no browser
// storage: `send({method, url, headers, body, progress, signal})` makes one request and gives
// `{status, header(name), text}`; `wait(ms, signal)` waits.

const VERSION = { "Tus-Resumable": "1.0.0" };
export const PIECE = 32 * 1024 * 1024;
const TRIES = 8;

/** What the server would not take; `problem` is what it said. */
export class Refused extends Error {
  constructor(status, text) {
    super(`refused with ${status}`);
    this.status = status;
    try {
      this.problem = JSON.parse(text);
    } catch {
      this.problem = null;
    }
  }
}

/** `Upload-Metadata` of a record; values in UTF-8 and base64. */
export function metadata(values) {
  const base64 = (text) => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
  return Object.entries(values)
    .filter(([, value]) => value)
    .map(([name, value]) => `${name} ${base64(value)}`)
    .join(",");
}

/** Milliseconds until the next try; what the server asks for counts, otherwise 0.5 s, doubled up to 30 s. */
export function pause(tries, retryAfter) {
  const asked = Number(retryAfter);
  return asked > 0 ? Math.min(asked, 120) * 1000 : Math.min(30_000, 500 * 2 ** tries);
}

const passing = (status) => status === 0 || status === 408 || status === 423 || status === 429 || status >= 500;

export class Upload {
  /** `began(url)`: keep it; `progress(sent)`: bytes the server or the wire has; `waiting(ms)`: a try failed. */
  constructor({ file, values, url = null, endpoint = "/v1/uploads", send, wait, began, progress, waiting }) {
    Object.assign(this, { file, values, url, endpoint, send, wait, began, progress, waiting });
    this.stopping = new AbortController();
    this.offset = 0;
  }

  /** To the end: the job's id. Raises Refused, or an AbortError when it was stopped. */
  async run() {
    let [known, tries] = [false, 0];
    for (;;) {
      const before = this.offset;
      const answer = await this.#step(known);
      if (answer.job !== undefined) return answer.job;
      known = answer.known;
      if (this.offset > before) tries = 0;
      if (!answer.failed) continue;
      tries += 1;
      if (tries > TRIES) throw new Refused(answer.failed.status, answer.failed.text);
      const ms = pause(tries - 1, answer.failed.header("Retry-After"));
      this.waiting(ms);
      await this.wait(ms, this.stopping.signal);
    }
  }

  /** Leave it as it stands; another run goes on. */
  stop() {
    this.stopping.abort();
  }

  /** Take back what was sent. */
  async discard() {
    this.stop();
    if (this.url) await this.send({ method: "DELETE", url: this.url, headers: VERSION }).catch(() => {});
  }

  #ask(method, url, headers = {}, body = null, progress = null) {
    this.stopping.signal.throwIfAborted();
    return this.send({ method, url, headers: { ...VERSION, ...headers }, body, progress, signal: this.stopping.signal });
  }

  async #step(known) {
    if (!this.url) return this.#create();
    return known ? this.#patch() : this.#where();
  }

  async #create() {
    const headers = { "Upload-Length": String(this.file.size), "Upload-Metadata": metadata(this.values) };
    const answer = await this.#ask("POST", this.endpoint, headers);
    if (answer.status !== 201) return this.#failed(answer);
    this.url = answer.header("Location");
    this.offset = 0;
    this.began(this.url);
    return { known: true };
  }

  async #where() {
    const answer = await this.#ask("HEAD", this.url);
    if (answer.status === 404 || answer.status === 410) {
      this.url = null; // it has expired: from the beginning
      return { known: false };
    }
    if (answer.status >= 300 || answer.status === 0) return this.#failed(answer);
    this.offset = Number(answer.header("Upload-Offset"));
    this.progress(this.offset);
    const job = answer.header("Chalkstream-Job");
    return job ? { job } : { known: true };
  }

  async #patch() {
    const start = this.offset;
    const body = this.file.slice(start, start + PIECE);
    const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(start) };
    const answer = await this.#ask("PATCH", this.url, headers, body, (sent) => this.progress(start + sent));
    if (answer.status === 409 || answer.status === 404 || answer.status === 410) return { known: false, failed: answer };
    if (answer.status >= 300 || answer.status === 0) return this.#failed(answer);
    this.offset = Number(answer.header("Upload-Offset"));
    this.progress(this.offset);
    const job = answer.header("Chalkstream-Job");
    return job ? { job } : { known: this.offset < this.file.size };
  }

  #failed(answer) {
    if (!passing(answer.status)) throw new Refused(answer.status, answer.text);
    return { known: false, failed: answer };
  }
}
