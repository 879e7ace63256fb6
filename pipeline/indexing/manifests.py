"""What is written of a generation: how it was made, and what must be in it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pipeline.datatypes import Edition, EncoderInfo, ForeignScores, Manifest
from pipeline.errors import IndexOutdated

SCHEMA = 6  # raised whenever an older index cannot be read any more


def release() -> str:
    """Give the version of this program."""
    from importlib.metadata import version  # 20 ms to import, and only writers ask

    return version("mandates")


def new_manifest(
    encoder: EncoderInfo,
    foreign: ForeignScores,
    editions: tuple[Edition, ...],
    counts: dict[str, int],
    checksums: dict[str, str],
) -> Manifest:
    """Make the manifest of a generation that this program writes now."""
    built_at = datetime.now(UTC).isoformat(timespec="seconds")
    return Manifest(SCHEMA, release(), encoder, foreign, editions, counts, checksums, built_at)


def manifest_record(manifest: Manifest) -> dict[str, Any]:
    """Give a manifest as it is written; what editions say of themselves is in the catalog."""
    record = asdict(manifest)
    for edition in record["editions"]:
        del edition["imprint"], edition["copies"]
    return record


def to_manifest(text: str | bytes, name: str, mend: str) -> Manifest:
    """Make a manifest of what was written.

    :param name: where it was.
    :param mend: what mends it.
    :raises IndexOutdated: if another release wrote it.
    """
    try:
        fields = json.loads(text)
        schema = fields["schema"]
        if schema != SCHEMA:
            raise IndexOutdated(f"{name}: the index has schema {schema}, this release reads {SCHEMA}; {mend}")
        return Manifest(
            schema=fields["schema"],
            release=fields["release"],
            encoder=EncoderInfo(**fields["encoder"]),
            foreign=ForeignScores(*fields["foreign"]),
            editions=tuple(Edition(**edition) for edition in fields["editions"]),
            counts=fields["counts"],
            checksums=fields["checksums"],
            built_at=fields["built_at"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise IndexOutdated(f"{name}: written by another release; {mend}") from error
