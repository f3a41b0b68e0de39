import assert from "node:assert/strict";
import { test } from "node:test";

import { Parser, read } from "../../../streams/gateway/web/js/sse.js";

const STREAM = ': here\nretry: 2000\n\nevent: segment\ndata: {"a": 1}\n\nevent: done\r\nid: 0.f3\r\ndata: one\r\ndata: two\r\n\r\ndata:x\n\nid: 7\n\n';

function parse(pieces) {
  const [found, waits] = [[], []];
  const parser = new Parser((event) => found.push(event), (ms) => waits.push(ms));
  pieces.forEach((piece) => parser.push(piece));
  return { found, waits, id: parser.id };
}

const WHOLE = parse([STREAM]);

test("events have a name, data and the last id", () => {
  assert.deepEqual(WHOLE.found, [
    { name: "segment", data: '{"a": 1}', id: "" },
    { name: "done", data: "one\ntwo", id: "0.f3" },
    { name: "message", data: "x", id: "0.f3" },
  ]);
  assert.deepEqual(WHOLE.waits, [2000]);
  assert.equal(WHOLE.id, "7");
});

test("it makes no difference where the text was cut", () => {
  for (let at = 1; at < STREAM.length; at += 1) assert.deepEqual(parse([STREAM.slice(0, at), STREAM.slice(at)]), WHOLE, `cut at ${at}`);
  assert.deepEqual(parse([...STREAM]), WHOLE);
});

test("bytes of one letter may come in two pieces", async () => {
  const found = [];
  const bytes = new TextEncoder().encode("data: é漢\n\n");
  const body = new ReadableStream({ start: (to) => (bytes.forEach((byte) => to.enqueue(Uint8Array.of(byte))), to.close()) });
  await read(body, new Parser((event) => found.push(event.data)));
  assert.deepEqual(found, ["é漢"]);
});

test("an event that was cut off is none", () => {
  assert.deepEqual(parse(["data: half\n"]).found, []);
});
