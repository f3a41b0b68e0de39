"""From words to subtitle files: sentences, phrases, cue layout, profiles, formats. Pure, and about no job."""
