"""Answers that were made once, kept up to a bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class BoundedCache(Generic[Kept]):
    """Keeps what was asked for last; ``size`` is what it holds now, in bytes."""

    def __init__(self, most: int, measure: Callable[[Kept], int]) -> None:
        """Take the bound.

        :param most: bytes; something larger is made anew each time.
        :param measure: tells how many bytes something takes.
        """
        self._most, self._measure, self.size = most, measure, 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Give what is kept under a key, or make and keep it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            if key not in self._kept and self._measure(made) <= self._most:
                self._kept[key] = made
                self.size += self._measure(made)
            while self.size > self._most:
                _, dropped = self._kept.popitem(last=False)
                self.size -= self._measure(dropped)
        return made
