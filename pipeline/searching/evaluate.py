"""How often the right passage, page and organization come first, over a file of judged questions.

A question counts as found at rank r when the passage there holds the quote of its evidence, or at least 60 % of the
quote's word 5-grams, and cites the page of the quote, in the document of the quote where the file names one. The
metrics are those of ir_measures.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pipeline.datatypes import Passage
from pipeline.errors import QueryError
from pipeline.reading.grams import grams, words
from pipeline.searching.locate import who_covers
from pipeline.searching.search import Index

Judged = TypeVar("Judged")

DEPTH = 10
SHARE = 0.6  # of a quote's 5-grams: a quote may run over the end of a passage
RESAMPLES = 2000
NO_OWNER = "INTRO"  # how question files call a section that no organization owns
METRICS = {"hit@1": "Success@1", "hit@3": "Success@3", "hit@5": "Success@5", "MRR@10": "RR@10", "nDCG@10": "nDCG@10"}


class Evidence(NamedTuple):
    """Words that answer a question, and their page; ``document`` is a name or a file, empty for any paper."""

    page: int
    quote: str
    document: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A judged question, and the places any of which answers it; without ``organizations`` no owner is judged."""

    id: str
    text: str
    kind: str
    organizations: tuple[str, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """A judged topic: 2 for an organization whose section describes work on it, 1 for a mention; others say nothing."""

    id: str
    text: str
    organizations: dict[str, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back for a question: the hits' passage ids and scores, and the metrics' values.

    ``confidence`` is that of the answer, None for a run that did not ask for it.
    """

    id: str
    kind: str
    organizations: tuple[str, ...]
    hits: tuple[tuple[str, float], ...]
    values: dict[str, float]
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """The mean of a metric with its bootstrap 95 % interval."""

    mean: float
    low: float
    high: float


def load_questions(path: Path) -> list[Question]:
    """Read a question file: JSON lines with id, question, kind, orgs and evidence: a list of page, quote, document.

    :raises QueryError: naming the line that is no such object.
    """

    def question(row: Any) -> Question:
        evidence = tuple(
            Evidence(int(item["page"]), str(item["quote"]), str(item.get("document", ""))) for item in row["evidence"]
        )
        kind, owners = str(row.get("kind", "")), tuple(map(str, row.get("orgs", ())))
        return Question(str(row["id"]), str(row["question"]), kind, owners, evidence)

    return load_rows(path, question, "judged question")


def load_topics(path: Path) -> list[Topic]:
    """Read a topic file: JSON lines with id, topic and orgs (acronym → 1 or 2).

    :raises QueryError: naming the line that is no such object.
    """

    def topic(row: Any) -> Topic:
        return Topic(str(row["id"]), str(row["topic"]), {str(name): int(grade) for name, grade in row["orgs"].items()})

    return load_rows(path, topic, "judged topic")


def holds(text: str, quote: str) -> bool:
    """Tell whether a text holds a quote, or enough of its word 5-grams."""
    text_words, quote_words = words(text), words(quote)
    if f" {' '.join(quote_words)} " in f" {' '.join(text_words)} ":
        return True
    wanted = grams(quote_words)
    return len(wanted & grams(text_words)) >= SHARE * len(wanted)


def answer_questions(
    index: Index, questions: Sequence[Question], mode: str = "hybrid", progress: Callable[[int], None] | None = None
) -> list[Outcome]:
    """Ask every question and judge the first ten hits."""
    passages = index.catalog.passages(range(len(index.catalog)))
    qrels: dict[str, dict[str, int]] = {}
    runs: dict[str, dict[str, float]] = {}
    values: dict[str, dict[str, float]] = {}
    for question in questions:
        qrels[question.id] = {passage.id: 1 for passage in passages if is_evidence(passage, question)}
        hits = index.search(question.text, DEPTH, mode=mode)
        runs[question.id] = {hit.passage.id: hit.score for hit in hits}
        first = hits[0].passage if hits else None
        values[question.id] = {
            "page@1": float(first is not None and any(_is_place(first, item) for item in question.evidence)),
        }
        if question.organizations:
            values[question.id]["organization@1"] = float(first is not None and _owner(first) in question.organizations)
        if progress:
            progress(1)
    for query, name, value in measure(qrels, runs, METRICS):
        values[query][name] = value
    return [
        Outcome(q.id, q.kind, q.organizations, tuple(runs[q.id].items()), _ordered(values[q.id])) for q in questions
    ]


def judge_topics(index: Index, topics: Sequence[Topic]) -> dict[str, float]:
    """Ask who covers each topic: nDCG over the organizations, and precision, recall and F1 of "covers or mentions"."""
    import ir_measures

    qrels = {topic.id: topic.organizations for topic in topics}
    runs: dict[str, dict[str, float]] = {}
    right = said = true = 0
    for topic in topics:
        covered = who_covers(index, topic.text)
        runs[topic.id] = {item.organization.acronym: item.score for item in covered}
        shown = {item.organization.acronym for item in covered if item.coverage != "none"}
        judged = {name for name, grade in topic.organizations.items() if grade > 0}
        right, said, true = right + len(shown & judged), said + len(shown), true + len(judged)
    ndcg = ir_measures.calc_aggregate([ir_measures.nDCG], qrels, runs)[ir_measures.nDCG]
    precision, recall = right / max(said, 1), right / max(true, 1)
    harmonic = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"nDCG": float(ndcg), "precision": precision, "recall": recall, "F1": harmonic}


def is_evidence(passage: Passage, question: Question) -> bool:
    """Tell whether a passage answers a question and cites the right page."""
    return any(_is_place(passage, item) and holds(passage.text, item.quote) for item in question.evidence)


def _is_place(passage: Passage, evidence: Evidence) -> bool:
    edition = passage.edition
    names = ("", edition.document, edition.id, edition.file, *(Path(path).name for path in edition.copies))
    return evidence.page in passage.pages and evidence.document in names


def figures(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """Give the mean of each metric with its bootstrap interval, over the questions that it is judged of."""
    names = dict.fromkeys(name for outcome in outcomes for name in outcome.values)
    return {name: figure([item.values[name] for item in outcomes if name in item.values]) for name in names}


def means_by(outcomes: Sequence[Outcome], key: Callable[[Outcome], Iterable[str]]) -> dict[str, dict[str, float]]:
    """Give the means of the metrics for each group of questions, and how many there are as ``n``."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        for name in key(outcome):
            groups[name].append(outcome)
    return {
        name: {"n": float(len(group))}
        | {metric: sum(item.values.get(metric, 0.0) for item in group) / len(group) for metric in group[0].values}
        for name, group in sorted(groups.items())
    }


def compare(outcomes: Sequence[Outcome], others: Sequence[Outcome]) -> dict[str, tuple[float, float]]:
    """Compare two runs over the questions both have: (difference of means, p) of each metric.

    p is that of a paired permutation test, two-sided: how often chance alone gives a difference as large.
    """
    import numpy as np
    from scipy.stats import permutation_test

    by_id = {outcome.id: outcome for outcome in others}
    pairs = [(outcome, by_id[outcome.id]) for outcome in outcomes if outcome.id in by_id]
    if not pairs:
        raise QueryError("the two runs have no question in common")
    found = {}
    for name in pairs[0][0].values:
        new, old = (np.array([pair[side].values.get(name, 0.0) for pair in pairs]) for side in (0, 1))
        p = 1.0
        if (new != old).any() and len(pairs) > 1:
            test = permutation_test(
                (new, old),
                lambda a, b, axis: (a - b).mean(axis=axis),
                permutation_type="samples",
                n_resamples=RESAMPLES,
                rng=0,
            )
            p = float(test.pvalue)
        found[name] = (float(new.mean() - old.mean()), p)
    return found


def save_run(path: Path, outcomes: Sequence[Outcome], settings: Mapping[str, Any]) -> None:
    """Write a run with its settings, so that a later one can be compared with it."""
    record = {"settings": dict(settings), "outcomes": [asdict(outcome) for outcome in outcomes]}
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def load_run(path: Path) -> list[Outcome]:
    """Read a saved run.

    :raises QueryError: if the file is none.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["outcomes"]
        return [
            Outcome(**row | {"organizations": tuple(row["organizations"]), "hits": tuple(map(tuple, row["hits"]))})
            for row in rows
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise QueryError(f"{path}: not a run saved by mandates eval --save") from error


def load_rows(path: Path, parse: Callable[[Any], Judged], kind: str) -> list[Judged]:
    """Read a file of JSON lines.

    :param kind: what a line is, for messages: "judged question".
    :raises QueryError: naming the line that ``parse`` cannot take.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise QueryError(f"{path}: not a text in UTF-8 ({error})") from error
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                found.append(parse(json.loads(line)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise QueryError(f"{path}: line {number} is no {kind} ({error!r})") from error
    if not found:
        raise QueryError(f"{path}: no {kind}s in this file")
    return found


def measure(
    qrels: Mapping[str, Mapping[str, int]], runs: Mapping[str, Mapping[str, float]], metrics: Mapping[str, str]
) -> Iterable[tuple[str, str, float]]:
    """Give (question, metric, value); a question without hits or without evidence counts as 0.

    :param metrics: from our names to those of ir_measures.
    """
    import ir_measures

    names = {ir_measures.parse_measure(measure): name for name, measure in metrics.items()}
    missing = {(query, name) for query in qrels for name in metrics}
    judged = {query: dict(rows) or {"": 1} for query, rows in qrels.items()}
    found = {query: dict(rows) for query, rows in runs.items() if rows}
    for metric in ir_measures.iter_calc(list(names), judged, found):
        missing.discard((metric.query_id, names[metric.measure]))
        yield metric.query_id, names[metric.measure], float(metric.value)
    yield from ((query, name, 0.0) for query, name in sorted(missing))


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Give the chance that a positive scores above a negative; a tie counts half."""
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(positives, negatives).statistic) / (len(positives) * len(negatives))


def _ordered(values: Mapping[str, float]) -> dict[str, float]:
    return {name: values[name] for name in [*METRICS, "page@1", "organization@1"] if name in values}


def figure(values: Sequence[float]) -> Figure:
    """Give the mean of some values with its bootstrap interval (percentile, fixed seed)."""
    import numpy as np

    sample = np.array(values)
    draws = np.random.default_rng(0).choice(sample, (RESAMPLES, len(sample))).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return Figure(float(sample.mean()), float(low), float(high))


def _owner(passage: Passage) -> str:
    return passage.organization.acronym if passage.organization else NO_OWNER
