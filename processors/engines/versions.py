"""Which versions of the engines' libraries are here, asked by importing them."""

import importlib
from importlib import metadata
from typing import Final

NEEDED: Final = (
    "av",
    "ctranslate2",
    "faster-whisper",
    "onnxruntime",
    "tokenizers",
    "sentencepiece",
    "numpy",
    "pysubs2",
)


def probe(name: str) -> tuple[str, str]:
    """The version of a library (by its distribution's name) and, if it can't be imported, why."""
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return "", "it is not installed"
    try:
        importlib.import_module(name.replace("-", "_"))
    except Exception as error:  # a broken shared library raises whatever it likes
        return version, f"{type(error).__name__}: {error}"
    return version, ""


def ffmpeg() -> str:
    """The FFmpeg libraries inside PyAV, as ``libavcodec 62.11.100, …``; empty when PyAV can't be imported."""
    try:
        import av
    except Exception:
        return ""
    return ", ".join(f"{name} {'.'.join(map(str, number))}" for name, number in sorted(av.library_versions.items()))
