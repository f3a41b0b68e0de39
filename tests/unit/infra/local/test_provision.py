"""Programs: a missing tool is named with its remedy; what is built is built once and whole."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from infra.local import provision
from schemas.errors import Unavailable


@pytest.mark.parametrize("name", ["java", "mvn", "go"])
def test_a_missing_tool_is_named_with_the_remedy(name: str) -> None:
    with pytest.raises(Unavailable, match=name) as caught:
        provision.tool(name, which=lambda _: None)
    assert "install" in caught.value.remedy


@pytest.mark.parametrize(
    ("banner", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "25"', 25),
        ("", 0),
    ],
)
def test_the_java_version_is_read(banner: str, major: int) -> None:
    assert provision.java_major(banner) == major


def test_builders_are_needed_only_until_they_have_built(tmp_path: Path) -> None:
    assert provision.needed(tmp_path) == ["java", "mvn", "go"]
    provision.kafka_entry(tmp_path).mkdir()
    assert provision.needed(tmp_path) == ["java", "go"]


def test_the_project_for_maven_names_every_part() -> None:
    text = provision.pom({"org.one:a": "1", "org.two:b": "2"})
    assert "<groupId>org.two</groupId><artifactId>b</artifactId><version>2</version>" in text
    assert text.count("<dependency>") == 2


def test_a_build_is_done_once(tmp_path: Path) -> None:
    built: list[Path] = []

    def build(room: Path) -> None:
        (room / "thing").write_text("made")
        built.append(room)

    target = tmp_path / "cache" / "thing-1"
    for _ in range(2):
        assert (provision.once(target, build, provision.silent) / "thing").read_text() == "made"
    assert len(built) == 1


def test_two_at_once_build_once(tmp_path: Path) -> None:
    built: list[Path] = []
    started, waiting = Event(), Event()

    def build(room: Path) -> None:
        started.set()
        assert waiting.wait(10)
        built.append(room)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(provision.once, tmp_path / "thing-1", build, provision.silent)
        assert started.wait(10)
        second = pool.submit(provision.once, tmp_path / "thing-1", build, lambda line: waiting.set())
        assert first.result() == second.result()
    assert len(built) == 1


def test_a_failed_build_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    def build(room: Path) -> None:
        (room / "half").touch()
        raise Unavailable("no network")

    with pytest.raises(Unavailable):
        provision.once(tmp_path / "thing-1", build, provision.silent)
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


def test_a_failing_command_ends_with_its_last_line_and_its_log(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(Unavailable, match="no such module") as caught:
        provision.run_build(
            "Thing", ("sh", "-c", "echo wordy; echo no such module >&2; exit 3"), tmp_path / "room", said.append
        )
    assert "build-thing.log" in caught.value.remedy
    assert (tmp_path / "build-thing.log").read_text().startswith("wordy")
    assert any("Thing" in line for line in said)
