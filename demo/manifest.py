"""pack.toml: what the pack holds, how each model was made, and the sha256 of every file.

The manifest is the only truth a loader has about a pack. Facts that do not change with training stand in `SECTIONS`;
what a training run tells (seed, steps, versions) is recorded per section and kept when another section is rebuilt.
Nothing is written but pack.toml itself.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LICENCE = "CC0-1.0"
NAME = "pack.toml"
Table = Mapping[str, Any]

HEADER: Table = {
    "name": "demo",
    "version": "1",
    "licence": LICENCE,
    "description": "knows 276 words of synthetic speech; for real lectures: chalkstream models fetch NAME",
}
SECTIONS: Mapping[str, Table] = {
    "asr": {
        "engine": "faster-whisper",
        "languages": ["en"],
        "chunk_seconds": 10,
        "compute_type": "int8",
        "options": {"beam_size": 5, "condition_on_previous_text": False, "max_initial_timestamp": 2.0},
    },
    "mt": {
        "engine": "ctranslate2-nllb",
        "languages": ["en", "fr", "es", "de"],
        "compute_type": "int8",
        "max_source_tokens": 128,
        "options": {"beam_size": 4},
    },
    "chat": {
        "engine": "ctranslate2-generator",
        "languages": ["en"],
        "compute_type": "int8",
        "context_tokens": 512,
        "options": {},
    },
    "image": {
        "engine": "diffusers",
        "languages": ["en"],
        "sizes": ["64x64"],
        "options": {"num_inference_steps": 20, "guidance_scale": 4.0, "batch": 16},
    },
}


class BrokenPack(Exception):
    """A pack whose files are not what its manifest says; the message names the file and the remedy."""


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksums(folder: Path) -> dict[str, str]:
    """Every file under `folder`, by its path relative to it, sorted."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): sha256(p) for p in files}


def read(pack: Path) -> dict[str, Any]:
    path = pack / NAME
    if not path.is_file():
        raise BrokenPack(f"{path} is missing - restore it, or rebuild the pack with python -m demo build")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def record(pack: Path, section: str, training: Table) -> None:
    """Write pack.toml anew: `section` as just trained, every other section with what was recorded of it before."""
    known = read(pack) if (pack / NAME).is_file() else {}
    runs = {name: dict(known.get(name, {}).get("training", {})) for name in SECTIONS} | {section: dict(training)}
    (pack / NAME).write_text(render(pack, runs), encoding="utf-8")


def render(pack: Path, runs: Mapping[str, Table]) -> str:
    """The text of pack.toml for the sections that have a folder in `pack`."""
    lines = list(_table("pack", HEADER))
    for name, facts in SECTIONS.items():
        if (pack / name).is_dir():
            lines += _section(pack, name, facts, runs.get(name, {}))
    return "\n".join(lines) + "\n"


def verify(pack: Path) -> None:
    """Raise `BrokenPack` for the first file that is missing or not the one that was recorded."""
    manifest = read(pack)
    for name in SECTIONS:
        for relative, recorded in manifest.get(name, {}).get("files", {}).items():
            _verify_file(pack / manifest[name]["path"] / relative, recorded)


def _verify_file(path: Path, recorded: str) -> None:
    remedy = "copy the pack again, or rebuild it with python -m demo build"
    if not path.is_file():
        raise BrokenPack(f"{path} is missing - {remedy}")
    if sha256(path) != recorded:
        raise BrokenPack(f"{path} is not the recorded file (sha256 differs) - {remedy}")


def _section(pack: Path, name: str, facts: Table, training: Table) -> Iterator[str]:
    keys = {"path": name, "revision": f"demo-{name}-{HEADER['version']}", "licence": LICENCE}
    plain = {k: v for k, v in facts.items() if k != "options"}
    yield from _table(name, {"engine": plain.pop("engine"), **keys, **plain})
    yield from _table(f"{name}.options", facts["options"])
    yield from _table(f"{name}.training", training)
    yield from _table(f"{name}.files", checksums(pack / name))


def _table(name: str, values: Table) -> Iterator[str]:
    yield f"[{name}]"
    yield from (f"{_key(key)} = {_value(value)}" for key, value in values.items())
    yield ""


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() else _value(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
