"""Every error the library raises.

    MandatesError
    ├── QueryError             the question cannot be asked        exit code 2
    │   └── NotThere
    ├── CorpusError            a paper cannot be read              exit code 3
    │   ├── FileMissing
    │   ├── NotAPdf
    │   ├── DamagedPdf
    │   ├── DamagedFile
    │   ├── PasswordNeeded
    │   ├── NoText
    │   ├── OcrFailed
    │   └── ReaderFailed
    ├── EncoderError           the model cannot be had or differs  exit code 3
    ├── ClusterError           other machines cannot do the work   exit code 3
    ├── OutputError            an answer cannot be written         exit code 3
    ├── UploadRefused          a file that was sent is not taken   exit code 3
    │   ├── WrongFormat
    │   ├── TooLarge
    │   ├── AlreadyThere
    │   ├── NoSpace
    │   └── IngestRunning
    └── IndexUnusable          the index cannot be used            exit code 3
        ├── IndexMissing
        ├── IndexDamaged
        ├── IndexOutdated
        ├── IndexBusy
        ├── IndexNotWritable
        └── StoreUnreachable

The library only raises; ``search_cli.py`` turns an error into one line and its ``exit_code``.
"""


class MandatesError(Exception):
    """Base of all errors; the message is one line that says what is wrong and what mends it."""

    exit_code = 3


class QueryError(MandatesError):
    """The question or one of its filters makes no sense."""

    exit_code = 2


class NotThere(QueryError):
    """The index holds no such passage, page or edition."""


class CorpusError(MandatesError):
    """A paper cannot be read."""


class FileMissing(CorpusError):
    """There is no such file or folder, or no paper in it."""


class NotAPdf(CorpusError):
    """The file is empty or holds something else than a PDF."""


class DamagedPdf(CorpusError):
    """The PDF is truncated or broken."""


class DamagedFile(CorpusError):
    """The file is not in the format that its name says, or broken."""


class PasswordNeeded(CorpusError):
    """The PDF is encrypted and the password is missing or wrong."""


class NoText(CorpusError):
    """The paper has no text: its pages are pictures, or the file is empty."""


class OcrFailed(CorpusError):
    """The text of a scan cannot be recognized: no OCR is installed, or it cannot read the file."""


class ReaderFailed(CorpusError):
    """The process that read the PDF died of it, took too long, or met an error that nobody foresaw."""


class EncoderError(MandatesError):
    """The model cannot be loaded, or is not the one the index was built with."""


class ClusterError(MandatesError):
    """The cluster cannot be reached, or its workers cannot keep what they made."""


class OutputError(MandatesError):
    """The file asked for cannot be written: no folder, permission or space, or no library to draw it."""


class UploadRefused(MandatesError):
    """A file that was sent is not taken."""


class WrongFormat(UploadRefused):
    """The file is of no format that papers come in."""


class TooLarge(UploadRefused):
    """The file, or the number of files, is beyond what is taken at once."""


class AlreadyThere(UploadRefused):
    """There is a paper of that name, or the very same file."""


class NoSpace(UploadRefused):
    """The folder of the papers takes no more: it is full, or may not be written."""


class IngestRunning(UploadRefused):
    """Another ingest is at work; there is one at a time."""


class IndexUnusable(MandatesError):
    """The index cannot be used."""


class IndexMissing(IndexUnusable):
    """There is no index where one was looked for."""


class IndexDamaged(IndexUnusable):
    """The index is incomplete or its bytes are not those that were written."""


class IndexOutdated(IndexUnusable):
    """The index was built by a release with another schema."""


class IndexBusy(IndexUnusable):
    """Another process is writing the index."""


class IndexNotWritable(IndexUnusable):
    """The index folder cannot be written: read-only, no permission or no space."""


class StoreUnreachable(IndexUnusable):
    """The server that keeps the index does not answer, does not let one in, or is too old."""
