"""A model hub, through huggingface_hub: what a repository holds at a commit, and its files, byte for byte.

The library is imported on first use and its exceptions end here. Its own ``snapshot_download`` drops a half-loaded
file when the process ends; weights are gigabytes, so files are loaded one by one over its session, by Range from where
the file on disk stops. Tokens come from where the library finds them (``HF_TOKEN``, its login).
"""

import errno
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from schemas.errors import BadInput, BadSettings, ChalkstreamError, Unavailable

Seen = Callable[[int], None]
"""Told how many more bytes are there (negative when some have to be loaded again)."""

SECONDS: Final = 20.0
"""How long an answer about a repository may take; downloads have the library's own time limits."""
PARTIAL: Final = 206
"""The status of an answer that honours Range."""


@dataclass(frozen=True)
class RemoteFile:
    """One file at a commit. ``sha256`` is what the hub says of large files, ``blob`` git's SHA-1 of small ones."""

    name: str
    size: int
    sha256: str = ""
    blob: str = ""


@dataclass(frozen=True)
class Listing:
    """A repository at a commit."""

    repository: str
    commit: str
    licence: str
    files: tuple[RemoteFile, ...]

    @property
    def names(self) -> list[str]:
        """Every file's path, ``/`` between folders."""
        return [file.name for file in self.files]

    def file(self, name: str) -> RemoteFile:
        """The file called ``name``, which must be there."""
        return next(file for file in self.files if file.name == name)


class Hub:
    """``endpoint`` None: the library's default."""

    def __init__(self, endpoint: str | None = None) -> None:
        self.endpoint = endpoint.rstrip("/") if endpoint else None

    def listing(self, repository: str, revision: str) -> Listing:
        """What stands in ``repository`` at ``revision`` (a commit, branch or tag), pinned to its commit.

        Raises BadInput("not_found" | "licence_refused" | "invalid_request"), Unavailable.
        """
        with _translated(f"{repository}@{revision}"):
            api = _library().HfApi(endpoint=self.endpoint)
            info = api.model_info(repository, revision=revision, timeout=SECONDS)
            tree = list(api.list_repo_tree(repository, revision=info.sha, recursive=True))
        files = tuple(_remote(entry) for entry in tree if hasattr(entry, "blob_id"))
        return Listing(repository, str(info.sha), _licence(info), files)

    def download(self, listing: Listing, file: RemoteFile, into: Path, seen: Seen) -> None:
        """Bring ``into`` to the file's full length, going on behind what is there already. Raises as ``listing``.

        A connection that breaks is taken up again for as long as each try brings something.
        """
        seen(_size(into, file))
        while True:
            have = _size(into, file)
            try:
                with _translated(f"{listing.repository}/{file.name}"), into.open("ab") as out:
                    if out.tell() > have:
                        out.truncate(have)
                    return self._load(listing, file, out, have, seen)
            except Unavailable:
                if _size(into, file) <= have:
                    raise

    def _load(self, listing: Listing, file: RemoteFile, out: IO[bytes], have: int, seen: Seen) -> None:
        library = _library()
        from huggingface_hub import constants

        url = library.hf_hub_url(listing.repository, file.name, revision=listing.commit, endpoint=self.endpoint)
        headers = library.utils.build_hf_headers() | {"Accept-Encoding": "identity"}
        headers |= {"Range": f"bytes={have}-"} if have else {}
        patience = {"retry_on_status_codes": (408, 429), "retry_on_exceptions": ()}
        if have == file.size:
            return
        with library.utils.http_stream_backoff(
            "GET", url, headers=headers, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT, **patience
        ) as answer:
            library.utils.hf_raise_for_status(answer)
            if have and answer.status_code != PARTIAL:
                out.truncate(0)
                seen(-have)
            for piece in answer.iter_bytes():
                seen(out.write(piece))


