"""What was made once is kept, up to a bound."""

from __future__ import annotations

from pipeline.serving.cache import BoundedCache


def test_what_was_used_last_is_kept() -> None:
    cache, made = BoundedCache[bytes](30, len), list[str]()

    def get(key: str, size: int = 10) -> None:
        def make() -> bytes:
            made.append(key)
            return bytes(size)

        assert len(cache.get(key, make)) == size

    for key in "abcab":
        get(key)
    assert made == ["a", "b", "c"]
    get("d")  # c was used least
    get("a")
    get("c")
    assert made == ["a", "b", "c", "d", "c"]
    assert cache.size == 30


def test_what_is_larger_than_the_bound_is_made_anew() -> None:
    cache = BoundedCache[bytes](30, len)
    for _ in range(2):
        assert cache.get("a", lambda: bytes(31)) == bytes(31)
    assert cache.size == 0
