"""Count how often the right passage is found: hit@1, hit@3, hit@5, MRR@10 and page@1 over a question file.

A question counts as found at rank r when the passage at rank r holds the quote of its evidence, or at least 60 % of
its word 5-grams (after case, white space, hyphens, quotes and bullets are made alike), and cites the page of the quote.

    python benchmarks/questions.py QUESTIONS.jsonl [--index DIR] [--model NAME_OR_PATH]
"""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import click

from pipeline import Hit, open_index

SHARED = 0.6
DEPTH = 10


def words(text: str) -> list[str]:
    """Part a text into comparable words."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.findall(r"\w+", re.sub(r"[-‐‑–—'’‘`]", "", folded))


def grams(text: str, size: int = 5) -> set[tuple[str, ...]]:
    """Give the word 5-grams of a text, or all its words if it is shorter."""
    found = words(text)
    return {tuple(found[start : start + size]) for start in range(max(1, len(found) - size + 1))}


def holds(text: str, quote: str) -> bool:
    """Tell whether a text holds a quote, or enough of it."""
    if " ".join(words(quote)) in " ".join(words(text)):
        return True
    wanted = grams(quote)
    return len(wanted & grams(text)) >= SHARED * len(wanted)


def found_at(hits: list[Hit], evidence: list[dict[str, Any]]) -> int | None:
    """Give the rank of the first hit that holds a quote and cites its page."""
    for hit in hits:
        for item in evidence:
            if item["page"] in hit.passage.pages and holds(hit.passage.text, item["quote"]):
                return hit.rank
    return None


@click.command()
@click.argument("questions", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--index", "folder", default="index", help="Folder of the index.")
@click.option("--model", help="Where the index's model lies.")
@click.option("--misses", is_flag=True, help="List the questions not found in the first five.")
def main(questions: Path, folder: str, model: str | None, *, misses: bool) -> None:
    """Measure an index with a question file."""
    rows = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines() if line.strip()]
    ranks: list[int | None] = []
    right_page = 0
    with open_index(folder, model) as index:
        for row in rows:
            hits = index.search(row["question"], DEPTH)
            ranks.append(found_at(hits, row["evidence"]))
            right_page += bool(hits) and any(item["page"] in hits[0].passage.pages for item in row["evidence"])
            if misses and (ranks[-1] is None or ranks[-1] > 5):
                click.echo(f"{row['id']} rank {ranks[-1]}: {row['question']}")
    figures = {f"hit@{depth}": sum(rank is not None and rank <= depth for rank in ranks) for depth in (1, 3, 5)}
    for name, count in [*figures.items(), ("page@1", right_page)]:
        click.echo(f"{name:8} {count / len(rows):.3f}")
    click.echo(f"MRR@{DEPTH}   {sum(1 / rank for rank in ranks if rank) / len(rows):.3f}")
    click.echo(f"{len(rows)} questions, {index.manifest.encoder.name}")


if __name__ == "__main__":
    main()
