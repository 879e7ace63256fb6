"""The house rules that an import can break."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STAGES = ["datatypes", "errors", "reading", "comparing", "indexing", "scaling", "searching", "serving", "commands"]
# Each heavy library is named in one file.
HEAVY = {
    "PIL": "pipeline/serving/page_picture.py",
    "mcp": "pipeline/serving/mcp.py",
    "prometheus_client": "pipeline/serving/web/metrics.py",
    "jinja2": "pipeline/serving/web/site.py",
    "uvicorn": "pipeline/serving/web/listen.py",
    "python_multipart": "pipeline/serving/web/ingest.py",
    "pdfplumber": "pipeline/reading/plumber.py",
    "pdfminer": "pipeline/reading/plumber.py",
    "ocrmypdf": "pipeline/reading/ocr.py",
    "mammoth": "pipeline/reading/convert.py",
    "markdown_it": "pipeline/reading/convert.py",
    "faiss": "pipeline/indexing/nearest.py",
    "Stemmer": "pipeline/indexing/lexical.py",
    "sqlite3": "pipeline/indexing/catalog.py",
    "sentence_transformers": "pipeline/indexing/encode.py",
    "transformers": "pipeline/indexing/encode.py",
    "huggingface_hub": "pipeline/indexing/models.py",
    "watchfiles": "pipeline/serving/watching.py",
    "ray": "pipeline/scaling/cluster.py",
    "fsspec": "pipeline/scaling/remote.py",
    "rich": "pipeline/commands/terminal.py",
    "filelock": "pipeline/indexing/store.py",
    "pymilvus": "pipeline/scaling/milvus.py",
    "milvus_lite": "pipeline/scaling/milvus.py",
    "scipy": "pipeline/searching/evaluate.py",
    "ir_measures": "pipeline/searching/evaluate.py",
    "matplotlib": "pipeline/serving/picture.py",
}
# Those that need more than one. A paper is read and shown; the web framework is named by its routes.
ROOMS = {
    "pypdfium2": ("pipeline/reading/pdfium.py", "pipeline/serving/page_picture.py"),
    "fastapi": ("pipeline/serving/web/",),
    "starlette": ("pipeline/serving/web/",),
    "pydantic": ("pipeline/serving/web/",),
}
# The folder of the web server is imported by the command that starts it, and so may import at the top what it is for.
WEB = {"fastapi", "starlette", "pydantic", "jinja2", "uvicorn", "python_multipart"}
LAZY = {*HEAVY, *ROOMS, "numpy"} - {"sqlite3"}
MODULES = sorted([*ROOT.glob("pipeline/**/*.py"), ROOT / "search_cli.py"], key=str)


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def submodules(node: ast.AST) -> Iterator[str]:
    """Modules that are taken from their package: ``from pipeline.indexing import store``."""
    if isinstance(node, ast.ImportFrom):
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_at_start(tree: ast.Module) -> Iterator[str]:
    """Imports that run when the module is imported: not in functions, not under TYPE_CHECKING."""
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from imports(node)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_keeps_the_house_rules(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    stage = path.relative_to(ROOT / "pipeline").parts[0].removesuffix(".py") if name.startswith("pipeline") else "cli"
    if stage in STAGES:
        later = STAGES[STAGES.index(stage) + 1 :]
        wrong = [module for module in imports(tree) if module.split(".")[1:2] and module.split(".")[1] in later]
        assert not [module for module in wrong if module.startswith("pipeline.")], "a stage imports a later one"
    for module in imports(tree):
        library = module.split(".")[0]
        assert HEAVY.get(library, name) == name, f"{library} belongs in {HEAVY.get(library)}"
        assert name.startswith(ROOMS.get(library, name)), f"{library} belongs in {ROOMS.get(library)}"
    lazy = LAZY - WEB if name.startswith("pipeline/serving/web/") else LAZY
    assert not {module.split(".")[0] for module in imports_at_start(tree)} & lazy, "heavy import at the top"
    if name.startswith("pipeline"):
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert not [call for call in calls if isinstance(call, ast.Name) and call.id in ("print", "exit")]


def test_no_module_imports_itself_by_way_of_others() -> None:
    known = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES}
    graph: dict[str, set[str]] = {}
    for name, path in known.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {found for node in ast.walk(tree) for found in (*imports(node), *submodules(node))}
        graph[name] = named & set(known) - {name, "pipeline"}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names them


def test_public_names_are_few() -> None:
    import pipeline

    assert len(pipeline.__all__) <= 8
    assert all(hasattr(pipeline, name) for name in pipeline.__all__)
