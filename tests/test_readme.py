"""The README must not lie about the commands."""

from __future__ import annotations

import re
from pathlib import Path

from search_cli import COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_and_make_target_is_in_the_readme() -> None:
    for name in COMMANDS:
        assert f"mandates {name}" in README, name
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for target in set(targets) - {"install", "clean"}:
        assert f"make {target}" in README, target


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < 200
