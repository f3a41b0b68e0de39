"""What the README and docs/clients.md show to people with other clients is what happens: kcat and plain aiokafka."""

import importlib.util
import json
import re
import shlex
import struct
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.envelope import texts
from schemas.errors import BAD_INPUT_CODES
from streams.commands.schemas import documents
from tests.commands import ROOT
from tests.connected.site import Site, clip, eventually
from tests.connected.wire import check_facts, of_channel
from tests.needs import tool

README, CLIENTS = ((ROOT / name).read_text("utf-8") for name in ("README.md", "docs/clients.md"))
SHOWN = "127.0.0.1:9092"
TORCH = all(importlib.util.find_spec(name) is not None for name in ("torch", "diffusers"))


def kcat_lines(page: str, has: str = "") -> list[str]:
    """The page's commands with kcat that have something in them, each in one line."""
    blocks = [body for kind, body in re.findall(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.M) if kind != "python"]
    lines = re.sub(r"(\||\\)\n\s*", lambda end: end[1].strip("\\"), "".join(blocks)).splitlines()
    return [line for line in lines if "kcat " in line and has in line]


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
    lines = kcat_lines(README, "-t chat.")
    assert len(lines) == 4
    first, second = played(site, lines)
    assert all(each["choices"][0]["message"]["content"] for each in (first, second))
    assert second["usage"]["prompt_tokens"] > first["usage"]["prompt_tokens"]


def picture(site: Site, page: str = README) -> dict[str, Any]:
    lines = kcat_lines(page, "-t image.")
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


RUN_HERE = ("-C -t media.jobs -f", "-C -t media.subtitles", "-t media.control", "HOST:PORT", "-t chat.", "-t image.")


def test_every_line_of_the_clients_page_with_kcat_is_run_here() -> None:
    for line in kcat_lines(CLIENTS):
        assert sum(mark in line for mark in RUN_HERE) == 1, line
    assert all(kcat_lines(CLIENTS, mark) for mark in RUN_HERE)


def line_of(has: str, **told: str) -> str:
    """The one command of docs/clients.md that has something in it, with what stands in capitals filled in."""
    tool("kcat")
    (line,) = kcat_lines(CLIENTS, has)
    return filled(line, told)


def filled(text: str, told: dict[str, str]) -> str:
    for name, value in told.items():
        text = text.replace(name, value)
    return text


def heard(line: str, enough: Callable[[str], bool]) -> str:
    """What a command that reads for ever prints, until it is enough."""
    with subprocess.Popen(["sh", "-c", f"exec stdbuf -oL {line}"], stdout=subprocess.PIPE, text=True) as reader:
        clock = threading.Timer(60, reader.kill)
        clock.start()
        try:
            assert reader.stdout
            text = ""
            while not enough(text):
                more = reader.stdout.readline()
                assert more, f"it ended after:\n{text}"
                text += more
            return text
        finally:
            clock.cancel()
            reader.kill()


def test_the_page_s_kcat_lines_read_states_and_files(site: Site) -> None:
    job = site.put("for kcat's page.wav", clip(70, 2), targets="fr")
    site.job(job)
    states = line_of("-C -t media.jobs -f").replace(SHOWN, site.at.bootstrap)
    assert heard(states, lambda text: re.search(f'^{job} .*"state":"done"', text, re.M) is not None)
    files = line_of("-C -t media.subtitles").replace(SHOWN, site.at.bootstrap)
    told = heard(files, lambda text: f"{job}/fr " in text and text.endswith("}\n"))
    headers, value = told[told.index(f"{job}/fr ") :].splitlines()[:2]
    assert "ce_type=io.chalkstream.subtitles-ready.v1" in headers
    assert {file["key"] for file in json.loads(value)["files"]} <= {
        f"default/{job}/for kcat's page.fr.{kind}" for kind in ("srt", "vtt")
    }


def test_the_page_s_kcat_line_stops_a_job(site: Site) -> None:
    job = site.put("stopped by the page.wav", clip(0, 80, times=4), targets="fr,es,de")
    site.job(job, lambda status: status["state"] == "running")
    line = line_of("-t media.control", JOB=job).replace(SHOWN, site.at.bootstrap)
    subprocess.run(["sh", "-c", line], check=True, timeout=60)
    assert site.job(job)["state"] == "cancelled"


