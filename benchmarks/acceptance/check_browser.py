"""A user's ways through the web page."""

from __future__ import annotations

import csv
import io
import re
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image, ImageColor
from playwright.sync_api import BrowserContext, Page, expect

from benchmarks.acceptance.conftest import KEPT
from pipeline import open_index
from pipeline.reading.extract import read_pages
from pipeline.serving.highlight import find_marks
from pipeline.serving.page_picture import BEST, DPI, PASSAGE

QUESTION = "who trains airline cabin crew to spot victims?"
PAGES = {
    "home": "/",
    "answer": f"/?q={QUESTION}",
    "no-answer": "/?q=how is cheese ripened%3F",
    "filtered": "/?q=training&org=ICAO",
    "passage": "/passage/icat/2018/8/6?q=training",
    "over-a-break": "/passage/icat/2018/8/5",
    "who": "/who?topic=preventing statelessness",
    "matrix": "/matrix?topic=organ removal&topic=child labour",
    "editions": "/editions?old=sea/2018&new=sea/2021",
    "organizations": "/organizations",
    "docs": "/docs",
}
LIGHT, DARK = {"color_scheme": "light"}, {"color_scheme": "dark"}
PHONE = {"viewport": {"width": 390, "height": 844}}


def ask(page: Page, question: str) -> None:
    page.goto("/")
    page.get_by_role("searchbox").fill(question)
    page.get_by_role("button", name="Search").click()


def check_search_filter_and_the_highlight_on_the_picture(page: Page, papers: Path) -> None:
    ask(page, QUESTION)
    expect(page.locator(".hit")).to_have_count(5)
    page.get_by_role("complementary").get_by_role("link", name="ICAO", exact=False).first.click()
    expect(page).to_have_url(re.compile("org=ICAO"))
    assert set(page.locator(".hit .badge").all_inner_texts()) == {"ICAO"}
    page.locator(".hit h2 a").first.click()
    expect(page.locator("mark").first).to_be_visible()
    picture = page.locator(".sheet img")
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("image => image.naturalWidth") > 800
    source = picture.get_attribute("src")
    assert source
    assert_pixels(source, page.request.get(source).body(), papers)


def assert_pixels(source: str, png: bytes, papers: Path) -> None:
    """Under each box of the passage most pixels have the colour of its highlight, and elsewhere none has."""
    asked = parse_qs(urlsplit(source).query)
    number = int(re.findall(r"/(\d+)\.png", source)[0])
    start, _, end = asked["highlight"][0].partition("-")
    with open_index(KEPT / "index") as index:
        passage = index.catalog.passage(asked["passage"][0])
    assert passage
    pages = {n: next(iter(read_pages(papers / passage.edition.file, None, n, n))) for n in passage.pages}
    marks = [mark for mark in find_marks(passage, pages, (int(start), int(end))) if mark.page == number]
    assert {mark.is_best for mark in marks} == {True, False}
    image = Image.open(io.BytesIO(png)).convert("RGB")
    colours = {ImageColor.getrgb(PASSAGE), ImageColor.getrgb(BEST)}
    for mark in marks:
        box = tuple(round(side * DPI / 72) for side in mark.box)
        part = image.crop(box)  # type: ignore[arg-type]
        counts = {value: count for count, value in part.getcolors(part.width * part.height) or []}
        assert sum(counts.get(colour, 0) for colour in colours) > 0.5 * part.width * part.height
    left, right = min(mark.box.x0 for mark in marks), max(mark.box.x1 for mark in marks)
    margin = image.crop((0, 0, round(left * DPI / 72) - 2, image.height))
    beyond = image.crop((round(right * DPI / 72) + 3, 0, image.width, image.height))
    for part in (margin, beyond):
        assert not colours & {value for _, value in part.getcolors(part.width * part.height) or []}


