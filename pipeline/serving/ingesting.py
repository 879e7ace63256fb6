"""Ingests that a server is asked for: one at a time, each in a process of its own."""

from __future__ import annotations

import logging
import secrets
import shutil
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pipeline.datatypes import Edition
from pipeline.datatypes.report import BuildReport
from pipeline.errors import (
    FileMissing,
    IngestRunning,
    MandatesError,
    NotThere,
    ReaderFailed,
    TooLarge,
    UploadRefused,
)
from pipeline.reading.workers import Worker, cores
from pipeline.serving.ingest_task import START, Steps, Task, gently, read_steps
from pipeline.serving.papers import filled
from pipeline.serving.settings import FILES, INGESTING, Settings
from pipeline.serving.uploads import Inbox, Sent, Upload

LOG = logging.getLogger("mandates.errors")
NOTES = "steps"  # file in the folder of an ingest
REMEMBERED = 20  # ingests that can still be looked at


class Refused(NamedTuple):
    """A file that did not become a paper, and why."""

    file: str
    reason: str


@dataclass(slots=True, eq=False)
class Ingest:
    """One ingest: the files it was asked to take in, and what became of it."""

    id: str
    files: tuple[str, ...]
    refused: list[Refused]
    folder: Path
    state: Literal["running", "done", "failed"] = "running"
    error: str | None = None
    cause: MandatesError | None = None
    report: BuildReport | None = None
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    last: Steps = START

    @property
    def steps(self) -> Steps:
        """How far it is, as its process noted last."""
        self.last = read_steps(self.folder / NOTES) or self.last
        return self.last


def ingest_record(found: Ingest) -> dict[str, Any]:
    """Give the state of an ingest as JSON; ``report`` is what ``mandates ingest --json`` prints."""
    return {
        "id": found.id,
        "state": found.state,
        **found.steps._asdict(),
        "files": list(found.files),
        "refused": [item._asdict() for item in found.refused],
        "error": found.error,
        "began": found.began.isoformat(timespec="seconds"),
        "report": asdict(found.report) if found.report else None,
    }


