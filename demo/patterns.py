"""Sentence patterns: the same sentence in four languages, with slots for words of the lexicon.

Slots: a, b nouns · v, w verbs · xa an adjective agreeing with a, yb one agreeing with b, x with nothing · n number ·
t time · p people. Two slots of one kind never hold the same word. Weight is how often a pattern is drawn against the
others.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pattern:
    weight: int
    en: str
    fr: str
    es: str
    de: str


PATTERNS = (
    Pattern(
        3,
        "{t} we will {v.inf} {a.the}.",
        "{t} nous allons {v.inf} {a.the}.",
        "{t} vamos a {v.inf} {a.the}.",
        "{t} werden wir {a.acc} {v.inf}.",
    ),
    Pattern(
        3,
        "let us {v.inf} {a.the} {b.of}.",
        "{v.let} {a.the} {b.of}.",
        "{v.let} {a.the} {b.of}.",
        "{v.inf} wir {a.acc} {b.of}.",
    ),
    Pattern(
        3,
        "{a.the} is very {xa.adj}.",
        "{a.the} est très {xa.adj}.",
        "{a.the} {xa.is_} muy {xa.adj}.",
        "{a.the} ist sehr {xa.adj}.",
    ),
    Pattern(
        3,
        "{a.this} is not {xa.adj}.",
        "{a.this} n'est pas {xa.adj}.",
        "{a.this} no {xa.is_} {xa.adj}.",
        "{a.this} ist nicht {xa.adj}.",
    ),
    Pattern(
        3,
        "what is the difference between {a.the} and {b.the}?",
        "quelle est la différence entre {a.the} et {b.the} ?",
        "¿cuál es la diferencia entre {a.the} y {b.the}?",
        "was ist der Unterschied zwischen {a.dat} und {b.dat}?",
    ),
    Pattern(
        3,
        "{a.the} depends on {b.the}.",
        "{a.the} dépend {b.of}.",
        "{a.the} depende {b.of}.",
        "{a.the} hängt {b.of} ab.",
    ),
    Pattern(
        1,
        "there are {n} examples in this chapter.",
        "il y a {n} exemples dans ce chapitre.",
        "hay {n} ejemplos en este capítulo.",
        "es gibt {n} Beispiele in diesem Kapitel.",
    ),
    Pattern(
        3,
        "we need {n} steps to {v.inf} {a.the}.",
        "nous avons besoin de {n} étapes pour {v.inf} {a.the}.",
        "necesitamos {n} pasos para {v.inf} {a.the}.",
        "wir brauchen {n} Schritte, um {a.acc} zu {v.inf}.",
    ),
    Pattern(
        3,
        "{p} want to {v.inf} {a.the}.",
        "{p} veulent {v.inf} {a.the}.",
        "{p} quieren {v.inf} {a.the}.",
        "{p} wollen {a.acc} {v.inf}.",
    ),
    Pattern(
        3,
        "can you {v.inf} {a.this}?",
        "pouvez-vous {v.inf} {a.this} ?",
        "¿puede {v.inf} {a.this}?",
        "können Sie {a.this_acc} {v.inf}?",
    ),
    Pattern(3, "{a.the} is {b.a}.", "{a.the} est {b.a}.", "{a.the} es {b.a}.", "{a.the} ist {b.a}."),
    Pattern(
        3,
        "{a.the} is {xa.adj} because {b.the} is {yb.adj}.",
        "{a.the} est {xa.adj} parce que {b.the} est {yb.adj}.",
        "{a.the} {xa.is_} {xa.adj} porque {b.the} {yb.is_} {yb.adj}.",
        "{a.the} ist {xa.adj}, weil {b.the} {yb.adj} ist.",
    ),
    Pattern(
        1,
        "please open the book on page {n}.",
        "veuillez ouvrir le livre à la page {n}.",
        "por favor abran el libro en la página {n}.",
        "bitte öffnen Sie das Buch auf Seite {n}.",
    ),
    Pattern(
        3,
        "first we {v.inf} {a.the} and then we {w.inf} {b.the}.",
        "d'abord nous {v.we} {a.the} et ensuite nous {w.we} {b.the}.",
        "primero {v.we} {a.the} y luego {w.we} {b.the}.",
        "zuerst {v.inf} wir {a.acc} und dann {w.inf} wir {b.acc}.",
    ),
    Pattern(
        3,
        "without {a.the} you cannot {v.inf} {b.the}.",
        "sans {a.the} on ne peut pas {v.inf} {b.the}.",
        "sin {a.the} no se puede {v.inf} {b.the}.",
        "ohne {a.acc} kann man {b.acc} nicht {v.inf}.",
    ),
    Pattern(
        3,
        "{a.the} is {xa.more} than {b.the}.",
        "{a.the} est {xa.more} que {b.the}.",
        "{a.the} {xa.is_} {xa.more} que {b.the}.",
        "{a.the} ist {xa.more} als {b.the}.",
    ),
    Pattern(
        3,
        "I think that {a.the} has {b.a}.",
        "je pense que {a.the} a {b.a}.",
        "creo que {a.the} tiene {b.a}.",
        "ich denke, dass {a.the} {b.a_acc} hat.",
    ),
    Pattern(
        3,
        "remember that {a.the} is always {xa.adj}.",
        "n'oubliez pas que {a.the} est toujours {xa.adj}.",
        "recuerden que {a.the} siempre {xa.is_} {xa.adj}.",
        "denken Sie daran, dass {a.the} immer {xa.adj} ist.",
    ),
    Pattern(
        3,
        "how do we {v.inf} {a.the} without a computer?",
        "comment {v.inf} {a.the} sans ordinateur ?",
        "¿cómo {v.inf} {a.the} sin ordenador?",
        "wie kann man {a.acc} ohne Computer {v.inf}?",
    ),
)
