"""A passage as a quotation with its source, in the forms that word processors and reference managers take."""

from __future__ import annotations

import re
from collections.abc import Callable

from pipeline.datatypes import Passage
from pipeline.serving.render import escape

# What LaTeX takes for its own.
LATEX = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
})  # fmt: skip


def plain(passage: Passage) -> str:
    """Give the quotation in quotation marks, and its citation."""
    return f"“{' '.join(passage.text.split())}” ({passage.citation})"


def markdown(passage: Passage) -> str:
    """Give the quotation as Markdown."""
    quoted = "\n".join(f"> {escape(line)}  " for line in passage.text.split("\n"))
    return f"{quoted}\n>\n> — {escape(str(passage.citation))}"


def bibtex(passage: Passage) -> str:
    """Give an entry for BibTeX."""
    cited = passage.citation
    fields = {
        "title": f"{{{_latex(cited.file)}}}",
        "year": _year(cited.edition),
        "edition": None if _year(cited.edition) else _latex(cited.edition),
        "pages": _latex(cited.label.replace("–", "--")),
        "note": _latex(str(cited)),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    key = re.sub(r"[^A-Za-z0-9-]+", "-", passage.id)
    return f"@misc{{{key},\n{lines}}}"


def ris(passage: Passage) -> str:
    """Give a record for reference managers (RIS)."""
    cited = passage.citation
    fields = [
        ("TY", "RPRT"),
        ("TI", cited.file),
        ("PY", _year(cited.edition)),
        ("ET", cited.edition),
        ("SP", cited.page_labels[0] or str(cited.pages[0])),
        ("EP", cited.page_labels[-1] or str(cited.pages[-1])),
        ("AB", " ".join(passage.text.split())),
        ("N1", str(cited)),
        ("ER", ""),
    ]
    return "\n".join(f"{name}  - {value}" for name, value in fields if value is not None)


FORMS: dict[str, Callable[[Passage], str]] = {"plain": plain, "markdown": markdown, "bibtex": bibtex, "ris": ris}


def _year(label: str) -> str | None:
    """Give the year that an edition's label begins with, if it does."""
    match = re.match(r"(?:19|20)\d\d(?!\d)", label)
    return match[0] if match else None


def _latex(text: str) -> str:
    return text.translate(LATEX)