class Ingests:
    """The ingests of one server."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Take the settings and the folder that uploads go to."""
        self._settings, self._inbox = settings, Inbox(folder)
        self._lock = threading.Lock()  # held by the ingest that is at work
        self._known: dict[str, Ingest] = {}
        self._worker: Worker | None = None
        self._thread: threading.Thread | None = None
        self._ends = False

    def recent(self) -> list[Ingest]:
        """List the ingests that are remembered, the last one first."""
        return list(self._known.values())[::-1]

    def find(self, ingest_id: str) -> Ingest:
        """Find an ingest.

        :raises NotThere: if none is remembered by that id.
        """
        if ingest_id not in self._known:
            raise NotThere(f"no ingest has the id {ingest_id}; the last {REMEMBERED} are remembered")
        return self._known[ingest_id]

    def check_free(self) -> None:
        """Make sure that nothing is at work, before a client sends what would be refused in the end.

        :raises IngestRunning: if there is.
        """
        if self._lock.locked():
            raise IngestRunning("an ingest is at work; try again when it is done")

    def start(self, sent: Sequence[Sent] = (), label: str | None = None, held: Sequence[Edition] = ()) -> Ingest:
        """Begin to take files in; without any, to follow what changed among the papers.

        :param label: the edition that the files are; by default their names or they themselves tell.
        :param held: what the index holds, for a file that it has already need not be read.
        :raises IngestRunning: if another ingest is at work.
        :raises UploadRefused: if none of the files is taken; why, of each.
        """
        if len(sent) > FILES:
            raise TooLarge(f"{len(sent)} files; send {FILES} at once at most")
        if not self._lock.acquire(blocking=False):
            raise IngestRunning("an ingest is at work; try again when it is done")
        try:
            uploads, refused = self._take(sent, label, held)
            folder = Path(tempfile.mkdtemp(prefix="mandates-"))
        except BaseException:
            self._lock.release()
            raise
        found = Ingest(secrets.token_urlsafe(9), tuple(upload.name for upload in uploads), refused, folder)
        self._known[found.id] = found
        while len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]
        self._thread = threading.Thread(target=self._run, args=[found, uploads], daemon=True)
        self._thread.start()
        return found

    def follow(self) -> None:
        """Ingest what changed among the papers, and wait until that is done.

        :raises IngestRunning: if another ingest is at work.
        :raises MandatesError: if it fails.
        """
        found = self.start()
        if self._thread:
            self._thread.join()
        if found.cause:
            raise found.cause

    def close(self) -> None:
        """Stop what is at work; the index and the papers are then as they were."""
        self._ends = True
        if worker := self._worker:
            worker.stop()
        if self._thread:
            self._thread.join()

    def _take(
        self, sent: Sequence[Sent], label: str | None, held: Sequence[Edition]
    ) -> tuple[list[Upload], list[Refused]]:
        """Take the files that can be taken; if that is none of several, the first reason stands for all."""
        uploads: list[Upload] = []
        errors: list[UploadRefused] = []
        known = {edition.sha256: edition.id for edition in held}
        try:
            for file in sent:
                try:
                    upload = self._inbox.take(file, label, known)
                    uploads.append(upload)
                    known[upload.sha256] = upload.name
                except UploadRefused as error:
                    errors.append(error)
            if errors and not uploads:
                raise type(errors[0])("; ".join(map(str, errors)))
        except BaseException:
            self._inbox.drop(uploads)
            raise
        return uploads, [Refused(*str(error).split(": ", 1)) for error in errors]

    def _run(self, found: Ingest, uploads: Sequence[Upload]) -> None:
        """Ingest, and put the papers that were read in their place."""
        error, took_any = None, False
        try:
            took_any = self._ingest(found, uploads)
        except MandatesError as failed:
            error, found.cause = self._told(str(failed), found), failed
        except ImportError as failed:
            error = f"the server has no {failed.name} to read this with"
        except Exception:
            error = "something unforeseen happened; the server's log says why"
            LOG.exception("an ingest failed")
        self._inbox.drop(uploads)
        found.last = found.steps
        shutil.rmtree(found.folder, ignore_errors=True)
        self._lock.release()
        found.error, found.state = error, "done" if took_any or not (uploads or error) else "failed"

    def _ingest(self, found: Ingest, uploads: Sequence[Upload]) -> bool:
        """Read and index, and tell whether any of the uploads is a paper now."""
        named = found.folder / "sent"
        named.mkdir()
        for upload in uploads:  # readers know a file by its name
            (named / upload.name).symlink_to(upload.waiting.resolve())
        papers = (*filled(self._settings.all_papers), *([named] if uploads else []))
        if not papers:
            raise FileMissing("no paper is left; the index keeps what it has")
        settings = self._settings
        notes = found.folder / NOTES
        report = self._call(Task(settings.folder, papers, notes, settings.model, settings.password, cores()))
        indexed = {(item.edition.file, item.edition.sha256) for item in report.editions}
        taken = [upload for upload in uploads if (upload.name, upload.sha256) in indexed]
        for upload in taken:
            self._inbox.keep(upload)
        reasons = {line.partition(": ")[0]: line.partition(": ")[2] for line in report.skipped}
        for upload in (upload for upload in uploads if upload not in taken):
            reason = reasons.get(str(named / upload.name), "nothing in it can be read")
            found.refused.append(Refused(upload.name, self._told(reason, found)))
        found.report = replace(report, skipped=tuple(self._told(line, found) for line in report.skipped))
        return bool(taken)

    def _call(self, task: Task) -> BuildReport:
        self._worker = Worker()
        if self._ends:
            self._worker.stop()
        try:
            return self._worker.call("the ingest", INGESTING, gently, task)
        except ReaderFailed as error:
            LOG.warning("an ingest was stopped, or took too long (%s)", error)
            raise MandatesError("the ingest was stopped, or took too long; the server's log says why") from error
        finally:
            self._worker.stop()
            self._worker = None

    def _told(self, message: str, found: Ingest) -> str:
        """Leave the server's folders out of a message: it is read by others."""
        settings = self._settings
        folders = {found.folder / "sent", *settings.all_papers, *(path.parent for path in settings.all_papers)}
        if isinstance(settings.folder, Path):
            folders.add(settings.folder.parent)
        for folder in sorted(map(str, folders), key=len, reverse=True):
            message = message.replace(f"{folder}/", "") if folder != "." else message
        return message
