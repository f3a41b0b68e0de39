"""The doctor's checks: what they find in situations that are made up."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from infra.settings import EngineSettings, Settings, read
from schemas.errors import BadSettings
from streams.findings import configuration, machine, packs
from streams.findings.finding import Finding, Situation, ask, checks


def situation(environment: dict[str, str] | None = None, **facts: object) -> Situation:
    try:
        return Situation(read(environment or {}, **facts), environment or {})
    except BadSettings as error:
        return Situation(Settings.model_construct(), environment or {}, error)


def levels(findings: Iterable[Finding]) -> set[str]:
    return {finding.level for finding in findings}


def test_every_check_is_found_and_every_remedy_is_there(tmp_path: Path) -> None:
    here = situation(state=tmp_path)
    assert {"settings", "python", "libraries", "state", "cores", "open_files", "sandbox", "pack"} <= checks().keys()
    for name, question in checks().items():
        found = list(ask(question, here))
        assert found, name
        assert all(finding.remedy for finding in found if finding.level != "ok")


def test_a_check_that_fails_is_a_finding_and_stops_nothing() -> None:
    def broken(_: Situation) -> Iterable[Finding]:
        yield Finding("ok", "so far")
        raise OSError("no")

    assert [finding.level for finding in ask(broken, situation())] == ["ok", "warn"]


def test_settings_say_where_they_came_from() -> None:
    told = list(configuration.settings(situation({"CHALKSTREAM_ENGINES__WORKERS": "3"}, models="demo")))
    assert any("engines.workers = 3" in each.what and "CHALKSTREAM_ENGINES__WORKERS" in each.what for each in told)


def test_secrets_stay_secret() -> None:
    told = list(configuration.settings(situation({"CHALKSTREAM_STORE__SECRET_KEY": "hunter2"})))
    assert any("secret_key" in each.what for each in told)
    assert not any("hunter2" in each.what for each in told)


def test_every_unknown_name_is_told_once() -> None:
    told = list(configuration.settings(situation({"CHALKSTREAM_FOO": "1", "CHALKSTREAM_BAR__X": "1"})))
    assert sorted(each.what.split()[0] for each in told) == ["CHALKSTREAM_BAR__X", "CHALKSTREAM_FOO"]
    assert levels(told) == {"bad"}


def test_a_value_that_cannot_be() -> None:
    assert levels(configuration.settings(situation({"CHALKSTREAM_ENGINES__THREADS": "x"}))) == {"bad"}


@pytest.mark.parametrize(("free", "level"), [(1e8, "bad"), (4.9e9, "warn"), (5.1e9, "ok")])
def test_room(free: float, level: str) -> None:
    assert machine.room(Path("/x"), int(free)).level == level


@pytest.mark.parametrize(
    ("cores", "workers", "threads", "level"), [(2, 0, 1, "ok"), (2, 2, 1, "ok"), (2, 2, 2, "warn")]
)
def test_cores(cores: int, workers: int, threads: int, level: str) -> None:
    assert machine.advice(cores, EngineSettings(workers=workers, threads=threads)).level == level


def test_a_state_folder_that_cannot_be_written_and_one_that_is_not_made(tmp_path: Path) -> None:
    assert levels(machine.state(situation(state=tmp_path / "a/b"))) == {"ok"}
    assert not (tmp_path / "a").exists()
    (tmp_path / "file").write_text("")
    assert "bad" in levels(machine.state(situation(state=tmp_path / "file")))


def test_a_pack_that_is_not_there(tmp_path: Path) -> None:
    found = list(ask(packs.pack, situation(models="lecture-small", state=tmp_path)))
    assert levels(found) == {"bad"}
    assert "models fetch lecture-small" in found[-1].remedy


@pytest.mark.parametrize(("text", "level"), [("MIT", "ok"), ("cc-by-nc-4.0", "warn"), ("other", "warn")])
def test_licences(text: str, level: str) -> None:
    assert packs.licence("x/mt", text).level == level
