"""What seven languages do with hyphens, where the words of a paper tell nothing.

English writes compounds with a hyphen ("long-term") and French many; German and Dutch write them as one word, Spanish
and Italian next to never have a hyphen, Portuguese has it before a verb's pronoun ("refere-se"). All of them leave a
hyphen hanging before a conjunction ("short- and long-term", "Kinder- und Jugendhilfe").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Language(NamedTuple):
    """Words that tell a language, conjunctions a hyphen may hang before, and words a hyphen comes before or after.

    ``compounds`` tells whether two words with a hyphen between them, at a line's end, are a compound by themselves.
    """

    words: frozenset[str]
    conjunctions: frozenset[str]
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    compounds: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH = Language(_words("the of and to in that is for by with which be this"), _words("and or nor"), compounds=True)
LANGUAGES = (
    ENGLISH,
    Language(
        _words("le les des et dans que pour est du une par sur aux"),
        _words("et ou"),
        _words("ci là il ils elle elles on je tu nous vous ce moi toi le la les lui leur y en être dire même mêmes"),
        _words("non vice ex mi demi semi quasi après avant peut porte grand grande petit quatre vingt"),
    ),
    Language(_words("el los las y que del en una para por se con"), _words("y o e u")),
    Language(_words("der die und den das ist für mit von dem nicht des werden"), _words("und oder sowie bzw bis")),
    Language(_words("het een van en dat voor met zijn niet wordt aan op te"), _words("en of")),
    Language(
        _words("o os um uma e que do da dos para não com em no"),
        _words("e ou"),
        _words("se me te nos vos lhe lhes lo la los las no na os as o a"),
        _words("ex vice pós pré recém não"),
    ),
    Language(_words("il gli di che e della del per una sono è con dei"), _words("e o ed"), after=_words("ex vice")),
)


def guess_language(counts: Mapping[str, int]) -> Language:
    """Tell the language of a paper from how often each of its words occurs; English where nothing tells."""
    return max(LANGUAGES, key=lambda language: sum(counts.get(word, 0) for word in language.words))
