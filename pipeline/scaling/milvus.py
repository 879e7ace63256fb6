"""A connection to Milvus: collections, aliases, entities. The only file that names its client.

A server and a file (Milvus Lite) answer the same calls; they differ by their address only. Milvus Lite runs in this
process, so a file is open in one process at a time.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.errors import IndexBusy, IndexNotWritable, StoreUnreachable

# Read when gRPC is imported; else it tells on stderr of each connection to Milvus Lite that is made anew.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

TOKEN = "MANDATES_MILVUS_TOKEN"  # noqa: S105 - the environment's variable, not what it holds
MOST = 16_384  # hits of a search, and entities of a query, that a server gives at once
AT_ONCE = 256  # entities that are asked for by their key, or written; those of vectors have up to 300 kB each
TEXT_BYTES, NAME_BYTES, ITEMS = (
    65_535,
    1_024,
    4_096,
)  # what a field may hold; the most that Milvus allows, but for names
EXACT_BELOW = 50_000  # vectors; more of them get a graph, see ``pipeline.indexing.nearest.MANY``
GRAPH = {"M": 16, "efConstruction": 200}
WIDTH = 2  # times as many places as hits are kept on the way through the graph
NARROWEST = 256
SECONDS = 10.0  # until a server must have answered the first call
SHOWN = 600.0  # until all that was written must be there to be read
NO_COLLECTION = 100  # the code of that error
OLDEST = (2, 4)  # the first Milvus with sparse vectors


class Field(NamedTuple):
    """A field of a collection: "key", "number", "name", "text", "names", "numbers", "texts", "vector" or "sparse".

    A key is a number or, if ``text``, a name. ``size``: dimensions of a vector.
    """

    name: str
    kind: str
    size: int = 0
    parted: bool = False  # Milvus keeps entities apart by it, and looks only where a filter on it leads


class Database:
    """A connection, made at the first call."""

    def __init__(self, shown: str, uri: str) -> None:
        """Take what the user calls it, and what the client does."""
        self.shown, self._uri = shown, uri
        self._client: Any = None
        self._loaded: set[str] = set()

    @property
    def is_file(self) -> bool:
        """Tell whether it is Milvus Lite."""
        return not self._uri.startswith("http")

    @property
    def exists(self) -> bool:
        """Tell whether there is anything to connect to: a file that is not there would be made."""
        return not self.is_file or Path(self._uri).exists()

    def names(self) -> list[str]:
        """List the collections."""
        with self._errors():
            return sorted(self._connected().list_collections())

    def create(self, name: str, fields: Sequence[Field]) -> None:
        """Make an empty collection."""
        from pymilvus import MilvusClient

        with self._errors():
            schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
            for field in fields:
                schema.add_field(field.name, **_description(field))
            self._connected().create_collection(name, schema=schema, consistency_level="Bounded")

    def insert(self, name: str, entities: Iterable[Mapping[str, Any]]) -> int:
        """Write entities, and count them."""
        waiting: list[Mapping[str, Any]] = []
        count = 0
        with self._errors():
            client = self._connected()
            for entity in entities:
                waiting.append(entity)
                if len(waiting) == AT_ONCE:
                    client.insert(name, waiting)
                    count, waiting = count + len(waiting), []
            if waiting:
                client.insert(name, waiting)
        return count + len(waiting)

    def finish(self, name: str, fields: Sequence[Field], count: int) -> None:
        """Make a collection searchable that has so many entities."""
        with self._errors():
            client = self._connected()
            client.flush(name)
            indexes = client.prepare_index_params()
            for field in fields:
                if field.kind == "vector":
                    graph = {"index_type": "HNSW", "params": GRAPH} if count >= EXACT_BELOW else {"index_type": "FLAT"}
                    indexes.add_index(field.name, metric_type="IP", **graph)
                elif field.kind == "sparse":
                    indexes.add_index(field.name, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
            client.create_index(name, indexes, sync=False)  # loading waits for it, and looks more often
            self._reading(name)

    def wait(self, counts: Mapping[str, int]) -> None:
        """Wait until every reader finds so many entities in collections: a server may be some seconds behind.

        :raises IndexNotWritable: if they never are there.
        """
        end = time.monotonic() + SHOWN
        for name, count in counts.items():
            while (found := self.count(name)) != count:
                if time.monotonic() > end:
                    raise IndexNotWritable(f"{self.shown}: {found} of {count} entities of {name} can be read")
                time.sleep(0.5)

    def count(self, name: str) -> int:
        """Count the entities of a collection, as a reader finds them."""
        with self._errors():
            return int(self._reading(name).query(name, filter="", output_fields=["count(*)"])[0]["count(*)"])

    def drop(self, name: str) -> None:
        """Delete a collection."""
        with self._errors():
            self._connected().drop_collection(name)

    def target(self, alias: str) -> str | None:
        """Give the collection that an alias stands for."""
        from pymilvus import MilvusException

        with self._errors():
            try:
                return str(self._connected().describe_alias(alias)["collection_name"])
            except MilvusException as error:
                if "alias" in str(error) and ("not exist" in str(error) or "not found" in str(error)):
                    return None
                raise

    def point(self, alias: str, name: str, *, anew: bool = False) -> None:
        """Let an alias stand for a collection, in one step.

        :param anew: the alias must not be there yet.
        :raises IndexBusy: if it is.
        """
        from pymilvus import MilvusException

        with self._errors():
            client = self._connected()
            if not anew and self.target(alias) is not None:
                client.alter_alias(name, alias)
                return
            try:
                client.create_alias(name, alias)
            except MilvusException as error:
                if "exist" not in str(error):
                    raise
                raise IndexBusy(f"{self.shown}: {alias} is there already") from error

    def unname(self, alias: str) -> None:
        """Delete an alias."""
        with self._errors():
            self._connected().drop_alias(alias)

    def get(self, name: str, keys: Sequence[Any], fields: Sequence[str]) -> list[dict[str, Any]]:
        """Give the entities with these keys that are there, in any order."""
        found: list[dict[str, Any]] = []
        with self._errors():
            for start in range(0, len(keys), AT_ONCE):
                ids = list(keys[start : start + AT_ONCE])
                found += map(dict, self._reading(name).get(name, ids=ids, output_fields=list(fields)))
        return found

    def query(self, name: str, condition: str, fields: Sequence[str], limit: int) -> list[dict[str, Any]]:
        """Give entities that meet a condition, in any order."""
        with self._errors():
            found = self._reading(name).query(
                name, filter=condition, output_fields=list(fields), limit=min(limit, MOST)
            )
            return list(map(dict, found))

    def every(self, name: str, fields: Sequence[str], condition: str = "") -> Generator[dict[str, Any]]:
        """Give all entities that meet a condition, in order of their keys."""
        with self._errors():
            steps = self._reading(name).query_iterator(
                name, batch_size=AT_ONCE, filter=condition, output_fields=list(fields)
            )
        try:
            while True:
                with self._errors():
                    batch = steps.next()
                if not batch:
                    return
                yield from map(dict, batch)
        finally:
            steps.close()

    def search(self, name: str, field: str, query: Any, limit: int, condition: str) -> list[tuple[int, float]]:
        """Find the entities with the largest inner product, best first; equal ones in order of their keys.

        :param query: a vector, or a dictionary of the parts of one that are not 0.
        """
        limit = min(limit, MOST)
        options = {} if isinstance(query, dict) else {"ef": max(WIDTH * limit, NARROWEST)}
        with self._errors():
            (hits,) = self._reading(name).search(
                name, data=[query], anns_field=field, limit=limit, filter=condition, search_params={"params": options}
            )
            pairs = [(int(hit.id), float(hit.distance)) for hit in hits]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def close(self) -> None:
        """Give the connection back."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _reading(self, name: str) -> Any:
        """Connect, and see to it that a collection can be read: a file's are not loaded when it is opened."""
        client = self._connected()
        if name not in self._loaded:
            client.load_collection(name)
            self._loaded.add(name)
        return client

    def _connected(self) -> Any:
        if self._client is None:
            self._client = self._connect()
        return self._client

    def _connect(self) -> Any:
        if self.is_file and importlib.util.find_spec("milvus_lite") is None:
            raise ModuleNotFoundError("Milvus Lite is not installed", name="milvus_lite")
        from pymilvus import MilvusClient

        for library in ("pymilvus", "milvus_lite"):  # they write down every error that is handled here
            logging.getLogger(library).setLevel(logging.CRITICAL)
        if self.is_file:
            Path(self._uri).resolve().parent.mkdir(parents=True, exist_ok=True)
        client = MilvusClient(self._uri, token=os.environ.get(TOKEN, ""), timeout=SECONDS)
        version = str(client.get_server_version()).removeprefix("v")
        if not self.is_file and _numbers(version) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            raise StoreUnreachable(
                f"{self.shown}: Milvus {version} has no sparse vectors; update it to {oldest} or later"
            )
        return client

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what the client raises into one line."""
        from pymilvus import MilvusException
        from pymilvus.exceptions import ConnectionConfigException

        try:
            yield
        except ConnectionConfigException as error:
            raise IndexBusy(
                f"{self.shown}: cannot be opened; another process has it open, or it is no file of Milvus Lite"
            ) from error
        except MilvusException as error:
            text = " ".join(str(error.message).split())
            if error.code == NO_COLLECTION:
                raise IndexBusy(
                    f"{self.shown}: the generation that was read was dropped meanwhile; ask again"
                ) from error
            if error.code == 2 or "connect" in text:
                raise StoreUnreachable(f"{self.shown}: no Milvus answers there; start it, or mend --store") from error
            if "auth" in text or "privilege" in text or "permission" in text:
                raise StoreUnreachable(
                    f"{self.shown}: the server lets nobody in with this token; set {TOKEN}"
                ) from error
            raise StoreUnreachable(f"{self.shown}: Milvus says: {text}") from error


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdecimal())


def _description(field: Field) -> dict[str, Any]:
    """Describe a field to the client."""
    from pymilvus import DataType

    text, name, items = {"max_length": TEXT_BYTES}, {"max_length": NAME_BYTES}, {"max_capacity": ITEMS}
    kinds: dict[str, dict[str, Any]] = {
        "row": {"datatype": DataType.INT64, "is_primary": True},
        "key": {"datatype": DataType.VARCHAR, "is_primary": True} | text,
        "name": {"datatype": DataType.VARCHAR} | name,
        "text": {"datatype": DataType.VARCHAR} | text,
        "number": {"datatype": DataType.INT64},
        "names": {"datatype": DataType.ARRAY, "element_type": DataType.VARCHAR} | name | items,
        "numbers": {"datatype": DataType.ARRAY, "element_type": DataType.INT64} | items,
        "texts": {"datatype": DataType.ARRAY, "element_type": DataType.VARCHAR} | text | items,
        "vector": {"datatype": DataType.FLOAT_VECTOR, "dim": field.size},
        "sparse": {"datatype": DataType.SPARSE_FLOAT_VECTOR},
    }
    return kinds[field.kind] | ({"is_partition_key": True} if field.parted else {})
