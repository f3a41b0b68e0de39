"""The stage illustrate: one answer per request, pictures kept first come first, batches of the alike."""

import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from processors.bench import Bench
from processors.illustrate import STAGE, illustrate
from processors.painting import Wish, parameters
from schemas.errors import BadInput, Cancelled, ErrorInfo, Unavailable
from schemas.events import Event
from schemas.images import ImageProgress, ImageRequested, ImagesMade
from tests.fakes import MODEL, MemoryStore
from tests.unit.processors.chatters import chat_bench


@dataclass
class Brush:
    """Implements ``Painter``: a picture of one colour, which is the seed's lowest byte."""

    sizes: tuple[tuple[int, int], ...] = ((16, 8), (8, 8))
    batches: list[list[Wish]] = field(default_factory=list)
    identity = MODEL
    own = (16, 8)
    steps = 20
    batch = 4

    def painter(self) -> "Brush":
        return self

    def paint(self, wishes: Sequence[Wish], left: Callable[[], bool]) -> list[bytes | None]:
        self.batches.append(list(wishes))
        for _ in range(wishes[0].steps):
            if left():
                raise Cancelled
        pixels = [bytes([wish.seed % 256]) * (3 * wish.width * wish.height) for wish in wishes]
        return [None if "forbidden" in wish.prompt else each for wish, each in zip(wishes, pixels, strict=True)]


def asking(request: str = "r1", tenant: str = "default", **body: Any) -> ImageRequested:
    return ImageRequested(request=request, tenant=tenant, body=json.dumps({"prompt": "a red circle", **body}))


def said(events: Sequence[ImageRequested], bench: Bench) -> list[ImagesMade]:
    answers = list(illustrate(events, bench))
    assert sorted(at for at, answer in answers if not isinstance(answer, Event)) == list(range(len(events)))
    return [answer for _, answer in answers if isinstance(answer, ImagesMade)]


