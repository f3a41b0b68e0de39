// A cue measured against a profile as one types: the same rules as the server's report. Pure.
//
// Times are compared in whole milliseconds, as files hold them. A character is a Unicode code point.

/** Rules that must hold before anything is saved; the others are told, and may be broken. */
export const NEVER = new Set(["empty", "order", "media_end", "overlap"]);

const milliseconds = (seconds) => Math.round(seconds * 1000);
const length = (text) => [...text].length;

/** Everything that can be measured of one cue. `next`: the cue after it, if there is one. */
export function measured(cue, next) {
  const lines = cue.text.split("\n");
  const shown = milliseconds(cue.end) - milliseconds(cue.start);
  const characters = lines.reduce((sum, line) => sum + length(line), 0);
  return {
    lines: lines.map(length),
    characters,
    duration: shown / 1000,
    speed: shown > 0 ? (characters * 1000) / shown : Infinity,
    gap: next ? (milliseconds(next.start) - milliseconds(cue.end)) / 1000 : null,
  };
}

/** The rules one cue breaks, as `{rule, value, limit}`. */
export function broken(cue, next, profile, duration) {
  const told = measured(cue, next);
  const found = [...ofText(cue, told, profile), ...ofTime(cue, told, profile, duration)];
  if (told.gap !== null && told.gap < 0) found.push({ rule: "overlap", value: told.gap, limit: 0 });
  else if (told.gap && milliseconds(told.gap) < milliseconds(profile.min_gap)) {
    found.push({ rule: "gap", value: told.gap, limit: profile.min_gap });
  }
  return found;
}

function ofText(cue, told, profile) {
  const longest = Math.max(...told.lines);
  return [
    cue.text.split("\n").some((line) => !line.trim()) && { rule: "empty", value: 1, limit: 0 },
    told.lines.length > profile.max_lines && { rule: "lines", value: told.lines.length, limit: profile.max_lines },
    longest > profile.max_chars_per_line && { rule: "line_characters", value: longest, limit: profile.max_chars_per_line },
  ].filter(Boolean);
}

function ofTime(cue, told, profile, end) {
  const shown = milliseconds(told.duration);
  if (shown <= 0 || cue.start < 0) return [{ rule: "order", value: told.duration, limit: 0 }];
  const { min_duration: least, max_duration: most, max_chars_per_second: speed } = profile;
  return [
    milliseconds(cue.end) > milliseconds(end) && { rule: "media_end", value: cue.end, limit: end },
    shown < milliseconds(least) && { rule: "min_duration", value: told.duration, limit: least },
    shown > milliseconds(most) && { rule: "max_duration", value: told.duration, limit: most },
    told.characters * 1000 > speed * shown && { rule: "reading_speed", value: told.speed, limit: speed },
  ].filter(Boolean);
}

/** The rules broken by each cue of a list, in order. */
export function brokenAll(cues, profile, duration) {
  return cues.map((cue, at) => broken(cue, cues[at + 1], profile, duration));
}

/** Whether it may be saved at all. */
export const savable = (found) => !found.some((each) => NEVER.has(each.rule));

const SAID = {
  empty: () => "a line is empty",
  lines: ({ value, limit }) => `${value} lines; ${limit} at most`,
  line_characters: ({ value, limit }) => `a line of ${value} characters; ${limit} at most`,
  order: () => "it has to end after it starts",
  media_end: ({ limit }) => `it ends after the video, which is ${limit.toFixed(2)} s long`,
  min_duration: ({ value, limit }) => `shown for ${value.toFixed(2)} s; ${limit} s at least`,
  max_duration: ({ value, limit }) => `shown for ${value.toFixed(2)} s; ${limit} s at most`,
  reading_speed: ({ value, limit }) => `${value.toFixed(1)} characters a second; ${limit} at most`,
  overlap: () => "it runs into the next one",
  gap: ({ value, limit }) => `${Math.round(value * 1000)} ms before the next one; ${Math.round(limit * 1000)} at least, or none`,
};

/** A broken rule in words. */
export const said = (found) => (SAID[found.rule] ?? (() => found.rule.replaceAll("_", " ")))(found);
