"""Which store an address means.

    index, faiss:index                      a folder, with FAISS
    milvus://HOST:PORT/COLLECTION           a Milvus server or cluster; milvus+tls:// where it speaks TLS
    milvus:PATH.db                          Milvus Lite: a file of this machine, for one process at a time

A server's token is never part of the address: it is read from the environment, and never shown.
"""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.errors import QueryError
from pipeline.indexing.folder import FolderStore
from pipeline.indexing.stores import Store

SERVER = re.compile(
    r"milvus(?P<tls>\+tls)?://(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})/(?P<name>[A-Za-z_]\w*)"
)
FILE = re.compile(r"milvus(?:-lite)?:(?!//)(?P<path>.+\.db)")
IN_FILE = "mandates"  # the collection in a file


def open_store(place: str | Path | Store) -> Store:
    """Make the store that an address means; it is reached for when something is asked of it.

    :raises QueryError: if the address is none.
    """
    if isinstance(place, Path):
        return FolderStore(place)
    if not isinstance(place, str):
        return place
    if not place.startswith(("milvus:", "milvus+", "milvus-lite:")):
        return FolderStore(Path(place.removeprefix("faiss:")))
    from pipeline.scaling.milvus_store import MilvusStore

    if server := SERVER.fullmatch(place):
        scheme = "https" if server["tls"] else "http"
        return MilvusStore(place, f"{scheme}://{server['host']}:{server['port']}", server["name"])
    if file := FILE.fullmatch(place):
        return MilvusStore(place, file["path"], IN_FILE)
    # The address is not shown: somebody may have written a password into it.
    raise QueryError("--store: no address of Milvus; give milvus://HOST:PORT/COLLECTION or milvus:PATH.db")


def is_file(place: str) -> bool:
    """Tell whether an address is that of a file of Milvus Lite, which one process at a time can open."""
    return FILE.fullmatch(place) is not None
