"""A model hub on loopback, as huggingface_hub's client speaks to one: info, tree with pages, resolve, LFS, ranges.

Repositories are values: commits of files, branches that point at commits, and faults that a test asks for. What was
asked for is kept in ``requests``. A file larger than ``LFS`` bytes is served the way the real hub serves weights:
``resolve`` redirects to another path with ``X-Linked-Etag``, and git's own SHA-1 is that of the pointer.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

LFS = 10_000
PAGE = 3
"""Entries per page of a tree (the real hub: 1,000), so that a small repository has several."""

Files = dict[str, bytes]


def folder_files(folder: Path) -> Files:
    """Every file under ``folder`` by its relative path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def commit_of(files: Files) -> str:
    """A commit that changes with the content, as git's does."""
    digest = hashlib.sha1(usedforsecurity=False)
    for name, data in sorted(files.items()):
        digest.update(name.encode() + data)
    return digest.hexdigest()


@dataclass
class Repository:
    """``gated`` and ``private`` need a token; ``served`` are other bytes than those that were announced."""

    commits: dict[str, Files] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    licence: str = "mit"
    gated: bool = False
    private: bool = False
    served: Files = field(default_factory=dict)
    breaks: dict[str, list[int]] = field(default_factory=dict)
    """Per file: after how many bytes of an answer the connection breaks, answer by answer; -1 is an answer 503."""
    ranges: bool = True

    def commit(self, files: Files, branch: str = "main") -> str:
        """Add a commit and move ``branch`` to it."""
        sha = commit_of(files)
        self.commits[sha] = files
        self.branches[branch] = sha
        return sha

    def resolve(self, revision: str) -> str | None:
        """The commit of a branch or commit."""
        return self.branches.get(revision) or (revision if revision in self.commits else None)


@dataclass
class HubServer:
    """``endpoint`` is what HF_ENDPOINT takes."""

    endpoint: str = ""
    token: str = "hf_right"  # noqa: S105 - the server's own
    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path, Range header."""

    def add(self, name: str, files: Files, **facts: object) -> Repository:
        """A repository with one commit on ``main``."""
        self.repositories[name] = Repository(**facts)  # type: ignore[arg-type]
        self.repositories[name].commit(files)
        return self.repositories[name]

    def asked(self, name: str) -> list[str]:
        """The Range of each request for a file's bytes."""
        return [ranged for method, path, ranged in self.requests if method == "GET" and path.endswith(f"/{name}")]


@contextmanager
def running() -> Iterator[HubServer]:
    """The server, for as long as the block lasts."""
    state = HubServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(hub: HubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        state = hub

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: HubServer
    INFO = re.compile(r"/api/models/([^/]+/[^/]+?)(?:/revision/([^/]+))?")
    TREE = re.compile(r"/api/models/([^/]+/[^/]+)/tree/([^/]+)")
    RESOLVE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
    BLOB = re.compile(r"/blobs/([^/]+/[^/]+)/([^/]+)/(.+)")

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None: ...

    def _answer(self) -> None:
        url = urlsplit(self.path)
        self.state.requests.append((self.command, url.path, self.headers.get("Range", "")))
        acts = (self.TREE, self._tree), (self.RESOLVE, self._resolve), (self.BLOB, self._blob), (self.INFO, self._info)
        for pattern, act in acts:
            if found := pattern.fullmatch(url.path):
                name, revision, *rest = (unquote(part or "") for part in found.groups())
                return self._in_repository(name, revision or "main", *rest, act=act)
        return self._refuse(404, "")

    def _in_repository(self, name: str, revision: str, *rest: str, act: object) -> None:
        repository = self.state.repositories.get(name)
        trusted = self.headers.get("Authorization") == f"Bearer {self.state.token}"
        if repository is None or (repository.private and not trusted):
            return self._refuse(401 if not trusted else 404, "RepoNotFound")
        if repository.gated and not trusted and act in (self._resolve, self._blob):
            return self._refuse(403, "GatedRepo")
        commit = repository.resolve(revision)
        if commit is None:
            return self._refuse(404, "RevisionNotFound")
        return act(name, repository, commit, *rest)  # type: ignore[operator, no-any-return]

    def _info(self, name: str, repository: Repository, commit: str) -> None:
        siblings = [{"rfilename": path} for path in sorted(repository.commits[commit])]
        self._json({
            "_id": "0", "id": name, "modelId": name, "sha": commit, "private": repository.private,
            "siblings": siblings, "tags": [], "gated": "auto" if repository.gated else False,
            "cardData": {"license": repository.licence} if repository.licence else None,
        })  # fmt: skip

    def _tree(self, name: str, repository: Repository, commit: str) -> None:
        files = repository.commits[commit]
        entries = [_entry(path, data) for path, data in sorted(files.items())]
        folders = {path.rpartition("/")[0] for path in files if "/" in path}
        entries += [{"type": "directory", "path": folder, "oid": "0" * 40, "size": 0} for folder in sorted(folders)]
        start = int(parse_qs(urlsplit(self.path).query).get("cursor", ["0"])[0])
        more = f"{self.state.endpoint}/api/models/{name}/tree/{commit}?recursive=true&cursor={start + PAGE}"
        link = {"Link": f'<{more}>; rel="next"'} if start + PAGE < len(entries) else {}
        self._json(entries[start : start + PAGE], link)

    def _resolve(self, name: str, repository: Repository, commit: str, path: str) -> None:
        data = repository.commits[commit].get(path)
        if data is None:
            return self._refuse(404, "EntryNotFound")
        facts = {"X-Repo-Commit": commit, "ETag": f'"{git_sha1(data)}"'}
        if len(data) <= LFS:
            return self._bytes(repository, path, data, facts)
        facts |= {"X-Linked-Size": str(len(data)), "X-Linked-ETag": f'"{hashlib.sha256(data).hexdigest()}"'}
        self.send_response(302)
        for key, value in (facts | {"Location": f"/blobs/{name}/{commit}/{path}", "Content-Length": "0"}).items():
            self.send_header(key, value)
        return self.end_headers()

    def _blob(self, _: str, repository: Repository, commit: str, path: str) -> None:
        self._bytes(repository, path, repository.commits[commit][path], {})

    def _bytes(self, repository: Repository, path: str, data: bytes, facts: dict[str, str]) -> None:
        stop = repository.breaks[path].pop(0) if repository.breaks.get(path) else None
        if stop == -1:
            return self._refuse(503, "")
        data = repository.served.get(path, data)
        ranged = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")) if repository.ranges else None
        start = int(ranged[1]) if ranged else 0
        self.send_response(206 if ranged else 200)
        facts |= {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if ranged else {}
        for key, value in (facts | {"Content-Length": str(len(data) - start), "Accept-Ranges": "bytes"}).items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[start:] if stop is None else data[start : start + stop])
        self.close_connection = stop is not None
        return None

    def _json(self, value: object, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        facts = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
        for key, text in facts.items():
            self.send_header(key, text)
        self.end_headers()
        self.wfile.write(body if self.command == "GET" else b"")

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


def git_sha1(data: bytes) -> str:
    """What git calls a blob."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _entry(path: str, data: bytes) -> dict[str, object]:
    if len(data) <= LFS:
        return {"type": "file", "path": path, "size": len(data), "oid": git_sha1(data)}
    sha = hashlib.sha256(data).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha}\nsize {len(data)}\n".encode()
    lfs = {"oid": sha, "size": len(data), "pointerSize": len(pointer)}
    return {"type": "file", "path": path, "size": len(data), "oid": git_sha1(pointer), "lfs": lfs}