def librdkafka() -> tuple[int, ...]:
    """The version of kcat's library."""
    told = subprocess.run([tool("kcat"), "-V"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"librdkafka (\d+)\.(\d+)\.(\d+)", told)
    assert found, told
    return tuple(map(int, found.groups()))


def test_by_password_the_page_s_clients_read_and_an_old_kcat_is_refused(site: Site) -> None:
    assert site.at.sasl
    job = site.put("by password.wav", clip(72, 2), targets="")
    site.job(job)
    told = {"HOST:PORT": site.at.sasl.bootstrap, "NAME": site.at.sasl.username, "SECRET": site.at.sasl.password}
    assert heard(
        shlex.join([sys.executable, "-u", "-c", filled(block("async def states"), told)]), lambda text: job in text
    )
    line = line_of("HOST:PORT", **told)
    if librdkafka() >= (2, 6, 1):
        assert heard(line, lambda text: job in text)
    else:
        refused = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60)
        assert refused.returncode and "invalid credentials" in refused.stderr


def test_the_page_s_kcat_lines_ask_and_are_answered(site: Site) -> None:
    (answer,) = played(site, kcat_lines(CLIENTS, "-t chat."))
    assert answer["choices"][0]["message"]["content"]
    painted = picture(site, CLIENTS)
    assert painted.get("images") if TORCH else painted["error"]["code"] == "unavailable"


def block(name: str) -> str:
    """The Python block of docs/clients.md that has ``name`` in it."""
    (found,) = (each for each in re.findall(r"```python\n(.*?)```", CLIENTS, re.DOTALL) if name in each)
    return found


def printed(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_block_that_puts_starts_a_job(site: Site, tmp_path: Path) -> None:
    (tmp_path / "lecture.wav").write_bytes(clip(74, 2))
    code = block("store.upload_file").replace("http://127.0.0.1:9000", site.at.endpoint)
    for shown, true in ('"lecture.mp4"', f"{str(tmp_path / 'lecture.wav')!r}"), ("talks/", f"{tmp_path.name}/"):
        code = code.replace(shown, true)
    code = code.replace('"…"', repr(site.at.access_key), 1).replace('"…"', repr(site.at.secret_key))
    assert printed(code) == ""
    key = f"{tmp_path.name}/lecture.mp4"

    def look() -> dict[str, Any] | None:
        found = [each for each in site.values("media.jobs") if each["source"].get("key") == key]
        return found[-1] if found and found[-1]["state"] == "done" else None

    assert set(eventually(look, "the job")["languages"]) == {"en", "fr", "es"}


def test_the_block_that_asks_prints_deltas_and_the_answer(site: Site) -> None:
    said = printed(block("async def ask").replace(SHOWN, site.at.bootstrap))
    assert said.count("chat.completion") == 1
    text, _, answer = said.partition("{'")
    assert text.strip() and repr(text) in f"{{'{answer}"


def test_the_block_that_orders_a_picture_prints_where_it_is_or_what_to_install(site: Site) -> None:
    *steps, last = printed(block("async def paint").replace(SHOWN, site.at.bootstrap)).splitlines()
    if TORCH:
        assert re.fullmatch(r"results default/[0-9a-f-]+/0\.png 64 64", last)
        assert steps and all(re.fullmatch(r"\d+%", step) for step in steps)
    else:
        assert last.startswith("unavailable ") and "pip install 'chalkstream[image]'" in last and not steps


def test_what_was_asked_and_answered_keeps_what_is_published_about_it(site: Site) -> None:
    """Requests, deltas, answers and pictures, by their JSON Schemas and by the AsyncAPI document."""
    printed(block("async def ask").replace(SHOWN, site.at.bootstrap))
    printed(block("async def paint").replace(SHOWN, site.at.bootstrap))
    found = check_facts(site, "chat.") + check_facts(site, "image.")
    assert {"chat-delta", "chat-answered", "images-made"} <= found.keys()
    for kind, answers in ("chat", "chat.responses"), ("image", "image.results"):
        requests, known = of_channel(documents()["asyncapi.json"], f"{kind}.requests"), readable(site, answers)
        asked = [value for record in site.records(f"{kind}.requests") if (value := of(known, record))]
        assert asked
        for value in asked:
            requests.validate(value)


def readable(site: Site, topic: str) -> set[str]:
    """Requests that nothing was wrong with."""
    errors = {each["request"]: each.get("error", {}).get("code") for each in site.values(topic)}
    return {request for request, code in errors.items() if code not in BAD_INPUT_CODES}


def of(known: set[str], record: Any) -> Any:
    """The body of a request that is known; None for any other record."""
    name = texts(record.headers).get("ce_id", "")
    return json.loads(record.value) if name in known else None


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
