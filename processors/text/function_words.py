"""Small words that hold phrases together, per language: where a line may break before, and must not break after.

The rules they serve are the same in all style guides used here (Netflix Timed Text Style Guide, general
requirements: line treatment; BBC Subtitle Guidelines, 3.4; TED, How to break lines): break before conjunctions and
prepositions, never between an article and its noun, a preposition and its object, a verb and its pronoun,
auxiliary or negation. Lists are kept to words that are rarely anything else. An elided word counts by what
stands before its apostrophe (``qu'il`` as ``qu'``).
"""

from typing import Final, NamedTuple


class FunctionWords(NamedTuple):
    """Words in lower case."""

    joins: frozenset[str]
    """Other conjunctions and relative pronouns: a new clause begins with them."""
    leads: frozenset[str]
    """Prepositions, and words that join like to like (a clause or only a word): a new phrase begins with them."""
    clings: frozenset[str]
    """Articles, possessives, subject pronouns, auxiliaries, negations: what follows belongs to them."""
    either: frozenset[str]
    """Pronouns that cling, but may as well close a phrase: they do where a conjunction or preposition follows."""


def _words(joins: str, leads: str, clings: str, either: str) -> FunctionWords:
    return FunctionWords(*(frozenset(text.split()) for text in (joins, leads, clings, either)))


NONE: Final = FunctionWords(frozenset(), frozenset(), frozenset(), frozenset())

FUNCTION_WORDS: Final[dict[str, FunctionWords]] = {
    "en": _words(
        "but so yet because although though while whereas if unless until when whenever where wherever "
        "since before after that which who whom whose what why how than whether",
        "and or nor about above across against along among around as at behind below beneath beside between beyond "
        "by down during "
        "except for from in inside into like near of off on onto out over past through throughout to toward towards "
        "under underneath up upon via with within without",
        "a an the this these those my your his her its our their some any no every each both either neither another "
        "i you he she it we they there i'm you're he's she's it's we're they're that's there's i've "
        "you've we've they've "
        "i'll you'll he'll she'll it'll we'll they'll i'd you'd he'd she'd we'd they'd let's is am are "
        "was were be been "
        "being has have had do does did will would shall should can could may might must not don't "
        "doesn't didn't isn't "
        "aren't wasn't weren't won't wouldn't can't cannot couldn't shouldn't very more most such too quite rather",
        "it you her",
    ),
    "fr": _words(
        "mais donc car que qu' qui dont où quand lorsque lorsqu' puisque puisqu' parce si "
        "s'il comme comment "
        "pourquoi tandis afin quoique bien lequel laquelle lesquels lesquelles ainsi",
        "et ou ni à au aux de d' du des en dans par pour sur sous avec sans chez contre entre vers depuis pendant "
        "devant derrière "
        "avant après jusque jusqu' jusqu'à selon malgré parmi dès hors envers",
        "le la les l' un une ce cet cette ces mon ton son ma ta sa mes tes ses notre votre leur nos vos "
        "leurs je j' tu il "
        "elle on nous vous ils elles c' s' m' t' se me te y n' ne pas plus très est sont était étaient "
        "suis sommes êtes "
        "a ai as avons avez ont avait avaient sera seront fut été être avoir peut peuvent doit doivent "
        "va vont quelques "
        "plusieurs chaque tout toute tous toutes aucun aucune",
        "nous vous elle elles",
    ),
    "es": _words(
        "pero sino porque pues que quien quienes cual cuales cuyo cuya donde cuando mientras "
        "aunque si como cómo "
        "qué quién dónde cuándo luego así",
        "y e o u ni a al de del en por para con sin sobre bajo entre hacia hasta desde contra según durante "
        "mediante ante tras",
        "el la los las lo un una unos unas este esta estos estas ese esa esos esas aquel aquella mi mis "
        "tu tus su sus "
        "nuestro nuestra nuestros nuestras yo tú él ella nosotros ustedes ellos ellas usted me te se nos "
        "os le les no "
        "muy más es son era eran fue fueron ser sido está están estaba estaban estar ha he has han hemos "
        "había habían "
        "haber puede pueden debe deben va van vamos cada todo toda todos todas algún alguna ningún ninguna",
        "él ella ellos ellas usted ustedes nosotros",
    ),
    "de": _words(
        "aber denn sondern dass daß weil wenn als ob obwohl während nachdem bevor damit sodass "
        "wo wie was wer "
        "warum wann welche welcher welches deren dessen doch",
        "und oder an am ans auf aus bei beim bis durch für gegen hinter in im ins mit nach neben ohne seit über "
        "um unter von vom "
        "vor zu zum zur zwischen wegen trotz gegenüber",
        "der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner dieser "
        "diese dieses "
        "diesen diesem mein meine meinen dein deine sein seine seinen seiner seinem ihr ihre ihren ihrer ihrem unser "
        "unsere unseren euer eure ich du er sie es wir man sich mich mir dich dir uns euch ihm ihn ihnen "
        "nicht sehr ist "
        "sind war waren bin bist wird werden wurde wurden hat haben hatte hatten kann können konnte muss müssen soll "
        "sollen will wollen darf dürfen jeder jede jedes jeden alle allen",
        "sie es uns euch ihm ihn ihnen mich mir dich dir sich ihr",
    ),
}
