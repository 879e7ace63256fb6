"""A thousand damaged bytes and cut files, none unnoticed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pipeline.errors import IndexDamaged
from pipeline.indexing import store
from pipeline.indexing.pointer import POINTER
from pipeline.indexing.verify import verify_index
from tests.indexing.editions import BUA, EVERY_FILE, IFO, WLA, ingest, make_edition

CURRENT, FORMER = "generation-000002", "generation-000001"
FILES = [POINTER, *(f"{name}/{file}" for name in (CURRENT, FORMER) for file in EVERY_FILE)]
ROUNDS = 10
DAMAGES = 100  # in a round


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flips")
    make_edition(folder / "papers" / "sea-2020.pdf", IFO, WLA)
    ingest(folder / "papers", folder / "index")
    make_edition(folder / "papers" / "sea-2021.pdf", IFO, BUA)
    ingest(folder / "papers", folder / "index")
    return folder / "index"


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Another byte somewhere, or an end missing; small places get their share as often as large ones."""
    place = min(dice.randrange(len(data)), dice.randrange(len(data))) if dice.random() < 0.5 else len(data) - 1
    if dice.random() < 0.3:
        return data[:place]
    return data[:place] + bytes([data[place] ^ dice.randrange(1, 256)]) + data[place + 1 :]


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_damage_goes_unnoticed(index: Path, seed: int) -> None:
    dice = random.Random(seed)
    for number in range(DAMAGES):
        name = FILES[number % len(FILES)]
        whole = (index / name).read_bytes()
        (index / name).write_bytes(damaged(whole, dice))
        try:
            if name == POINTER:
                with pytest.raises(IndexDamaged):
                    _open_or_verify(index)
            else:
                (damage,) = verify_index(index).damage
                assert str(index / name) in damage
            if name.startswith(CURRENT):
                with pytest.raises(IndexDamaged, match=r"or go back to the generation of .*: mandates rollback"):
                    store.open_generation(index)
        finally:
            (index / name).write_bytes(whole)
    assert verify_index(index).damage == ()


@pytest.mark.parametrize("name", [POINTER, f"{CURRENT}/{store.MANIFEST}"])
def test_every_single_byte_and_every_cut_of_the_files_that_vouch_for_the_rest(index: Path, name: str) -> None:
    whole = (index / name).read_bytes()
    try:
        for place in range(len(whole)):
            for other in (whole[:place], whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]):
                (index / name).write_bytes(other)
                with pytest.raises(IndexDamaged):
                    _open_or_verify(index)
    finally:
        (index / name).write_bytes(whole)


def _open_or_verify(index: Path) -> None:
    """Raise for any damage: a pointer may name the wrong bytes for the former generation only."""
    store.open_generation(index)
    damage = verify_index(index).damage
    if damage:
        raise IndexDamaged(damage[0])