def verify(path: Path, file: RemoteFile, *, expected: str = "", seen: Seen = lambda _: None) -> str:
    """The file's sha256. Raises Unavailable when its bytes are not those that the hub or ``expected`` named."""
    sha256, git = hashlib.sha256(), hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as data:
        while piece := data.read(1 << 20):
            sha256.update(piece)
            git.update(piece)
            seen(len(piece))
    found = sha256.hexdigest()
    same_blob = file.sha256 or not file.blob or git.hexdigest() == file.blob
    if any(wanted and wanted != found for wanted in (file.sha256, expected)) or not same_blob:
        what = f"{file.name} is not the file that was asked for (its hash differs)"
        raise Unavailable(what, "run the command again; if it stays so, the hub or a mirror serves other bytes")
    return found


def _size(path: Path, file: RemoteFile) -> int:
    return min(path.stat().st_size, file.size) if path.is_file() else 0


def _library() -> Any:
    import huggingface_hub
    from huggingface_hub import constants
    from huggingface_hub.utils import logging

    # Otherwise the library asks its hub for a list of programs that may have started this one, to report it.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    return huggingface_hub


def _remote(entry: Any) -> RemoteFile:
    return RemoteFile(entry.path, int(entry.size), entry.lfs.sha256 if entry.lfs else "", entry.blob_id or "")


def _licence(info: Any) -> str:
    card = info.card_data.to_dict() if info.card_data else {}
    return str(card.get("license_name") or card.get("license") or "")


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except ChalkstreamError:
        raise
    except Exception as error:
        if (known := translate(error, what)) is None:
            raise
        raise known from error


def translate(error: Exception, what: str) -> ChalkstreamError | None:
    """Our error for one of the library's, of the network or of the disk; None for a bug."""
    from huggingface_hub import errors

    token = "or set HF_TOKEN if it is private"  # noqa: S105 - advice, no secret
    match error:
        case errors.GatedRepoError():
            remedy = "accept them on its page and set HF_TOKEN to your token"
            return BadInput("licence_refused", f"{what} is only for who accepted its terms", remedy)
        case errors.RevisionNotFoundError():
            return BadInput("not_found", f"there is no revision {what}", "check the commit, branch or tag")
        case errors.RepositoryNotFoundError() | errors.DisabledRepoError():
            return BadInput("not_found", f"there is no repository {what}, or it is private", f"check the name, {token}")
        case errors.EntryNotFoundError():
            return BadInput("not_found", f"there is no file {what}", "check the name and the revision")
        case errors.HFValidationError():
            return BadInput("invalid_request", f"{what} is no repository name", "write it as owner/name")
        case errors.OfflineModeIsEnabled():
            return Unavailable(f"{what} can't be fetched: HF_HUB_OFFLINE is set", "unset it, or copy the pack by hand")
        case errors.HfHubHTTPError():
            return _refused(error.response.status_code, what)
        case OSError() if error.errno:
            return _disk(error, what)
    return _network(error, what)


def _refused(status: int, what: str) -> ChalkstreamError:
    if status in (401, 403):
        return BadInput("not_found", f"the hub gives us no access to {what} ({status})", "check HF_TOKEN")
    if status == 429:
        return Unavailable(f"the hub asks us to wait before {what}", "run the command again later", "rate_limited")
    return Unavailable(f"the hub answered {status} for {what}", "run the command again later; it goes on where it was")


def _disk(error: OSError, what: str) -> ChalkstreamError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Unavailable(f"the disk is full: {what} can't be written", "free some space and run the command again")
    return BadSettings(f"{what} can't be written: {error.strerror}", "set CHALKSTREAM_STATE to a folder of your own")


def _network(error: Exception, what: str) -> ChalkstreamError | None:
    remedy = "check the network and HF_ENDPOINT, then run the command again: it goes on where it was"
    broken = isinstance(error, OSError) or type(error).__module__.split(".")[0].startswith("http")
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return Unavailable(f"{what} can't be fetched: {reason}", remedy) if broken else None
