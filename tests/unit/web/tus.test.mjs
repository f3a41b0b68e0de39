import assert from "node:assert/strict";
import { test } from "node:test";

import { PIECE, Refused, Upload, metadata, pause } from "../../../streams/gateway/web/js/tus.js";

/** A server that speaks tus; `breaks` are what goes wrong, one a request: (request) => answer, or nothing. */
class Server {
  constructor({ breaks = [], kept = null } = {}) {
    Object.assign(this, { breaks, bytes: kept, size: null, asked: [], job: null });
  }

  send = async (request) => {
    this.asked.push(`${request.method} ${request.headers["Upload-Offset"] ?? ""}`.trim());
    const broken = this.breaks.shift()?.(request, this);
    if (broken) return broken;
    if (request.method === "POST") return this.create(request);
    if (this.bytes === null) return answer(404);
    if (request.method === "HEAD") return answer(200, { "Upload-Offset": this.bytes, "Chalkstream-Job": this.job });
    return this.patch(request);
  };

  create({ headers }) {
    [this.bytes, this.size] = [0, Number(headers["Upload-Length"])];
    return answer(201, { Location: "/v1/uploads/1" });
  }

  patch({ headers, body, progress }) {
    if (Number(headers["Upload-Offset"]) !== this.bytes) return answer(409);
    progress(body.size);
    this.bytes += body.size;
    if (this.bytes === this.size) this.job = "job-1";
    return answer(204, { "Upload-Offset": this.bytes, "Chalkstream-Job": this.job });
  }
}

const answer = (status, headers = {}, text = "") => ({ status, text, header: (name) => (headers[name] === undefined ? null : headers[name] && String(headers[name])) });
const away = () => answer(0);

function upload(server, size, more = {}) {
  const told = { waits: [], progress: [], began: [] };
  const made = new Upload({
    file: { size, slice: (start, end) => ({ size: Math.min(end, size) - start }) }, values: { filename: "é.mp4", targets: "" }, send: server.send,
    wait: async (ms) => told.waits.push(ms), began: (url) => told.began.push(url), progress: (bytes) => told.progress.push(bytes),
    waiting: () => {}, ...more,
  });
  return { made, told };
}

test("metadata is base64 of UTF-8, without what was not said", () => {
  assert.equal(metadata({ filename: "é.mp4", targets: "fr,es", profile: "" }), "filename w6kubXA0,targets ZnIsZXM=");
});

test("a file goes in pieces and becomes a job", async () => {
  const server = new Server();
  const { made, told } = upload(server, PIECE * 2 + 5);
  assert.equal(await made.run(), "job-1");
  assert.deepEqual(server.asked, ["POST", "PATCH 0", `PATCH ${PIECE}`, `PATCH ${PIECE * 2}`]);
  assert.deepEqual([told.began, told.waits], [["/v1/uploads/1"], []]);
  assert.deepEqual(told.progress, [...told.progress].sort((a, b) => a - b));
});

test("after a broken line it goes on where the server stands", async () => {
  const half = (request, server) => ((server.bytes += 3), away());
  const server = new Server({ breaks: [undefined, half] });
  const { made, told } = upload(server, 10);
  assert.equal(await made.run(), "job-1");
  assert.deepEqual(server.asked, ["POST", "PATCH 0", "HEAD", "PATCH 3"]);
  assert.deepEqual(told.waits, [500]);
});

test("another visit goes on with what was begun before", async () => {
  const server = new Server({ kept: 4 });
  server.size = 10;
  const { made } = upload(server, 10, { url: "/v1/uploads/1" });
  assert.equal(await made.run(), "job-1");
  assert.deepEqual(server.asked, ["HEAD", "PATCH 4"]);
});

test("an upload that the server has dropped begins anew", async () => {
  const server = new Server();
  const { made } = upload(server, 10, { url: "/v1/uploads/old" });
  assert.equal(await made.run(), "job-1");
  assert.deepEqual(server.asked, ["HEAD", "POST", "PATCH 0"]);
});

test("the job is found when the last answer was lost", async () => {
  const lost = (request, server) => (server.patch(request), away());
  const server = new Server({ breaks: [undefined, lost] });
  const { made } = upload(server, 10);
  assert.equal(await made.run(), "job-1");
  assert.deepEqual(server.asked, ["POST", "PATCH 0", "HEAD"]);
});

test("what the server refuses is not tried again", async () => {
  const server = new Server({ breaks: [() => answer(413, {}, '{"code": "too_large", "detail": "too much"}')] });
  const { made } = upload(server, 10);
  await assert.rejects(made.run(), (error) => error instanceof Refused && error.status === 413 && error.problem.code === "too_large");
  assert.equal(server.asked.length, 1);
});

test("a server that asks for time gets it, and one that stays away is given up on", async () => {
  const busy = () => answer(429, { "Retry-After": "7" });
  const { made, told } = upload(new Server({ breaks: [busy] }), 10);
  await made.run();
  assert.deepEqual(told.waits, [7000]);
  const gone = upload(new Server({ breaks: Array(99).fill(away) }), 10);
  await assert.rejects(gone.made.run(), Refused);
  assert.equal(gone.told.waits.length, 8);
  assert.deepEqual([pause(0, null), pause(3, ""), pause(20, null), pause(1, "999")], [500, 4000, 30_000, 120_000]);
});

test("a server that contradicts itself does not keep us busy for ever", async () => {
  const { made, told } = upload(new Server({ breaks: Array(99).fill((request) => (request.method === "PATCH" ? answer(409) : undefined)) }), 10);
  await assert.rejects(made.run(), Refused);
  assert.equal(told.waits.length, 8);
});

test("stopped, it ends at once; given up, the server is told", async () => {
  const server = new Server();
  const { made } = upload(server, 10, { progress: () => made.stop() });
  await made.run().catch(() => {});
  const other = new Server({ breaks: [undefined, away] });
  const stopped = upload(other, 10, { wait: async () => stopped.made.stop() });
  await assert.rejects(stopped.made.run(), { name: "AbortError" });
  await stopped.made.discard();
  assert.equal(other.asked.at(-1), "DELETE");
});
