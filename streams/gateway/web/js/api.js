// Requests to our own server. Every answer that is no success is a Problem with words for a person.

/** RFC 9457, or OpenAI's shape; `status` 0 is a server that can't be reached. */
export class Problem extends Error {
  constructor(status, code, detail, remedy = "", more = {}) {
    super(detail);
    Object.assign(this, { status, code, remedy, ...more });
  }

  /** In one sentence or two. */
  get line() {
    return this.remedy ? `${this.message} (${this.remedy})` : this.message;
  }
}

const away = "The server can't be reached.";
const listeners = { away: () => {}, back: () => {}, signedOut: () => {} };
let isAway = false;

/** Who wants to know when the server is away, back, or asks for a key. */
export const listen = (given) => Object.assign(listeners, given);

/** A note that the server answers, or does not. */
export function noted(status, detail = away) {
  const now = status === 0 || status === 502 || status === 503;
  if (now) listeners.away(detail);
  else if (isAway) listeners.back();
  isAway = now;
}

/** An answer. Raises Problem. */
export async function request(path, { method = "GET", json, headers = {}, signal } = {}) {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const told = body === undefined ? headers : { "Content-Type": "application/json", ...headers };
  let answer;
  try {
    answer = await fetch(path, { method, headers: told, body, signal, credentials: "same-origin" });
  } catch (error) {
    if (signal?.aborted) throw error;
    noted(0);
    throw new Problem(0, "unavailable", away, "it is tried again by itself");
  }
  if (answer.ok || answer.status === 304) {
    noted(answer.status);
    return answer;
  }
  const problem = problemOf(answer.status, await answer.text());
  noted(answer.status, problem.message);
  if (answer.status === 401 && path !== "/v1/session") listeners.signedOut();
  throw problem;
}

/** The Problem in a body. */
export function problemOf(status, text) {
  let told = {};
  try {
    told = JSON.parse(text) ?? {};
  } catch {
    // a proxy's own words, which help nobody
  }
  const { code, detail, message, title, remedy, errors } = told.error ?? told;
  return new Problem(status, code ?? "internal", detail ?? message ?? title ?? `The server answered ${status}.`, remedy ?? "", {
    errors: errors ?? [],
  });
}

export const json = async (path, options) => (await request(path, options)).json();

const at = (job) => `/v1/jobs/${encodeURIComponent(job)}`;

export const session = () => json("/v1/session");
export const signIn = (key) => json("/v1/session", { method: "POST", json: { key } });
export const signOut = () => request("/v1/session", { method: "DELETE" });
export const job = (id) => json(at(id));
export const cancel = (id) => json(`${at(id)}/cancel`, { method: "POST" });
export const rerun = (id, wish) => json(`${at(id)}/rerun`, { method: "POST", json: wish });
export const remove = (id) => request(at(id), { method: "DELETE" });
export const subtitles = (id, language, form) => `${at(id)}/subtitles/${encodeURIComponent(language)}.${form}`;
export const report = (id) => `${at(id)}/report`;
export const events = (id) => `${at(id)}/events`;

/** A page of jobs. */
export function jobs({ limit, after, state }) {
  const query = new URLSearchParams({ limit });
  if (after) query.set("after", after);
  if (state) query.set("state", state);
  return json(`/v1/jobs?${query}`);
}

/** The cues of a language: {document, etag}. */
export async function cues(id, language) {
  return documentOf(await request(`${at(id)}/cues/${encodeURIComponent(language)}`));
}

/** Saved, if nobody else has changed them since `etag`: {document, etag}. Raises Problem, with 412 for a conflict. */
export async function saveCues(id, language, list, etag) {
  const path = `${at(id)}/cues/${encodeURIComponent(language)}`;
  return documentOf(await request(path, { method: "PUT", json: { cues: list }, headers: { "If-Match": etag } }));
}

const documentOf = async (answer) => ({ document: await answer.json(), etag: answer.headers.get("ETag") });
