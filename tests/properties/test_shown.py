"""Whatever people write, what we say keeps its form and calls nobody, wherever it is read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.model.act import ActKind
from bot.model.item import Level
from bot.model.report import Report
from bot.model.verdict import failed
from bot.notify import mail, slack, teams
from bot.notify.channels import Target
from bot.notify.letter import Letter, letter
from bot.text.check import check_of, markdown_of
from bot.text.comment import comment_of
from tests.notify.office import MESSAGE, send
from tests.properties.test_streams import CALM, LONG
from tests.support.pulls import NOW
from tests.text.reports import FAILING, ONE_HOLD, REPORTS, act
from tests.text.test_budgets import KIND, entry

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TARGET = Target(alias="ops", channel="slack", url="", room="C1", to=(), keys=())
PIECES = [
    *("&#64;x", "@x", "@acme/all", "|", "`", "``", "```", "~~~", "-->", "<!--", "\u202e", "\u2066"),
    *("\u200f", "\n", "\r\n", "\n\n", "\n# ", "\n- ", "\n> ", "\n    ", "\n|", "1. ", "#1", "GH-2"),
    *(
        "<b>",
        "</details>",
        "<script>",
        "[a](https://x.example)",
        "![a](b)",
        "https://x.example/`a",
        "https://x.example/|a",
    ),
    *(
        "www.x.example",
        "*a*",
        "__a__",
        "~~a~~",
        "\\",
        "\\`",
        "\\|",
        "---",
        "===",
        "\x00",
        "\x1b[31m",
    ),
    *(
        "<@U999>",
        "<!here>",
        "<at>a</at>",
        "/handoff ready",
        "&amp;",
        "&lt;b&gt;",
        "a@x.example",
        " ",
    ),
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=60).map(
        lambda parts: "x" + "".join(parts)[:498] + "x"
    ),
    st.text(max_size=498).map(lambda text: f"x{text}x"),
)


def told_of(text: str) -> Report:
    """A report to which a person's text came on every way: a reason, a finding, an item's title."""
    found = replace(entry("docs", Level.BLOCK, (KIND.at(text, "app/a.py", 1),)), title=text)
    waived = replace(act(ActKind.WAIVE, FAILING), reason=text)
    hold = replace(ONE_HOLD, reason=text)
    open_ = replace(found, verdict=failed(text, *found.verdict.evidence), stale=(waived,))
    return replace(REPORTS["proved"], entries=(open_,), holds=(hold,), broken=text)


def structure(body: str) -> list[Any]:
    """What a reader's eye tells apart: blocks, and what a link, a picture or HTML would be."""
    live = {"link_open", "image", "html_inline", "s_open", "strong_open", "em_open"}
    return [
        (token.type, token.tag, token.level)
        if token.type != "inline"
        else sorted(child.type for child in token.children or () if child.type in live)
        for token in MARKDOWN.parse(body)
    ]


def github(text: str) -> list[str]:
    report = told_of(text)
    check = check_of(report)
    return [check.summary, check.text, markdown_of(report), comment_of(report, create=True).body]


@cache
def usual() -> list[list[Any]]:
    return [structure(body) for body in github("x")]


def a_letter(text: str) -> Letter:
    message = replace(MESSAGE, subject=text, lines=(text, text), thread=text, to=("ana",))
    return letter(send("ops", message=message), TARGET, "acme/orders", {})


def frame(data: Any) -> Any:
    """A JSON without its texts."""
    if isinstance(data, dict):
        return {key: frame(one) for key, one in data.items()}
    return [frame(one) for one in data] if isinstance(data, list) else type(data).__name__


def mailed(one: Letter) -> tuple[list[str], int]:
    """The names of the headers that arrive, and how many lines."""
    sent = mail.form(one, "handoff@acme.example", ["qa@acme.example"], NOW).as_bytes()
    got = message_from_bytes(sent, policy=default)
    text = got.get_payload(decode=True)
    assert isinstance(text, bytes)
    return [*got.keys()], text.count(b"\n")


def on_github(text: str) -> None:
    for shown, plain in zip(github(text), usual(), strict=True):
        assert structure(shown) == plain
        assert re.search(r"@[^\W_]|(?:#|\bGH-)\d", re.sub(r"<!--.*?-->", "", shown)) is None
        assert not re.search(r"[\x00\x1b\u200f\u202e\u2066]", shown)


def in_channels(text: str) -> None:
    one, plain = a_letter(text), a_letter("x")
    said = slack.form(one, {})
    words = json.dumps(said, ensure_ascii=False)
    assert re.findall(r"<[^>]*>", words) == [words[words.rindex("<") : words.rindex(">") + 1]]
    assert [block["type"] for block in said["blocks"][1:]] == ["section", "section", "context"]
    assert said["link_names"] is said["unfurl_links"] is False
    assert frame(teams.form(one)) == frame(teams.form(plain))
    assert mailed(one) == mailed(plain)


@settings(CALM, max_examples=150)
@given(TEXTS)
def test_no_text_changes_the_form_of_what_we_say(text: str) -> None:
    on_github(text)
    in_channels(text)


@pytest.mark.long
@pytest.mark.timeout(14_400)
@settings(LONG, max_examples=5 * LONG.max_examples)
@given(TEXTS)
def test_no_text_changes_the_form_of_what_we_say_at_length(text: str) -> None:
    on_github(text)
    in_channels(text)
