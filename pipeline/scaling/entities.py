"""A generation as entities of three collections, made of its files, and files made of them again.

    passages   by row: what filters look at, the passage's vector and its words, and its record
    pieces     by row: the vectors of its sentences and tokens in 8 bits, read only where they are asked for
    records    by "table:key": everything else of the catalog, the list of words, and what of each stem is the same for
               all passages

A passage's words are a sparse vector: what each stem gains it (see ``Lexical.postings``). The inner product with the
stems' weights in a question is its BM25.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.datatypes import Manifest
from pipeline.indexing import store
from pipeline.indexing.catalog import new_catalog
from pipeline.indexing.columns import ColumnsWriter
from pipeline.indexing.compact import Axes, write_axes
from pipeline.indexing.files import Files, insert_rows
from pipeline.indexing.lexical import LexicalWriter
from pipeline.indexing.nearest import write_vectors
from pipeline.indexing.records import folded_headings, to_json
from pipeline.indexing.vectors import write_packed
from pipeline.scaling.conditions import quote
from pipeline.scaling.milvus import Database, Field

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Bytes = npt.NDArray[np.int8]

BLOCK = 1024  # passages whose vectors are read at once
WORDS_AT_ONCE = 4096  # words of the list in a record
ROWS_AT_ONCE = 256  # rows of a small table in a record: all of them are read when a generation is opened
PASSAGES, PIECES, RECORDS = "passages", "pieces", "records"
TOLERANCE = 1e-3  # of a vector's norm
NOWHERE = 2  # dimensions of the vector that every collection of Milvus must have
PART = 16_000  # characters of a part of a text: with 4 bytes each still less than a field may hold
PAYLOAD = 60_000  # characters of base64 in a part
# Tables of the catalog by the columns that their records are asked for with; of those without any there are few rows.
KEYED = {"pages": (0, 1), "left_out": (0, 1), "definitions": (0,), "sections": (0,)}
SMALL = ("editions", "imprints", "warnings", "organizations", "names", "bodies", "published", "owners")
MANIFEST, AXES, STEMS, WORDS, SUMMARY = "manifest", "axes", "stems", "words", "summaries"


class Stem(NamedTuple):
    """A stem's place in sparse vectors, weight, number of passages, and the sum of gains and of their squares."""

    number: int
    weight: float
    passages: int
    total: float
    squares: float


def fields(collection: str, dimensions: int) -> list[Field]:
    """Give the fields of a collection."""
    nowhere = Field("nowhere", "vector", NOWHERE)
    if collection == PIECES:
        return [Field("row", "row"), Field("sentences", "texts"), Field("tokens", "texts"), nowhere]
    if collection == RECORDS:
        return [Field("key", "key"), Field("kind", "name"), Field("number", "number"), Field("json", "texts"), nowhere]
    return [
        Field("row", "row"), Field("id", "name"), Field("document", "name", parted=True), Field("edition", "name"),
        Field("organization", "name"), Field("mentions", "names"), Field("headings", "text"), Field("pages", "numbers"),
        Field("json", "texts"), Field("vector", "vector", dimensions), Field("words", "sparse"),
    ]  # fmt: skip


def passage_entities(files: Files, dimensions: int) -> Iterator[dict[str, Any]]:
    """Make the entities of all passages, in order of row."""
    import numpy as np

    firsts, stems, gains = _words_by_row(files)
    nothing = {int(stems.max(initial=0)) + 1: 1.0}  # a sparse vector may not be empty
    for start in range(0, len(files.catalog), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(files.catalog)))
        vectors = files.vectors.vectors(rows)
        mentions = files.catalog.mentions(rows)
        for row, record in zip(rows.tolist(), files.catalog.passage_records(rows), strict=True):
            edition = files.catalog.edition(record[2])
            span = slice(firsts[row], firsts[row + 1])
            path = json.loads(record[-1])
            yield {
                "row": row, "id": record[1], "document": edition.document, "edition": edition.id,
                "organization": record[3] or "", "mentions": list(mentions[row]), "headings": folded_headings(path),
                "pages": json.loads(record[6]), "json": parts(to_json(record)), "vector": vectors[row - start],
                "words": dict(zip(stems[span].tolist(), gains[span].tolist(), strict=True)) or nothing,
            }  # fmt: skip


