"""What the templates are given."""

from __future__ import annotations

import pytest

from pipeline.serving.web.views import (
    Block,
    Run,
    address,
    blocks,
    facets,
    is_safe,
    last_two,
    linked,
    operations,
    toggled,
)

TEXT = "Boats leave.\n• lamps are lit\n• nets"


def test_a_text_is_parted_into_paragraphs_and_items_and_its_best_sentence() -> None:
    start = TEXT.index("lamps")
    assert list(blocks(TEXT, (start, start + 5))) == [
        Block((Run("Boats leave.", is_best=False),), is_item=False),
        Block((Run("lamps", is_best=True), Run(" are lit", is_best=False)), is_item=True),
        Block((Run("nets", is_best=False),), is_item=True),
    ]


@pytest.mark.parametrize("best", [(0, 0), (5, 5), (900, 950), (30, 20)])
def test_no_letter_is_lost_whatever_is_emphasised(best: tuple[int, int]) -> None:
    shown = ["".join(run.text for run in block.runs) for block in blocks(TEXT, best)]
    assert shown == ["Boats leave.", "lamps are lit", "nets"]


def test_addresses_keep_what_is_not_changed() -> None:
    params = [("q", "a b&c"), ("org", "IFO"), ("org", "WLA"), ("view", "3")]
    assert address("/x", params, view=4) == "/x?q=a+b%26c&org=IFO&org=WLA&view=4"
    assert address("/x", params, org=None, q=None, view=None) == "/x"


def test_a_filter_is_put_on_and_taken_off() -> None:
    params = [("q", "a"), ("org", "IFO"), ("section", "One"), ("offset", "5")]
    assert toggled("org", "IFO", params) == "/?q=a&section=One"
    assert toggled("org", "WLA", params) == "/?q=a&org=IFO&section=One&org=WLA"
    assert toggled("section", "Two", params) == "/?q=a&org=IFO&section=Two"


def test_facets_are_counted_and_the_chosen_one_never_missing() -> None:
    found = facets(["IFO", "WLA", "WLA"], "org", [("q", "a"), ("org", "TDB")])
    assert [(item.name, item.found, item.is_chosen) for item in found] == [
        ("TDB", 0, True),
        ("WLA", 2, False),
        ("IFO", 1, False),
    ]


def test_the_last_two_editions_of_a_document_are_compared_first() -> None:
    held = [{"document": name, "label": label} for name, label in (("a", "2"), ("b", "3"), ("b", "2"), ("b", "1"))]
    assert last_two(held) == ("b/2", "b/3")
    assert last_two(held[:2]) == (None, None)


def test_addresses_in_a_text_end_before_its_full_stop() -> None:
    url = "https://example.org/a?b=1"
    assert list(linked(f"See {url}.")) == [("See ", None), (url, url), (".", None)]


@pytest.mark.parametrize(
    ("url", "safe"),
    [("https://a.org", True), ("mailto:a@b.org", True), ("javascript:alert(1)", False), ("file:///etc/passwd", False)],
)
def test_only_pages_and_mail_are_linked(url: str, *, safe: bool) -> None:
    assert is_safe(url) is safe


def test_routes_for_people() -> None:
    parameters = [
        {"name": "k", "in": "query", "schema": {"type": "integer", "default": 5}},
        {"name": "q", "in": "query", "required": True, "schema": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        {"name": "mode", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}},
    ]
    (found,) = operations({"paths": {"/x": {"get": {"description": "Does x.", "parameters": parameters}}}})
    assert (found["method"], found["path"], found["summary"]) == ("GET", "/x", "Does x.")
    assert [(one["name"], one["kind"], one["default"]) for one in found["parameters"]] == [
        ("q", "string", None),
        ("k", "integer", 5),
        ("mode", "a | b", None),
    ]
