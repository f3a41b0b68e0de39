import assert from "node:assert/strict";
import { test } from "node:test";

import { changes, cuesOf, drafted, merged } from "../../../streams/gateway/web/js/merge.js";

const cue = (start, text) => ({ start, end: start + 1, text });
const BASE = [cue(0, "a"), cue(2, "b"), cue(4, "c")];

/** A draft of BASE with changes: {at: text | null}. */
function edited(told, added = []) {
  const draft = drafted(BASE);
  for (const [at, text] of Object.entries(told)) draft[at].cue = text === null ? null : { ...draft[at].cue, text };
  return [...draft, ...added.map((each) => ({ base: null, cue: each }))];
}

test("a draft without a change is what was read", () => {
  assert.deepEqual(cuesOf(drafted(BASE)), BASE);
  assert.equal(changes(drafted(BASE)), 0);
  assert.equal(changes(edited({ 0: "A", 1: null }, [cue(8, "new")])), 3);
});

test("what only one has changed becomes the one's, and the other's stays", () => {
  const theirs = [cue(0, "a"), cue(2, "THEIRS"), cue(4, "c")];
  const { draft, lost } = merged(edited({ 0: "mine", 2: null }, [cue(3.2, "new")]), theirs);
  assert.deepEqual(cuesOf(draft), [cue(0, "mine"), cue(2, "THEIRS"), cue(3.2, "new")]);
  assert.deepEqual([lost.length, changes(draft)], [0, 3]);
});

test("what both have changed stays theirs, and is told", () => {
  const { draft, lost } = merged(edited({ 1: "mine" }), [cue(0, "a"), cue(2, "theirs"), cue(4, "c")]);
  assert.deepEqual(cuesOf(draft)[1], cue(2, "theirs"));
  assert.deepEqual(lost.map((entry) => entry.cue.text), ["mine"]);
});

test("what both have changed alike is no conflict", () => {
  const theirs = [cue(0, "same"), cue(2, "b"), cue(4, "c"), cue(8, "new")];
  const { draft, lost } = merged(edited({ 0: "same" }, [cue(8, "new")]), theirs);
  assert.deepEqual([cuesOf(draft), lost, changes(draft)], [theirs, [], 0]);
});

test("equal cues are told apart by being changed once each", () => {
  const twice = [cue(0, "a"), cue(0, "a")];
  const draft = drafted(twice);
  draft[0].cue = cue(0, "x");
  draft[1].cue = cue(0, "y");
  assert.deepEqual(cuesOf(merged(draft, twice).draft), [cue(0, "x"), cue(0, "y")]);
});
