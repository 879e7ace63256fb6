"""A question on the command line imports nothing heavy, and the help and errors of usage hardly anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.indexing.build import build_index
from pipeline.indexing.encode import load_encoder
from tests.papers import make_pdf, paragraph

ROOT = Path(__file__).parent.parent
SCRIPT = """
import sys
from search_cli import main
try:
    main(sys.argv[1:])
finally:
    print(*sys.modules, file=sys.stderr)
"""
# All that only ingest, eval, pictures or other models need.
FORBIDDEN = {
    "torch", "transformers", "sentence_transformers", "scipy", "ir_measures", "pandas", "matplotlib", "pdfplumber",
    "pdfminer", "pypdfium2", "watchfiles", "threadpoolctl", "huggingface_hub", "importlib.metadata", "rich",
    "concurrent.futures", "pipeline.reading.corpus", "pipeline.reading.layout", "pipeline.datatypes.page",
    "pipeline.datatypes.report",
}  # fmt: skip


def run(*args: str) -> tuple[int, str, set[str]]:
    """Exit code, stdout and the modules that were imported, without the site's start-up files, which import much."""
    paths = os.pathsep.join([str(ROOT), *(path for path in sys.path if "site-packages" in path)])
    environment = {**os.environ, "PYTHONPATH": paths}
    command = [sys.executable, "-S", "-c", SCRIPT, *args]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, set(done.stderr.splitlines()[-1].split())


def test_a_search_imports_nothing_heavy(tiny: Path, tmp_path: Path) -> None:
    paper = make_pdf(tmp_path / "sea-2020.pdf", [paragraph(["Guards count boats and lamps."], 100)])
    build_index([paper], tmp_path / "index", lambda: load_encoder(str(tiny)))
    for command in ("search", "who"):
        code, output, modules = run(command, "boats", "--json", "--index", str(tmp_path / "index"))
        assert code in (0, 1), output
        assert {"numpy", "pipeline.indexing.light"} <= modules
        assert not modules & FORBIDDEN


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["search", "--nonsense"], ["search"], ["orgs", "--help"]])
def test_help_and_errors_of_usage_import_no_numbers(args: list[str]) -> None:
    _, _, modules = run(*args)
    # The version is that of the installed package, which its metadata tells.
    assert not modules & ({"numpy", "faiss"} | FORBIDDEN - ({"importlib.metadata"} if args == ["--version"] else set()))
