"""Tools for assistants, asked by the SDK's own client."""

from __future__ import annotations

import asyncio
import base64
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client

from pipeline.serving import mcp as tools
from pipeline.serving.mcp import make_server
from pipeline.serving.service import Service
from pipeline.serving.settings import Settings
from tests.conftest import WordEncoder

ROOT = Path(__file__).parents[2]
QUESTION = "who helps shipwrecked children?"
WLB = "sea/2021/2/0"
CITED = re.compile(r"WLB, sea-2021\.pdf \(2021\), pp?\. \d")
Call = Callable[..., Any]


@pytest.fixture
def service(sea: Path, word_encoder: WordEncoder) -> Iterator[Service]:
    made = Service(Settings(sea / "index", (sea / "raw",)))
    yield made
    made.current.close()


@pytest.fixture
def ask(service: Service) -> Callable[[Callable[[Client], Awaitable[Any]]], Any]:
    """Talk with a server in this process."""

    def run(talk: Callable[[Client], Awaitable[Any]]) -> Any:
        async def session() -> Any:
            async with Client(make_server(service)) as client:
                return await talk(client)

        return asyncio.run(session())

    return run


@pytest.fixture
def call(ask: Call) -> Call:
    """Call a tool."""
    return lambda tool, **arguments: ask(lambda client: client.call_tool(tool, arguments))


def test_tools_say_what_they_do(ask: Call) -> None:
    listed = {tool.name: tool for tool in ask(lambda client: client.list_tools()).tools}
    assert list(listed) == ["search", "who", "orgs", "editions", "diff", "show"]
    assert all(tool.description for tool in listed.values())
    assert listed["search"].input_schema["required"] == ["question"]


def test_search(call: Call) -> None:
    found = call("search", question=QUESTION, top_k=2).structured_content
    assert list(found) == ["answered", "confidence", "verdict", "passages"]
    assert found["answered"] is True
    assert found["verdict"].startswith("Confidence 0.")
    first = found["passages"][0]
    assert CITED.match(first["citation"])
    assert first["best_sentence"] == "Keepers are trained to help shipwrecked children and their families."
    assert (first["passage"], first["table_head"]) == (WLB, None)
    assert len(found["passages"]) == 2


def test_search_says_what_the_papers_do_not_say(call: Call) -> None:
    found = call("search", question="how is cheese ripened?").structured_content
    assert found["answered"] is False
    assert "Nothing in the 2021 edition answers this clearly" in found["verdict"]


def test_search_narrows(call: Call) -> None:
    found = call("search", question="boats", organizations=["IFO"], edition="2018").structured_content
    assert {item["citation"].split(",")[0] for item in found["passages"]} == {"IFO"}
    assert all("(2018)" in item["citation"] for item in found["passages"])
    assert len(call("search", question="boats", top_k=1000).structured_content["passages"]) <= 20


def test_who(call: Call) -> None:
    found = call("who", topic="lamps and foghorns").structured_content
    (owner,) = found["organizations"]
    assert (owner["organization"], owner["coverage"]) == ("WLB", "covers")
    assert CITED.match(owner["evidence"][0]["citation"])
    assert found["nothing_found"] == ["IFO"]


def test_show_gives_text_and_picture(call: Call) -> None:
    (text,) = call("show", place=WLB).content
    assert '"citation": "WLB, sea-2021.pdf (2021)' in text.text
    text, picture = call("show", place="sea/2018:1", picture=True).content
    assert '"page": 1' in text.text
    assert (picture.type, picture.mime_type) == ("image", "image/png")
    assert base64.b64decode(picture.data).startswith(b"\x89PNG")


def test_lists(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    editions = call("editions").structured_content["editions"]
    assert [(item["label"], item["latest"]) for item in editions] == [("2021", True), ("2018", False)]
    assert [item["organization"] for item in call("orgs").structured_content["organizations"]] == [
        "IFO", "WLA", "IFO", "WLB",
    ]  # fmt: skip
    monkeypatch.setattr(tools, "MOST_ORGANIZATIONS", 1)
    cut = call("orgs").structured_content
    assert (len(cut["organizations"]), cut["not_shown"]) == (1, 3)


def test_diff(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    text = call("diff", old="2018", new="2021").content[0].text
    assert text.startswith("# sea-2018.pdf (2018) → sea-2021.pdf (2021)")
    assert "~~22~~**59** countries" in text
    monkeypatch.setattr(tools, "MOST_TEXT", 50)
    assert call("diff", old="2018", new="2021").content[0].text.endswith("Cut here; ask for one organization.")


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("search", {"question": " "}, "the question is empty; ask something"),
        ("search", {"question": "a" * 1001}, "the question has more than 1000 characters; ask shorter"),
        ("search", {"question": "a", "organizations": ["IFA"]}, "no organization is called 'IFA'; did you mean IFO?"),
        ("show", {"place": "sea/2018/99/0"}, "no passage has the id sea/2018/99/0"),
        ("show", {"place": "../etc/passwd"}, "is neither a page number nor a passage id"),
        ("diff", {"old": "2018", "new": "1999"}, "no edition '1999' in the index"),
    ],
)
def test_an_assistant_is_told_what_is_wrong(call: Call, tool: str, arguments: dict[str, Any], message: str) -> None:
    result = call(tool, **arguments)
    assert result.is_error
    assert message in result.content[0].text


def test_a_page_is_a_resource(ask: Call) -> None:
    (template,) = ask(lambda client: client.list_resource_templates()).resource_templates
    assert template.uri_template == "page://{document}/{edition}/{number}"
    (page,) = ask(lambda client: client.read_resource("page://sea/2018/1")).contents
    assert "International Fishing Office (IFO)" in page.text

    async def read_none(client: Client) -> None:
        with pytest.raises(MCPError, match=r"sea-2018\.pdf has no page 99"):
            await client.read_resource("page://sea/2018/99")

    ask(read_none)


def test_over_stdin_and_stdout(sea: Path) -> None:
    arguments = ["-m", "tests.with_words", "mcp", "--index", str(sea / "index"), "--papers", str(sea / "raw")]

    async def talk() -> Any:
        server = stdio_client(StdioServerParameters(command=sys.executable, args=arguments, cwd=ROOT))
        async with Client(server) as client:
            return await client.call_tool("search", {"question": QUESTION})

    assert asyncio.run(talk()).structured_content["passages"][0]["passage"] == WLB


def test_over_http_with_a_token(sea: Path) -> None:
    import httpx2

    command = [sys.executable, "-m", "tests.with_words", "mcp", "--http", "--port", "0", "--token", "sesame"]
    process = subprocess.Popen([*command, "--index", str(sea / "index")], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        address = process.stderr.readline().split()[0] + "mcp"

        async def talk() -> Any:
            from mcp.client.streamable_http import streamable_http_client

            async with (
                httpx2.AsyncClient(headers={"Authorization": "Bearer sesame"}) as http,
                Client(streamable_http_client(address, http_client=http)) as client,
            ):
                return await client.call_tool("search", {"question": QUESTION})

        assert asyncio.run(talk()).structured_content["passages"][0]["passage"] == WLB
        assert httpx2.post(address, json={}).status_code == 401
        assert httpx2.post(address, json={}, headers={"Host": "evil.example"}).status_code == 421
    finally:
        process.terminate()
        process.communicate(timeout=20)
