"""Files that were sent, until they are papers: named safely, known by their content, put in place once they were read.

While it waits, a file lies in the folder of the papers under a name that no ingest takes: there is room for it then,
and to give it its own name is one step that cannot fail half-way.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pipeline.errors import AlreadyThere, NoSpace, TooLarge, WrongFormat
from pipeline.reading.corpus import EDITION_IN_NAME
from pipeline.serving.settings import FILE

WAITING = ".mandates-upload-"  # what the name of a file begins with that waits
FORGOTTEN = 86_400  # seconds after which nobody waits for it any more
LONGEST = 100  # characters of a name; four bytes each are still less than the 255 that file systems take
HEAD = 1024  # bytes in which a file must say what it is; readers of PDFs look as far for their header
BLOCK = 1 << 20
KEPT_SIGNS = "-_. ()"
# Names that stand for devices where the papers may be copied to.
DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)
ENDINGS = re.compile(r"(?:\.(?:pdf|docx|html?))+$", re.IGNORECASE)
HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
WORD = "word/document.xml"


class Sent(NamedTuple):
    """A file as it was sent: the name that the sender gave, and its bytes."""

    name: str
    stream: BinaryIO


class Upload(NamedTuple):
    """A file that waits: the name it will have, where it lies until then, and the checksum of its bytes."""

    name: str
    waiting: Path
    sha256: str


class Inbox:
    """The folder that uploads go to."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, and tidy away what servers that were killed left in it."""
        self.folder = folder
        for file in folder.glob(f"{WAITING}*"):
            with suppress(OSError):
                if time.time() - file.stat().st_mtime > FORGOTTEN:
                    file.unlink()

    def take(self, sent: Sent, label: str | None, held: Mapping[str, str]) -> Upload:
        """Copy a file that was sent beside the papers, where it waits.

        :param label: the edition it is, if its name shall tell that.
        :param held: the papers that there are, by the checksum of their bytes: what a sender knows them by.
        :raises WrongFormat, TooLarge, AlreadyThere, NoSpace: with the reason; nothing is left behind then.
        """
        name = safe_name(sent.name, suffix_of(sent), label)
        waiting = self.folder / f"{WAITING}{secrets.token_hex(8)}"
        try:
            upload = Upload(name, waiting, _copy(sent.stream, waiting, name))
            if upload.sha256 in held:
                raise AlreadyThere(f"{name}: the same file as {held[upload.sha256]}")
            self._check_name(name, held.values())
        except OSError as error:
            waiting.unlink(missing_ok=True)
            raise NoSpace(f"{name}: cannot be kept ({error.strerror})") from error
        except BaseException:
            waiting.unlink(missing_ok=True)
            raise
        return upload

    def _check_name(self, name: str, others: Iterable[str]) -> None:
        """Make sure that it takes no other file's place; capitals aside, as some file systems have it."""
        if name.casefold() in {other.casefold() for other in (*os.listdir(self.folder), *others)}:
            raise AlreadyThere(f"{name}: another file is called so already; say which edition this one is")

    def keep(self, upload: Upload) -> None:
        """Give a file its own name: from now on it is a paper.

        :raises AlreadyThere: if somebody else put a file of that name there meanwhile.
        """
        try:
            os.link(upload.waiting, self.folder / upload.name)  # unlike renaming this never takes another file's place
        except FileExistsError as error:
            raise AlreadyThere(f"{upload.name}: another file was put in its place meanwhile") from error
        except OSError:  # a file system that knows no links
            upload.waiting.rename(self.folder / upload.name)
        upload.waiting.unlink(missing_ok=True)

    @staticmethod
    def drop(uploads: Iterable[Upload]) -> None:
        """Delete those that still wait."""
        for upload in uploads:
            upload.waiting.unlink(missing_ok=True)


def safe_name(given: str, suffix: str, label: str | None = None) -> str:
    """Make a file name of one that a stranger gave: no folder, nothing hidden, and the suffix of what it holds.

    >>> safe_name("../../etc/passwd", ".pdf"), safe_name("ICAT (2018).PDF", ".pdf"), safe_name("...", ".html")
    ('passwd.pdf', 'ICAT (2018).pdf', 'paper.html')
    >>> safe_name("report-2018.pdf", ".pdf", "2021"), safe_name("report.pdf", ".pdf", "v2.1")
    ('report-2021.pdf', 'report-v2.1.pdf')
    """
    stem = ENDINGS.sub("", _plain(given))
    if label:
        match = EDITION_IN_NAME.match(stem)
        stem = f"{match['document'] if match else stem}-{label}"
    stem = stem[-LONGEST:].strip("-. ")
    return f"{'paper' if not stem or DEVICES.match(stem) else stem}{suffix}"


def _plain(given: str) -> str:
    """Leave of a name what comes after its folders, and of that only the signs that are kept."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", given)[-1])
    plain = "".join(sign if sign.isalnum() or sign in KEPT_SIGNS else "-" for sign in name)
    return re.sub(r"\.{2,}", ".", plain)


def suffix_of(sent: Sent) -> str:
    """Tell by its content of which of the formats a file is that folders of papers are searched for.

    :raises WrongFormat: if it is of none of them.
    """
    sent.stream.seek(0)
    head = sent.stream.read(HEAD)
    sent.stream.seek(0)
    if b"%PDF-" in head:
        return ".pdf"
    if HTML.match(head.removeprefix(b"\xef\xbb\xbf")):
        return ".html"
    if head.startswith(b"PK") and _is_word(sent.stream):
        return ".docx"
    name = _plain(sent.name)[-LONGEST:] or "the file"
    raise WrongFormat(f"{name}: empty" if not head else f"{name}: neither a PDF nor a Word file nor a page of HTML")


def _is_word(stream: BinaryIO) -> bool:
    try:
        with zipfile.ZipFile(stream) as packed:
            return WORD in packed.namelist()
    except Exception:  # noqa: BLE001 - zipfile raises whatever a broken archive makes it raise
        return False
    finally:
        stream.seek(0)


def _copy(stream: BinaryIO, target: Path, name: str) -> str:
    """Copy a file to disk, and give the checksum of its bytes."""
    checksum, size = hashlib.sha256(), 0
    with target.open("xb") as file:
        while block := stream.read(BLOCK):
            size += len(block)
            if size > FILE:
                raise TooLarge(f"{name}: more than {FILE // 1_000_000} MB")
            checksum.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())  # a full disk shall be noticed now, and not when the file is called a paper
    return checksum.hexdigest()
