// Edits put on top of cues that somebody else has changed in the meantime. Pure.
//
// A draft is a list of entries {base, cue}: `base` is the cue as it was read (null for a new one), `cue` what it is
// now (null for one taken out). Cues have no names: the same times and text are the same cue.

const named = (cue) => `${Math.round(cue.start * 1000)}|${Math.round(cue.end * 1000)}|${cue.text}`;
export const same = (one, other) => one === other || (!!one && !!other && named(one) === named(other));

/** A draft without a change. */
export const drafted = (cues) => cues.map((cue) => ({ base: cue, cue: { ...cue } }));

/** What a draft says now. */
export const cuesOf = (draft) => draft.filter((entry) => entry.cue).map((entry) => entry.cue);

export const isChanged = (entry) => !same(entry.base, entry.cue);

/** How many entries differ from what was read. */
export const changes = (draft) => draft.filter(isChanged).length;

/** `draft` over `theirs`: {draft, lost}; `lost` are entries whose cue is there no more. */
export function merged(draft, theirs) {
  const made = drafted(theirs);
  const lost = [];
  for (const entry of draft.filter(isChanged)) {
    if (!entry.base) {
      insert(made, { base: null, cue: { ...entry.cue } });
      continue;
    }
    const found = made.find((each) => same(each.base, entry.base) && !isChanged(each));
    if (found) found.cue = entry.cue && { ...entry.cue };
    else if (!made.some((each) => same(each.cue, entry.cue))) lost.push(entry);
  }
  return { draft: made, lost };
}

function insert(made, entry) {
  if (made.some((each) => same(each.cue, entry.cue))) return;
  const at = made.findIndex((each) => each.cue && each.cue.start > entry.cue.start);
  made.splice(at < 0 ? made.length : at, 0, entry);
}
