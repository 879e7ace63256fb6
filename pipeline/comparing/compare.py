"""Two editions of a paper → what changed: for each part its sentences, word by word, with the pages of both."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.comparing.align import Sentence, align_sentences, sentences_of
from pipeline.comparing.changes import (
    EditionCounts,
    EditionDiff,
    Excerpt,
    HeadingChange,
    Part,
    PartDiff,
    Place,
    SentenceChange,
    Unchanged,
)
from pipeline.comparing.outline import first_sentences, pair_headings
from pipeline.comparing.pages import sentence_pages
from pipeline.comparing.parts import (
    Group,
    align_parts,
    find_moved,
    fold_heading,
    group_parts,
    is_renamed,
    know_each_other,
)
from pipeline.comparing.tally import count_passages
from pipeline.comparing.wording import diff_numbers, diff_words, sentence_key
from pipeline.datatypes import Citation, Organization, Passage
from pipeline.reading.names import name_key

# Words; a shorter sentence that goes in one place and comes in another is a phrase that both use, as "Among others:".
PHRASE = 6

__all__ = ["EditionCounts", "EditionDiff", "compare_editions", "count_passages"]


@dataclass(frozen=True, slots=True)
class _Draft:
    """The two editions of a part, aligned; ``removed`` and ``added`` are the sentences without a match."""

    old: Part | None
    new: Part | None
    sentences: tuple[list[Sentence], list[Sentence]]
    same: list[tuple[list[Sentence], list[Sentence]]]
    changed: list[tuple[list[Sentence], list[Sentence]]]
    removed: list[Sentence]
    added: list[Sentence]


def compare_editions(
    old: Sequence[Passage],
    new: Sequence[Passage],
    organizations: tuple[Sequence[Organization], Sequence[Organization]],
) -> EditionDiff:
    """Tell what became of a paper.

    :param old: all passages of the old edition in reading order.
    :param new: all passages of the new edition in reading order.
    :param organizations: those of the old edition and those of the new one, members without a section too.
    :raises ValueError: if an edition has no passages.
    """
    if not old or not new:
        raise ValueError("an edition without passages cannot be compared")
    groups = group_parts(old), group_parts(new)
    pairs = {j: i for i, j in align_parts(*groups)}
    order = [pairs[j] for j in sorted(pairs)]
    moved = find_moved(order, [sum(len(item.text) for item in groups[0][i].passages) for i in order])
    drafts = [_align(groups[0][pairs[j]] if j in pairs else None, group) for j, group in enumerate(groups[1])]
    drafts += [_align(group, None) for i, group in enumerate(groups[0]) if i not in order]
    moved_parts = {sorted(pairs)[position] for position in moved}
    moves = _find_moves(drafts)
    parts = tuple(_finish(draft, moves, moved=position in moved_parts) for position, draft in enumerate(drafts))
    come, gone = (_without_partner(*organizations[::step]) for step in (-1, 1))
    return EditionDiff(old[0].edition, new[0].edition, parts, come, gone)


def _align(one: Group | None, other: Group | None) -> _Draft:
    """Align the running text of a part, and on their own its footnotes, which stand between its sections."""
    sides = [sentences_of(group.passages) if group else [] for group in (one, other)]
    same: list[tuple[list[Sentence], list[Sentence]]] = []
    changed: list[tuple[list[Sentence], list[Sentence]]] = []
    for are_notes in (False, True):
        old, new = ([s for s in side if s.key and (s.passage.note is not None) == are_notes] for side in sides)
        for match in align_sentences(old, new):
            (same if match.same else changed).append(([old[n] for n in match.old], [new[n] for n in match.new]))
    matched = [{s.place for pair in same + changed for s in pair[at]} for at in (0, 1)]
    removed = _left(sides[0], matched[0], sides[1])
    added = _left(sides[1], matched[1], sides[0])
    for side, known, left in ((0, matched[0], removed), (1, matched[1], added)):
        known.update(s.place for s in left)
        trifles = [s for s in sides[side] if s.place not in known]
        same += [([s], []) if side == 0 else ([], [s]) for s in trifles]
    parts = one.part if one else None, other.part if other else None
    return _Draft(*parts, (sides[0], sides[1]), same, changed, removed, added)


def _left(side: Sequence[Sentence], matched: Container[Place], others: Sequence[Sentence]) -> list[Sentence]:
    """List the sentences without a match, but no bare bullets and none that the other edition sets as a heading.

    A bold start of a paragraph is text and heading at once; once it fills its line, it is a heading alone.
    """
    own, other = ({sentence_key(title) for s in run for title in s.passage.section} for run in (side, others))

    def is_heading(sentence: Sentence) -> bool:
        leads = bool(sentence.passage.section) and sentence_key(sentence.passage.section[-1]) == sentence.key
        return sentence.key in other and (leads or (sentence.key not in own and len(sentence.words) >= PHRASE))

    return [s for s in side if s.key and s.place not in matched and not is_heading(s)]


def _find_moves(drafts: Sequence[_Draft]) -> dict[Place, Sentence]:
    """Find the removed sentences that were added elsewhere: in the same part, or longer ones in another.

    :return: for the place of each added sentence, what it was before.
    """
    moves: dict[Place, Sentence] = {}
    for draft in drafts:
        moves |= _same_wording(draft.removed, draft.added)
    gone = {sentence.place for sentence in moves.values()}

    def left(sentences: Iterable[Sentence], taken: Iterable[Place]) -> list[Sentence]:
        return [s for s in sentences if s.place not in taken and len(s.words) >= PHRASE]

    removed = left((sentence for draft in drafts for sentence in draft.removed), gone)
    return moves | _same_wording(removed, left((s for draft in drafts for s in draft.added), moves))


def _same_wording(removed: Iterable[Sentence], added: Iterable[Sentence]) -> dict[Place, Sentence]:
    waiting: dict[str, deque[Sentence]] = defaultdict(deque)
    for sentence in removed:
        waiting[sentence.key].append(sentence)
    return {sentence.place: waiting[sentence.key].popleft() for sentence in added if waiting[sentence.key]}


def _finish(draft: _Draft, moves: dict[Place, Sentence], *, moved: bool) -> PartDiff:
    came = [(moves[s.place], s) for s in draft.added if s.place in moves]
    gone = {sentence.place for sentence in moves.values()}
    changes = [_changed(*pair) for pair in draft.changed]
    changes += [SentenceChange("moved", _excerpt([one]), _excerpt([other])) for one, other in came]
    changes += [SentenceChange("added", None, _excerpt([s])) for s in draft.added if s.place not in moves]
    changes += [SentenceChange("removed", _excerpt([s]), None) for s in draft.removed if s.place not in gone]
    renamed = is_renamed(*(part.organization if part else None for part in (draft.old, draft.new)))
    return PartDiff(
        draft.old,
        draft.new,
        renamed,
        moved,
        _share(draft, changes),
        tuple(_headings(draft, renamed=renamed)),
        tuple(_in_order(draft, changes)),
        tuple(Unchanged(tuple(s.place for s in one), tuple(s.place for s in other)) for one, other in draft.same),
    )


def _changed(old: Sequence[Sentence], new: Sequence[Sentence]) -> SentenceChange:
    one, other = _excerpt(old), _excerpt(new)
    numbers = diff_numbers(one.text, other.text, (one.citation, other.citation))
    return SentenceChange("changed", one, other, diff_words(one.text, other.text), numbers)


def _excerpt(sentences: Sequence[Sentence]) -> Excerpt:
    """Quote neighbouring sentences."""
    places = tuple(sentence.place for sentence in sentences)
    text = " ".join(sentence.text for sentence in sentences)
    return Excerpt(text, places, sentences[0].passage.section, _cite(sentences))


def _cite(sentences: Sequence[Sentence]) -> Citation:
    labels: dict[int, str] = {}
    for sentence in sentences:
        passage = sentence.passage
        known = dict(zip(passage.pages, passage.page_labels, strict=True))
        labels |= {page: known[page] for page in sentence_pages(passage, *passage.sentences[sentence.number])}
    pages = tuple(sorted(labels))
    whole = sentences[0].passage.citation
    own_labels = tuple(labels[page] for page in pages)
    return Citation(whole.organization, whole.file, whole.edition, pages, own_labels, whole.note)


def _share(draft: _Draft, changes: Iterable[SentenceChange]) -> float:
    """Tell how much of both texts' characters changed; of a changed sentence only the words that did."""
    total = sum(len(sentence.text) for side in draft.sentences for sentence in side)
    touched = 0
    for change in changes:
        if change.kind == "changed":
            touched += sum(len(step.old.strip()) + len(step.new.strip()) for step in change.words if step.op != "equal")
        elif change.kind != "moved":
            touched += sum(len(excerpt.text) for excerpt in (change.old, change.new) if excerpt)
    return touched / total if total else 0.0


