"""Hyphens at a line's end, in seven languages: the paper's own words decide, then what its language does."""

from __future__ import annotations

import pytest

from pipeline.reading.languages import guess_language
from pipeline.reading.vocabulary import Vocabulary
from tests.reading.records import line, prose_of, stack

ENGLISH = "the members of the group and the States which take part in it for a long term"
FRENCH = "les membres du groupe et les États dans une réunion pour la suite que celui peut est par le travail"
SPANISH = "los miembros del grupo y que se reúnen en una sesión para que por el trabajo con las partes"
GERMAN = "die Mitglieder der Gruppe und die Staaten, die mit dem Menschen und dem handel von Kindern nicht"
DUTCH = "de leden van het overleg en een groep die voor het handel met mensen niet wordt aan op te"
PORTUGUESE = "os membros do grupo e uma reunião para que não com os Estados em que se refere no trabalho"
ITALIAN = "i membri del gruppo e gli Stati che sono per una riunione della parte con il lavoro di tutti"


@pytest.mark.parametrize(
    ("language", "above", "below", "text"),
    [
        (ENGLISH, "to combat traf-", "ficking in persons", "to combat trafficking in persons"),
        (ENGLISH, "a long-", "term plan", "a long-term plan"),
        (ENGLISH, "short-", "and long-term plans", "short- and long-term plans"),
        (FRENCH, "la lutte contre l'exploi-", "tation des enfants", "la lutte contre l'exploitation des enfants"),
        (FRENCH, "c'est-à-", "dire les membres", "c'est-à-dire les membres"),
        (FRENCH, "a-t-", "il été dit", "a-t-il été dit"),
        (FRENCH, "celui-", "ci est", "celui-ci est"),
        (FRENCH, "la pour-", "suite des auteurs", "la poursuite des auteurs"),
        (FRENCH, "les États-", "Unis", "les États-Unis"),
        (SPANISH, "la protec-", "ción de las víctimas", "la protección de las víctimas"),
        (SPANISH, "por-", "que es así", "porque es así"),
        (GERMAN, "gegen Menschen-", "handel", "gegen Menschenhandel"),
        (GERMAN, "Kinder-", "und Jugendhilfe", "Kinder- und Jugendhilfe"),
        (GERMAN, "die Bekämp-", "fung des Handels", "die Bekämpfung des Handels"),
        (GERMAN, "der EU-", "Rat", "der EU-Rat"),
        (DUTCH, "tegen mensen-", "handel", "tegen mensenhandel"),
        (DUTCH, "arbeids-", "en seksuele uitbuiting", "arbeids- en seksuele uitbuiting"),
        (PORTUGUESE, "o grupo refere-", "se a todos", "o grupo refere-se a todos"),
        (PORTUGUESE, "a prote-", "ção das vítimas", "a proteção das vítimas"),
        (ITALIAN, "la prote-", "zione delle vittime", "la protezione delle vittime"),
        (ITALIAN, "i paesi dell'Unio-", "ne europea", "i paesi dell'Unione europea"),
    ],
)
def test_word_broken_over_two_lines(language: str, above: str, below: str, text: str) -> None:
    assert prose_of(stack([above, below]), [language]).text == text


@pytest.mark.parametrize(
    ("language", "left", "right", "elsewhere", "compound"),
    [
        (GERMAN, "Not", "wendig", "Not-wendig", True),
        (FRENCH, "sous", "estimer", "sous-estimer", True),
        (FRENCH, "porte", "parole", "porteparole", False),
        (SPANISH, "teórico", "práctico", "teórico-práctico", True),
        (ENGLISH, "some", "thing", "some thing or something", False),
        (DUTCH, "auto", "ongeluk", "auto-ongeluk", True),
        (PORTUGUESE, "meni", "nos", "meninos", False),
        (ITALIAN, "socio", "economico", "socio-economico", True),
    ],
)
def test_the_papers_own_spelling_decides(language: str, left: str, right: str, elsewhere: str, compound: bool) -> None:
    assert Vocabulary([line(language), line(elsewhere)]).is_compound(left, right) == compound


@pytest.mark.parametrize(
    ("text", "conjunction"),
    [
        (ENGLISH, "and"),
        (FRENCH, "et"),
        (SPANISH, "y"),
        (GERMAN, "und"),
        (DUTCH, "en"),
        (PORTUGUESE, "e"),
        (ITALIAN, "ed"),
        ("", "or"),
    ],
)
def test_language_is_told_from_its_small_words(text: str, conjunction: str) -> None:
    assert conjunction in guess_language(Vocabulary([line(text or "x")]).words).conjunctions
