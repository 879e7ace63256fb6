"""Folders of papers that are followed: ingest again whenever files come, change or go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.errors import CorpusError, IndexBusy, IngestRunning
from pipeline.reading.corpus import Choice

BUSY = (IndexBusy, IngestRunning)


def follow(
    papers: Sequence[Path],
    choice: Choice,
    ingest_once: Callable[[], None],
    tell: Callable[[str], None],
    stop: threading.Event | None = None,
) -> None:
    """Ingest now and after every change; a file that is half copied is waited for.

    :param tell: told what is waited for, once for each reason.
    :param stop: set when it is to end; without it only Ctrl-C ends it.
    """
    from watchfiles import Change, watch

    folders = {path if path.is_dir() else path.parent for path in papers}
    named = {path.resolve() for path in papers}

    def is_paper(_: Change, changed: str) -> bool:
        file = Path(changed).resolve()
        below = (folder.resolve() for folder in folders if file.is_relative_to(folder.resolve()))
        return file in named or any(choice.takes(file, folder) for folder in below)

    due, waiting = True, ""
    # It wakes every second also without a change: the first time nothing has been read, later a writer may have ended.
    for changes in watch(
        *folders,
        watch_filter=is_paper,
        raise_interrupt=stop is None,
        rust_timeout=1000,
        yield_on_timeout=True,
        stop_event=stop,
    ):
        if not (due or changes):
            continue
        try:
            ingest_once()
            due, message = False, ""
        except (CorpusError, *BUSY) as error:
            due, message = isinstance(error, BUSY), f"waiting: {error}"
            if message != waiting:
                tell(message)
        waiting = message
