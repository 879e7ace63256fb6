"""A picture in a terminal that can show one: kitty's protocol, or iTerm2's. Pure functions; nothing is printed here."""

from __future__ import annotations

import base64
from collections.abc import Mapping

CHUNK = 4096  # bytes; kitty takes no more at once
KITTY_TERMS = ("xterm-kitty", "xterm-ghostty")
KITTY_PROGRAMS = ("ghostty", "WezTerm")
ITERM_PROGRAMS = ("iTerm.app", "mintty", "vscode")


def inline_picture(png: bytes, environ: Mapping[str, str]) -> str | None:
    """Give what makes a terminal show a picture; None if this one is not known to show any.

    :param environ: the environment, which tells what terminal it is.
    """
    program = environ.get("TERM_PROGRAM", "")
    data = base64.b64encode(png).decode()
    if "KITTY_WINDOW_ID" in environ or environ.get("TERM") in KITTY_TERMS or program in KITTY_PROGRAMS:
        return _kitty(data)
    if program in ITERM_PROGRAMS or environ.get("LC_TERMINAL") == "iTerm2":
        return f"\033]1337;File=inline=1;size={len(png)}:{data}\a"
    return None


def _kitty(data: str) -> str:
    """Transmit a PNG (f=100) and show it at once (a=T); m=1 says that more is to come."""
    pieces = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    heads = ["a=T,f=100,", *[""] * (len(pieces) - 1)]
    return "".join(
        f"\033_G{head}m={int(number + 1 < len(pieces))};{piece}\033\\"
        for number, (head, piece) in enumerate(zip(heads, pieces, strict=True))
    )
