import assert from "node:assert/strict";
import { test } from "node:test";

import { error, language, lost, state, warning } from "../../../streams/gateway/web/js/words.js";

test("a refused file is told from something that failed here", () => {
  assert.equal(state({ state: "failed", error: { code: "no_audio_stream" } }), "Refused");
  assert.equal(state({ state: "failed", error: { code: "internal" } }), "Failed");
  assert.equal(state({ state: "partial", error: null }), "Partly done");
  assert.equal(state({ state: "something new", error: null }), "something new");
});

test("an error says what to do, and a code nobody knows says what the server said", () => {
  const told = error({ code: "encrypted", message: "protected by a scheme" });
  assert.match(told.what, /encrypted/);
  assert.match(told.todo, /\w/);
  assert.equal(told.detail, "protected by a scheme");
  assert.equal(error({ code: "new_code", message: "The moon is full.", remedy: "wait" }).what, "The moon is full.");
});

test("warnings and reasons are sentences for people", () => {
  assert.match(warning("no_speech"), /No speech/);
  assert.equal(warning("some_new_code"), "Some new code.");
  assert.equal(warning("the track has gaps; 2.0 s of silence stand there"), "The track has gaps; 2.0 s of silence stand there.");
  assert.equal(lost("very_odd"), "very odd");
  assert.equal(language("fr"), "French");
  assert.equal(language("not a tag"), "not a tag");
});
