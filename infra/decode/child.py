"""The child: confines itself, reads the job, answers what it is told to do. Imports av and numpy only.

Law: whatever happens here leaves as one message or as the death of this process; nothing is printed, and every
error is one of the codes that the parent knows.

    parent: job, ──▶ child: info, ──▶ parent: probe … ──▶ child: clip … probed ──▶ parent: decode ──▶ child: pcm … end
"""

import json
import os
import socket
from typing import Any

from infra.decode import confine, framing


class Refused(Exception):
    """The media can't be used: a code of BadInput and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


class Remote:
    """The media as a file object; every read is asked of the parent. ``taken``: bytes read so far."""

    def __init__(self, channel: socket.socket, size: int) -> None:
        self._channel, self.size, self._at, self.taken = channel, size, 0, 0

    def read(self, length: int) -> bytes:
        """At most ``length`` bytes from here; none at the end."""
        if self._at >= self.size or length <= 0:
            return b""
        self._channel.sendall(framing.READ.pack(self._at, min(length, framing.MAX_READ)))
        (count,) = framing.COUNT.unpack(_exactly(self._channel, framing.COUNT.size))
        if count == framing.FAILED:
            os._exit(1)
        data = _exactly(self._channel, count)
        self._at += len(data)
        self.taken += len(data)
        return data

    def at(self, offset: int, length: int) -> bytes:
        """So many bytes from an offset; fewer at the end. The place of the next read stays."""
        before, self._at, data = self._at, offset, b""
        while len(data) < length and (more := self.read(length - len(data))):
            data += more
        self._at = before
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move; beyond the end is allowed, before the start is not."""
        self._at = max(0, offset + {0: 0, 1: self._at, 2: self.size}[whence])
        return self._at

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at


def _exactly(channel: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        more = channel.recv(min(count - len(data), framing.MAX_READ))
        if not more:
            os._exit(1)
        data += more
    return bytes(data)


def _told(channel: socket.socket) -> dict[str, Any]:
    (length,) = framing.COUNT.unpack(_exactly(channel, framing.COUNT.size))
    told: dict[str, Any] = json.loads(_exactly(channel, min(length, framing.MAX_JOB)))
    return told


def send(header: dict[str, Any], payload: bytes = b"") -> None:
    """One message to the parent; blocks while nobody takes it."""
    data = memoryview(framing.pack(header, payload))
    while data:
        data = data[os.write(1, data) :]


def _work(channel: socket.socket, job: dict[str, Any]) -> None:
    from infra.decode.opening import Media
    from infra.decode.probing import probe
    from infra.decode.reading import read

    remote = Remote(channel, job["size"])
    media = Media(remote)
    send(media.describe())
    while "probe" in (told := _told(channel)):
        clips = probe(media, told["probe"])
        media = Media(remote)  # before the answer: afterwards the parent may speak, and a reply to a read looks alike
        _send_clips(clips)
    send(read(media, told["decode"], job["max_seconds"], send))


def _send_clips(clips: list[tuple[int, bytes]]) -> None:
    for index, clip in clips:
        send({"kind": "clip", "index": index})
        for start in range(0, len(clip), framing.MAX_PAYLOAD):
            send({"kind": "clip", "index": index}, clip[start : start + framing.MAX_PAYLOAD])
    send({"kind": "probed"})


def main() -> None:
    """One job, from standard input (a socket) to standard output (a pipe)."""
    from infra.decode import opening, probing, reading  # noqa: F401 - afterwards no file can be opened

    channel = socket.socket(fileno=0)
    job = _told(channel)
    done = confine.confine(job["memory_bytes"], job["cpu_seconds"])
    try:
        if job["size"] < 0:
            send({"kind": "confined", "done": done})
        else:
            _work(channel, job)
    except Refused as error:
        send({"kind": "error", "code": error.code, "message": error.message})
    except MemoryError:
        send({"kind": "error", "code": "memory", "message": ""})
    except Exception as error:
        text = f"{type(error).__name__}: {error}"[:500].encode("ascii", "replace").decode()
        send({"kind": "error", "code": "internal", "message": text})
    os._exit(0)
