import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { broken, brokenAll, measured, said, savable } from "../../../streams/gateway/web/js/limits.js";

const PROFILE = {
  name: "edu-default", max_lines: 2, max_chars_per_line: 42, min_duration: 0.833, max_duration: 7, min_gap: 0.083,
  max_chars_per_second: 17,
};
const FINE = { start: 1, end: 4, text: "Today we will describe\nthe matrix." };
const rules = (cue, next = null, until = 60) => broken(cue, next, PROFILE, until).map((each) => each.rule);

test("a cue within all limits breaks none", () => {
  assert.deepEqual(rules(FINE, { ...FINE, start: 4 }), []);
  assert.deepEqual(rules(FINE, { ...FINE, start: 4.083 }), []);
});

test("each rule is seen at its edge", () => {
  assert.deepEqual(rules({ ...FINE, text: "a\nb\nc" }), ["lines"]);
  assert.deepEqual(rules({ ...FINE, text: "x".repeat(42) }), []);
  assert.deepEqual(rules({ ...FINE, text: "x".repeat(43) }), ["line_characters"]);
  assert.deepEqual(rules({ ...FINE, text: "a\n" }), ["empty"]);
  assert.deepEqual(rules({ ...FINE, text: " " }), ["empty"]);
  assert.deepEqual(rules({ ...FINE, end: 1 }), ["order"]);
  assert.deepEqual(rules({ start: 1, end: 1.832, text: "a" }), ["min_duration"]);
  assert.deepEqual(rules({ start: 1, end: 1.833, text: "a" }), []);
  assert.deepEqual(rules({ start: 1, end: 8.001, text: "a" }), ["max_duration"]);
  assert.deepEqual(rules({ start: 1, end: 2, text: "x".repeat(17) }), []);
  assert.deepEqual(rules({ start: 1, end: 2, text: "x".repeat(18) }), ["reading_speed"]);
  assert.deepEqual(rules(FINE, { ...FINE, start: 3.999 }), ["overlap"]);
  assert.deepEqual(rules(FINE, { ...FINE, start: 4.082 }), ["gap"]);
  assert.deepEqual(rules({ start: 58, end: 60.001, text: "a" }), ["media_end"]);
});

test("what may never be saved is told from what is a person's own choice", () => {
  assert.ok(savable(broken({ ...FINE, text: "x".repeat(60) }, null, PROFILE, 60)));
  for (const cue of [{ ...FINE, end: 1 }, { ...FINE, text: "" }, { ...FINE, end: 61 }]) {
    assert.ok(!savable(broken(cue, null, PROFILE, 60)));
  }
});

test("a character is a code point, and the gap is that to the next cue", () => {
  assert.equal(measured({ start: 0, end: 1, text: "🎓é" }).characters, 2);
  assert.deepEqual(brokenAll([FINE, { ...FINE, start: 3, end: 5 }], PROFILE, 60).map((each) => each.length), [1, 0]);
});

test("the server's own cases are judged alike", () => {
  const cases = JSON.parse(readFileSync(process.env.LIMIT_CASES));
  assert.ok(cases.length > 50);
  for (const { cues, profile, until, violations } of cases) {
    const found = brokenAll(cues, profile, until).flatMap((each, at) => each.map(({ rule }) => `${at + 1} ${rule}`));
    assert.deepEqual(found.sort(), violations.map(([cue, rule]) => `${cue} ${rule}`).sort(), JSON.stringify(cues));
  }
});

test("every broken rule has words", () => {
  for (const rule of ["empty", "lines", "line_characters", "order", "media_end", "min_duration", "max_duration", "reading_speed", "overlap", "gap"]) {
    assert.match(said({ rule, value: 1, limit: 2 }), / /);
  }
});
