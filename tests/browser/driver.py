"""Debian's Chromium, driven by playwright; axe looks for what keeps people out."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from tests.needs import tool

SCREENS: Final = (("light", 1200, 900), ("dark", 1200, 900), ("light", 360, 740), ("dark", 360, 740))
"""Colour scheme, width, height."""
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
_RUN: Final = "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})"


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser, if there is one."""
    chromium = tool("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            browser.close()


def until(page: Page, expression: str, seconds: float = 8.0) -> None:
    """Wait for what JavaScript says to be true, asked from outside: what playwright would have the page itself ask
    again and again, the page's own security policy forbids."""
    ends = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < ends, f"this never came true: {expression}"
        page.wait_for_timeout(50)


def watched(page: Page) -> list[str]:
    """What the page's console says that is wrong, as it comes; answers with an error's status are the page's own."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda said: found.append(said.text) if _is_wrong(said) else None)
    return found


def _is_wrong(said: Any) -> bool:
    return said.type in ("error", "warning") and "Failed to load resource" not in said.text


def barriers(page: Page) -> list[str]:
    """What axe finds that is serious or critical."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
    found = page.evaluate(_RUN, RULES)["violations"]
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def too_wide(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def on_screens(page: Page) -> list[str]:
    """Barriers, and what does not fit, in both colour schemes and at phone width."""
    found = []
    for scheme, width, height in SCREENS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{scheme} {width}: {each}" for each in barriers(page)]
        if too_wide(page) > 0:
            found.append(f"{scheme} {width}: {too_wide(page)} px too wide")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1200, "height": 900})
    return found
