"""Topic → which organizations cover it, which only mention it, and which say nothing."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Unpack

from pipeline.datatypes import Edition, Hit, Organization
from pipeline.indexing.lexical import stems
from pipeline.searching.rank import squash, unsquash
from pipeline.searching.search import Filters, Index

# Deviations above a passage taken at random, as in ``pipeline.searching.rank``.
COVERS = 2.5  # at least this: a passage of the organization's section is about the topic
MENTIONS = 2.1  # at least this: it touches on it
SAYS = 1.4  # at least this, if it says the topic's most telling word: a mention in passing fills no passage
COMMON = 0.5  # of the passages say a word that tells nothing, as in BM25
REACH = 0.6  # of the deviations that the best of n passages can have at all, which is little in a very short paper
FOREIGN = 2.0  # deviations above questions foreign to the papers; a topic that comes no nearer is not theirs
LOOKED_AT = 2000  # best passages; who has none among these has none above chance, and a million take minutes to rank
AS_NEAR = 0.85  # of the best passage's nearness: as good as the best, also where all are near, and none stands out
NEAR_BEST = 0.5  # and this share of the best organization's score: a topic with one clear owner has few others


SECTION = "section"
IN_PASSAGE = 0.9  # of a passage's score counts for whom it names, but not in the sentence that is nearest to the topic
WEIGHED = 20  # papers parted by organizations, the nearest; each takes some 15 ms, 35 in an index of a million passages
TELLING = 30  # passages of a paper, from which on one of them stands out in it
OWNED = 0.5  # of a paper's passages; a paper with more tells of organizations one by one, and its rest introduces them
IN_PAPER = 0.8  # counts for who published the paper, which may tell of others


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the papers show of one organization and a topic; ``coverage`` is "covers", "mentions" or "none".

    ``through`` says whose the evidence is: "section", the organization's own; "mention", nobody's, but it names the
    organization; "paper", nobody's in a paper that the organization published; empty without evidence.
    """

    organization: Organization
    score: float
    coverage: str
    hits: tuple[Hit, ...]
    through: str = ""


class _Piece(NamedTuple):
    """A hit that counts for an organization: how much, why, and whether it may say that the organization covers it."""

    score: float
    hit: Hit
    through: str
    nearness: float
    is_clear: bool = True


class _Levels(NamedTuple):
    """The scores from which on an organization covers a topic, touches on it, and mentions it by its rarest ``word``.

    A passage that says the word also shows that it covers the topic if it comes as near as ``as_near``, in deviations
    above foreign questions: where most passages are on the topic none stands out.
    """

    covers: float = math.inf
    mentions: float = math.inf
    says: float = math.inf
    as_near: float = math.inf
    word: str | None = None

    def is_covered(self, piece: _Piece) -> bool:
        """Tell whether a hit shows that its organization covers the topic."""
        is_near = piece.nearness >= self.as_near and self.word in stems(piece.hit.passage.text)
        return piece.is_clear and (piece.score >= self.covers or is_near)


def who_covers(index: Index, topic: str, top_k: int = 3, **filters: Unpack[Filters]) -> list[Coverage]:
    """Rank all organizations by their best passage on a topic; those without any come last, with none.

    Evidence counts for the organization whose section holds it, whoever else it names; a passage that says the topic's
    most telling word mentions it, however little of the passage is about it. What nobody owns counts for the
    organizations that it names and for who published the paper, if these own no section anywhere, and if the paper is
    not parted by organizations. One that is compares its organizations: its evidence is weighed in it, whatever other
    papers the index holds.

    :param top_k: how many passages to show for each organization.
    """
    editions = index.editions(**filters)
    shares = index.catalog.owned_shares()
    parted = {edition for edition in editions if shares.get(edition.id, 0.0) > OWNED}
    hits = _weighed(index, topic, parted, filters)
    owners = index.catalog.owners()
    pieces: dict[str, list[_Piece]] = defaultdict(list)
    for hit in hits:
        for acronym, piece in _pieces(index, hit):
            if piece.through == SECTION or not (acronym in owners or hit.passage.edition in parted):
                pieces[acronym].append(piece)
    organizations = index.catalog.members({edition.id for edition in editions})
    # Asked of the whole index, as foreign questions were: few topics come as near to one paper of many.
    is_foreign = index.closeness(topic) < FOREIGN
    levels = _Levels() if is_foreign else _levels(hits, pieces, *_rarest(index.known_words(topic), hits))
    covered = [_coverage(item, pieces.get(acronym, []), levels, top_k) for acronym, item in organizations.items()]
    # Bodies are as many as the papers name; those with nothing on the topic are no answer to it.
    bodies = [
        _coverage(body, pieces[body.acronym], levels, top_k)
        for body, _ in index.catalog.bodies()
        if body.acronym in pieces and body.acronym not in organizations
    ]
    return sorted([*covered, *(body for body in bodies if body.coverage != "none")], key=lambda item: -item.score)


