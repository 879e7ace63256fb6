"""Virtual environments with one thing and what it needs in each, and how much that is."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import ROOT, Failed, run

CONSTRAINTS = ROOT / "constraints.txt"
BASELINES = Path(__file__).parent / "baselines"
LIBRARIES = [
    *("mandates", "numpy", "torch", "faiss-cpu", "sentence-transformers", "transformers", "tokenizers", "pdfplumber"),
    *("txtai", "langchain", "langchain-community", "langchain-huggingface", "chromadb"),
]
LIST_VERSIONS = """
import json, platform
from importlib.metadata import distributions
found = {distribution.name.lower().replace("_", "-"): distribution.version for distribution in distributions()}
print(json.dumps({"python": platform.python_version(), **dict(sorted(found.items()))}))
"""
ADDRESS = re.compile(r"\S*(://|/)\S*")  # of a machine or a folder: not for a published reason


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment that is ready."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def megabytes(self) -> float:
        """What was installed, bytecode included."""
        return folder_megabytes(self.folder / "lib")

    @property
    def distributions(self) -> int:
        """How many distributions were installed."""
        return len(list(self.folder.glob("lib/*/site-packages/*.dist-info")))


def folder_megabytes(folder: Path) -> float:
    """Add up a folder's files."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_dir()) / 1e6


def versions(python: Path | str) -> dict[str, str]:
    """Give the versions of Python and of the libraries that matter here."""
    found: dict[str, str] = json.loads(run([python, "-c", LIST_VERSIONS]).output)
    return {name: found[name] for name in ("python", *LIBRARIES) if name in found}


def of_baseline(name: str, cache: Path) -> Environment:
    """Make the environment of a baseline, or take the one there is.

    :raises Failed: if something cannot be installed.
    """
    file = BASELINES / f"requirements-{name}.txt"
    return _ensure(cache / name, ["--requirement", str(file)], file.read_bytes(), file)


def of_mandates(extra: str | None, cache: Path) -> Environment:
    """Make a fresh install of this project, with one of its extras or none, or take the one there is.

    :raises Failed: if something cannot be installed.
    """
    what = f"{ROOT}[{extra}]" if extra else str(ROOT)
    name = f"mandates-{extra}" if extra else "mandates"
    key = (ROOT / "pyproject.toml").read_bytes() + CONSTRAINTS.read_bytes()
    return _ensure(cache / name, [what], key, CONSTRAINTS)


def has_extra(name: str) -> bool:
    """Tell whether this project has an extra of that name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return name in project.get("optional-dependencies", {})


def _ensure(folder: Path, what: Sequence[str], key: bytes, constraints: Path) -> Environment:
    """Install into a new environment without pip in it, unless that was done before for the same key."""
    done = folder / "installed"
    digest = hashlib.sha256(key).hexdigest()
    if not (done.exists() and done.read_text() == digest):
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=False)
        _install(folder, what, constraints)
        done.write_text(digest)
    return Environment(folder)


def _install(folder: Path, what: Sequence[str], constraints: Path) -> None:
    """Let this interpreter's pip install into an environment.

    PIP_CONSTRAINT also holds inside the build environment.
    """
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet", "--no-input"]
    environment = os.environ | {"PIP_CONSTRAINT": str(constraints), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run([*pip, *what], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        raise Failed(ADDRESS.sub("…", errors[0].partition(" (from versions")[0]))
