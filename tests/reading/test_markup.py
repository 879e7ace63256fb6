"""HTML → blocks: what is a paragraph, what is a heading, and what is no text at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datatypes import Imprint
from pipeline.reading.markup import Anchor, FlowBlock, read_html


def test_headings_paragraphs_and_items_in_reading_order() -> None:
    html = "<h1>Forest  report</h1><p>Trees <b>are</b>\n counted.</p><h3>Wolves</h3><ul><li>grey</li><li>red</li></ul>"
    assert read_html(html).blocks == (
        FlowBlock("Forest report", 1),
        FlowBlock("Trees are counted."),
        FlowBlock("Wolves", 3),
        FlowBlock("• grey", is_item=True),
        FlowBlock("• red", is_item=True),
    )


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("one<p>two<p>three", ["one", "two", "three"]),
        ("<div>one<div>two</div>three</div>", ["one", "two", "three"]),
        ("<p>one<br>two", ["one\ntwo"]),
        ("<pre>one\n  two</pre>", ["one\ntwo"]),
        ("<p>a &amp; b&nbsp;c", ["a & b c"]),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1<td>2</table>", ["a | b", "1 | 2"]),
        ("<p>before<script>alert('<p>no</p>')</script> after<style>p{}</style>", ["before after"]),
        ("<template><p>no</template><p>yes", ["yes"]),
        ("</p></div><p>yes</li>", ["yes"]),
        ("<p>a\u202eb\x1b[1mc", ["ab[1mc"]),
        ("<p> \n </p>", []),
        ("", []),
    ],
)
def test_markup_as_it_is_found(html: str, texts: list[str]) -> None:
    assert [block.text for block in read_html(html).blocks] == texts


def test_links_keep_their_words_and_only_addresses_that_lead_somewhere() -> None:
    html = '<li>see <a href="https://example.org/a">the  guide</a>, <a href="javascript:x()">no</a></li>'
    (block,) = read_html(html).blocks
    assert block.text == "• see the guide, no"
    assert block.links == (Anchor(6, 15, "https://example.org/a"),)
    assert block.text[6:15] == "the guide"


def test_what_leads_through_a_site_is_told_apart() -> None:
    blocks = read_html("<nav><a href=/>Home</a></nav><p>Text").blocks
    assert [(block.text, block.left_out) for block in blocks] == [("Home", "navigation"), ("Text", "")]


def test_what_a_page_says_of_itself() -> None:
    head = (
        "<title>Wolves\n2021</title><meta name='author' content='A. Wolf'>"
        "<meta name='DC.publisher' content='Forest Office'>"
        "<meta property='article:published_time' content='2021-03-04T10:00'>"
    )
    assert read_html(f"<html><head>{head}</head><body><h1>x</h1></body>").imprint == Imprint(
        "Wolves 2021", "", "2021-03-04", "A. Wolf", ("Forest Office",)
    )
    assert read_html("<h1>Only a heading</h1>").imprint == Imprint("Only a heading")


@given(html=st.text(alphabet="<>/ap1h!-'=\"& \nlitrdb", max_size=60))
def test_no_markup_is_too_broken(html: str) -> None:
    for block in read_html(html).blocks:
        assert block.text.strip() == block.text != ""
        assert all(0 <= start < end <= len(block.text) for start, end, _ in block.links)
