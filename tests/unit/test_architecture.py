"""The shape of the house: what imports what, and what importing costs."""

import subprocess
import sys
from pathlib import Path

import pytest

from processors.stage import discover
from schemas.errors import BAD_INPUT_CODES, SERVICE_CODES
from schemas.events import KINDS
from schemas.topics import TOPICS

ROOT = Path(__file__).parents[2]
HEAVY = "torch ctranslate2 faster_whisper diffusers av transformers onnxruntime aiokafka boto3 numpy".split()


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that are loaded after ``statement`` in a fresh interpreter."""
    script = f"{statement}; import sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_importing_every_stage_loads_no_engine() -> None:
    loaded = loaded_by("from processors.stage import discover; discover()")
    assert not loaded & (set(HEAVY) - {"numpy"})


def test_the_command_line_starts_without_anything_heavy() -> None:
    assert not loaded_by("import streams.cli") & set(HEAVY)


@pytest.mark.parametrize("contract", ["layers"])
def test_imports_go_one_way(contract: str) -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(lint)], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def test_every_stage_is_found_and_fed() -> None:
    stages = discover()
    assert [stage.name for stage in stages][:3] == ["accept", "demux", "chunk"]
    made = {kind for stage in stages for kind in stage.gives}
    outside = {kind for stage in stages for kind in stage.takes} - made
    assert {kind.__name__ for kind in outside} == {"UploadNotified", "ChatRequested", "ImageRequested"}


def test_every_fact_travels_on_a_known_topic_under_a_type_of_its_own() -> None:
    for wire_type, kind in KINDS.items():
        assert wire_type == f"io.chalkstream.{kind.fact}.v{kind.version}"
        assert kind.topic in TOPICS or not kind.__module__.startswith("schemas")


def test_codes_are_those_of_the_contract_and_don_t_overlap() -> None:
    assert len(BAD_INPUT_CODES) == 15 and len(SERVICE_CODES) == 7
    assert not BAD_INPUT_CODES & SERVICE_CODES


def test_numpy_is_there_before_any_stage_runs_on_a_thread() -> None:
    """Threads that import it side by side can meet it half made (seen: an ImportError in one run of thousands)."""
    assert "numpy" in loaded_by("from processors.stage import discover; discover()")
