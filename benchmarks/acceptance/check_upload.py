"""Papers that are uploaded in a browser: progress to the end, what is refused, with the keyboard, without a script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.acceptance.check_browser import DARK, LIGHT, PHONE, assert_everyone_can_use
from tests.papers import BOLD, Text, make_pdf, paragraph

LOOKS = pytest.mark.parametrize("uploading", [LIGHT, DARK, PHONE], ids=["light", "dark", "phone"], indirect=True)


def paper(file: Path, what: str, pages: int = 1) -> Path:
    """A paper whose bytes are no other paper's."""
    heading = Text("Deep Reef Office (DRO)", 72, size=16, font=BOLD)
    lines = [f"Divers count the {what} of every reef in month {number}." for number in range(30)]
    others = [paragraph([f"On reef {page}: {line}" for line in lines], 110) for page in range(1, pages)]
    return make_pdf(file, [[heading, *paragraph(lines, 110)], *others])


def check_a_paper_is_uploaded_and_progress_is_shown_to_the_end(uploading: Page, tmp_path: Path) -> None:
    uploading.get_by_label("Papers").set_input_files(paper(tmp_path / "reef.pdf", "turtles", pages=12))
    uploading.get_by_label("Edition").fill("2020")
    uploading.get_by_role("button", name="Add them").click()
    expect(uploading.get_by_role("heading", level=1)).to_have_text("At work")
    assert_everyone_can_use(uploading)
    expect(uploading.get_by_role("status")).to_contain_text(re.compile(r"(Reading|Encoding): \d+ of \d+ (pages|texts)"))
    expect(uploading.get_by_role("heading", level=1)).to_have_text("Added", timeout=60_000)
    expect(uploading.locator(".taken")).to_contain_text("reef-2020.pdf")
    uploading.get_by_role("searchbox", name="Ask reef/2020").fill("who counts turtles?")
    uploading.keyboard.press("Enter")
    expect(uploading.locator(".hit .badge").first).to_have_text("DRO")
    uploading.locator(".hit h2 a").first.click()
    expect(uploading.locator(".sheet img")).to_have_js_property("complete", value=True)
    assert uploading.locator(".sheet img").evaluate("image => image.naturalWidth") > 800
    uploading.goto("/organizations")
    expect(uploading.locator(".people li", has_text="DRO")).to_contain_text("Asked about once")


@LOOKS
def check_a_broken_paper_shows_its_reason_and_everyone_can_use_the_pages(uploading: Page, tmp_path: Path) -> None:
    assert_everyone_can_use(uploading)
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(paper(tmp_path / "whole.pdf", "corals").read_bytes()[:900])
    uploading.get_by_label("Papers").set_input_files(broken)
    uploading.get_by_role("button", name="Add them").click()
    expect(uploading.get_by_role("heading", level=1)).to_have_text("Not added", timeout=60_000)
    expect(uploading.locator(".refused")).to_contain_text("broken.pdf")
    expect(uploading.locator(".refused")).to_contain_text("the PDF is truncated (its end is missing)")
    assert_everyone_can_use(uploading)


def check_what_is_no_paper_is_refused_on_the_form(chromium: Browser, taking: str, tmp_path: Path) -> None:
    page = chromium.new_page(base_url=taking)  # the browser's console tells of the status, as it should
    (tmp_path / "notes.pdf").write_text("just text")
    page.goto("/ingest")
    page.get_by_label("Papers").set_input_files(tmp_path / "notes.pdf")
    with page.expect_response("**/ingest") as answer:
        page.get_by_role("button", name="Add them").click()
    assert answer.value.status == 415
    expect(page.get_by_role("alert")).to_have_text("notes.pdf: neither a PDF nor a Word file nor a page of HTML")
    assert_everyone_can_use(page)
    page.close()


def check_the_keyboard_is_enough_to_upload(uploading: Page, tmp_path: Path) -> None:
    for _ in range(12):
        uploading.keyboard.press("Tab")
        if uploading.evaluate("document.activeElement.id") == "file":
            break
    expect(uploading.get_by_label("Papers")).to_be_focused()
    with uploading.expect_file_chooser() as chooser:
        uploading.keyboard.press("Space")
    chooser.value.set_files(paper(tmp_path / "reef-2021.pdf", "whales"))
    uploading.keyboard.press("Tab")
    expect(uploading.get_by_label("Edition")).to_be_focused()
    uploading.keyboard.press("Enter")
    expect(uploading.get_by_role("heading", level=1)).to_have_text("Added", timeout=60_000)
    expect(uploading.locator(".taken")).to_contain_text("reef/2021")


def check_it_works_without_a_script(chromium: Browser, taking: str, tmp_path: Path) -> None:
    context = chromium.new_context(base_url=taking, java_script_enabled=False)
    page = context.new_page()
    page.goto("/ingest")
    page.get_by_label("Papers").set_input_files(paper(tmp_path / "reef-2022.pdf", "sharks"))
    page.get_by_role("button", name="Add them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Added", timeout=60_000)
    context.close()


def check_too_many_files_are_told_before_they_are_sent(uploading: Page, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.pdf" for number in range(21)]
    for file in files:
        file.write_bytes(b"%PDF-")
    uploading.get_by_label("Papers").set_input_files(files)
    assert uploading.get_by_label("Papers").evaluate("input => input.validationMessage") == "Choose 20 files at most."
