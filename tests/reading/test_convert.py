"""Word, Markdown and plain text → headings and paragraphs; files that are not what they are called."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from pipeline.errors import CorpusError, DamagedFile, FileMissing, NoText
from pipeline.reading import convert
from pipeline.reading.convert import read_flow
from tests.words import make_docx


def blocks(file: Path) -> list[tuple[str, int]]:
    return [(block.text, block.level) for block in read_flow(file).blocks]


def test_a_word_file(tmp_path: Path) -> None:
    file = make_docx(
        tmp_path / "a.docx", [("Heading1", "Wolves"), ("", "They howl & run."), ("Heading2", "Grey")], "Wolves & books"
    )
    assert blocks(file) == [("Wolves", 1), ("They howl & run.", 0), ("Grey", 2)]
    assert read_flow(file).imprint.title == "Wolves & books"


def test_markdown_with_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "# Wolves\n\nThey\nhowl.\n\n* grey\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", encoding="utf-8"
    )
    assert blocks(tmp_path / "a.md") == [("Wolves", 1), ("They howl.", 0), ("• grey", 0), ("a | b", 0), ("1 | 2", 0)]


def test_plain_text(tmp_path: Path) -> None:
    text = "ON WOLVES\n\nThey howl\nat night.\n\n1.2 Methods\n\nBy foot\n\nResults\n=======\nNone.\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert blocks(tmp_path / "a.txt") == [
        ("ON WOLVES", 1), ("They howl at night.", 0), ("1.2 Methods", 2), ("By foot", 0), ("Results", 1), ("None.", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", "\ufeffÄpfel".encode()),
        ("a.txt", "Äpfel".encode("utf-16")),
        ("a.html", b"<meta charset='iso-8859-1'><p>\xc4pfel"),
        ("a.htm", "<p>Äpfel".encode()),
    ],
)
def test_a_file_is_decoded_as_it_says(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert blocks(tmp_path / name) == [("Äpfel", 0)]


@pytest.mark.parametrize(
    ("name", "data", "error", "message"),
    [
        ("a.txt", b"\xc4pfel", DamagedFile, "save it as UTF-8"),
        ("a.html", b"<meta charset=nonsense>\xc4", DamagedFile, "save it as UTF-8"),
        ("a.md", b" \n", NoText, "the file is empty"),
        ("a.docx", b"", DamagedFile, "not a Word file"),
        ("a.docx", b"PK no zip", DamagedFile, "not a Word file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, data: bytes, error: type[CorpusError], message: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(error, match=message) as caught:
        read_flow(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        read_flow(tmp_path / "a.txt")
    with pytest.raises(FileMissing):
        read_flow(tmp_path / "a.docx")


def test_a_word_file_that_unpacks_to_too_much_is_left_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make_docx(tmp_path / "a.docx", [("", "text")])
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/media/bomb.bin", b"\0" * 100_000)
    monkeypatch.setattr(convert, "LARGEST", 50_000)
    with pytest.raises(DamagedFile, match="unpacks to more than"):
        read_flow(file)
