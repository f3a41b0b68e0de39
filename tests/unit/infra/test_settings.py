"""Settings are read once, whole, or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.settings import read
from schemas.errors import BadSettings


def test_the_environment_names_nested_settings() -> None:
    settings = read({"CHALKSTREAM_KAFKA__BOOTSTRAP": "broker:1", "CHALKSTREAM_ENGINES__WORKERS": "3", "HOME": "/x"})
    assert (settings.kafka.bootstrap, settings.engines.workers) == ("broker:1", 3)


def test_given_values_win_over_the_environment(tmp_path: Path) -> None:
    assert read({"CHALKSTREAM_MODELS": "a"}, models="b", state=None).models == "b"


def test_a_secret_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    settings = read({"CHALKSTREAM_STORE__SECRET_KEY_FILE": str(tmp_path / "secret")})
    assert settings.store.secret_key is not None and settings.store.secret_key.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings)


def test_a_process_has_no_other_environment_than_the_one_it_reads(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    told = {"CHALKSTREAM_STORE__SECRET_KEY_FILE": str(tmp_path / "secret"), "CHALKSTREAM_GATEWAY__PORT": ""}
    code = "import os; from infra.settings import read; print(read(os.environ).store.secret_key.get_secret_value())"
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **told}, capture_output=True, text=True)
    assert done.stdout == "hunter2\n", done.stderr


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"CHALKSTREAM_NONSENSE": "1"}, "CHALKSTREAM_NONSENSE"),
        ({"CHALKSTREAM_KAFKA__NONSENSE": "1"}, "CHALKSTREAM_KAFKA__NONSENSE"),
        ({"CHALKSTREAM_ENGINES__WORKERS": "-1"}, "CHALKSTREAM_ENGINES__WORKERS"),
        ({"CHALKSTREAM_STORE__SECRET_KEY_FILE": "/no/such/file"}, "CHALKSTREAM_STORE__SECRET_KEY_FILE"),
    ],
)
def test_what_is_wrong_stops_the_start_by_name(environment: dict[str, str], named: str) -> None:
    with pytest.raises(BadSettings) as caught:
        read(environment)
    assert named in str(caught.value) and caught.value.remedy
