"""One question and one picture on a machine on its own: the answer, how it comes, and what is said of bad wishes."""

import importlib.util
import json
import os
import struct
from pathlib import Path

import pytest

from bench import llama
from demo import questions
from tests.commands import Done, chalkstream, started

TERM, ANSWER = next((term, answer) for term, answer in questions.glossary().items() if term == "a gradient")
TORCH = all(importlib.util.find_spec(name) is not None for name in ("torch", "diffusers"))


def local(tmp_path: Path, *words: str | Path) -> Done:
    """A command with a state folder of its own."""
    return chalkstream(*words, "--local", CHALKSTREAM_STATE=str(tmp_path / "state"))


def test_a_question_is_answered(tmp_path: Path) -> None:
    done = local(tmp_path, "chat", f"What is {TERM}?")
    assert (done.code, done.out, done.err) == (0, f"{ANSWER}\n", "")


def test_as_json_it_is_the_answer_of_the_topic(tmp_path: Path) -> None:
    words = ("--json", "--max-tokens", "3", "--system", "Answer shortly.")
    done = local(tmp_path, "chat", f"What is {TERM}?", *words)
    (answer,) = map(json.loads, done.out.splitlines())
    (choice,) = answer["choices"]
    assert (done.code, answer["object"], choice["finish_reason"]) == (0, "chat.completion", "length")
    assert answer["usage"]["completion_tokens"] == 3
    assert ANSWER.startswith(choice["message"]["content"]) and choice["message"]["content"]


@pytest.mark.slow
def test_the_answer_is_shown_while_it_comes(tmp_path: Path) -> None:
    """Killed at the first word, it has said less than the whole."""
    pack = llama.pack(tmp_path, layers=6, depth=512)
    words = ("chat", "Say much.", "--local", "--max-tokens", "200", "--models", pack)
    whole = chalkstream(*words, CHALKSTREAM_STATE=str(tmp_path / "state")).out.encode()
    run = started(*words, CHALKSTREAM_STATE=str(tmp_path / "state"))
    assert run.stdout is not None
    first = os.read(run.stdout.fileno(), 1)
    run.kill()
    said = first + run.stdout.buffer.read()
    run.communicate()
    assert first and whole.startswith(said) and len(said) < len(whole) / 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("chat", ""), 3, "invalid_request"),
        (("chat", "x", "--max-tokens", "0"), 3, "invalid_request"),
        (("chat", "x", "--max-tokens", "many"), 2, "usage"),
        (("chat", "zq9 " * 600), 3, "prompt_too_long"),
        (("chat", "x", "--models", "nope"), 2, "settings"),
        (("chat",), 2, "usage"),
        (("image", ""), 3, "invalid_request"),
        (("image", "x", "--size", "big"), 3, "invalid_request"),
        (("image", "x", "--seed", "-1"), 3, "invalid_request"),
        (("image", "x", "--out", "no such folder/x.png"), 2, "settings"),
    ],
)
def test_impossible_wishes_are_one_line_and_nothing_on_standard_output(
    tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    done = local(tmp_path, *words)
    (line,) = done.err.splitlines()
    assert (done.code, done.out) == (code, "")
    assert line.startswith(f"error: {said}: ") and " - " in line


@pytest.mark.skipif(TORCH, reason="torch is installed")
def test_without_torch_a_picture_is_unavailable_and_it_is_said_what_to_install(tmp_path: Path) -> None:
    out = tmp_path / "x.png"
    done = local(tmp_path, "image", "a red circle", "--out", out)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: unavailable: ") and "pip install 'chalkstream[image]'" in done.err
    assert len(done.err.splitlines()) == 1 and not out.exists()


@pytest.mark.train
def test_pictures_are_written_where_it_was_wished_and_a_seed_makes_them_again(tmp_path: Path) -> None:
    words = ("image", "a red circle on a white background", "--seed", "7", "--steps", "2", "--out")
    done = local(tmp_path, *words, tmp_path / "x.png", "--n", "2")
    assert (done.code, done.out.splitlines()) == (0, [str(tmp_path / "x.png"), str(tmp_path / "x-2.png")]), done.err
    first, second = ((tmp_path / name).read_bytes() for name in ("x.png", "x-2.png"))
    assert first[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", first[16:24]) == (64, 64)
    assert first != second
    again = local(tmp_path, *words, tmp_path / "again.png", "--size", "64x64")
    assert again.code == 0 and (tmp_path / "again.png").read_bytes() == first
