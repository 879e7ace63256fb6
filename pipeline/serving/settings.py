"""What a server is told when it is started, and the bounds it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# Bounds of one request.
QUESTION = 1000  # characters
TOPICS = 50  # of a matrix
MOST_HITS = 100
MOST_DPI = 220
ADDRESS = 8000  # characters of a path and its query
BODY = 100_000  # bytes; only assistants send any
# Bounds of all requests together.
AT_ONCE = 64  # in work or waiting for a thread; whoever comes then is told to come again
SECONDS = 30.0  # until an answer begins
SENDING = 300.0  # seconds until a slow reader is let go
KEPT = 64_000_000  # bytes of answers and pictures that were made already
# Bounds of uploads.
FILE = 100_000_000  # bytes of one file; the largest of 82 UN papers has 20 MB
FILES = 20
UPLOAD = 200_000_000  # bytes of all files that are sent together
UPLOADS = 2  # that are received at once
RECEIVING = 300.0  # seconds that an upload may take
STALLED = 10.0  # seconds after which one that sends nothing is let go
INGESTING = 3600.0  # seconds after which an ingest is given up


@dataclass(frozen=True, slots=True)
class Settings:
    """Which index and papers are served, and to whom.

    ``folder``: that of the index, or the address of another store.
    ``is_local``: only this machine can ask. ``hosts``: names, beside addresses, that the server goes by. ``rate``:
    requests a second that one client may make on average, 0 for any number. ``log_queries``: whether the log may hold
    what was asked. ``uploads``: the folder that uploaded papers go to; without one nobody may upload any. ``watch``:
    ingest whenever the papers change.
    """

    folder: Path | str
    papers: tuple[Path, ...] = (Path("raw"),)
    model: str | None = None
    password: str | None = None
    is_local: bool = True
    hosts: tuple[str, ...] = ()
    token: str | None = None
    rate: float = 50.0
    log_queries: bool = False
    uploads: Path | None = None
    watch: bool = False

    @property
    def all_papers(self) -> tuple[Path, ...]:
        """Where the papers are, those that were uploaded among them."""
        return (*self.papers, self.uploads) if self.uploads else self.papers
