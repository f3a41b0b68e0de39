"""The training libraries, untyped: their annotations are partial, differ by version, and lack in the base install."""

import importlib
from typing import Any


def library(name: str) -> Any:
    return importlib.import_module(name)
