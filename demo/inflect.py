"""Articles, cases and agreement of the four languages: pure functions from a word of the lexicon to its forms.

A form is named for what it does in a sentence pattern (`the`, `of`, `this`, …), not for its grammar, so that a pattern
reads alike in every language. Only the forms that a pattern uses exist.
"""

from collections.abc import Callable, Mapping
from types import SimpleNamespace

from demo.lexicon import Noun

Forms = SimpleNamespace
ELIDED = "aeiouhéèêàâîôy"
ESTAR = "="


def forms(language: str, noun: Noun) -> Forms:
    """the, a, of, this; German adds the accusatives acc, a_acc, this_acc and the dative dat."""
    return Forms(**_NOUN[language](noun))


def verb_forms(language: str, parts: list[str]) -> Forms:
    """inf; `we` (we compare) and `let` (let us compare), which are the infinitive where the language has one form."""
    return Forms(inf=parts[0], we=parts[min(1, len(parts) - 1)], let=parts[-1])


def adjective_forms(language: str, parts: list[str], noun: Noun) -> Forms:
    """is_: the copula that goes with it; `adj`: agreeing with `noun`; `more`: the comparative."""
    return Forms(**_ADJECTIVE[language](parts, noun))


def _english(noun: Noun) -> dict[str, str]:
    article = "an" if noun.word[0] in "aeiou" else "a"
    return {
        "the": f"the {noun.word}",
        "a": f"{article} {noun.word}",
        "of": f"of the {noun.word}",
        "this": f"this {noun.word}",
    }


def _french(noun: Noun) -> dict[str, str]:
    word, male = noun.word, noun.gender == "m"
    elided = word[0] in ELIDED and noun.note != "h"
    the = f"l'{word}" if elided else f"{'le' if male else 'la'} {word}"
    of = f"du {word}" if male and not elided else f"de {the}"
    this = ("cet" if elided else "ce") if male else "cette"
    return {"the": the, "a": f"{'un' if male else 'une'} {word}", "of": of, "this": f"{this} {word}"}


def _spanish(noun: Noun) -> dict[str, str]:
    word, male = noun.word, noun.gender == "m"
    el = male or noun.note == "el"
    return {
        "the": f"{'el' if el else 'la'} {word}",
        "a": f"{'un' if el else 'una'} {word}",
        "of": f"{'del' if el else 'de la'} {word}",
        "this": f"{'este' if male else 'esta'} {word}",
    }


def _german(noun: Noun) -> dict[str, str]:
    def form(masculine: str, feminine: str, neuter: str, word: str) -> str:
        return f"{ {'m': masculine, 'f': feminine, 'n': neuter}[noun.gender] } {word}"

    word, oblique = noun.word, noun.oblique
    return {
        "the": form("der", "die", "das", word),
        "acc": form("den", "die", "das", oblique),
        "dat": form("dem", "der", "dem", oblique),
        "of": form("vom", "von der", "vom", oblique),
        "a": form("ein", "eine", "ein", word),
        "a_acc": form("einen", "eine", "ein", oblique),
        "this": form("dieser", "diese", "dieses", word),
        "this_acc": form("diesen", "diese", "dieses", oblique),
    }


def _english_adjective(parts: list[str], noun: Noun) -> dict[str, str]:
    return {"is_": "is", "adj": parts[0], "more": f"more {parts[0]}"}


def _french_adjective(parts: list[str], noun: Noun) -> dict[str, str]:
    adjective = parts[noun.gender == "f"]
    return {"is_": "est", "adj": adjective, "more": f"plus {adjective}"}


def _spanish_adjective(parts: list[str], noun: Noun) -> dict[str, str]:
    copula = "está" if parts[0].startswith(ESTAR) else "es"
    adjective = parts[noun.gender == "f"].lstrip(ESTAR)
    return {"is_": copula, "adj": adjective, "more": f"más {adjective}"}


def _german_adjective(parts: list[str], noun: Noun) -> dict[str, str]:
    return {"is_": "ist", "adj": parts[0], "more": parts[1]}


_NOUN: Mapping[str, Callable[[Noun], dict[str, str]]] = {
    "en": _english,
    "fr": _french,
    "es": _spanish,
    "de": _german,
}
_ADJECTIVE: Mapping[str, Callable[[list[str], Noun], dict[str, str]]] = {
    "en": _english_adjective,
    "fr": _french_adjective,
    "es": _spanish_adjective,
    "de": _german_adjective,
}
