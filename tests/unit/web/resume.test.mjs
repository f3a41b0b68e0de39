import assert from "node:assert/strict";
import { test } from "node:test";

import { Begun, fingerprint, fnv1a, sameWishes } from "../../../streams/gateway/web/js/resume.js";

const fileOf = (bytes, name = "talk.mp4", lastModified = 1) => new File([bytes], name, { lastModified });
const storage = () => Object.defineProperties({}, {
  getItem: { value(key) { return this[key] ?? null; } },
  setItem: { value(key, value) { this[key] = value; } },
  removeItem: { value(key) { delete this[key]; } },
});

test("FNV-1a is the known one", () => {
  assert.equal(fnv1a(new TextEncoder().encode("foobar")), 0xbf9cf968);
});

test("a file has its name again, and another has another", async () => {
  const bytes = new Uint8Array(200_000).fill(7);
  const name = await fingerprint(fileOf(bytes));
  assert.equal(await fingerprint(fileOf(bytes)), name);
  const other = bytes.slice();
  other[199_999] = 8;
  for (const file of [fileOf(other), fileOf(bytes, "b.mp4"), fileOf(bytes, "talk.mp4", 2), fileOf(bytes.slice(1))]) {
    assert.notEqual(await fingerprint(file), name);
  }
});

test("what was begun is kept, listed and forgotten; what is old is gone", () => {
  let now = 1000;
  const begun = new Begun(storage(), () => now);
  begun.keep("a", { url: "/v1/uploads/1", name: "talk.mp4", values: { targets: "fr" } });
  now += 1;
  begun.keep("b", { url: "/v1/uploads/2", name: "b.mp4", values: {} });
  assert.deepEqual(begun.all().map((each) => each.fingerprint), ["b", "a"]);
  assert.equal(begun.get("a").url, "/v1/uploads/1");
  begun.forget("b");
  assert.equal(begun.get("b"), null);
  now += 8 * 86_400_000;
  assert.equal(begun.get("a"), null);
  assert.deepEqual(begun.all(), []);
});

test("a browser that keeps nothing, and one that keeps nonsense, do no harm", () => {
  const shut = new Begun({ getItem() { throw new Error("no"); }, setItem() { throw new Error("no"); } });
  shut.keep("a", { url: "x" });
  assert.equal(shut.get("a"), null);
  const odd = storage();
  odd.setItem("chalkstream.upload.a", "{");
  odd.setItem("something else", "1");
  assert.deepEqual(new Begun(odd).all(), []);
});

test("wishes are the same in any order", () => {
  assert.ok(sameWishes({ a: "1", b: "2" }, { b: "2", a: "1" }));
  assert.ok(!sameWishes({ a: "1" }, { a: "2" }));
});
