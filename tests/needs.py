"""What a test needs of the machine. Where it is missing the test is skipped and says why; under CI=true it fails."""

import importlib
import os
import shutil
from typing import Any, Final, NoReturn

import pytest

PACKAGES: Final = {"promtool": "prometheus", "node": "nodejs"}
"""Debian's names where they differ from the program's."""


def lack(reason: str) -> NoReturn:
    """The test can't be run here."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def tool(name: str) -> str:
    """The path of a program that others wrote."""
    found = shutil.which(name)
    return found or lack(f"{name} is missing: apt-get install {PACKAGES.get(name, name)}")


def library(name: str, extra: str) -> Any:
    """A library of one of our extras."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        lack(f"{name} is missing: pip install 'chalkstream[{extra}]'")
