"""The web page: what it shows, that it holds its state in the address, and that nothing of a paper becomes code."""

from __future__ import annotations

import html
import re

import pytest
from fastapi.testclient import TestClient

from tests.serving.web.conftest import Serve

QUESTION = "who helps shipwrecked children?"
PAGES = [
    "/", f"/?q={QUESTION}", "/?q=boats&org=IFO", "/passage/sea/2021/2/0?q=lamps&highlight=0-20", "/who", "/docs",
    "/who?topic=lamps", "/matrix", "/matrix?topics=lamps%0D%0Aboats", "/editions", "/organizations", "/nowhere",
    "/editions?old=sea/2018&new=sea/2021",
]  # fmt: skip
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def get(client: TestClient, address: str) -> str:
    answer = client.get(address, headers=BROWSER)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("address", PAGES)
def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing_inline(client: TestClient, address: str) -> None:
    answer = client.get(address, headers=BROWSER)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = answer.text
    assert re.findall(r"<script(?! src=\"/static/page\.js\?\w{12}\" defer></script>)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page) == []
    own = re.findall(r"(?:src|action)=\"([^\"]*)\"|<link[^>]* href=\"([^\"]*)\"", page)
    assert all(one.startswith("/") or not one for pair in own for one in pair)
    assert page.count("<h1") == 1
    assert page.count("<main") == 1


def test_a_page_is_light(client: TestClient) -> None:
    page = get(client, f"/?q={QUESTION}")
    parts = re.findall(r"(?:src|href)=\"(/static/[^\"]*)\"", page)
    assert len(parts) == 3
    assert len(page.encode()) + sum(len(client.get(part).content) for part in parts) < 100_000


def test_an_answer_shows_organization_place_and_best_sentence(client: TestClient) -> None:
    page = get(client, f"/?q={QUESTION}")
    assert '<abbr class="badge" title="World Lighthouse Board">WLB</abbr>' in page
    assert "<mark>Keepers are trained to help shipwrecked children and their families.</mark>" in page
    assert re.search(r"Confidence 0\.[5-9]\d\.", text_of(page))
    assert "1 footnote." in text_of(page)


def test_it_says_what_the_papers_do_not_say(client: TestClient) -> None:
    page = get(client, "/?q=how is cheese ripened?")
    assert "Nothing in the 2021 edition answers this clearly; the closest passages:" in text_of(page)
    assert 'class="verdict unsure"' in page


def test_filters_are_links_that_keep_the_rest_of_the_address(client: TestClient) -> None:
    page = get(client, "/?q=boats&edition=sea/2018&offset=0")
    assert 'href="/?q=boats&amp;edition=sea%2F2018&amp;org=IFO"' in page
    chosen = get(client, "/?q=boats&org=IFO")
    assert re.search(r'href="/\?q=boats" rel="nofollow" aria-current="true"><span dir="auto">IFO', chosen)
    assert set(re.findall(r'class="badge" title="([^"]*)"', chosen)) == {"International Fishing Office"}
    assert "1 on" in text_of(chosen)


def test_more_passages_and_back(client: TestClient) -> None:
    first = get(client, "/?q=boats&k=1")
    assert 'href="/?q=boats&amp;k=1&amp;offset=1" rel="next"' in first
    second = get(client, "/?q=boats&k=1&offset=1")
    assert 'href="/?q=boats&amp;k=1" rel="prev"' in second
    assert 'start="2"' in second


def test_a_hit_opens_beside_its_page_and_leads_back(client: TestClient) -> None:
    page = get(client, f"/?q={QUESTION}&edition=2018")
    opens = html.unescape(re.findall(r'<h2><a href="([^"]*)"', page)[0])
    shown = get(client, opens)
    picture = html.unescape(re.findall(r'<img src="([^"]*)"', shown)[0])
    assert picture.startswith("/api/v1/pages/sea/2018/1.png?passage=sea%2F2018%2F2%2F0&highlight=")
    assert client.get(picture).headers["content-type"] == "image/png"
    assert 'href="/?q=who+helps+shipwrecked+children%3F&amp;edition=2018"' in shown
    assert 'href="/api/v1/papers/sea/2018.pdf#page=1"' in shown
    assert "See https://example.org/lamps for a list of lamps." in text_of(shown)
    assert '<a href="https://example.org/lamps" rel="noreferrer noopener external">' in shown
    for form in ("@misc{sea-2018-2-0,", "TY  - RPRT", "&gt; The agency", "“The agency"):
        assert form in shown


def test_pages_can_be_turned(client: TestClient) -> None:
    address = "/passage/sea/2021/1/0?q=boats"
    shown = get(client, address)
    number = int(re.findall(r"PDF page <b>(\d+)</b>", shown)[0])
    following = get(client, html.unescape(re.findall(r'id="next" href="([^"]*)"', shown)[0]))
    assert f"PDF page <b>{number + 1}</b>" in following
    first, last = get(client, f"{address}&view=1"), get(client, f"{address}&view=99999")
    assert 'id="previous"' not in first
    assert 'id="next"' not in last


def test_who_covers_it(client: TestClient) -> None:
    page = text_of(get(client, "/who?topic=harbours and herring boats"))
    assert re.search(r"IFO International Fishing Office (covers|mentions)", page)
    assert "Nothing found WLB" in page
    assert "No organization’s section says anything on this." in text_of(get(client, "/who?topic=cheese"))


def test_a_matrix_cell_leads_to_its_evidence(client: TestClient) -> None:
    page = get(client, "/matrix?topics=lamps and foghorns%0D%0A%0D%0Aherring boats")
    assert re.search(
        r'<td class="covers"><a href="/passage/sea/2021/2/0\?q=lamps\+and\+foghorns&amp;highlight=0-', page
    )
    assert "/api/v1/matrix?topic=lamps+and+foghorns&amp;topic=herring+boats&amp;format=png" in page


def test_what_changed(client: TestClient) -> None:
    page = get(client, "/editions?old=sea/2018&new=sea/2021")
    assert "<del>22</del><ins>59</ins>" in page
    assert "Renamed WLA World Lighthouse Agency" in text_of(page)
    assert text_of(get(client, "/editions?old=sea/2018&new=sea/2021&org=IFO")).count("Renamed") == 0


def test_organizations_can_be_asked(client: TestClient) -> None:
    page = get(client, "/organizations")
    assert "World Lighthouse Board" in page
    assert '<input type="hidden" name="org" value="IFO"><input type="hidden" name="edition" value="sea/2018">' in page


def test_nothing_that_was_asked_or_written_becomes_code(client: TestClient) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    for address in ("/", "/who"):
        page = client.get(address, params={"q" if address == "/" else "topic": evil}, headers=BROWSER).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    page = get(client, "/?q=nets measured once")
    assert "nets are measured &lt;b&gt;once&lt;/b&gt; &amp; &#34;again&#34;" in page


@pytest.mark.parametrize(
    ("address", "status", "detail"),
    [
        ("/?q=boats&org=NOBODY", 400, "no organization is called 'NOBODY'"),
        ("/?q=boats&k=1000", 422, "k: Input should be less than or equal to 100"),
        ("/passage/sea/2018/99/0", 404, "no passage has the id sea/2018/99/0"),
        ("/passage/sea/2018/1/0?highlight=x", 422, "highlight: String should match pattern"),
        ("/matrix?topics=" + "a%0A" * 51, 422, "topic: List should have at most 50 items"),
        ("/editions?old=2018", 422, "new: Field required"),
    ],
)
def test_errors_are_told_on_a_page(client: TestClient, address: str, status: int, detail: str) -> None:
    answer = client.get(address, headers=BROWSER)
    assert answer.status_code == status
    assert detail in text_of(answer.text)
    assert client.get(address).headers["content-type"] == "application/problem+json"


def test_what_a_form_leaves_empty_is_not_asked_for(client: TestClient) -> None:
    assert get(client, "/?q=boats&edition=&org=") == get(client, "/?q=boats").replace("/?q=boats", "/?q=boats")
    assert "Who does what" in get(client, "/?q=%20")


def test_files_may_be_kept_for_they_are_named_after_their_content(serve: Serve) -> None:
    client = serve()
    style = re.findall(r'href="(/static/style\.css[^"]*)"', get(client, "/"))[0]
    assert client.get(style).headers["cache-control"] == "public, max-age=31536000, immutable"


def test_organizations_tell_how_often_they_were_asked_about(client: TestClient) -> None:
    assert "Asked about" not in text_of(get(client, "/organizations"))
    for address in ("/?q=what does IFO do?", "/api/v1/search?q=boats&org=IFO", "/passage/sea/2018/1/0", "/?q=boats",
                    "/passage/sea/2018/1/0?view=1", "/?q=what does IFO do?&offset=5",
                    "/who?topic=the World Lighthouse Board", "/?q=boats&org=XYZ"):  # fmt: skip
        client.get(address)
    client.get("/?q=what does IFO do?")  # the same answer, asked for again
    told = text_of(get(client, "/organizations"))
    assert re.search(r"IFO International Fishing Office Pages? [12–]+, \d passages? Asked about 4 times", told)
    assert re.search(r"WLB World Lighthouse Board Pages? [12–]+, \d passages? Asked about once", told)
    assert "Only the counts are kept, no question." in told
    assert "what does" not in told
    metrics = client.get("/metrics").text
    assert 'mandates_organization_requests_total{how="named",organization="IFO"} 2.0' in metrics
    assert 'mandates_organization_requests_total{how="filtered",organization="IFO"} 1.0' in metrics
    assert 'mandates_organization_requests_total{how="opened",organization="IFO"} 1.0' in metrics


def test_questions_are_shown_where_they_may_be_kept(serve: Serve) -> None:
    client = serve(log_queries=True)
    client.get("/?q=what does <IFO> do?")
    told = get(client, "/organizations")
    assert "Asked about once: what does &lt;IFO&gt; do?" in re.sub(r"</?a[^>]*>", "", told)
    assert 'href="/?q=what+does+%3CIFO%3E+do%3F"' in told
    assert "Questions are kept until it stops." in told
