"""``eval``: how good the answers are, on judged questions."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from pipeline import open_index
from pipeline.commands.terminal import (
    index_option,
    json_option,
    model_option,
    progress_bar,
    to_json,
)
from pipeline.searching.rank import MODES
from pipeline.serving import render


@click.command(name="eval")
@click.argument("questions", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--mode", type=click.Choice(list(MODES)), default="hybrid", help="Which signals rank.")
@click.option("--topics", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Judged topics for who.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Write the run to compare it later.")
@click.option("--against", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A saved run.")
@model_option
@index_option
@json_option
def evaluate(
    questions: Path,
    mode: str,
    model: str | None,
    folder: str,
    *,
    as_json: bool,
    **files: Path | None,
) -> None:
    """Measure the index with judged questions: hit@1/3/5, MRR@10, nDCG@10, page@1 and organization@1.

    \b
    mandates eval tests/data/questions.jsonl
    mandates eval QUESTIONS.jsonl --save run.json
    mandates eval QUESTIONS.jsonl --against run.json
    """
    from pipeline.searching import evaluate as evaluation

    topics, save, against = files["topics"], files["save"], files["against"]
    judged = evaluation.load_questions(questions)
    judged_topics = evaluation.load_topics(topics) if topics else []
    earlier = evaluation.load_run(against) if against else None
    with open_index(folder, model) as index, progress_bar() as progress:
        outcomes = evaluation.answer_questions(index, judged, mode, lambda done: progress("asking", done, len(judged)))
        on_topics = evaluation.judge_topics(index, judged_topics) if judged_topics else None
        settings = {"questions": questions.name, "mode": mode, "weights": asdict(MODES[mode])}
        settings["encoder"] = asdict(index.manifest.encoder)
    if save:
        evaluation.save_run(save, outcomes, settings)
    record = {
        "questions": len(judged),
        "figures": {name: asdict(figure) for name, figure in evaluation.figures(outcomes).items()},
        "by_kind": evaluation.means_by(outcomes, lambda outcome: [outcome.kind]),
        "by_organization": evaluation.means_by(outcomes, lambda outcome: outcome.organizations),
        "topics": on_topics,
        "against": evaluation.compare(outcomes, earlier) if earlier else None,
        "settings": settings,
    }
    click.echo(to_json(record) if as_json else "\n".join(render.evaluation_lines(record)))
