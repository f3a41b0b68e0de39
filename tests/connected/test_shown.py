"""What the README and docs/clients.md show to people with other clients is what happens: kcat and plain aiokafka."""

import importlib.util
import json
import re
import struct
import subprocess
import sys
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.commands import ROOT
from tests.connected.site import Site, clip, eventually
from tests.needs import tool

README, CLIENTS = ((ROOT / name).read_text("utf-8") for name in ("README.md", "docs/clients.md"))
SHOWN = "127.0.0.1:9092"
TORCH = all(importlib.util.find_spec(name) is not None for name in ("torch", "diffusers"))


def kcat_lines(topic: str) -> list[str]:
    """The README's commands that have to do with a topic."""
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if f"-t {topic}." in line]


def played(site: Site, lines: list[str]) -> list[dict[str, Any]]:
    """Run them one after another, with ids of this test's own; what reads is run until the answer is there."""
    tool("kcat")
    mark, answers = uuid.uuid4().hex[:8], list[dict[str, Any]]()
    request = ""
    for line in lines:
        asked = re.search(r'"request": "(\w+)"', line)
        request = f"{asked[1]}-{mark}" if asked else request
        words = line.replace(SHOWN, site.at.bootstrap)
        words = words.replace(f'"{asked[1]}"', f'"{request}"') if asked else words

        def run(words: str = words) -> str:
            return subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=True, timeout=60).stdout

        if asked:
            run()
        else:
            answers.append(eventually(_answer_of(run, request), request, 120))
    return answers


def _answer_of(run: Callable[[], str], request: str) -> Callable[[], dict[str, Any] | None]:
    def look() -> dict[str, Any] | None:
        found = [told for line in run().splitlines() if (told := json.loads(line))["request"] == request]
        return found[0] if found else None

    return look


def test_kcat_alone_holds_the_readme_s_conversation(site: Site) -> None:
    lines = kcat_lines("chat")
    assert len(lines) == 4
    first, second = played(site, lines)
    assert all(each["choices"][0]["message"]["content"] for each in (first, second))
    assert second["usage"]["prompt_tokens"] > first["usage"]["prompt_tokens"]


def picture(site: Site) -> dict[str, Any]:
    lines = kcat_lines("image")
    assert len(lines) == 2
    (answer,) = played(site, lines)
    return answer


@pytest.mark.skipif(TORCH, reason="torch is installed")
def test_without_torch_a_picture_ordered_with_kcat_is_answered_with_what_to_install(site: Site) -> None:
    error = picture(site)["error"]
    assert error["code"] == "unavailable" and "chalkstream[image]" in error["remedy"]


@pytest.mark.train
def test_kcat_alone_orders_the_readme_s_picture(site: Site) -> None:
    answer = picture(site)
    (made,) = answer["images"]
    data = site.s3.get_object(Bucket=made["bucket"], Key=made["key"])["Body"].read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", data[16:24]) == (made["width"], made["height"])
    assert len(data) == made["size"] and made["seed"] == 7 and not made.get("withheld")
    steps = [told for told in site.values("image.progress") if told["request"] == answer["request"]]
    assert steps and steps == sorted(steps, key=lambda told: told["step"])
    assert all(0 < told["progress"] <= 1 and told["steps"] == answer["usage"]["steps"] for told in steps)


def block(name: str) -> str:
    """The Python block of docs/clients.md that has ``name`` in it."""
    (found,) = (each for each in re.findall(r"```python\n(.*?)```", CLIENTS, re.DOTALL) if name in each)
    return found


def test_the_block_that_asks_prints_deltas_and_the_answer(site: Site) -> None:
    code = block("async def ask").replace(SHOWN, site.at.bootstrap)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.count("chat.completion") == 1
    text, _, answer = done.stdout.partition("{'")
    assert text.strip() and repr(text) in f"{{'{answer}"


def test_the_block_that_reads_results_prints_each_of_them_once(site: Site) -> None:
    code = block("async def follow").replace(SHOWN, site.at.bootstrap).replace("my-archive", uuid.uuid4().hex)
    job = site.put("for the clients' page.wav", clip(62, 2), targets="fr")
    site.job(job)
    with subprocess.Popen([sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, text=True) as reader:
        try:
            assert reader.stdout
            told = set[str]()
            while len(told) < 2:
                line = reader.stdout.readline()
                assert line
                told |= {line.split()[1]} if line.split()[0] == job else set()
            assert told == {"en", "fr"}
        finally:
            reader.kill()
