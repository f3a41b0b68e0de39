"""What the documentation shows is what happens."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commands import LECTURE, ROOT, chalkstream, command, environment
from tests.needs import lack

README = (ROOT / "README.md").read_text()
PROGRAM = Path(sys.executable).with_name("chalkstream")
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.startswith("chalkstream ")]


def test_the_two_commands_are_there_and_are_targets() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = [line.split()[1] for block in BLOCKS for line in block.splitlines() if line.startswith("make ")]
    assert {"demo", "test"} <= set(named) <= set(targets)
    assert "make test" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_shown_works(line: str, tmp_path: Path) -> None:
    words = [str(tmp_path / "out") if word == "out" else word for word in line.split()[1:]]
    done = chalkstream(*words, CHALKSTREAM_STATE=str(tmp_path / "state"))
    assert done.code == 0, done.err


def test_make_demo_ends_with_the_files_that_the_readme_names(tmp_path: Path) -> None:
    if not (ROOT / ".venv" / ".ready").exists():
        lack("this checkout has no environment of its own: run make setup")
    out = tmp_path / "out"
    changed = environment(CHALKSTREAM_STATE=str(tmp_path / "state"))
    done = subprocess.run(
        ["make", "demo", f"OUT={out}"], capture_output=True, text=True, cwd=ROOT, env=changed, check=False
    )
    assert done.returncode == 0, done.stderr
    named = set(re.findall(r"lecture\.(?:en|fr)\.(?:srt|vtt)|lecture\.json", README))
    assert named <= {path.name for path in out.iterdir()}


def test_the_drawing_is_made_from_the_code() -> None:
    page = (ROOT / "docs" / "how-it-works.md").read_text()
    drawn = page.partition("```mermaid\n")[2].partition("```")[0]
    assert drawn.strip() == chalkstream("graph", "--format", "mermaid").out.strip()


def test_the_stage_of_the_guide_is_found_and_runs(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "adding-a-stage.md").read_text()
    for package in ("schemas", "processors", "infra", "streams"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "processors" / "shout.py").write_text(guide.partition("```python\n")[2].partition("```")[0])
    words = command("run", LECTURE, "--json", "--out", tmp_path / "out", "--store", tmp_path / "store")
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env=environment(), check=True)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    shouted = texts(events, "io.chalkstream.speech-shouted.v1")
    said = texts(events, "io.chalkstream.speech-transcribed.v1")
    assert shouted and all(said[index].upper() == text for index, text in shouted.items())


def texts(events: list[dict[str, Any]], kind: str) -> dict[int, str]:
    """The text of each chunk, by its index."""
    told = [event["data"] for event in events if event["type"] == kind]
    return {
        each["index"]: each.get("text") or " ".join(segment["text"] for segment in each["segments"]) for each in told
    }


def test_completion_knows_commands_and_options() -> None:
    """As the shell asks, by way of what ``--show-completion`` prints."""
    words = f"{shlex.quote(str(PROGRAM))} --show-completion; exit $?"  # the shell that asks is the parent
    script = subprocess.run(["bash", "-c", words], capture_output=True, text=True, env=environment(), check=True).stdout
    assert "_CHALKSTREAM_COMPLETE=complete_bash" in script and "-F _chalkstream_completion chalkstream" in script
    for typed, offered in (("chalkstream ru", "run"), ("chalkstream run --profi", "--profile")):
        asked = {
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(typed.split()) - 1),
            "_CHALKSTREAM_COMPLETE": "complete_bash",
        }
        assert command_line(**asked).stdout.split() == [offered]
    assert "--install-completion" in README


@pytest.mark.parametrize("words", [(), ("run",), ("submit",), ("chat",), ("image",), ("models", "fetch")])
def test_help_shows_examples(words: tuple[str, ...]) -> None:
    shown = chalkstream(*words, "--help")
    assert (shown.code, shown.err) == (0, "")
    assert f"  chalkstream {' '.join(words or ('run',))} " in shown.out


def command_line(*words: str, **changed: str) -> "subprocess.CompletedProcess[str]":
    """The console script itself."""
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, env=environment(**changed), check=True)


def test_links_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
