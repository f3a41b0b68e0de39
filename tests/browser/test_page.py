"""The page in a browser, before a server that is told what to do: states, failures and barriers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.driver import browsing, on_screens, until, watched
from tests.browser.standin import SAID, Standin, cues, job, serving

SEGMENTS = [
    ("segment", {"index": at, "start": at * 2.0, "end": at * 2.0 + 1.5, "language": "en", "text": f"Sentence {at}."})
    for at in range(60)
]
FAILED = {"code": "no_audio_stream", "message": "stream 0 is video only", "remedy": "add sound"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as found:
        yield found


@pytest.fixture
def server() -> Iterator[Standin]:
    with serving() as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    made = context.new_page()
    made.set_default_timeout(8_000)
    wrong = watched(made)
    yield made
    context.close()
    assert not wrong


def opened(page: Page, server: Standin, number: int) -> None:
    """A job's view."""
    page.goto(f"{server.url}/#/jobs/{job(number)['job']}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"lecture-{number}.mp4")


@pytest.mark.slow
def test_nobody_is_kept_out(page: Page, server: Standin) -> None:
    lost = [{"start": 3.0, "end": 9.5, "reason": "damaged"}]
    server.put(
        job(1), job(2, "partial", lost=lost, warnings=["language_uncertain"]), job(3, "failed", error=FAILED),
        job(4, "running"), job(5, "cancelled"),
    )  # fmt: skip
    server.events[job(4)["job"]] = SEGMENTS
    page.goto(server.url)
    expect(page.get_by_text("lecture-5.mp4")).to_be_visible()
    assert on_screens(page) == []
    views = {2: "something is missing", 3: "There is no sound", 4: "Sentence 59.", 5: "It was stopped"}
    for number, said in views.items():
        opened(page, server, number)
        expect(page.get_by_text(said)).to_be_visible()
        assert on_screens(page) == []
    opened(page, server, 1)
    page.get_by_role("button", name="Edit the cue at 0:00").click()
    page.get_by_label("Text", exact=True).fill("A line that is far longer than forty-two characters are\nb\nc")
    expect(page.locator(".cueform").get_by_text("3 lines; 2 at most")).to_be_visible()
    assert on_screens(page) == []
    page.get_by_role("button", name="Delete …").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert on_screens(page) == []


def test_asking(page: Page, server: Standin) -> None:
    page.goto(server.url)
    page.get_by_role("link", name="Ask").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_label("Your question").fill("What is a proof?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A proof is a <b>reason</b>.")).to_be_visible()
    page.get_by_label("What shall be seen").fill("a red circle")
    page.get_by_role("button", name="Make it").click()
    picture = page.get_by_role("img", name="a red circle")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    assert on_screens(page) == []


def test_without_models_there_is_nothing_to_ask(page: Page, server: Standin) -> None:
    server.session |= {"chat": False, "images": False}
    page.goto(server.url)
    expect(page.get_by_role("link", name="Lectures")).to_be_visible()
    expect(page.get_by_role("link", name="Ask")).to_be_hidden()


def test_an_upload_goes_on_after_a_failure_and_after_a_new_visit(page: Page, server: Standin, tmp_path: Path) -> None:
    server.put(job(1))
    video = tmp_path / "talk.mp4"
    video.write_bytes(bytes(range(256)) * 400)
    page.goto(server.url)
    page.get_by_label("Choose a video").set_input_files(video)
    page.get_by_label("French").check()
    away = (503, {"Retry-After": "1"}, {"detail": "The store is away.", "code": "unavailable"})
    server.wrong["PATCH /v1/uploads/one"] = [away] * 9
    page.get_by_role("button", name="Make subtitles").click()
    expect(page.get_by_text("The connection was lost")).to_be_visible()
    page.reload()
    expect(page.get_by_text("The upload of talk.mp4")).to_be_visible()
    assert on_screens(page) == []
    server.wrong.clear()
    server.sent += video.read_bytes()[:1000]
    server.asked.clear()
    page.get_by_label("Choose a video").set_input_files(video)
    expect(page.get_by_role("status").filter(has_text="It goes on where it stopped.")).to_be_visible()
    page.get_by_role("button", name="Make subtitles").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("lecture-1.mp4")
    assert bytes(server.sent) == video.read_bytes()
    assert [each for each in server.asked if "uploads" in each] == ["HEAD /v1/uploads/one", "PATCH /v1/uploads/one"]


