"""What the documentation shows is what happens."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT, chalkstream, environment
from tests.needs import lack

README = (ROOT / "README.md").read_text()
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
    code = guide.partition("```python\n")[2].partition("```")[0]
    for package in ("processors", "schemas"):
        shutil.copytree(ROOT / package, tmp_path / package)
    (tmp_path / "processors" / "shout.py").write_text(code)
    script = "from processors.stage import discover; print(*[stage.name for stage in discover()])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    names = done.stdout.split()
    assert names.index("shout") > names.index("transcribe")


def test_links_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
