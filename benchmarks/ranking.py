"""Which encoder, which signals: the ablation table of the README.

Builds one index for each model from the papers given, and measures each with several weights on a file of judged
questions (`mandates eval` describes the rule by which a question counts as found).

    python benchmarks/ranking.py QUESTIONS.jsonl [PAPERS…] [--work DIR] [--model M]…
"""

from __future__ import annotations

import time
from pathlib import Path

import click

from pipeline import open_index
from pipeline.errors import IndexMissing
from pipeline.indexing.build import build_index
from pipeline.indexing.encode import load_encoder
from pipeline.indexing.models import DEFAULT_MODEL, MINILM
from pipeline.searching.evaluate import Question, answer_questions, figures, load_questions
from pipeline.searching.rank import MODES, Weights

VARIANTS = {
    "passage vector alone": MODES["dense"],
    "best sentence alone": Weights(passage=0, sentence=1, tokens=0, lexical=0, named=0),
    "late interaction alone": Weights(passage=0, sentence=0, tokens=1, lexical=0, named=0),
    "BM25 alone": MODES["lexical"],
    "passage + sentence": Weights(passage=1, sentence=1, tokens=0, lexical=0, named=0),
    "passage + sentence + BM25": Weights(passage=1, sentence=1, tokens=0, lexical=0.3, named=0),
    "late + sentence": Weights(passage=0, sentence=0.5, tokens=1, lexical=0, named=0),
    "late + sentence + BM25": Weights(passage=0, sentence=0.5, tokens=1, lexical=0.3, named=0),
    "the same + named organization": MODES["hybrid"],
    "the same + passage vector": Weights(passage=0.5),
}


def measure(folder: Path, questions: list[Question]) -> None:
    """Print a line for each variant."""
    with open_index(folder) as index:
        index.search("warm up")
        for name, weights in VARIANTS.items():
            MODES["variant"] = weights
            started = time.perf_counter()
            found = figures(answer_questions(index, questions, "variant"))
            seconds = (time.perf_counter() - started) / len(questions)
            row = "  ".join(f"{found[name].mean:.3f}" for name in ("hit@1", "hit@5", "MRR@10", "organization@1"))
            click.echo(f"{name:32} {row}  {1000 * seconds:5.0f} ms")


@click.command()
@click.argument("questions", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("papers", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--work", default="build/ranking", type=click.Path(path_type=Path), help="Where the indexes are kept.")
@click.option("--model", "models", multiple=True, default=(DEFAULT_MODEL, MINILM), show_default=True)
def main(questions: Path, papers: tuple[Path, ...], work: Path, models: tuple[str, ...]) -> None:
    """Measure each model with each set of weights."""
    judged = load_questions(questions)
    for model in models:
        folder = work / model.replace("/", "--")
        try:
            open_index(folder).close()
        except IndexMissing:
            report = build_index(papers or (Path("raw"),), folder, lambda model=model: load_encoder(model))  # type: ignore[misc]
            click.echo(f"{model}: {report.passages} passages, {report.sentences} sentences, {report.seconds}")
        click.echo(f"\n{model:32} hit@1  hit@5  MRR    org@1  per question")
        measure(folder, judged)


if __name__ == "__main__":
    main()
