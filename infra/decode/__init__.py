"""The decode sandbox (DESIGN §7): an upload's bytes go in by range, PCM on the media clock comes out.

Law: a file's bytes are parsed only in a throw-away child process, which never learns a name, a URL or a credential.
The child imports this package too, so nothing here may import more than the standard library when it is loaded.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.decode.window import Readable
    from schemas.media import DecodeEnd, DecodeRequest, MediaInfo


def decode(
    source: "Readable", request: "DecodeRequest", *, cancelled: Callable[[], bool] = lambda: False
) -> Iterator["MediaInfo | bytes | DecodeEnd"]:
    """MediaInfo, then parts (s16le, mono, 16 kHz; sample n is media time n / 16000 s), then DecodeEnd.

    Each part has exactly ``request.part_samples`` samples, the last one or none fewer. Nothing runs before the first
    ``next``; closing the iterator ends the child. Raises BadInput (unsupported_format, no_audio_stream, truncated,
    encrypted, too_long, too_large), Broken (crashed, timeout, internal), Unavailable and Cancelled.
    """
    from infra.decode.session import run

    return run(source, request, cancelled)


def prepare(*, always: bool = False) -> None:
    """Start the child of the next upload ahead of it; one that is never needed ends with this process.

    ``always``: for a process that takes one upload after the other.
    """
    from infra.decode import serve

    serve.prepare(always=always)


def sandbox_report() -> dict[str, str]:
    """What confines a child on this machine, by name: ``in force`` or why not. Starts one child."""
    from infra.decode.session import report

    return report()
