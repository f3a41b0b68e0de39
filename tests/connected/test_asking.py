"""``chalkstream chat`` and ``chalkstream image`` beside real workers: sent as any client sends, answered on topics."""

import importlib.util
import json
from pathlib import Path

import pytest

from demo import questions
from tests.connected.site import Site

ANSWER = questions.glossary()["a proof"]
TORCH = all(importlib.util.find_spec(name) is not None for name in ("torch", "diffusers"))


def test_a_question_is_answered_by_the_worker(site: Site) -> None:
    done = site.command("chat", "What is a proof?")
    assert (done.code, done.out, done.err) == (0, f"{ANSWER}\n", "")


def test_as_json_it_is_what_stands_on_the_topic(site: Site) -> None:
    done = site.command("chat", "What is a proof?", "--json")
    (answer,) = map(json.loads, done.out.splitlines())
    assert answer["choices"][0]["message"]["content"] == ANSWER
    assert [each for each in site.values("chat.responses") if each["request"] == answer["request"]] == [answer]
    deltas = [each["delta"] for each in site.values("chat.deltas") if each["request"] == answer["request"]]
    assert "".join(deltas) == ANSWER and len(deltas) > 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("chat", " "), "invalid_request"),
        (("chat", "x", "--max-tokens", "999999"), "invalid_request"),
        (("image", "x", "--size", "big"), "invalid_request"),
    ],
)
def test_what_the_worker_refuses_is_one_line(site: Site, words: tuple[str, ...], said: str) -> None:
    done = site.command(*words)
    (line,) = done.err.splitlines()
    assert (done.code, done.out) == (3, "")
    assert line.startswith(f"error: {said}: ") and " - " in line


def test_without_a_broker_it_is_said_how_to_get_one(site: Site) -> None:
    done = site.command("chat", "x", CHALKSTREAM_KAFKA__BOOTSTRAP="127.0.0.1:1")
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert done.err.startswith("error: unavailable: ") and "chalkstream services up" in done.err


@pytest.mark.skipif(TORCH, reason="torch is installed")
def test_a_worker_without_torch_says_what_to_install(site: Site, tmp_path: Path) -> None:
    done = site.command("image", "a red circle", "--out", tmp_path / "x.png")
    assert (done.code, done.out, list(tmp_path.iterdir())) == (1, "", [])
    assert done.err.startswith("error: unavailable: ") and "pip install 'chalkstream[image]'" in done.err


@pytest.mark.train
def test_a_picture_comes_from_the_store_to_the_file(site: Site, tmp_path: Path) -> None:
    done = site.command("image", "a red circle on a white background", "--seed", "7", "--out", tmp_path / "x.png")
    assert (done.code, done.out) == (0, f"{tmp_path / 'x.png'}\n"), done.err
    made = [each["images"][0] for each in site.values("image.results") if each.get("images")]
    stored = [site.s3.get_object(Bucket=each["bucket"], Key=each["key"])["Body"].read() for each in made]
    assert (tmp_path / "x.png").read_bytes() in stored
