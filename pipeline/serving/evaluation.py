"""Measurements → terminal text. Pure functions; nothing is printed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def evaluation_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """Give the figures of ``eval`` for people: means with their intervals, then by kind of question."""
    yield f"{record['questions']} questions, {record['settings']['encoder']['name']}, {record['settings']['mode']}"
    for name, figure in record["figures"].items():
        line = f"{name:15} {_interval(figure)}"
        if record["against"]:
            difference, p = record["against"][name]
            line += f"  {difference:+.3f} (p {p:.2f})"
        yield line
    if record["topics"]:
        yield "topics          " + ", ".join(f"{name} {value:.3f}" for name, value in record["topics"].items())
    if record["unanswerable"]:
        yield ""
        yield from refusal_lines(record["unanswerable"])
    names = list(record["figures"])
    for title in ("by_kind", "by_organization"):
        yield ""
        yield f"{title.replace('_', ' '):15} {'n':>4} " + " ".join(f"{name:>8}" for name in names[:4])
        for group, means in record[title].items():
            yield f"{group[:15]:15} {means['n']:4.0f} " + " ".join(f"{means[name]:8.3f}" for name in names[:4])


def refusal_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """Give for people how well questions without an answer are refused, and what a confidence is worth."""
    yield f"{record['unanswerable']} unanswerable questions beside {record['answerable']} answerable ones"
    yield ", ".join(f"{name} {value:.3f}" for name, value in record["figures"].items())
    yield f"{'confidence':15} {'n':>4} {'mean':>8} {'right':>8}"
    for item in record["calibration"]:
        edges = f"{item['low']:.1f} to {item['high']:.1f}"
        means = (item["confidence"], item["right"])
        yield f"{edges:15} {item['count']:4} " + " ".join("       –" if it is None else f"{it:8.3f}" for it in means)
    yield f"expected calibration error {record['calibration_error']:.3f}"


def collection_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """Give the figures of ``eval --beir`` for people: a line for each signal and for their fusion."""
    counts = f"{record['documents']} documents, {record['passages']} passages, {record['queries']} queries"
    yield f"{record['collection']}: {counts}, {record['encoder']['name']}"
    yield f"{'':10} {'nDCG@10':23} {'recall@100':>10} {'ms/query':>9}"
    for name, signal in record["signals"].items():
        ndcg, recall = (signal["figures"][metric] for metric in ("nDCG@10", "recall@100"))
        yield f"{name:10} {_interval(ndcg):23} {recall['mean']:10.3f} {signal['milliseconds']:9.0f}"
    seconds = record["encoding_seconds"]
    encoding = "the index was there already" if seconds is None else f"encoding {seconds:.0f} s"
    yield f"{encoding}, {record['bytes_per_passage']:.0f} bytes a passage"


def _interval(figure: Mapping[str, float]) -> str:
    return f"{figure['mean']:.3f}  [{figure['low']:.3f}, {figure['high']:.3f}]"
