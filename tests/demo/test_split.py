"""What evaluation asks, training never saw: the split belongs to the sentence, whatever the seed."""

import random
from itertools import islice

from demo import grammar, questions, script, shapes, speech


def test_sides_share_no_sentence() -> None:
    trained = {grammar.normal(s["en"]) for seed in range(3) for s in islice(grammar.sentences(seed), 3_000)}
    asked = {grammar.normal(s["en"]) for s in islice(grammar.sentences(9, evaluation=True), 500)}
    assert not trained & asked
    assert all(map(grammar.held_out, asked)) and not any(map(grammar.held_out, trained))


def test_case_and_punctuation_do_not_change_sides() -> None:
    for sentence in islice(grammar.sentences(4), 300):
        assert not grammar.held_out(sentence["en"].lower().rstrip(".?"))


def test_fixed_sentences_are_never_asked() -> None:
    from demo.lexicon import fixed_sentences

    assert not any(grammar.held_out(sentence["en"]) for sentence in fixed_sentences())


def test_lectures_are_held_out() -> None:
    assert all(grammar.held_out(line.text["en"]) for line in script.sample_script())
    assert all(grammar.held_out(line.text["en"]) for line in islice(script.drawn_script(5), 50))


def test_unseen_voices_are_not_trained() -> None:
    assert not set(speech.TRAINED_VOICES) & {*speech.UNSEEN_VARIANTS, *speech.UNSEEN_ACCENTS}
    assert not any(name in voice for voice in speech.TRAINED_VOICES for name in ("f4", "m5", "Andy", "gbcwmd"))


def test_chat_is_asked_what_it_was_not_taught() -> None:
    rng = random.Random(1)
    taught = {grammar.normal(questions.draw(rng).question) for _ in range(20_000)}
    asked = [*questions.unseen_paraphrases(), *questions.unseen_outside()]
    assert len(asked) == 170
    assert not taught & {grammar.normal(exchange.question) for exchange in asked}


def test_image_prompts_are_split_by_text() -> None:
    rng = random.Random(1)
    taught = {shapes.training_prompt(scene, rng) for scene in shapes.scenes() for _ in range(200)}
    asked = [prompt for _, prompt in shapes.unseen_prompts(1)]
    assert len(asked) >= 100 and not taught & set(asked)
