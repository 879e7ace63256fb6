"""A picture for terminals that can show one."""

from __future__ import annotations

import base64
import re

import pytest

from pipeline.serving.inline_picture import inline_picture

PNG = bytes(range(256)) * 20


@pytest.mark.parametrize("environ", [{"TERM": "xterm-kitty"}, {"KITTY_WINDOW_ID": "1"}, {"TERM_PROGRAM": "ghostty"}])
def test_kitty_takes_pieces(environ: dict[str, str]) -> None:
    pieces = re.findall("\033_G([^;]*);([^\033]*)\033\\\\", inline_picture(PNG, environ) or "")
    assert [head for head, _ in pieces] == ["a=T,f=100,m=1", "m=0"]
    assert max(len(data) for _, data in pieces) == 4096
    assert base64.b64decode("".join(data for _, data in pieces)) == PNG


def test_iterm_takes_it_whole() -> None:
    shown = inline_picture(PNG, {"TERM_PROGRAM": "iTerm.app"})
    assert shown == f"\033]1337;File=inline=1;size={len(PNG)}:{base64.b64encode(PNG).decode()}\a"


def test_other_terminals_are_not_guessed_at() -> None:
    assert inline_picture(PNG, {"TERM": "xterm-256color"}) is None