def piece_entities(files: Files) -> Iterator[dict[str, Any]]:
    """Make the entities of all passages' sentences and tokens, in order of row."""
    import numpy as np

    for row in range(len(files.catalog)):
        one = np.array([row])
        yield {
            "row": row,
            "sentences": pack(files.sentences.gather(*files.columns.sentences(one))),
            "tokens": pack(files.tokens.gather(*files.columns.tokens(one))),
            "nowhere": [0.0] * NOWHERE,
        }


def record_entities(files: Files) -> Iterator[dict[str, Any]]:
    """Make the entities of everything else."""
    for table in (*SMALL, *KEYED):
        grouped: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for number, row in enumerate(files.catalog.table(table)):
            columns = KEYED.get(table)
            grouped[tuple(row[column] for column in columns) if columns else (number // ROWS_AT_ONCE,)].append(row)
        yield from (_record(table, key, number, group) for number, (key, group) in enumerate(grouped.items()))
    for number, edition in enumerate(files.catalog.editions()):
        yield _record(SUMMARY, (edition.id,), number, files.catalog.summary(edition))
    for number, (stem, weight, rows, gains) in enumerate(files.words.postings()):
        wide = gains.astype(float)
        yield _record(STEMS, (stem,), number, Stem(number, weight, len(rows), wide.sum(), (wide**2).sum()))
    words = (files.words.words[number] for number in range(len(files.words.words)))
    for number, block in enumerate(iter(lambda: list(itertools.islice(words, WORDS_AT_ONCE)), [])):
        yield _record(WORDS, (number,), number, block)
    if files.axes:
        arrays = (files.axes.basis, files.axes.middle, files.axes.reach)
        texts = [(base64.b64encode(array.tobytes()).decode(), array.shape) for array in arrays]
        yield _record(AXES, (), 0, texts)


def _record(table: str, key: tuple[Any, ...], number: int, value: Any) -> dict[str, Any]:
    return {
        "key": record_key(table, *key), "kind": table, "number": number, "json": parts(to_json(value)),
        "nowhere": [0.0] * NOWHERE,
    }  # fmt: skip


def manifest_entity(record: Mapping[str, Any]) -> dict[str, Any]:
    """Make the entity of the manifest, which is written last."""
    return _record(MANIFEST, (), 0, record)


def record_key(table: str, *key: Any) -> str:
    """Give the key of a record."""
    return ":".join(map(str, (table, *key)))


def value_of(entity: Mapping[str, Any]) -> Any:
    """Give what an entity's parts of JSON say."""
    return json.loads("".join(entity["json"]))


def parts(text: str) -> list[str]:
    """Cut a text, since a field holds little."""
    return [text[start : start + PART] for start in range(0, len(text), PART)] or [""]


def pack(codes: Bytes) -> list[str]:
    """Write bytes as text."""
    text = base64.b64encode(codes.tobytes()).decode()
    return [text[start : start + PAYLOAD] for start in range(0, len(text), PAYLOAD)]


def unpack(texts: Iterable[str], width: int) -> Bytes:
    """Read vectors of 8 bits, shape (n, width)."""
    import numpy as np

    return np.frombuffer(base64.b64decode("".join(texts)), dtype=np.int8).reshape(-1, width)


def to_axes(value: Any) -> Axes:
    """Make axes of what their record says."""
    import numpy as np

    return Axes(*(np.frombuffer(base64.b64decode(text), np.float32).reshape(shape).copy() for text, shape in value))


def _words_by_row(files: Files) -> tuple[list[int], npt.NDArray[Any], npt.NDArray[Any]]:
    """Turn stems with their passages into passages with their stems: where each passage's start, stems, gains."""
    import numpy as np

    numbers, rows, gains = [np.zeros(0, int)], [np.zeros(0, int)], [np.zeros(0, np.float32)]
    for number, (_, _, found, gained) in enumerate(files.words.postings()):
        numbers.append(np.full(len(found), number))
        rows.append(found)
        gains.append(gained)
    owners = np.concatenate(rows)
    order = np.argsort(owners, kind="stable")
    firsts = np.searchsorted(owners[order], np.arange(len(files.catalog) + 1)).tolist()
    return firsts, np.concatenate(numbers)[order], np.concatenate(gains)[order]


class Checksum:
    """A checksum of entities in whatever order they come."""

    def __init__(self) -> None:
        """Start with none."""
        self.count, self._sum = 0, 0

    def add(self, entity: Mapping[str, Any]) -> None:
        """Take an entity, as it is written or as it is read."""
        import numpy as np

        plain = {name: value for name, value in entity.items() if name not in ("vector", "words", "nowhere")}
        digest = hashlib.sha256(json.dumps(plain, sort_keys=True, default=list).encode())
        if "vector" in entity:
            digest.update(np.asarray(entity["vector"], dtype="<f4").tobytes())
            digest.update(np.array(sorted(entity["words"].items()), dtype="<f4").tobytes())
        self.count += 1
        self._sum = (self._sum + int.from_bytes(digest.digest(), "big")) % 2**256

    def over(self, entities: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Take entities and give them on."""
        for entity in entities:
            self.add(entity)
            yield entity

    def __str__(self) -> str:
        """Give the checksum."""
        return f"{self._sum:064x}"


def problems_of(database: Database, names: Mapping[str, str], manifest: Manifest) -> Iterator[str]:
    """Compare the entities of a generation's collections with its manifest, and tell what is wrong."""
    import numpy as np

    norms, sentences = list[float](), 0
    for collection, name in names.items():
        wanted = [field.name for field in fields(collection, 0) if field.name != "nowhere"]
        condition = f"kind != {quote(MANIFEST)}" if collection == RECORDS else ""
        checksum = Checksum()
        for entity in checksum.over(database.every(name, wanted, condition)):
            if collection == PASSAGES:
                norms.append(float(np.linalg.norm(entity["vector"])))
                sentences += len(json.loads(value_of(entity)[12]))
        if str(checksum) != manifest.checksums[collection]:
            yield f"the {collection} are not as they were written ({checksum.count} are there)"
    if (len(norms), sentences) != (manifest.counts["passages"], manifest.counts["sentences"]):
        yield f"{len(norms)} passages with {sentences} sentences, the manifest says otherwise"
    wrong = [norm for norm in norms if norm and abs(norm - 1) > TOLERANCE]
    if wrong:
        yield f"{len(wrong)} vectors have another norm than 1"


def restore(database: Database, names: Mapping[str, str], dimensions: int, folder: Path) -> None:
    """Write the files of a generation again, but nothing of its words, mentions and definitions.

    :param names: of its collections.
    """
    import numpy as np

    records = {}
    for table in (*SMALL, *KEYED, AXES):
        found = database.every(names[RECORDS], ["number", "json"], f'kind == "{table}"')
        records[table] = [value_of(entity) for entity in sorted(found, key=lambda entity: entity["number"])]
    kept = records.pop(AXES)
    axes = to_axes(kept[0]) if kept else None
    owners = dict(itertools.chain(*records["owners"]))
    width = axes.width if axes else dimensions
    columns, vectors = ColumnsWriter(), list[Any]()
    sentences: list[Bytes] = []
    tokens: list[Bytes] = []
    pieces = database.every(names[PIECES], ["row", "sentences", "tokens"])
    passages = database.every(names[PASSAGES], ["row", "json", "vector"])
    headings: dict[str, int] = {}
    with new_catalog(folder / store.CATALOG) as connection:
        for table, groups in records.items():
            insert_rows(connection, table, list(itertools.chain(*groups)))
        for passage, piece in zip(passages, pieces, strict=True):
            *record, path = value_of(passage)
            number = headings.setdefault(path, len(headings))
            sentences.append(unpack(piece["sentences"], dimensions))
            tokens.append(unpack(piece["tokens"], width))
            vectors.append(passage["vector"])
            columns.add(owners.get(record[3], 0), number, len(sentences[-1]), len(tokens[-1]))
            insert_rows(connection, "passages", [[*record[:4], number, *record[5:]]])
        insert_rows(connection, "headings", [(number, path, "") for path, number in headings.items()])
    columns.write(folder / store.COLUMNS)
    LexicalWriter().write(folder / store.WORDS)  # nobody asks a copy for its words
    write_vectors(folder / store.PASSAGE_VECTORS, np.array(vectors, dtype=np.float32).reshape(-1, dimensions))
    write_packed(folder / store.SENTENCE_VECTORS, sentences, (sum(map(len, sentences)), dimensions))
    write_packed(folder / store.TOKEN_VECTORS, tokens, (sum(map(len, tokens)), width))
    if axes:
        write_axes(folder / store.AXES, axes)
