"""The whole chain as pure functions: whatever the order, however often said, whoever gives up, the end is the same."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.bench import Bench
from processors.recipes import RESULTS, WORK, of_source
from processors.stage import Stage, discover
from processors.text.subtitle_files import read
from schemas.errors import BadInput, Broken
from schemas.events import Event, JobEnded, LanguageFailed, SpeechTranscribed, SubtitlesReady, VideoAccepted
from schemas.jobs import ENDED
from schemas.plan import Plan
from schemas.report import Report
from schemas.transcript import Lost
from streams.execute import execute
from streams.jobs import begin, fold
from tests.fakes import FakeDecode, FakeEngines, MemoryStore, bench, plan, sound

TALK = sound(*((at, at + 7.5) for at in range(0, 190, 9)), seconds=200)


def play(made: Plan, work: Bench, dice: random.Random | None = None, repeat: int = 1) -> list[Event]:
    """Run every stage until nothing is left; ``dice`` shuffles what comes next, each fact comes ``repeat`` times.

    Ordered stages take their items in the order in which they were said.
    """
    stages = [stage for stage in discover() if stage.name != "accept"]
    said: dict[str, Event] = {}
    queues: dict[str, list[Event]] = {stage.name: [] for stage in stages}

    def say(event: Event) -> None:
        if event.id not in said:
            said[event.id] = event
            for stage in stages:
                if isinstance(event, stage.takes):
                    queues[stage.name] += [event] * repeat

    say(VideoAccepted(job=made.job, run=made.run))
    while waiting := [stage for stage in stages if queues[stage.name]]:
        stage = dice.choice(waiting) if dice else waiting[0]
        for event in _outputs(stage, _next(stage, queues[stage.name], dice), work):
            say(event)
    return list(said.values())


def _next(stage: Stage, queue: list[Event], dice: random.Random | None) -> list[Event]:
    if stage.batch:
        taken = queue[: stage.batch.size]
        del queue[: stage.batch.size]
        return taken
    return [queue.pop(0 if stage.ordered or dice is None else dice.randrange(len(queue)))]


def _outputs(stage: Stage, events: Sequence[Event], work: Bench) -> list[Event]:
    given: list[Event] = []
    for position, answer in execute(stage, events, work):
        if isinstance(answer, Event):
            given.append(answer)
        elif answer is not None:
            given += stage.given_up(events[position], answer.info, work)
    return given


def results(work: Bench) -> dict[str, bytes]:
    """The subtitle files."""
    assert isinstance(work.store, MemoryStore)
    return {
        key: data for (at, key), data in work.store.objects.items() if at == RESULTS and key[-4:] in (".srt", ".vtt")
    }


def report(work: Bench, made: Plan) -> Report:
    """What the job says of itself."""
    return Report.model_validate_json(work.store.get(RESULTS, f"default/{made.job}/result.json"))


def ended(events: list[Event]) -> JobEnded:
    """The one end of the job."""
    (end,) = [event for event in events if isinstance(event, JobEnded)]
    return end


@given(seed=st.integers(0, 1_000_000), repeat=st.integers(1, 3))
@settings(max_examples=10, deadline=None)
def test_order_and_repetition_change_nothing(seed: int, repeat: int) -> None:
    made = plan("fr", "de")
    quiet = bench(made, FakeDecode(TALK))
    expected = play(made, quiet)
    engines = FakeEngines()
    shaken = bench(made, FakeDecode(TALK), engines)
    events = play(made, shaken, random.Random(seed), repeat)
    assert results(shaken) == results(quiet) and len(results(quiet)) == 6
    assert {event.id for event in events} == {event.id for event in expected}
    assert engines.calls["recognise"] == sum(isinstance(event, SpeechTranscribed) for event in events)
    assert ended(events).state == "done"


def test_every_sound_is_heard_once_in_order() -> None:
    made = plan()
    work = bench(made, FakeDecode(TALK))
    play(made, work)
    text = " ".join(cue.text for cue in read(results(work)[f"default/{made.job}/talk.en.srt"], "srt"))
    numbers = [int(word.strip("w.")) for word in text.split()]
    assert numbers == sorted(numbers)
    assert len(numbers) == 22 * 7


def test_no_speech_ends_done_with_valid_empty_files() -> None:
    made = plan("fr")
    work = bench(made, FakeDecode(sound(seconds=130)))
    end = ended(play(made, work))
    assert (end.state, end.warnings) == ("done", ("no_speech",))
    assert sorted(data.strip() for data in results(work).values()) == [b"", b"", b"WEBVTT", b"WEBVTT"]


def test_a_file_of_no_length_ends_done_too() -> None:
    made = plan("fr")
    assert ended(play(made, bench(made, FakeDecode(b"")))).state == "done"


def test_a_target_that_is_spoken_is_not_translated() -> None:
    made = plan("en", "fr")
    events = play(made, bench(made, FakeDecode(TALK)))
    assert {event.language for event in events if isinstance(event, SubtitlesReady)} == {"en", "fr"}


def test_media_that_can_not_be_used_fails_the_job_with_its_code() -> None:
    made = plan("fr")
    end = ended(play(made, bench(made, FakeDecode(error=BadInput("no_audio_stream", "no sound in it")))))
    assert end.state == "failed" and end.error is not None and end.error.code == "no_audio_stream"


def test_a_chunk_given_up_on_leaves_a_partial_job_and_its_range() -> None:
    made = plan("fr")
    engines = FakeEngines(poison={90: Broken("crashed", "boom")})
    work = bench(made, FakeDecode(TALK), engines)
    end = ended(play(made, work, random.Random(1)))
    said = report(work, made)
    assert end.state == "partial"
    ((start, stop),) = [(lost.start, lost.end) for lost in said.lost if lost.reason == "crashed"]
    assert 89 < start < 90.5 and 97 < stop < 99


def test_the_next_run_heals_what_was_lost_and_reuses_the_rest() -> None:
    made = plan("fr")
    engines = FakeEngines(poison={90: Broken("crashed", "boom")})
    work = bench(made, FakeDecode(TALK), engines)
    play(made, work)
    before = dict(engines.calls)
    engines.poison.clear()
    again = plan("fr", run=1)
    work = bench(again, FakeDecode(TALK), engines, work.store)  # type: ignore[arg-type]
    end = ended(play(again, work, random.Random(2)))
    assert end.state == "done" and report(work, again).lost == ()
    assert engines.calls["recognise"] == before["recognise"] + 1
    healthy = bench(made, FakeDecode(TALK))
    play(made, healthy)
    assert results(work) == results(healthy)


@pytest.mark.parametrize("share", [n / 22 for n in range(23)])
def test_a_run_renews_what_it_finds_and_makes_again_what_went_by_age(share: float) -> None:
    """What was written first goes first, wherever its last midnight falls."""
    made, again = plan("fr"), plan("fr", run=1)
    work = bench(made, FakeDecode(TALK))
    play(made, work)
    healthy, store = results(work), work.store
    assert isinstance(store, MemoryStore)
    artefacts = [key for bucket, key in store.objects if bucket == WORK]
    for key in artefacts[: round(share * len(artefacts))]:
        store.delete(WORK, key)
    store.renewed.clear()
    work = bench(again, FakeDecode(TALK), store=store)
    assert ended(play(again, work, random.Random(4))).state == "done"
    assert store.renewed == [(WORK, of_source(again))]
    assert results(work) == healthy


def test_a_replay_calls_no_model_and_says_the_same() -> None:
    made = plan("fr")
    engines = FakeEngines()
    work = bench(made, FakeDecode(TALK), engines)
    first = play(made, work)
    calls = dict(engines.calls)
    assert {event.id for event in play(made, work, random.Random(3))} == {event.id for event in first}
    assert engines.calls == calls


def test_truncated_media_is_partial_with_the_range_named() -> None:
    made = plan()
    gap = Lost(start=200, end=400, reason="truncated")
    work = bench(made, FakeDecode(TALK, lost=(gap,)))
    assert ended(play(made, work)).state == "partial"
    assert report(work, made).lost == (gap,)


def test_a_language_that_can_not_be_translated_fails_alone() -> None:
    class Refusing(FakeEngines):
        def translate(self, texts: Sequence[str], sources: Sequence[str], targets: Sequence[str]) -> list[str]:
            if "de" in targets:
                raise BadInput("unknown_language", "no German here")
            return super().translate(texts, sources, targets)

    made = plan("fr", "de")
    events = play(made, bench(made, FakeDecode(TALK), Refusing()))
    assert [event.language for event in events if isinstance(event, LanguageFailed)] == ["de"]
    assert ended(events).languages == {"en": "done", "fr": "done", "de": "failed"}


@pytest.mark.parametrize(
    ("windows", "decided", "calls"),
    [
        ([{"en": 0.95}], "en", 1),
        ([{"en": 0.6, "fr": 0.4}, {"fr": 0.92, "en": 0.08}], "fr", 2),
        ([{"en": 0.6, "fr": 0.4}, {"fr": 0.7, "en": 0.3}, {"fr": 0.6, "en": 0.4}], "fr", 3),
    ],
)
def test_the_language_is_decided_by_at_most_three_windows(
    windows: list[dict[str, float]], decided: str, calls: int
) -> None:
    class Doubtful(FakeEngines):
        def languages_of(self, audio: object) -> dict[str, float]:
            super().languages_of(audio)
            return windows[self.calls["identify"] - 1]

    made, engines = plan(), Doubtful()
    work = bench(made, FakeDecode(TALK), engines)
    play(made, work)
    assert (report(work, made).language.detected, engines.calls["identify"]) == (decided, calls)


def test_a_given_language_passes_straight_through() -> None:
    made, engines = plan(language="fr"), FakeEngines()
    work = bench(made, FakeDecode(TALK), engines)
    play(made, work)
    assert "identify" not in engines.calls and report(work, made).language.detected == "fr"


@given(seed=st.integers(0, 1_000_000))
@settings(max_examples=10, deadline=None)
def test_the_state_of_a_job_never_runs_backwards(seed: int) -> None:
    made, dice = plan("fr"), random.Random(seed)
    events = play(made, bench(made, FakeDecode(TALK)))
    shuffled = sorted([*events, *events], key=lambda event: (isinstance(event, JobEnded), dice.random()))
    status = begin(made)
    for event in shuffled:
        after = fold(status, event, "now")
        assert after.progress >= status.progress
        assert not (status.state in ENDED and after != status)
        status = after
    assert (status.state, status.progress, set(status.languages.values())) == ("done", 1.0, {"done"})
