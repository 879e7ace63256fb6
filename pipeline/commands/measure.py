"""``eval``: how good the answers are, on judged questions or on a public test collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from click.core import ParameterSource

from pipeline import open_index
from pipeline.commands.terminal import STORE_TYPED, index_option, json_option, model_option, progress_bar
from pipeline.searching.rank import MODES
from pipeline.serving import evaluation as rendering
from pipeline.serving.render import to_json

JUDGED = ("mode", "topics", "unanswerable", "save", "against")  # options that need questions

a_file = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(name="eval")
@click.argument("questions", type=a_file, required=False)
@click.option("--mode", type=click.Choice(list(MODES)), default="hybrid", help="Which signals rank.")
@click.option("--topics", type=a_file, help="Judged topics for who.")
@click.option("--unanswerable", type=a_file, help="Questions the papers do not answer.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Write the run to compare it later.")
@click.option("--against", type=a_file, help="A saved run.")
@click.option("--beir", type=click.Path(path_type=Path, exists=True, file_okay=False), help="A test collection.")
@model_option
@index_option
@json_option
@click.pass_context
def evaluate(context: click.Context, /, model: str | None, folder: str, *, as_json: bool, **given: Any) -> None:
    """Measure the index with judged questions: hit@1/3/5, MRR@10, nDCG@10, page@1 and organization@1.

    --unanswerable tells how well confidence parts these questions from others. --beir instead of questions indexes a
    test collection in BEIR's layout, with the model that --model names, and measures each signal; --index DIR keeps
    that index for the next time.

    \b
    mandates eval tests/data/questions.jsonl
    mandates eval QUESTIONS.jsonl --unanswerable OTHERS.jsonl
    mandates eval QUESTIONS.jsonl --save run.json
    mandates eval QUESTIONS.jsonl --against run.json
    mandates eval --beir scifact/ --index scifact-index/
    """
    if (given["questions"] is None) == (given["beir"] is None):
        raise click.UsageError("Give either QUESTIONS or --beir.")

    def typed(option: str) -> bool:
        return context.get_parameter_source(option) == ParameterSource.COMMANDLINE

    if given["beir"]:
        needless = next((option for option in JUDGED if typed(option)), None)
        if needless or context.meta[STORE_TYPED]:
            raise click.UsageError(f"--{needless or 'store'} goes with QUESTIONS, not with --beir.")
        # The index of the papers, which a default or the environment names, must not be written over.
        record = _measure_collection(given["beir"], model, Path(folder) if typed("folder") else None)
        lines = rendering.collection_lines(record)
    else:
        record = _measure_questions(folder, model, given)
        lines = rendering.evaluation_lines(record)
    click.echo(to_json(record) if as_json else "\n".join(lines))


def _measure_questions(folder: str, model: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    from pipeline.searching import evaluate as evaluation
    from pipeline.searching import refusal

    judged = evaluation.load_questions(given["questions"])
    topics = evaluation.load_topics(given["topics"]) if given["topics"] else []
    others = refusal.load_unanswerable(given["unanswerable"]) if given["unanswerable"] else []
    earlier = evaluation.load_run(given["against"]) if given["against"] else None
    tried = [*judged, *others] if others else []
    mode, total = given["mode"], len(judged) + len(tried)
    with open_index(folder, model) as index, progress_bar() as progress:
        outcomes = evaluation.answer_questions(index, judged, mode, lambda done: progress("asking", done, total))
        trials = refusal.try_questions(index, tried, mode, lambda done: progress("asking", done, total))
        on_topics = evaluation.judge_topics(index, topics) if topics else None
        settings = {"questions": given["questions"].name, "mode": mode, "weights": asdict(MODES[mode])}
        settings["encoder"] = asdict(index.manifest.encoder)
    if trials:
        asked = zip(outcomes, trials, strict=False)  # the trials of the others come after
        outcomes = [replace(outcome, confidence=trial.confidence) for outcome, trial in asked]
    if given["save"]:
        evaluation.save_run(given["save"], outcomes, settings)
    return {
        "questions": len(judged),
        "figures": {name: asdict(figure) for name, figure in evaluation.figures(outcomes).items()},
        "by_kind": evaluation.means_by(outcomes, lambda outcome: [outcome.kind]),
        "by_organization": evaluation.means_by(outcomes, lambda outcome: outcome.organizations),
        "topics": on_topics,
        "unanswerable": asdict(refusal.judge_refusal(trials)) if trials else None,
        "against": evaluation.compare(outcomes, earlier) if earlier else None,
        "settings": settings,
    }


def _measure_collection(beir: Path, model: str | None, folder: Path | None) -> dict[str, Any]:
    from pipeline.indexing.encode import load_encoder
    from pipeline.searching.beir import load_collection, measure_collection

    collection = load_collection(beir)
    with _folder_or_temporary(folder) as place, progress_bar() as progress:
        return asdict(measure_collection(collection, load_encoder(model, for_many=True), place, progress))


@contextmanager
def _folder_or_temporary(folder: Path | None) -> Iterator[Path]:
    if folder:
        yield folder
        return
    with TemporaryDirectory(prefix="mandates-", ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)