def _weighed(index: Index, topic: str, parted: Collection[Edition], filters: Filters) -> list[Hit]:
    """Rank passages; those of a paper that is parted by organizations, if near, by how they stand out in it.

    That is found out for the nearest such papers; of the others the scores fall as those of these do.
    """
    hits = index.search(topic, min(max(len(index.catalog), 1), LOOKED_AT), **filters)
    sizes = {hit.passage.edition: 0 for hit in hits if hit.score >= squash(MENTIONS) and hit.passage.edition in parted}
    sizes = {edition: len(index.catalog.span(edition.id)) for edition in sizes}
    near = [edition for edition, size in sizes.items() if TELLING <= size < len(index.catalog)]
    within = {
        edition: index.search_edition(edition, topic, min(sizes[edition], LOOKED_AT), filters)
        for edition in near[:WEIGHED]
    }
    others = [hit for hit in hits if hit.passage.edition not in within]
    if near[WEIGHED:]:
        change, far = _change(hits, itertools.chain(*within.values())), set(near[WEIGHED:])
        others = [replace(hit, score=change(hit.score)) if hit.passage.edition in far else hit for hit in others]
    ranked = sorted([*others, *itertools.chain(*within.values())], key=lambda hit: -hit.score)
    return [replace(hit, rank=rank) for rank, hit in enumerate(ranked, start=1)]


def _change(among_all: Iterable[Hit], within: Iterable[Hit]) -> Callable[[float], float]:
    """Learn from passages that have both what becomes of a score among all papers in a passage's own one.

    Both count deviations, so one is a linear function of the other, nearly.
    """
    own = {hit.passage.id: unsquash(hit.score) for hit in within}
    pairs = [(unsquash(hit.score), own[hit.passage.id]) for hit in among_all if hit.passage.id in own]
    try:
        slope, offset = statistics.linear_regression(*zip(*pairs, strict=True))
    except statistics.StatisticsError:  # one passage, or all as near
        slope, offset = 0.0, statistics.mean(score for _, score in pairs)
    return lambda score: squash(slope * unsquash(score) + offset)


def with_evidence(covered: Sequence[Coverage]) -> list[Coverage]:
    """Keep the organizations of which the paper says something."""
    return [item for item in covered if item.coverage != "none"]


def _pieces(index: Index, hit: Hit) -> Iterator[tuple[str, _Piece]]:
    """Tell whom a hit counts for."""
    nearness = index.nearness(hit)
    if hit.passage.organization:
        # A note by itself tells of a topic in passing, and often no more than what a source is called.
        is_clear = hit.passage.note is None
        yield hit.passage.organization.acronym, _Piece(hit.score, hit, SECTION, nearness, is_clear=is_clear)
        return
    text = hit.passage.text
    in_sentence = index.directory.named(text[slice(*hit.highlight)]) if hit.mentions else set()
    for acronym in hit.mentions:
        if acronym in in_sentence:
            yield acronym, _Piece(hit.score, hit, "mention", nearness)
            continue
        naming = (span for span in hit.passage.sentences if acronym in index.directory.named(text[slice(*span)]))
        shown = replace(hit, highlight=next(naming, hit.highlight))
        yield acronym, _Piece(hit.score * IN_PASSAGE, shown, "mention", nearness, is_clear=False)
    for acronym in index.catalog.publishers(hit.passage.edition):
        if acronym not in hit.mentions:
            yield acronym, _Piece(hit.score * IN_PAPER, hit, "paper", nearness, is_clear=False)


def _levels(hits: Sequence[Hit], pieces: Mapping[str, Sequence[_Piece]], word: str | None, share: float) -> _Levels:
    best = max((piece.score for found in pieces.values() for piece in found), default=0.0)
    nearest = max((piece.nearness for found in pieces.values() for piece in found), default=math.inf)
    reach = REACH * (len(hits) - 1) / math.sqrt(max(len(hits), 1))
    covers, mentions, says = (squash(min(level, reach)) for level in (COVERS, MENTIONS, SAYS))
    mentions = max(mentions, NEAR_BEST * best)
    as_near = AS_NEAR * nearest if nearest >= FOREIGN else math.inf
    return _Levels(max(covers, mentions), mentions, says if share <= COMMON else math.inf, as_near, word)


def _coverage(organization: Organization, pieces: Sequence[_Piece], levels: _Levels, top_k: int) -> Coverage:
    found = sorted(pieces, key=lambda piece: -piece.score)
    score = found[0].score if found else 0.0
    # What shows that it covers the topic stands first, before what scores more and does not.
    shown = sorted(found, key=lambda piece: not levels.is_covered(piece))[:top_k]
    is_covered = any(map(levels.is_covered, shown))
    if is_covered or score >= levels.mentions:
        level, hits = "covers" if is_covered else "mentions", tuple(piece.hit for piece in shown)
        return Coverage(organization, score, level, hits, shown[0].through)
    own = (piece.hit for piece in found if piece.through == SECTION and piece.score >= levels.says)
    said = tuple(itertools.islice(_saying(own, levels.word), top_k)) if levels.word else ()
    return Coverage(organization, score, "mentions" if said else "none", said, SECTION if said else "")


def _rarest(words: Mapping[str, str | None], hits: Iterable[Hit]) -> tuple[str | None, float]:
    """Give the stem of a topic's words that fewest passages of organizations have, and their share; None if none has.

    :param words: of the topic, with what the papers have of them.
    """
    wanted = list(dict.fromkeys(stem for word in words.values() if word for stem in stems(word)))
    owned = [set(stems(hit.passage.text)) for hit in hits if hit.passage.organization]
    counts = Counter(stem for held in owned for stem in wanted if stem in held)
    rarest = min(wanted, key=counts.__getitem__, default=None)
    if None in words.values() or rarest is None or not counts[rarest]:
        return None, 0.0
    return rarest, counts[rarest] / len(owned)


def _saying(hits: Iterable[Hit], word: str) -> Iterator[Hit]:
    """Keep the hits that have a stem, and highlight the first sentence that does."""
    for hit in hits:
        text = hit.passage.text
        said = next((span for span in hit.passage.sentences if word in stems(text[slice(*span)])), None)
        if said:
            yield replace(hit, highlight=said)