def chunks(data: bytes) -> dict[bytes, list[bytes]]:
    """A PNG file's chunks, by name, their checksums compared."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, found = 8, dict[bytes, list[bytes]]()
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
        found.setdefault(kind, []).append(body)
        at += 12 + length
    return found


def test_pictures_stand_in_the_store_as_the_answer_says() -> None:
    store, brush = MemoryStore(), Brush()
    (answer,) = said([asking(n=3, seed=7, negative_prompt="blür")], chat_bench(brush, store))
    assert answer.images and answer.usage and (answer.usage.images, answer.usage.steps) == (3, 60)
    assert [image.seed for image in answer.images] == [7, 8, 9] and answer.created == 7
    for image in answer.images:
        data = store.get(image.bucket, image.key)
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (image.sha256, image.size)
        found = chunks(data)
        assert struct.unpack(">II", found[b"IHDR"][0][:8]) == (16, 8) == (image.width, image.height)
        assert zlib.decompress(found[b"IDAT"][0]) == (b"\0" + bytes([image.seed]) * 48) * 8
        told = dict(text.split(b"\0\0\0\0\0", 1) for text in found[b"iTXt"])
        assert told[b"prompt"] == b"a red circle" and told[b"negative_prompt"].decode() == "blür"
        assert told[b"seed"] == str(image.seed).encode() and told[b"steps"] == b"20"


def test_those_alike_in_size_and_steps_share_batches() -> None:
    brush = Brush()
    events = [asking(f"r{n}", size="8x8" if n % 2 else None, steps=9 if n == 5 else None) for n in range(6)]
    assert len(said(events, chat_bench(brush))) == 6
    assert sorted(map(len, brush.batches)) == [1, 2, 3]
    assert all(len({wish.like for wish in batch}) == 1 for batch in brush.batches)


def test_what_was_painted_is_not_painted_again_and_the_answer_is_the_same() -> None:
    store, brush = MemoryStore(), Brush()
    (first,) = said([asking(n=2)], chat_bench(brush, store))
    (again,) = said([asking(n=2)], chat_bench(brush, store))
    assert again == first and again.id == first.id and len(brush.batches) == 1


def test_after_a_crash_only_the_rest_is_painted() -> None:
    store, brush, event = MemoryStore(), Brush(), asking(n=6)
    (whole,) = said([event], chat_bench(Brush(), store))
    other = MemoryStore()
    for image in (whole.images or ())[:4]:
        other.put(image.bucket, image.key, store.get(image.bucket, image.key))
    assert said([event], chat_bench(brush, other)) == [whole]
    assert [len(batch) for batch in brush.batches] == [2]


def progress(events: Sequence[ImageRequested], bench: Bench) -> list[ImageProgress]:
    return [answer for _, answer in illustrate(events, bench) if isinstance(answer, ImageProgress)]


def test_each_step_is_told_and_after_a_crash_again_under_the_same_ids() -> None:
    store, event = MemoryStore(), asking(n=6, steps=5)
    told = progress([event], chat_bench(Brush(), store))
    assert [each.step for each in told] == [4, 8, 12, 16, 20, 22, 24, 26, 28, 30]
    assert [each.progress for each in told] == sorted(each.progress for each in told) and told[-1].progress == 1.0
    assert {each.steps for each in told} == {30} and len({each.id for each in told}) == len(told)
    (answer,) = [found for found in said([event], chat_bench(Brush(), store)) if found.images]
    store.delete(answer.images[5].bucket, answer.images[5].key)  # type: ignore[index]
    for key in list(store.names("work", "image/")):
        store.delete("work", key)
    again = progress([event], chat_bench(Brush(), store))
    assert [each.step for each in again] == [26, 27, 28, 29, 30]
    assert {each.id: each for each in told}.items() >= {each.id: each for each in again if each.step % 2 == 0}.items()


def test_progress_is_told_at_most_every_fifth_of_a_second_and_never_of_others() -> None:
    clock = iter(n * 0.06 for n in range(1000))
    told = progress([asking("a", steps=20)], chat_bench(Brush(), clock=lambda: next(clock)))
    assert [each.step for each in told] == [1, 5, 9, 13, 17]
    both = progress([asking("a"), asking("b", steps=3)], chat_bench(Brush()))
    assert {(each.request, each.steps) for each in both} == {("a", 20), ("b", 3)}


def test_a_picture_that_the_model_withholds_is_black_and_says_so_after_a_crash_too() -> None:
    store, event = MemoryStore(), asking(prompt='a forbidden iTXt"withheld" thing', seed=7)
    (answer,) = said([event], chat_bench(Brush(), store))
    assert answer.images and answer.images[0].withheld
    found = chunks(store.get(answer.images[0].bucket, answer.images[0].key))
    assert not any(zlib.decompress(found[b"IDAT"][0]))
    for key in list(store.names("work", "image/")):
        store.delete("work", key)
    assert said([event], chat_bench(Brush(), store)) == [answer]
    (fine,) = said([asking("r2", prompt="iTXtwithheld\0")], chat_bench(Brush(), store))
    assert fine.images and fine.images[0].withheld is None


def test_who_goes_away_while_it_paints_stops_the_painter() -> None:
    painting = illustrate([asking(steps=100)], chat_bench(Brush()))
    assert isinstance(next(painting)[1], ImageProgress)
    painting.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"prompt": ""}, "invalid_request", "prompt"),
        ({"size": "24x24"}, "invalid_request", "size"),
        ({"size": "100000x100000"}, "invalid_request", "size"),
        ({"n": 0}, "invalid_request", "n"),
        ({"steps": 10**9}, "invalid_request", "steps"),
        ({"model": "dall-e-3"}, "unknown_model", "model"),
    ],
)
def test_a_bad_request_is_answered_and_its_companions_too(body: Any, code: str, field: str) -> None:
    fine, bad = sorted(said([asking("bad", **body), asking("fine")], chat_bench(Brush())), key=lambda a: bool(a.error))
    assert fine.images and bad.error and (bad.error.code, bad.error.param) == (code, field)


def test_a_model_without_listed_sizes_paints_on_the_grid() -> None:
    bench = chat_bench(Brush(sizes=()))
    good, bad = said([asking("a", size="24x40"), asking("b", size="25x40")], bench)[::-1]
    assert good.images and good.images[0].width == 24 and bad.error and bad.error.param == "size"


def test_without_the_extra_the_answer_says_how_to_install_it() -> None:
    class Missing:
        def painter(self) -> None:
            raise Unavailable("pictures need torch, which is not installed", "pip install 'chalkstream[image]'")

    (answer,) = said([asking()], chat_bench(Missing()))
    assert answer.error and answer.error.code == "unavailable"
    assert answer.error.remedy == "pip install 'chalkstream[image]'"


def test_a_cancelled_request_and_one_given_up_on_are_answered() -> None:
    asked = iter([False] + [True] * 9)
    (answer,) = said([asking()], chat_bench(Brush(), cancelled=lambda _job, _run: next(asked, True)))
    assert answer.error and answer.error.code == "cancelled"
    store = MemoryStore()
    told = STAGE.given_up(asking(), ErrorInfo(code="crashed", message="died"), chat_bench(Brush(), store))
    assert list(told) == said([asking()], chat_bench(Brush(), store))


def test_no_tenant_s_name_leads_out_of_its_place() -> None:
    (answer,) = said([asking(tenant="../x/y")], chat_bench(Brush()))
    assert answer.images and ".." not in answer.images[0].key and answer.images[0].key.count("/") == 2


def test_refusals_are_told_as_they_are_read() -> None:
    assert STAGE.refuse
    bench = chat_bench(Brush())
    assert STAGE.refuse(asking(), 0, bench) is None
    assert isinstance(STAGE.refuse(asking(n=99), 0, bench), BadInput)
    limited = STAGE.refuse(asking(), 100, bench)
    assert limited and limited.code == "rate_limited"


def test_parameters_make_the_picture_again() -> None:
    told = parameters(Wish("p", "n", 3, 16, 8, 5), MODEL)
    assert {told["seed"], told["steps"], told["size"], told["model"]} == {"3", "5", "16x8", "fake"}
