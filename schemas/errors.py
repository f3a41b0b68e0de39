"""The error tree and the codes people see (CONTRACT §7). Nothing else may invent a code.

    ChalkstreamError            code, message, remedy
    ├── BadInput                the media or the request is wrong: never retried, tells the user what to change
    ├── BadSettings             the start is stopped: names the setting and what is allowed
    ├── Unavailable             a shared service or a resource is away: retried with delay, uses up no attempt
    ├── Cancelled               somebody asked for the stop
    │   └── Left                its partition went to somebody else, or this process is about to end
    └── Broken                  anything else is a bug: dead-lettered, loud (codes crashed, timeout, internal)

Foreign exceptions are translated where the foreign library is called; what still arrives as a plain
Exception is treated as ``Broken("internal")`` by the runner.
"""

from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict

BadInputCode = Literal[
    "unsupported_format",
    "no_audio_stream",
    "truncated",
    "encrypted",
    "too_long",
    "too_large",
    "unknown_language",
    "unknown_profile",
    "prompt_too_long",
    "invalid_request",
    "unknown_model",
    "licence_refused",
    "not_found",
    "conflict",
    "unknown_version",
]
ServiceCode = Literal["unavailable", "overloaded", "rate_limited", "timeout", "crashed", "cancelled", "internal"]

BAD_INPUT_CODES: Final = frozenset(get_args(BadInputCode))
SERVICE_CODES: Final = frozenset(get_args(ServiceCode))


class ErrorInfo(BaseModel):
    """An error as it stands in events, jobs and reports."""

    model_config = ConfigDict(frozen=True)

    code: str
    message: str
    remedy: str | None = None

    @property
    def line(self) -> str:
        """``<what is wrong> - <what to do>``, in one line."""
        return " ".join(self.message.split()) + (f" - {' '.join(self.remedy.split())}" if self.remedy else "")


class ChalkstreamError(Exception):
    """Base of the tree. ``str(error)`` is the one line of CONTRACT §1: ``<code>: <what> - <what to do>``."""

    exit_code = 1

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(code, message, remedy)
        self.code, self.message, self.remedy = code, message, remedy

    def __str__(self) -> str:
        return f"{self.code}: {self.info.line}"

    @property
    def info(self) -> ErrorInfo:
        """The error as a value for the wire."""
        return ErrorInfo(code=self.code, message=self.message, remedy=self.remedy or None)

    @property
    def told(self) -> ErrorInfo:
        """The error as other machines are told of it."""
        return self.info


class BadInput(ChalkstreamError):
    """The media or the request can't be used as it is; never retried."""

    exit_code = 3

    def __init__(self, code: BadInputCode, message: str, remedy: str = "") -> None:
        super().__init__(code, message, remedy)


class BadSettings(ChalkstreamError):
    """A setting is unknown, impossible, or points at nothing; the process does not start."""

    exit_code = 2

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__("settings", message, remedy)

    @property
    def told(self) -> ErrorInfo:
        """A worker that is set up wrongly is, to others, one that is away (CONTRACT §7 has no code of its own)."""
        return self.info.model_copy(update={"code": "unavailable"})


class Unavailable(ChalkstreamError):
    """Something shared (store, broker, disk, optional engine) can't serve now; tried again later."""

    def __init__(self, message: str, remedy: str = "", code: ServiceCode = "unavailable") -> None:
        super().__init__(code, message, remedy)


class Cancelled(ChalkstreamError):
    """The job was cancelled or deleted, or the process was asked to stop."""

    exit_code = 130

    def __init__(self, message: str = "stopped on request", remedy: str = "") -> None:
        super().__init__("cancelled", message, remedy)


class Left(Cancelled):
    """Work that was left where it was because its partition went to somebody else, or this process is about to end."""


class Broken(ChalkstreamError):
    """A bug or a crash in us or in a library we run."""

    def __init__(self, code: ServiceCode, message: str, remedy: str = "") -> None:
        super().__init__(code, message, remedy)


def rebuild(info: ErrorInfo) -> ChalkstreamError:
    """The exception that ``info`` was made from, for re-raising at an edge."""
    if info.code in BAD_INPUT_CODES:
        return BadInput(info.code, info.message, info.remedy or "")  # type: ignore[arg-type]
    if info.code == "cancelled":
        return Cancelled(info.message, info.remedy or "")
    if info.code in ("unavailable", "overloaded", "rate_limited"):
        return Unavailable(info.message, info.remedy or "", code=info.code)  # type: ignore[arg-type]
    return Broken(info.code, info.message, info.remedy or "")  # type: ignore[arg-type]


class NotFound(BadInput):
    """Nothing stands under that name in the store."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__("not_found", message, remedy)
