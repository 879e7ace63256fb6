"""The report of a build, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.datatypes.report import BuildReport


def report_lines(report: BuildReport, folder: str) -> Iterator[str]:
    """Give the report of ``ingest`` for people."""
    for edition in report.editions:
        counts = f"{edition.pages} pages, {edition.sections} sections, {edition.organizations} organizations"
        origin = f"edition from the {edition.label_from}" if edition.label_from != "--edition" else "edition as given"
        yield f"{edition.edition.id} ({edition.edition.file}), {edition.status}, {origin}:"
        yield f"  {counts}, {edition.passages} passages"
        if edition.left_out:
            left = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in edition.left_out.items())
            yield f"  kept out of passages: {left}"
        if edition.compared_with:
            yield f"  compared with {edition.compared_with}: {change_line(edition.changes)}"
    yield from (f"{edition_id}: removed, its file is not there any more" for edition_id in report.removed)
    seconds = ", ".join(f"{stage} {value:.1f} s" for stage, value in report.seconds.items())
    done = f"{report.computed} vectors computed, {report.reused} reused" if report.published else "nothing changed"
    yield f"{folder}: {report.passages} passages, {report.sentences} sentences, {report.encoder.name}"
    yield f"  {done} ({seconds})"


def change_line(changes: Mapping[str, int]) -> str:
    """Say what an edition changed: counts of sections and passages that are not as they were.

    >>> change_line({"passages_unchanged": 9, "passages_added": 2, "sections_renamed": 1, "sections_moved": 0})
    'passages: 2 added; sections: 1 renamed'
    """
    parts = []
    for unit in ("passages", "sections"):
        counts = {name.partition("_")[2]: count for name, count in changes.items() if name.startswith(unit)}
        told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count and kind != "unchanged")
        parts += [f"{unit}: {told}"] if told else []
    return "; ".join(parts) or "nothing changed"
