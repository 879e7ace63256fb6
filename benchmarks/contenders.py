"""Who takes part: the commands of each."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import ROOT
from pipeline.indexing.models import DEFAULT_MODEL, MINILM, find_model

Command = list[str | Path]


@dataclass(frozen=True, slots=True)
class Mandates:
    """This project, with one of its models."""

    name: str
    model: str
    python: Path = Path(sys.executable)

    @property
    def can_read(self) -> bool:
        """Whether it reads PDFs."""
        return True

    def ingest(self, papers: list[Path], index: Path) -> Command:
        """Read papers into a new index."""
        return [*self._program, "ingest", *papers, "--fresh", "--index", index, "--model", self.model]

    def query(self, question: str, index: Path) -> Command:
        """Ask on the command line."""
        return [*self._program, "search", question, "--index", index]

    def warm(self, questions: Path, index: Path) -> Command:
        """Ask many questions in one process."""
        return [self.python, "-m", "benchmarks.in_process", "warm", questions, "--index", index]

    @property
    def help(self) -> Command:
        """Print the help."""
        return [*self._program, "--help"]

    @property
    def _program(self) -> Command:
        return [self.python, ROOT / "search_cli.py"]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A program made from another library, with MiniLM.

    ``module`` is the program; ``environment`` names its requirements. With ``passages``, a file, it is given these
    instead of papers.
    """

    name: str
    environment: str
    module: str
    python: Path
    model: Path
    passages: Path | None = None

    @property
    def can_read(self) -> bool:
        """Whether it reads PDFs."""
        return not self.passages

    def ingest(self, papers: list[Path], index: Path) -> Command:
        """Read papers, or take the passages, into a new index."""
        what: Command = ["--passages", self.passages] if self.passages else [*papers]
        return [*self._program, "ingest", *what, *self._folders(index)]

    def query(self, question: str, index: Path) -> Command:
        """Ask on the command line."""
        return [*self._program, "query", question, *self._folders(index)]

    def warm(self, questions: Path, index: Path) -> Command:
        """Ask many questions in one process."""
        return [*self._program, "warm", questions, *self._folders(index)]

    @property
    def _program(self) -> Command:
        return [self.python, "-m", f"benchmarks.baselines.{self.module}"]

    def _folders(self, index: Path) -> Command:
        return ["--model", self.model, "--index", index]


Contender = Mandates | Baseline
# Title, requirements, program.
PROGRAMS = [
    ("obvious script", "obvious", "obvious"),
    ("txtai", "txtai", "txtai_pipeline"),
    ("LangChain", "langchain", "langchain_pipeline"),
    ("Chroma", "chroma", "chroma_pipeline"),
]
OWN = [Mandates("mandates (e5)", DEFAULT_MODEL), Mandates("mandates (MiniLM)", MINILM)]


def baselines(environment: str, python: Path, passages: Path) -> list[Baseline]:
    """Give the baselines that run in an environment.

    :param passages: a file that will hold mandates's passages.
    """
    model = find_model(MINILM).path
    found = [
        Baseline(name, environment, module, python, model) for name, needs, module in PROGRAMS if needs == environment
    ]
    given = [Baseline("script, our passages", environment, "obvious", python, model, passages)]
    return found + (given if environment == "obvious" else [])
