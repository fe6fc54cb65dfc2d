"""No comment runs what its readers see as code, a quote or nothing at all.

What they see is asked of a whole Markdown parser, with which the scanner has nothing in common.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.model.command import CommandLine
from bot.readers.command_lines import read_commands
from tests.properties.test_streams import CALM, LONG

# What GitHub's own is made after.
MARKDOWN = MarkdownIt("commonmark")
_HIDDEN = re.compile(r"<!---?>|<!--.*?(?:-->|\Z)", re.DOTALL)
_COMMAND = re.compile(r"/handoff why c\d+")


def seen(body: str) -> set[str]:
    """The commands that stand as text outside quotes, code and hidden HTML."""
    return {one for part in _texts(MARKDOWN.parse(body)) for one in _COMMAND.findall(part)}


def _texts(tokens: list[Token]) -> Iterator[str]:
    quotes = 0
    for token in tokens:
        quotes += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if quotes:
            continue
        if token.type == "html_block":
            yield _HIDDEN.sub(" ", token.content)
        # Of inline HTML only a comment hides; a command in a tag is not what this is about.
        for child in token.children or ():
            hidden = child.type == "html_inline" and child.content.startswith("<!--")
            if child.type in {"text", "html_inline"} and not hidden:
                yield child.content


MARKS = [
    *(
        "```",
        "````",
        "~~~",
        "~~~~",
        "``` sh",
        "\n```\n",
        "\n  ```\n",
        "`",
        "``",
        "\\`",
        "\\",
        "    ",
        "\t",
        "  ",
    ),
    *("> ", ">", "- ", "* ", "1. ", "2) ", "-   ", "text", "a `b` c", "# ", "---", "<div>"),
    *("<!--", "-->", "<!-->", "<!--->", "--", "<details>", "</details>", "<pre>", "</pre>"),
    *('<b title="`">', "<https://x.example/`>", "[a](`)", "&#96;", "*", "</div>"),
]
LINE_ENDS = st.sampled_from(["\n", "\n", "\n", "\n\n", "\r\n", "\r", "\n \n", "\n   "])
PIECE = st.one_of(
    st.sampled_from(MARKS),
    st.sampled_from(MARKS),
    LINE_ENDS,
    LINE_ENDS,
    st.just("\n/handoff why c\n"),
    st.just("/handoff why c"),
)
BODIES = st.lists(PIECE, max_size=30).map("".join)


def numbered(body: str) -> str:
    """Each command has a number of its own."""
    first, *rest = body.split("/handoff why c")
    return first + "".join(f"/handoff why c{at}{one}" for at, one in enumerate(rest))


def shown(body: str) -> None:
    text = numbered(body)
    run = {one.text for one in read_commands(text) if isinstance(one, CommandLine)}

    # A line may go on with the next command; only what it begins with is run.
    assert {one for line in run for one in _COMMAND.findall(line)[:1]} <= seen(text)


@settings(CALM, max_examples=1_500)
@given(BODIES)
def test_only_what_readers_see_as_text_is_a_command(body: str) -> None:
    shown(body)


@pytest.mark.long
@pytest.mark.timeout(14_400)
@settings(LONG, max_examples=50 * LONG.max_examples)
@given(BODIES)
def test_only_what_readers_see_as_text_is_a_command_at_length(body: str) -> None:
    shown(body)
