"""A comparison of two editions → the shape of ``--json``."""

from __future__ import annotations

from typing import Any

from pipeline.comparing.changes import (
    EditionDiff,
    Excerpt,
    Figure,
    HeadingChange,
    NumberChange,
    Part,
    PartDiff,
    SentenceChange,
)
from pipeline.comparing.tally import count_passages
from pipeline.datatypes import Citation, Edition, Organization


def to_record(diff: EditionDiff) -> dict[str, Any]:
    """Give a comparison in the shape of ``--json``."""
    both = [part for part in diff.parts if part.old and part.new]
    return {
        "old": _edition_record(diff.old),
        "new": _edition_record(diff.new),
        "added": [_part_record(part.new) for part in diff.parts if part.old is None],
        "gone": [_part_record(part.old) for part in diff.parts if part.new is None],
        "renamed": [_pair_record(part) for part in both if part.renamed],
        "moved": [_pair_record(part) for part in both if part.moved],
        "members_added": [_organization_record(organization) for organization in diff.members_added],
        "members_gone": [_organization_record(organization) for organization in diff.members_gone],
        "numbers": [{"section": part.label} | _number_record(number) for part in diff.parts for number in part.numbers],
        "sections": [
            _pair_record(part)
            | {
                "renamed": part.renamed,
                "moved": part.moved,
                "share": round(part.share, 4),
                "headings": [_heading_record(heading) for heading in part.headings],
                "changes": [_change_record(change) for change in part.changes],
            }
            for part in diff.parts
        ],
        "counts": count_passages(diff)._asdict(),
    }


def _edition_record(edition: Edition) -> dict[str, str]:
    """Give an edition in the shape of ``--json``."""
    return {"document": edition.document, "edition": edition.label, "file": edition.file, "sha256": edition.sha256}


def _citation_record(citation: Citation | None) -> dict[str, Any] | None:
    if citation is None:
        return None
    return {"pages": list(citation.pages), "page_labels": list(citation.page_labels), "citation": str(citation)}


def _part_record(part: Part | None) -> dict[str, Any] | None:
    if part is None:
        return None
    owner = part.organization
    names = {"organization": owner and owner.acronym, "organization_name": owner and owner.name}
    return names | {"heading": part.heading} | (_citation_record(part.citation) or {})


def _pair_record(part: PartDiff) -> dict[str, Any]:
    return {"old": _part_record(part.old), "new": _part_record(part.new)}


def _organization_record(organization: Organization) -> dict[str, str]:
    return {"organization": organization.acronym, "organization_name": organization.name}


def _excerpt_record(excerpt: Excerpt | None) -> dict[str, Any] | None:
    if excerpt is None:
        return None
    return (
        {"text": excerpt.text, "section": list(excerpt.section)}
        | (_citation_record(excerpt.citation) or {})
        | {"sentences": [list(place) for place in excerpt.places], "passage": excerpt.passage}
    )


def _figure_record(figure: Figure) -> dict[str, Any]:
    return {"number": figure.number, "context": figure.context} | (_citation_record(figure.citation) or {})


def _number_record(change: NumberChange) -> dict[str, Any]:
    return {"old": _figure_record(change.old), "new": _figure_record(change.new)}


def _heading_record(heading: HeadingChange) -> dict[str, Any]:
    sides = ((heading.old, heading.old_citation), (heading.new, heading.new_citation))
    old, new = ({"section": list(path)} | (_citation_record(cited) or {}) if path else None for path, cited in sides)
    return {"old": old, "new": new}


def _change_record(change: SentenceChange) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "old": _excerpt_record(change.old),
        "new": _excerpt_record(change.new),
        "words": [list(step) for step in change.words],
        "numbers": [_number_record(number) for number in change.numbers],
    }
