"""Files without pages → a flow of headings and paragraphs. The only file that names mammoth and markdown-it.

Word files are brought to HTML by mammoth, which follows their styles; Markdown by markdown-it, as CommonMark with
tables. Plain text has paragraphs between blank lines, and for headings what cannot be a sentence: capitals, numbers,
underlines.
"""

from __future__ import annotations

import codecs
import re
import zipfile
from html import unescape
from pathlib import Path

from pipeline.datatypes import Imprint
from pipeline.errors import DamagedFile, FileMissing, NoText
from pipeline.reading.markup import Flow, FlowBlock, read_html
from pipeline.reading.titles import decimal_depth
from pipeline.reading.visible import visible

WORD, HTML, MARKDOWN, TEXT = (".docx",), (".html", ".htm"), (".md", ".markdown"), (".txt",)
FLOWING = (*WORD, *HTML, *MARKDOWN, *TEXT)
LARGEST = 200_000_000  # bytes of a Word file, unpacked: a bomb unpacks to more, no paper does
TITLE_WORDS = 12  # a longer line of plain text is no heading
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
UNDERLINE = re.compile(r"(?P<sign>[=~-])(?P=sign){2,}\s*$")


def is_flowing(file: Path) -> bool:
    """Tell by a file's name whether it is of a format without pages that can be read."""
    return file.suffix.lower() in FLOWING


def read_flow(file: Path) -> Flow:
    """Read the headings and paragraphs of a file.

    :raises FileMissing, DamagedFile: with the file and what to do about it.
    """
    suffix = file.suffix.lower()
    if suffix in WORD:
        return _read_word(file)
    text = _read_text(file)
    if suffix in HTML:
        return read_html(text)
    if suffix in MARKDOWN:
        from markdown_it import MarkdownIt

        return read_html(MarkdownIt("commonmark").enable("table").render(text))
    return Flow(tuple(_text_blocks(visible(text))), Imprint())


def _read_text(file: Path) -> str:
    """Decode a file: as its first bytes say, else as UTF-8, else as the page itself says."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise FileMissing(f"{file}: cannot be read ({error.strerror})") from error
    if not data.strip():
        raise NoText(f"{file}: the file is empty; get a fresh copy")
    marked = next((name for mark, name in MARKS.items() if data.startswith(mark)), None)
    said = CHARSET.search(data[:2048])
    for name in filter(None, (marked, "utf-8", said and said[1].decode("ascii"))):
        try:
            return data.decode(name).replace("\r\n", "\n").replace("\r", "\n")
        except (UnicodeDecodeError, LookupError) as error:
            failed = error
    raise DamagedFile(f"{file}: not text in UTF-8 ({failed}); save it as UTF-8") from failed


def _read_word(file: Path) -> Flow:
    import mammoth

    try:
        with zipfile.ZipFile(file) as packed:
            if sum(item.file_size for item in packed.infolist()) > LARGEST:
                raise DamagedFile(f"{file}: unpacks to more than {LARGEST // 1_000_000} MB; get a fresh copy")
            core = _core_properties(packed)
        with file.open("rb") as stream:
            pictures = mammoth.images.img_element(lambda _: {})
            html = mammoth.convert_to_html(stream, convert_image=pictures, include_embedded_style_map=False).value
    except OSError as error:
        raise FileMissing(f"{file}: cannot be read ({error.strerror or error})") from error
    except DamagedFile:
        raise
    except Exception as error:  # mammoth raises whatever the XML makes it raise
        raise DamagedFile(f"{file}: not a Word file ({type(error).__name__}: {error}); get a fresh copy") from error
    flow = read_html(html)
    title = core.title or flow.imprint.title
    return flow._replace(imprint=Imprint(title, "", core.date, core.author, core.publishers))


def _core_properties(packed: zipfile.ZipFile) -> Imprint:
    """Read what a Word file says of itself (Dublin Core, in docProps/core.xml)."""
    if "docProps/core.xml" not in packed.namelist():
        return Imprint()
    xml = visible(packed.read("docProps/core.xml").decode("utf-8", "replace"))
    found = {
        name: " ".join(unescape(text).split())
        for name, text in re.findall(r"<dc:(title|creator|publisher)[^>]*>([^<]*)</dc", xml)
    }
    publisher = found.get("publisher", "")
    return Imprint(found.get("title", ""), "", "", found.get("creator", ""), (publisher,) if publisher else ())


def _text_blocks(text: str) -> list[FlowBlock]:
    """Part plain text at its blank lines; the lines of a paragraph are joined."""
    blocks: list[FlowBlock] = []
    for part in re.split(r"\n[^\S\n]*\n\s*", text.strip()):
        lines = [" ".join(line.split()) for line in part.split("\n") if line.strip()]
        if not lines:
            continue
        if len(lines) > 1 and UNDERLINE.match(lines[1]):
            blocks.append(FlowBlock(lines[0], 1 if lines[1][0] == "=" else 2))
            lines = lines[2:]
        elif len(lines) == 1 and (level := _title_level(lines[0])):
            blocks.append(FlowBlock(lines[0], level))
            continue
        if lines:
            blocks.append(FlowBlock(" ".join(lines)))
    return blocks


def _title_level(line: str) -> int:
    """Tell how high a line that stands alone is as a heading; 0 if it may be a sentence."""
    if len(line.split()) > TITLE_WORDS or line.endswith((".", ",", ";", ":", "?", "!")) or not line[0].isalnum():
        return 0
    return decimal_depth(line) if line[0].isdigit() else int(line.isupper())
