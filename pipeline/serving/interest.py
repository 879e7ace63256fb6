"""What organizations are asked for: counts since a server started, and nothing of the questions unless that was asked.

Kept in memory, bounded, and gone with the server.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from pipeline.datatypes import Passage

if TYPE_CHECKING:
    from pipeline.searching.search import Index

How = Literal["named", "filtered", "opened"]
HOW: tuple[How, ...] = get_args(How)
ORGANIZATIONS = 10_000  # that are counted; what comes then is not
QUESTIONS = 1000  # that are kept at most, those asked for last
SHOWN = 3  # questions of an organization


class Concern(NamedTuple):
    """Whom a request is about: its question names them, it is narrowed to them, it opens their passage."""

    named: frozenset[str] = frozenset()
    filtered: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()
    question: str | None = None


def concern_of(index: Index, question: str, filters: Iterable[str] = ()) -> Concern:
    """Tell which organizations a question is about.

    :param filters: names of those that the answer is narrowed to.
    :raises QueryError: if nobody is called so.
    """
    narrowed = {acronym for name in filters for acronym in index.directory.resolve(name)}
    return Concern(frozenset(index.directory.asked_for(question)), frozenset(narrowed), question=question)


def concern_with(passage: Passage) -> Concern:
    """Tell whose passage is opened."""
    return Concern(opened=frozenset([passage.organization.acronym] if passage.organization else []))


class Interest:
    """Counts the requests that were about each organization."""

    def __init__(self, *, keeps_questions: bool = False) -> None:
        """Start at nought.

        :param keeps_questions: whether the questions themselves may be kept.
        """
        self.since, self.keeps_questions = datetime.now(UTC), keeps_questions
        self._counts: Counter[str] = Counter()
        self._kinds: Counter[tuple[str, How]] = Counter()
        self._questions: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, concern: Concern) -> None:
        """Count a request."""
        with self._lock:
            concerned = self._countable(concern.named | concern.filtered | concern.opened)
            self._counts.update(concerned)
            for how in HOW:
                self._kinds.update((acronym, how) for acronym in concerned & getattr(concern, how))
            if self.keeps_questions and concern.question:
                for acronym in sorted(concerned):
                    self._keep((acronym, " ".join(concern.question.split())))

    def times(self, acronym: str) -> int:
        """Tell how many requests were about an organization."""
        return self._counts[acronym]

    def questions(self) -> dict[str, list[str]]:
        """List for each organization the questions about it that were asked most often, if they are kept."""
        with self._lock:
            asked = sorted(self._questions.items(), key=lambda item: -item[1])
        found: dict[str, list[str]] = {}
        for (acronym, question), _ in asked:
            if len(found.setdefault(acronym, [])) < SHOWN:
                found[acronym].append(question)
        return found

    def counts(self) -> Mapping[tuple[str, How], int]:
        """Give how many requests were about each organization in which way."""
        with self._lock:
            return dict(self._kinds)

    def _countable(self, acronyms: Iterable[str]) -> set[str]:
        full = len(self._counts) >= ORGANIZATIONS
        return {acronym for acronym in acronyms if not full or acronym in self._counts}

    def _keep(self, key: tuple[str, str]) -> None:
        self._questions[key] = self._questions.pop(key, 0) + 1
        if len(self._questions) > QUESTIONS:
            self._questions.popitem(last=False)
