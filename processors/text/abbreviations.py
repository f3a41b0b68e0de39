"""Words with a full stop that ends no sentence, per language; small on purpose, the common ones of lectures.

Kept without their last full stop and in lower case. Sources: the general abbreviation lists of the Duden
(de), the Imprimerie nationale (fr), the RAE (es) and common English titles; single letters and dotted groups
(``z. B.``, ``e.g.``, ``U.S.``) are covered by a rule in ``sentences`` and stand in no list.
"""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES: Final = _words("dr prof mr mrs ms st sr sra srta mt gen col capt lt sgt rev hon gov sen rep mme mlle mgr")

BEFORE_A_NAME: Final[dict[str, frozenset[str]]] = {
    "en": _TITLES | _words("messrs pres supt vs viz cf approx dept assoc asst"),
    "fr": _TITLES | _words("mm mmes mlles drs prs pr ste cf env av bd"),
    "es": _TITLES | _words("dra profa lic ing arq av avda cía ee excmo excma vs cf aprox gral"),
    "de": _TITLES | _words("hr fr frl hrn dipl ing bzw vgl ca evtl ggf inkl exkl sog st geb gest allg bes bspw"),
}
"""Never end a sentence: something always follows."""

BEFORE_A_NUMBER: Final[dict[str, frozenset[str]]] = {
    "en": _words("no nos vol fig figs p pp ch sec eq art par jan feb mar apr jun jul aug sep sept oct nov dec"),
    "fr": _words("no nos vol fig p pp chap art éd t janv févr avr juil sept oct nov déc"),
    "es": _words("no núm núms vol fig p pág págs cap art ed t"),
    "de": _words("nr nrn bd bde abb tab s kap art abs ziff jan feb apr aug sept okt nov dez"),
}
"""End no sentence when a number follows: ``Fig. 3``, but ``He said no.``"""

MAY_END: Final[dict[str, frozenset[str]]] = {
    "en": _words("etc inc ltd co corp jr esq al a.m p.m"),
    "fr": _words("etc cie al"),
    "es": _words("etc cía ud uds al a.m p.m"),
    "de": _words("usw etc u.s.w u.a o.ä u.ä jh jhd jr al"),
}
"""End a sentence unless the next word is in lower case."""

ORDINALS_WITH_STOP: Final = _words("de da no nb nn fi cs sk pl hu sl hr sr bs et lv lt tr is fo lb")
"""Languages that write ordinals as ``3.``: one or two digits and a full stop end no sentence there."""
