"""Two editions of a paper of a few sentences, to be compared."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.comparing.changes import EditionDiff
from pipeline.comparing.compare import compare_editions
from pipeline.datatypes import Edition, Organization, Passage
from pipeline.reading.sentences import sentence_ranges

OLD, NEW = (Edition("sea", label, f"sea-{label}.pdf", "0" * 64) for label in ("2018", "2021"))
IFO = Organization("IFO", "International Fishing Office", pages=(1, 2))
WLA = Organization("WLA", "World Lighthouse Agency", pages=(3, 4))

Owner = Organization | None
Section = tuple[Owner, tuple[str, ...], Sequence[str]]


def section(owner: Owner, *texts: str, path: Sequence[str] = ()) -> Section:
    """A section: its owner, the headings below the owner's (or all of them without one), and its passages' texts."""
    top = (f"{owner.name} ({owner.acronym})",) if owner else ()
    return owner, (*top, *path), texts


def edition(which: Edition, *sections: Section) -> list[Passage]:
    """An edition whose section n stands on page n + 1; a text that starts with "[note]" is a footnote."""
    return [
        Passage(
            id=f"{which.id}/{number}/{ordinal}",
            edition=which,
            organization=owner,
            section=path,
            text=text.removeprefix("[note]"),
            pages=(number + 1,),
            page_labels=(str(number + 1),),
            sentences=tuple(sentence_ranges(text.removeprefix("[note]"))),
            note="1" if text.startswith("[note]") else None,
        )
        for number, (owner, path, texts) in enumerate(sections)
        for ordinal, text in enumerate(texts)
    ]


def compare(old: Sequence[Section], new: Sequence[Section]) -> EditionDiff:
    return compare_editions(edition(OLD, *old), edition(NEW, *new), ((), ()))


def compare_texts(old: str | Sequence[str], new: str | Sequence[str]) -> EditionDiff:
    """Compare two editions of one section."""
    sides = [[text] if isinstance(text, str) else text for text in (old, new)]
    return compare([section(IFO, *sides[0])], [section(IFO, *sides[1])])


def changes(diff: EditionDiff) -> list[tuple[str, str | None, str | None]]:
    return [
        (change.kind, change.old.text if change.old else None, change.new.text if change.new else None)
        for part in diff.parts
        for change in part.changes
    ]


BOATS = "The office counts herring boats each spring."
GUARDS = "Its inspectors train coast guards to recognise forced labour."
CREWS = "They talk to every member of the crew alone and in private."
LAMPS = "The agency repairs lamps and foghorns along dangerous coasts."