def check_back_and_a_shared_address(page: Page, context: BrowserContext) -> None:
    ask(page, QUESTION)
    answer, text = page.url, page.locator(".list").inner_text()
    page.locator(".hit h2 a").first.click()
    hit, said = page.url, page.locator(".said").inner_text()
    page.go_back()
    expect(page).to_have_url(answer)
    assert page.locator(".list").inner_text() == text
    other = context.new_page()
    other.goto(hit)
    assert other.locator(".said").inner_text() == said
    other.get_by_role("link", name=re.compile("^← Back to")).click()
    expect(other).to_have_url(answer)


def check_who_and_its_evidence(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Who covers it?").click()
    page.get_by_role("searchbox").fill("preventing statelessness")
    page.get_by_role("button", name="Ask").click()
    first = page.locator(".owners > li").first
    expect(first).to_contain_text("UNHCR")
    expect(first).to_contain_text("covers")
    first.locator("footer a").first.click()
    expect(page.locator(".sheet .number")).to_contain_text("PDF page 27")


@pytest.mark.parametrize("form", ["PNG", "CSV", "HTML", "JSON"])
def check_a_matrix_is_downloaded(page: Page, form: str) -> None:
    page.goto("/matrix")
    page.get_by_role("textbox").fill("organ removal\nchild labour")
    page.get_by_role("button", name="Make the matrix").click()
    expect(page.locator("table.heat tbody tr")).to_have_count(2)
    with page.expect_download() as waiting:
        page.get_by_role("link", name=form, exact=True).click()
    content = Path(waiting.value.path()).read_bytes()
    assert waiting.value.suggested_filename == f"matrix.{form.lower()}"
    if form == "PNG":
        assert Image.open(io.BytesIO(content)).width > 1000
    elif form == "CSV":
        assert [row[0] for row in csv.reader(io.StringIO(content.decode()))] == [
            "topic",
            "organ removal",
            "child labour",
        ]
    else:
        assert b"child labour" in content


def check_a_cell_leads_to_its_evidence(page: Page) -> None:
    page.goto("/matrix?topic=organ removal")
    page.locator("td.covers a").first.click()
    expect(page.locator(".sheet img")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Back to “organ removal”"))).to_be_visible()


def check_what_changed(page: Page) -> None:
    page.goto("/editions")
    page.get_by_label("From").select_option("sea/2018")
    page.get_by_label("To").select_option("sea/2021")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".diff")).to_contain_text("DHO Department of Harbour Operations")
    assert "59" in page.locator(".diff ins").all_inner_texts()


def check_the_keyboard_is_enough(page: Page) -> None:
    page.goto("/who")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.goto("/organizations")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox").first).to_be_focused()
    page.goto("/")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.hit h2') !== null"):
            break
    page.keyboard.press("Enter")
    expect(page.locator(".sheet .number")).to_contain_text("PDF page 11")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".sheet .number")).to_contain_text("PDF page 12")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".sheet .number")).to_contain_text("PDF page 11")


def check_a_citation_is_copied(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/passage/icat/2018/8/6")
    page.get_by_text("BibTeX", exact=True).click()
    page.get_by_role("button", name="Copy BibTeX").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("@misc{icat-2018-8-6,")


@pytest.mark.parametrize("context", [LIGHT, DARK, PHONE], ids=["light", "dark", "phone"], indirect=True)
@pytest.mark.parametrize("name", list(PAGES))
def check_everyone_can_use_a_page(page: Page, name: str) -> None:
    page.goto(PAGES[name])
    assert_everyone_can_use(page)


def assert_everyone_can_use(page: Page) -> None:
    """Nothing that keeps people out, and nothing wider than the screen."""
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    serious = [item for item in found if item["impact"] in ("serious", "critical")]
    assert [(item["id"], [node["html"] for node in item["nodes"]][:3]) for item in serious] == []
    width = page.evaluate("document.documentElement.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", list(PAGES))
def check_a_page_is_light(page: Page, name: str) -> None:
    sizes: list[int] = []
    page.on("response", lambda answer: None if "png" in answer.url else sizes.append(len(answer.body())))
    page.goto(PAGES[name])
    page.wait_for_load_state("networkidle")
    assert sum(sizes) <= 100_000
