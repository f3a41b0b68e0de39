import assert from "node:assert/strict";
import { test } from "node:test";

import { parsed, precise, short, size, spoken } from "../../../streams/gateway/web/js/time.js";

test("a time is written for an input and for reading", () => {
  assert.equal(precise(0.596), "0:00.596");
  assert.equal(precise(59.9996), "1:00.000");
  assert.equal(precise(3723.5), "1:02:03.500");
  assert.equal(short(59.999), "0:59");
  assert.equal(short(3600), "1:00:00");
  assert.equal(short(83.99999999), "1:24");
});

test("what was typed is read as a person meant it", () => {
  for (const [text, seconds] of [["75.2", 75.2], ["1:15,2", 75.2], [" 0:01:15 ", 75], ["1:02:03.004", 3723.004], ["7", 7]]) {
    assert.equal(parsed(text), seconds, text);
  }
  for (const text of ["", "1:75", "1:60:00", "a", "1:", "-1", "1.2345", "1:02:3:4"]) assert.equal(parsed(text), null, text);
});

test("reading what was written gives the same milliseconds", () => {
  for (let ms = 0; ms < 10_000_000; ms += 7_919) assert.equal(parsed(precise(ms / 1000)), ms / 1000);
});

test("durations and sizes in words", () => {
  assert.equal(spoken(0.2), "0 seconds");
  assert.equal(spoken(61), "1 minute 1 second");
  assert.equal(spoken(7200), "2 hours");
  assert.equal(size(999), "999 bytes");
  assert.equal(size(1_500_000), "1.5 MB");
  assert.equal(size(2_147_483_648), "2.1 GB");
});
