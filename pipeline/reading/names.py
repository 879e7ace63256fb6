"""When two names are the same name."""

from __future__ import annotations

import re
from typing import NamedTuple

ARTICLE = re.compile(r"^(the|le|la|les|l['’]|el|los|las|de|het|der|die|das)\s+", re.IGNORECASE)
PLURAL = re.compile(r"(?<=[A-Z])s$")


class Definition(NamedTuple):
    """What a short name stands for; ``times`` is how often the papers say so."""

    short: str
    full: str
    times: int = 1


def bare_name(name: str) -> str:
    """Take the article off a name, but where it is a part of it.

    >>> bare_name("The World Lamp Office"), bare_name("La lampe pour tous")
    ('World Lamp Office', 'La lampe pour tous')
    """
    bare = ARTICLE.sub("", name)
    return name if bare[:1].islower() else bare


def name_key(name: str) -> str:
    """Fold what does not tell two names apart: case, articles, hyphens, apostrophes, spaces."""
    return re.sub(r"[\W_]+", "", ARTICLE.sub("", name).casefold())


def definition_key(name: str) -> str:
    """Fold a short or a full name as ``name_key`` does, and the plural of an abbreviation too.

    >>> definition_key("SDGs") == definition_key("SDG"), definition_key("The Global Forum"), definition_key("NGOs")
    (True, 'globalforum', 'ngo')
    """
    return name_key(PLURAL.sub("", name))
