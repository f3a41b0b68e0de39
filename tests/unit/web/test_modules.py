"""The page's pure modules, by node's own test runner; cues are judged by the page as by the server's report."""

import json
import os
import random
import subprocess
from pathlib import Path
from typing import Any

from processors.text.compliance import violations
from processors.text.profiles import PROFILES
from schemas.cues import Cue
from tests.needs import tool

HERE = Path(__file__).parent
WORDS = ("a", "matrix", "Quelle", "différence", "🎓", "", " ", "x" * 43)
STEPS = (-0.2, -0.001, 0.0, 0.001, 0.082, 0.083, 0.833, 1.0, 2.4, 7.0, 7.001)


def cases() -> list[dict[str, Any]]:
    """Cues at and about every limit, with what the server says of them."""
    dice, found = random.Random(7), []
    for number in range(300):
        at, cues = 0.5, []
        for _ in range(3):
            start = max(0.0, at + dice.choice(STEPS[:7]))
            at = start + dice.choice(STEPS)
            lines = [" ".join(dice.choices(WORDS, k=dice.randint(1, 6))) for _ in range(dice.randint(1, 3))]
            cues.append(Cue(start=round(start, 3), end=max(0.0, round(at, 3)), lines=tuple(lines)))
        profile, language = PROFILES[dice.choice(list(PROFILES))], dice.choice(("en", "fr"))
        until = round(at + dice.choice((-0.001, 0.0, 3.0)) if number % 3 else 100.0, 3)
        found.append(
            {
                "cues": [{"start": cue.start, "end": cue.end, "text": "\n".join(cue.lines)} for cue in cues],
                "profile": {
                    "max_lines": profile.max_lines, "max_chars_per_line": profile.max_line_characters,
                    "min_duration": profile.min_duration, "max_duration": profile.max_duration,
                    "min_gap": profile.min_gap, "max_chars_per_second": profile.speed_limit(language),
                },
                "until": until,
                "violations": [(each.cue, each.rule) for each in violations(cues, profile, language, until)],
            }
        )  # fmt: skip
    return found


def test_the_modules(tmp_path: Path) -> None:
    (tmp_path / "cases.json").write_text(json.dumps(cases()))
    files = sorted(map(str, HERE.glob("*.test.mjs")))
    done = subprocess.run(
        [tool("node"), "--test", *files], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "LIMIT_CASES": str(tmp_path / "cases.json")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "\n# pass 0" not in done.stdout
