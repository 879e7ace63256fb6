"""Titles: when two are the same, and what their numbering says."""

from __future__ import annotations

import re
import unicodedata

CAPTION = re.compile(
    r"(fig(ur[ae]|uur|ur|\.)?|table(au)?|tab(el|elle|ela|ella|la|\.)?|cuadro|gr[aá](ph|f)(ique|iek|ico|ik|e)?|chart|map|"
    r"mapa|carte|kaart|abb(ildung|\.)?|box|kader|encadré|recuadro|source|bron|fuente|quelle)\s*[\d.:IVX]",
    re.IGNORECASE,
)
DECIMAL = re.compile(r"(?:[^\W\d_]+\s)?(?P<numbers>\d{1,3}(?:\.\d{1,3})*)(?P<stop>[.):]?)(?=\s|$)")
NUMBERING = re.compile(
    r"\s*(?:[^\W\d_]+\s+)?(?:\d{1,3}(?:\.\d{1,3})+[.):]?|\d{1,3}[.):])\s*|"  # 3.2 · Tip 3. · Chapter 3:
    r"\s*(?:\d{1,3}|[IVXLC]+[.):]|[A-Z][.):]|\(?[a-z]\))\s+"  # 3 · IV. · A. · (b)
)


def title_key(title: str) -> str:
    """Give the letters and digits of a title, by which it is known again.

    >>> title_key("2.1  Border-control ﬁnes") == title_key("2.1 BORDER CONTROL FINES")
    True
    """
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", title).casefold()))


def decimal_depth(title: str) -> int:
    """Tell how deep a decimal numbering is; 0 for a title without one.

    >>> decimal_depth("3.2.1 Police"), decimal_depth("3 Findings"), decimal_depth("Chapter 3: Findings")
    (3, 1, 1)
    >>> decimal_depth("Findings of 2018"), decimal_depth("2018 in figures")
    (0, 0)
    """
    match = DECIMAL.match(title)
    return match["numbers"].count(".") + 1 if match else 0


def bare_key(title: str) -> str:
    """Give the key of a title without the numbering before it; of a numbering alone, its own.

    >>> bare_key("2.1 Border control"), bare_key("Tip 3. Border control"), bare_key("IV. Fines"), bare_key("B.")
    ('bordercontrol', 'bordercontrol', 'fines', 'b')
    """
    bare = NUMBERING.sub("", title, count=1)
    return title_key(bare) or title_key(title)