def test_a_refused_upload_says_why(page: Page, server: Standin, tmp_path: Path) -> None:
    video = tmp_path / "talk.mp4"
    page.goto(server.url)
    page.get_by_role("button", name="Make subtitles").click()
    expect(page.get_by_role("alert").filter(has_text="Choose a video first")).to_be_visible()
    video.write_bytes(b"x")
    page.get_by_label("Choose a video").set_input_files(video)
    no = {"detail": "unknown profile", "code": "unknown_profile", "remedy": "use another"}
    server.wrong["POST /v1/uploads"] = [(400, {}, no)]
    page.get_by_role("button", name="Make subtitles").click()
    expect(page.get_by_text("unknown profile (use another)").first).to_be_visible()


def test_an_edit_meets_another_one(page: Page, server: Standin) -> None:
    server.put(job(1))
    opened(page, server, 1)
    page.get_by_role("tab", name="English").click()
    page.get_by_role("button", name="Edit the cue at 0:00").click()
    page.get_by_label("Text", exact=True).fill("Mine.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("Text", exact=True)).to_have_value("The gradient has a curve.")
    page.get_by_label("Text", exact=True).fill("Mine too.")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Edit the cue at 0:06")).to_be_focused()
    expect(page.get_by_text("2 cues changed")).to_be_visible()
    first, _, third = (each["text"] for each in server.cues)
    server.cues, server.version = cues(first, "Theirs.", third), 2
    page.keyboard.press("Control+s")
    page.get_by_role("button", name="Put mine on top").click()
    expect(page.get_by_text("changed by both of you")).to_be_visible()
    expect(page.get_by_role("alert").get_by_text("Mine too.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 cue changed")).to_be_hidden()
    assert [each["text"] for each in server.cues] == ["Mine.", "Theirs.", third]


def test_what_may_never_be_is_not_saved(page: Page, server: Standin) -> None:
    server.put(job(1))
    opened(page, server, 1)
    page.get_by_role("button", name="Edit the cue at 0:00").click()
    page.get_by_label("End", exact=True).fill("later")
    expect(page.get_by_text("Write a time as")).to_be_visible()
    page.get_by_label("End", exact=True).fill("0:04")
    expect(page.get_by_text("It runs into the next one.")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_label("End", exact=True).fill("0:02.4")
    page.get_by_label("End", exact=True).press("ArrowUp")
    expect(page.get_by_label("End", exact=True)).to_have_value("0:02.500")
    expect(page.get_by_text("cue changed")).to_be_hidden()
    page.get_by_label("End", exact=True).press("ArrowDown")
    no = {"detail": "no", "errors": [{"cue": 2, "rule": "overlap"}]}
    server.wrong[f"PUT /v1/jobs/{job(1)['job']}/cues/fr"] = [(400, {}, no)]
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Cue 2: it runs into the next one")).to_be_visible()


def test_cues_are_taken_out_put_back_and_added(page: Page, server: Standin) -> None:
    server.put(job(1))
    opened(page, server, 1)
    page.get_by_role("button", name="Edit the cue at 0:03").click()
    page.get_by_role("button", name="Take it out").click()
    expect(page.get_by_role("button", name="Put back the cue at 0:03")).to_be_focused()
    page.get_by_role("button", name="Edit the cue at 0:06").click()
    page.get_by_role("button", name="Add one after it").click()
    page.get_by_label("Text", exact=True).fill("New.")
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("cues changed")).to_be_hidden()
    assert [each["text"] for each in server.cues] == [SAID[0], SAID[2], "New."]


def test_live_cues_do_not_chatter(page: Page, server: Standin) -> None:
    server.put(job(4, "running"))
    server.events[job(4)["job"]] = SEGMENTS
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { window.said = 0;"
        " const place = document.getElementById('announcer');"
        " new MutationObserver(() => window.said++).observe(place, {childList: true}); })"
    )
    opened(page, server, 4)
    expect(page.get_by_text("Sentence 59.")).to_be_visible()
    expect(page.get_by_role("tab", name="As it is heard")).to_have_attribute("aria-selected", "true")
    assert page.locator(".cue [aria-live], .cue[aria-live], ol[aria-live]").count() == 0
    assert page.evaluate("window.said") <= 1


def test_a_server_that_goes_away_and_comes_back(page: Page, server: Standin) -> None:
    server.put(job(1))
    page.goto(server.url)
    expect(page.get_by_text("lecture-1.mp4")).to_be_visible()
    server.jobs.clear()
    server.put(job(4, "running"))
    server.wrong["GET /v1/jobs"] = [(503, {}, {"detail": "The broker is away.", "code": "unavailable"})]
    page.get_by_label("Show only").select_option("running")
    expect(page.get_by_text("The broker is away. It is tried again by itself.")).to_be_visible()
    expect(page.get_by_text("lecture-4.mp4")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("The broker is away.")).to_be_hidden()


def test_signing_in(page: Page, server: Standin) -> None:
    server.key = "ck_right"
    server.session["auth"] = True
    page.goto(server.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert on_screens(page) == []
    page.get_by_label("Key", exact=True).fill("ck_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This key is not known.")).to_be_visible()
    page.get_by_label("Key", exact=True).fill("ck_right")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_who_may_only_look_is_offered_nothing_else(page: Page, server: Standin) -> None:
    server.session["role"] = "viewer"
    server.put(job(1))
    opened(page, server, 1)
    expect(page.get_by_text("The gradient has a curve.")).to_be_visible()
    for name in ("Edit", "Delete", "Run again", "Stop"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_a_name_is_never_markup(page: Page, server: Standin) -> None:
    evil = "<img src=x onerror=alert(1)>"
    server.put(job(1, name=evil, warnings=[evil]))
    server.cues = cues(evil)
    page.goto(server.url)
    expect(page.get_by_role("link", name=evil)).to_be_visible()
    page.goto(f"{server.url}/#/jobs/{job(1)['job']}")
    expect(page.get_by_text(evil)).to_have_count(3)
    assert page.locator("img[src=x]").count() == 0


def test_deleting_asks_first_and_works_by_keyboard(page: Page, server: Standin) -> None:
    server.put(job(1))
    opened(page, server, 1)
    drop = page.get_by_role("button", name="Delete …")
    drop.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(drop).to_be_focused()
    assert server.jobs
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete it").press("Enter")
    expect(page.get_by_text("There is none yet.")).to_be_visible()
    assert not server.jobs


def test_tabs_move_by_arrows_and_the_player_follows(page: Page, server: Standin) -> None:
    server.put(job(1))
    opened(page, server, 1)
    until(page, "document.querySelector('video').readyState > 0")
    expect(page.get_by_role("tab", name="French")).to_have_attribute("aria-selected", "true")
    modes = "Object.fromEntries([...document.querySelector('video').textTracks].map(t => [t.language, t.mode]))"
    assert page.evaluate(modes) == {"": "disabled", "en": "disabled", "fr": "showing"}
    page.get_by_role("tab", name="French").press("ArrowLeft")
    expect(page.get_by_role("tab", name="English")).to_be_focused()
    assert page.evaluate(modes) == {"": "disabled", "en": "showing", "fr": "disabled"}


def test_the_player_shows_what_was_saved(page: Page, server: Standin) -> None:
    server.put(job(1))
    opened(page, server, 1)
    page.get_by_role("button", name="Edit the cue at 0:00").click()
    page.get_by_label("Text", exact=True).fill("New text.")
    page.get_by_role("button", name="Save").click()
    first = "document.querySelector('track[srclang=fr]').track.cues?.[0]?.text"
    until(page, f"{first} === 'New text.'")
