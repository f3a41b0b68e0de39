"""One upload in twenty is hostile: each of those ends with its typed code, and the good ones hardly notice.

The same good uploads at the same pace, first alone, then with the hostile ones among them. How long one takes is from
its PUT to the broker's stamp on the job's end.
"""

import random
import struct
import time
import zlib
from pathlib import Path
from typing import Any

from bench.chaos.media import recordings
from bench.delivery.house import OUT, House, opened, percentile
from schemas.errors import BAD_INPUT_CODES

CONTENTS, EVERY = 10, 20
MOST = 1.2


def measure(good: int = 76, gap: float = 1.3) -> dict[str, Any]:
    """The two runs and the verdict."""
    with opened() as house, house.worker():
        _run(house, "warm", 6, [], gap)
        clean, _ = _run(house, "clean", good, [], gap)
        mixed, codes = _run(house, "mixed", good, hostile(house.folder, -(-good // (EVERY - 1))), gap)
        letters = len(house.outside.kcat("dead.letters", "%o\n"))
    p99 = {name: percentile(took, 0.99) for name, took in (("clean", clean), ("mixed", mixed))}
    wrong = [
        f"{name}: {len(took)} of {good} ended"
        for name, took in (("clean", clean), ("mixed", mixed))
        if len(took) < good
    ]
    wrong += [
        f"{name} ended as {code or 'nothing typed'}" for name, code in codes.items() if code not in BAD_INPUT_CODES
    ]
    wrong += [f"{letters} dead letters"] if letters else []
    wrong += (
        [f"p99 {p99['mixed']:.2f} s is more than {MOST} x {p99['clean']:.2f} s"]
        if p99["mixed"] > MOST * p99["clean"]
        else []
    )
    return {
        "good": good, "hostile": len(codes), "codes": codes, "clean_p50_s": percentile(clean, 0.5),
        "mixed_p50_s": percentile(mixed, 0.5), "clean_p99_s": p99["clean"], "mixed_p99_s": p99["mixed"],
        "ratio_p99": p99["mixed"] / p99["clean"], "problems": wrong,
    }  # fmt: skip


def _run(house: House, name: str, good: int, bad: list[Path], gap: float) -> tuple[list[float], dict[str, str]]:
    """Seconds that each good upload took, and how each bad one ended."""
    contents, began, left = recordings(OUT / "chaos-media", CONTENTS), dict[str, float](), list(bad)
    for at in range(good):
        if left and at % (EVERY - 1) == EVERY // 2:
            _put(house, f"{name}/bad-{left[0].name}", left.pop(0))
        key = f"{name}/{at:03d}.wav"
        began[key] = _put(house, key, contents[at % CONTENTS].path)
        time.sleep(gap)
    keys = {path.name: f"{name}/bad-{path.name}" for path in bad}
    ends = house.wait([*began, *keys.values()], 120)
    took = [ends[key].at - at for key, at in began.items() if key in ends and ends[key].state == "done"]
    return took, {each: ends[key].code if key in ends else "" for each, key in keys.items()}


def _put(house: House, key: str, path: Path) -> float:
    began = time.time()
    house.outside.upload(key, str(path), "fr")
    return began


def hostile(folder: Path, count: int) -> list[Path]:
    """Files that try something, the first ``count`` of them again and again under other names."""
    kinds = {
        "list.mp4": b"ffconcat version 1.0\nfile other.mp4\n",
        "session.mp4": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 45310 RTP/AVP 0\n",
        "bomb.mp4": _bomb(7000),
        "playlist.mp4": b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://127.0.0.1:1/x.ts\n#EXT-X-ENDLIST\n",
        "noise.mp4": random.Random(6).randbytes(1_000_000),
        "head.mp4": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\xff\xff\xff\xffmoov" + bytes(100_000),
    }
    (folder / "hostile").mkdir(exist_ok=True)
    found = []
    for at in range(count):
        name, content = list(kinds.items())[at % len(kinds)]
        found.append(folder / "hostile" / f"{at}-{name}")
        found[-1].write_bytes(content)
    return found


def _bomb(side: int) -> bytes:
    """A picture of some 200 kB that would take 4 x side x side bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head, rows = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0), zlib.compress(bytes((side * 4 + 1) * side), 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
