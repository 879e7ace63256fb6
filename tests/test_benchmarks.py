"""The arithmetic of ``benchmarks/speed.py``; nothing is timed here."""

from __future__ import annotations

import re
import sys

import pytest

from benchmarks.processes import Failed, run
from benchmarks.report import Summary, cell, percentile, summarise, table

SAMPLES = {
    "cold query, s": {"ours": [0.75, 0.5, 0.625], "script": [5.0, 4.0, 7.5, 6.0], "slow": []},
    "help, s": {"script": [2.0]},
}


def test_medians_and_ratios_are_those_of_the_samples() -> None:
    found = summarise(SAMPLES, "ours")
    assert found["cold query, s"] == {
        "ours": Summary(0.625, 0.5, 0.75, 3, 1.0),
        "script": Summary(5.5, 4.0, 7.5, 4, 8.8),
    }


def test_without_the_reference_there_is_no_ratio() -> None:
    assert summarise(SAMPLES, "ours")["help, s"] == {"script": Summary(2.0, 2.0, 2.0, 1, None)}


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([3.0], 95, 3.0), ([1.0, 2.0, 9.0], 50, 2.0), ([float(value) for value in range(21)], 95, 19.0)],
)
def test_percentile_lies_between_the_nearest_values(values: list[float], percent: int, expected: float) -> None:
    assert percentile(values, percent) == expected


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (Summary(0.625, 0.5, 0.75, 3, 1.0), "0.62 [0.50–0.75] ×1.00"),
        (Summary(1234.6, 1234.6, 1234.6, 1, 12.34), "1235 ×12.3"),
        (Summary(88, 88, 88, 1, None), "88"),
        (Summary(88.0, 87.96, 88.04, 3, 0.5), "88.0 [88.0–88.0] ×0.50"),
        (None, "–"),
    ],
)
def test_cell_tells_median_range_and_ratio(summary: Summary | None, expected: str) -> None:
    assert cell(summary) == expected


def test_table_has_a_row_for_each_measure_and_a_dash_for_what_was_not_measured() -> None:
    assert table(summarise(SAMPLES, "ours"), ["ours", "script"]) == [
        "| | ours | script |",
        "|---|---|---|",
        "| cold query, s | 0.62 [0.50–0.75] ×1.00 | 5.50 [4.00–7.50] ×8.80 |",
        "| help, s | – | 2.00 |",
    ]


HEAVY = "print(len(bytearray(300_000_000)))"


def test_run_gives_the_memory_of_the_process_and_its_last_complaint() -> None:
    # Asked for by a small process: one counts, before it runs, what the one that started it holds.
    ask = f"from benchmarks.processes import run; print(run({[sys.executable, '-c', HEAVY]!r}))"
    ended = run([sys.executable, "-c", ask])
    match = re.fullmatch(r"Ended\(seconds=[\d.]+, peak_mb=([\d.]+), output='300000000\\n'\)\n", ended.output)
    assert match
    assert 300 < float(match[1]) < 400
    with pytest.raises(Failed, match=r"^ValueError: no paper$"):
        run([sys.executable, "-c", "raise ValueError('no paper')"])
