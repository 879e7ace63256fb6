"""Samples → medians and ratios → one table."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Samples = Mapping[str, Mapping[str, Sequence[float]]]  # measure → contender → one value for each run


class Summary(NamedTuple):
    """What the runs of one contender come to. ``ratio`` is its median over the reference's, where there is one."""

    median: float
    low: float
    high: float
    runs: int
    ratio: float | None


def summarise(samples: Samples, reference: str) -> dict[str, dict[str, Summary]]:
    """Take medians, and compare them with those of the reference.

    :param reference: the contender that the others are compared with.
    """
    return {measure: _compared(columns, reference) for measure, columns in samples.items()}


def _compared(columns: Mapping[str, Sequence[float]], reference: str) -> dict[str, Summary]:
    medians = {name: statistics.median(values) for name, values in columns.items() if values}
    base = medians.get(reference)
    return {
        name: Summary(
            middle, min(columns[name]), max(columns[name]), len(columns[name]), middle / base if base else None
        )
        for name, middle in medians.items()
    }


def percentile(values: Sequence[float], percent: int) -> float:
    """Give a percentile, between the two nearest values where it falls between them."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def number(value: float) -> str:
    """Write three figures, but never drop those before the point; counts as they are."""
    if isinstance(value, int):
        return str(value)
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}"


def cell(summary: Summary | None) -> str:
    """Write a median, the range where runs differ, and the ratio."""
    if summary is None:
        return "–"
    spread = f" [{number(summary.low)}–{number(summary.high)}]" if summary.low != summary.high else ""
    ratio = f" ×{number(summary.ratio)}" if summary.ratio is not None else ""
    return f"{number(summary.median)}{spread}{ratio}"


def table(summaries: Mapping[str, Mapping[str, Summary]], contenders: Iterable[str]) -> list[str]:
    """Write a row for each measure, a column for each contender."""
    names = list(contenders)
    rows = [
        f"| {measure} | {' | '.join(cell(found.get(name)) for name in names)} |" for measure, found in summaries.items()
    ]
    return [f"| | {' | '.join(names)} |", f"|---|{'---|' * len(names)}", *rows]


def markdown(record: Mapping[str, Any], summaries: Mapping[str, Mapping[str, Summary]]) -> str:
    """Write the page: what was measured, where, the table, and what is missing."""
    machine = record["machine"]
    names = list(record["versions"])
    changed = ", with uncommitted changes" if record["uncommitted_changes"] else ""
    versions = [f"- {name}: {', '.join(map(' '.join, found.items()))}" for name, found in record["versions"].items()]
    lines = [
        "# Speed and weight",
        "",
        f"Commit {record['commit']}{changed}, {record['date']}. {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gb']} GB, {machine['system']}; load {machine['load_before']} before the run.",
        "",
        "Median [least–most] of the runs, ×ratio to the first column. Each run is a new process; the contenders take "
        f"turns, after a run each to warm up. The paper is {record['paper']}. `make bench` makes this page.",
        "",
        *table(summaries, names),
        "",
        *[f"- {note}" for note in record["notes"]],
        "",
        "Versions:",
        "",
        *versions,
    ]
    return "\n".join(lines) + "\n"
