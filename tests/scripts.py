"""PDFs in any script without a font for it: Helvetica's glyphs, which the file says to stand for other characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from tests.papers import HEIGHT, WIDTH, Text

CMAP = """/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CMapName /Letters def /CMapType 2 def 1 begincodespacerange <21> <FF> endcodespacerange
{count} beginbfchar
{letters}
endbfchar endcmap CMapName currentdict /CMap defineresource pop end end"""


def make_script_pdf(path: Path, pages: Sequence[Sequence[Text]]) -> Path:
    """Write a PDF with these texts, drawn from left to right in the order of their characters.

    Every character takes ``ADVANCE`` of its size, but for marks, which take none. At most 200 different ones.
    """
    letters = sorted({char for page in pages for text in page for char in text.words} - {" "})
    codes = {char: 0x21 + n for n, char in enumerate(letters)} | {" ": 0x20}
    mapped = "\n".join(f"<{code:02X}> <{char.encode('utf-16-be').hex()}>" for char, code in codes.items())
    cmap = CMAP.format(count=len(codes), letters=mapped).encode()
    widths = " ".join("0" if _is_mark(char) else "500" for char in [" ", *letters])
    font = (
        f"<< /Type /Font /Subtype /TrueType /BaseFont /Letters /Encoding /WinAnsiEncoding /ToUnicode 4 0 R "
        f"/FirstChar 32 /LastChar {31 + len(codes)} /Widths [{widths}] /FontDescriptor << /Type /FontDescriptor "
        f"/FontName /Letters /Flags 32 /FontBBox [0 -200 500 800] /Ascent 800 /Descent -200 /CapHeight 700 "
        f"/StemV 80 /ItalicAngle 0 >> >>"
    )
    kids = " ".join(f"{5 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 {WIDTH} {HEIGHT}] "
        f"/Resources << /Font << /F 3 0 R >> >> >>".encode(),
        font.encode(),
        stream(cmap),
    ]
    for n, page in enumerate(pages):
        objects += [f"<< /Type /Page /Parent 2 0 R /Contents {6 + 2 * n} 0 R >>".encode(), stream(_draw(page, codes))]
    return write_objects(path, objects)


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) == "Mn"


def _draw(page: Sequence[Text], codes: dict[str, int]) -> bytes:
    return "\n".join(
        f"BT /F {text.size} Tf {text.x} {HEIGHT - text.top - text.size} Td "
        f"<{''.join(f'{codes[char]:02X}' for char in text.words)}> Tj ET"
        for text in page
    ).encode()


def stream(data: bytes) -> bytes:
    """Make a stream object."""
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)


def write_objects(path: Path, objects: Sequence[bytes]) -> Path:
    """Write a PDF of these objects, numbered from 1; the first one is its catalog."""
    made, places = b"%PDF-1.7\n", []
    for number, item in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(objects) + 1, len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n" % (size, table, size)
    path.write_bytes(made + b"startxref\n%d\n%%%%EOF\n" % start)
    return path