def _headings(draft: _Draft, *, renamed: bool) -> Iterator[HeadingChange]:
    """Find the headings that came, went or are spelled otherwise; an organization's name is no heading's spelling."""
    if draft.old is None or draft.new is None:
        return
    names = draft.old.heading, draft.new.heading
    matched = [(one[0], other[0]) for one, other in draft.same + draft.changed if one and other]
    firsts = first_sentences(draft.sentences[0]), first_sentences(draft.sentences[1])
    for old, new in pair_headings(*draft.sentences, matched):
        if old and new:
            titles = old[-1], new[-1]
            if fold_heading(titles[0]) == fold_heading(titles[1]) or (renamed and titles == names):
                continue
        places = _cite([firsts[0][old]]) if old else None, _cite([firsts[1][new]]) if new else None
        yield HeadingChange(old, new, *places)


def _in_order(draft: _Draft, changes: Iterable[SentenceChange]) -> list[SentenceChange]:
    """Put changes in the order of the new text, and what was removed after what it followed."""
    at = {sentence.place: n for n, sentence in enumerate(draft.sentences[1])}
    follows: dict[Place, int] = {}
    partners = {one[-1].place: at[other[-1].place] for one, other in draft.same + draft.changed if one and other}
    last = -1
    for sentence in draft.sentences[0]:
        last = partners.get(sentence.place, last)
        follows[sentence.place] = last

    def key(change: SentenceChange) -> tuple[int, int]:
        if change.new:
            return at[change.new.places[0]], 0
        return (follows[change.old.places[0]], 1) if change.old else (-1, 1)

    return sorted(changes, key=key)


def _without_partner(some: Sequence[Organization], others: Sequence[Organization]) -> tuple[Organization, ...]:
    """List the organizations without a section that the other edition does not name."""
    return tuple(
        one
        for one in some
        if one.pages is None
        and not any(know_each_other(one, other) or name_key(one.acronym) == name_key(other.acronym) for other in others)
    )
