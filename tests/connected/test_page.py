"""The page before real services and a real worker, as a lecturer goes through it.

``CHALKSTREAM_PICTURES=FOLDER`` writes the pictures of ``docs/page.md`` there.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.driver import browsing, on_screens, until, watched
from tests.commands import LECTURE
from tests.connected.gateway import serving
from tests.connected.site import Site

PLAYING = """() => {
  const video = document.querySelector("video");
  const shown = [...video.textTracks].filter((track) => track.mode === "showing");
  const cues = shown.flatMap((track) => [...(track.activeCues ?? [])]);
  const isFrench = shown.length === 1 && shown[0].language === "fr";
  return video.currentTime > 1 && isFrench && cues.map((cue) => cue.text).join();
}"""
MOST_BYTES = 150_000


@pytest.fixture
def page() -> Iterator[Page]:
    with browsing() as browser:
        context = browser.new_context(viewport={"width": 1200, "height": 900}, accept_downloads=True)
        made = context.new_page()
        made.set_default_timeout(30_000)
        expect.set_options(timeout=30_000)
        wrong = watched(made)
        yield made
        context.close()
    expect.set_options(timeout=5_000)
    assert not wrong


def picture(page: Page, name: str, *, width: int = 1200, height: int = 900, scheme: str = "light") -> None:
    """For the documents, on request."""
    folder = os.environ.get("CHALKSTREAM_PICTURES")
    if not folder:
        return
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(300)
    path = Path(folder) / f"{name}.png"
    page.screenshot(path=path)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1200, "height": 900})
    assert path.stat().st_size < MOST_BYTES


@pytest.mark.slow
def test_from_a_video_to_a_corrected_file(site: Site, page: Page) -> None:
    with serving(site.environment) as base:
        send(page, base)
        watch(page)
        play(page)
        correct(page)
        take_away(page)
        page.goto(base)
        expect(page.get_by_role("link", name="lecture.mp4").first).to_be_visible()
        picture(page, "home")
        picture(page, "phone", width=360, height=740, scheme="dark")
        assert on_screens(page) == []


def send(page: Page, base: str) -> None:
    """The sample lecture, into French."""
    page.goto(base)
    page.get_by_label("Choose a video").set_input_files(LECTURE)
    page.get_by_label("French").check()
    page.get_by_role("button", name="Make subtitles").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("lecture.mp4")


def watch(page: Page) -> None:
    """Cues arrive while it is still being worked on."""
    heard = page.get_by_role("tab", name="As it is heard")
    expect(page.get_by_text("Today we will describe")).to_be_visible()
    expect(heard).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    picture(page, "live")
    expect(page.locator(".title .badge")).to_have_text("Done")
    expect(heard).to_have_count(0)


def play(page: Page) -> None:
    """With French subtitles."""
    page.get_by_role("tab", name="French").click()
    expect(page.get_by_text("Aujourd'hui nous allons")).to_be_visible()
    page.evaluate("document.querySelector('video').muted = true")
    page.evaluate("document.querySelector('video').play()")
    until(page, PLAYING)
    assert "Aujourd'hui" in page.evaluate(PLAYING)
    expect(page.locator(".cue.now")).to_contain_text("Aujourd'hui")
    page.evaluate("document.querySelector('video').pause()")
    assert on_screens(page) == []


def correct(page: Page) -> None:
    """One cue's text and end; the limits are told while one types."""
    page.get_by_role("button", name="Edit the cue at 0:00").click()
    text, end = page.get_by_label("Text", exact=True), page.get_by_label("End", exact=True)
    text.fill("Aujourd'hui, nous allons décrire ensemble la grande matrice.")
    expect(page.locator(".cueform")).to_contain_text("42 at most")
    picture(page, "editor")
    text.fill("Aujourd'hui nous décrivons\nla matrice même.")
    end.fill("0:03.000")
    expect(page.locator(".cueform")).not_to_contain_text("42 at most")
    assert on_screens(page) == []
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Save")).to_be_hidden()
    expect(page.get_by_text("la matrice même.")).to_be_visible()
    shown = "() => document.querySelector('track[srclang=fr]').track.cues?.[0]?.getCueAsHTML().textContent"
    until(page, f"({shown})()?.includes('la matrice même.') === true")


def take_away(page: Page) -> None:
    """The file is the corrected one, at once and after the new run."""
    for _ in range(2):
        with page.expect_download() as told:
            page.get_by_role("link", name="Download French as SRT").click()
        assert told.value.suggested_filename == "lecture.fr.srt"
        saved = Path(told.value.path()).read_text("utf-8")
        assert saved.startswith("1\n00:00:00,596 --> 00:00:03,000\nAujourd'hui nous décrivons\nla matrice même.\n")
        page.reload()
        expect(page.locator(".title .badge")).to_have_text("Done")
    assert on_screens(page) == []
