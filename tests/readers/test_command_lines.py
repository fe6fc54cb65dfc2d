"""Which lines of a comment are commands: whole lines, outside quotes, code and hidden text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.command import CommandLine, Misread
from bot.readers.command_lines import (
    COMMANDS_AT_MOST,
    LINE_AT_MOST,
    added_commands,
    may_command,
    read_commands,
)


def verbs(body: str) -> list[str]:
    """The verbs of the lines that are run, `!` for those that are not."""
    return [one.verb if isinstance(one, CommandLine) else "!" for one in read_commands(body)]


def only(body: str) -> CommandLine:
    (line,) = read_commands(body)
    assert isinstance(line, CommandLine)
    return line


@pytest.mark.parametrize(
    ("body", "verb"),
    [
        ("/handoff", ""),
        ("/handoff:", ""),
        ("/handoff status", "status"),
        ("   /HandOff: Status please", "status"),
        ("/handoff status.", "status"),
        ("/handoff Status!", "status"),
        ("/handoff status:", "status"),
        ("/handoff\u00a0help", "help"),
        ("/handoff\u202fhelp", "help"),
        ("/handoff\thelp", "help"),
        ("/handoff na docs", "n/a"),
        ("Thanks.\r\n/handoff why docs\r\nBye.", "why"),
        ("Thanks.\r/handoff why docs\rBye.", "why"),
        ("Some words, and then\n/handoff recheck", "recheck"),
        ("- a list\n/handoff recheck", "recheck"),
        ("<!-- a note -->\n/handoff recheck", "recheck"),
        ("<!--> /handoff status\n/handoff recheck", "recheck"),
        ("`<!--` opens a comment\n/handoff recheck", "recheck"),
        ("`code`\n/handoff recheck\n`more`", "recheck"),
        ("``` not `closed` as a fence\n/handoff recheck", "recheck"),
        ("a ``` b\n/handoff recheck", "recheck"),
        ("</details>\n/handoff recheck", "recheck"),
        ("<details>\n</details>\n\n/handoff recheck", "recheck"),
        ("> quoted\n\n/handoff recheck", "recheck"),
        ("> quoted\n \t\n/handoff recheck", "recheck"),
        ("> quoted\n```\ncode\n```\n/handoff recheck", "recheck"),
        ("> <!-- in a quote\n\n/handoff recheck", "recheck"),
        ("```\ncode\n```\n/handoff recheck", "recheck"),
        ("```\n> quoted\n```\n/handoff recheck", "recheck"),
        ("~~~ ` info\n/handoff ready\n~~~\n/handoff recheck", "recheck"),
        ("- ```\n  code\n\n/handoff recheck", "recheck"),
        ("- ```\n  code\n  ```\n/handoff recheck", "recheck"),
        ("- a\n\n  ```\n  code\n  ```\n\n/handoff recheck", "recheck"),
        ("<!--\n```\ncode\n```\n-->\n/handoff recheck", "recheck"),
        ("<details>\n\n```\ncode\n```\n\n</details>\n\n/handoff recheck", "recheck"),
        ("see `List<T>` and a < b\n/handoff recheck", "recheck"),
        ("Fixed in \\`a\\`.\n\n/handoff recheck", "recheck"),
        ("1. a\n2. ```\n   code\n   ```\n\n/handoff recheck", "recheck"),
        ("2) ```\n   code\n   ```\n\n/handoff recheck", "recheck"),
        ("<b>see</b>\n\n```\n/handoff ready\n```\n\n/handoff recheck", "recheck"),
        ("# Done `now`\n/handoff recheck", "recheck"),
        ("<b>Done</b>\n\n/handoff recheck", "recheck"),
    ],
)
def test_a_whole_line_is_a_command(body: str, verb: str) -> None:
    assert verbs(body) == [verb]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no command here",
        "    /handoff ready",
        "\t/handoff ready",
        "`/handoff ready`",
        "<!-- /handoff ready -->",
        "please /handoff ready",
        "/handoffs ready",
        "/handoff-ready",
        "/handoff:ready",
        "/ handoff ready",
        "- /handoff ready",
        "1. /handoff ready",
        "> /handoff ready",
        ">> /handoff ready",
        "   > /handoff ready",
        "```\n/handoff ready\n```",
        "```sh\n/handoff ready\n",
        "~~~\n/handoff ready\n```\n/handoff ready",
        "```\n/handoff ready\n~~~\n/handoff ready\n```",
        "````\n```\n/handoff ready\n````",
        "```\ncode\n``` not closed\n/handoff ready",
        "```\n    ```\n/handoff ready",
        "- ```\n  /handoff ready\n  ```",
        "1. ~~~\n   /handoff ready\n   ~~~",
        "<!--\n/handoff ready\n-->",
        "<!-- a --> <!-- b\n/handoff ready",
        "text <!-- hidden\n/handoff ready\n-->",
        "<details>\n/handoff ready\n</details>",
        "<DETAILS open>\n\n/handoff ready\n\n</DETAILS>",
        "<details>\n<details>\n</details>\n\n/handoff ready\n</details>",
        "<pre>\n/handoff ready\n</pre>",
        "<pre>\n<!--\n/handoff ready",
        "<pre>\n```\n/handoff ready\n</pre>",
        "`a\n/handoff ready\nb`",
        "one ``span\n/handoff ready\n`` and text",
        "\u2028/handoff ready",
        "x\f/handoff ready",
        # Backticks that are escaped, or in a tag, an address or another block, open no code.
        "\\` `\n/handoff ready\n`",
        "\\``\n/handoff ready\n`",
        '<b title="`">`\n/handoff ready\n`',
        "<https://x.example/`>`\n/handoff ready\n`",
        "[a](`)`\n/handoff ready\n`",
        "\\[a](`) \\``\n/handoff ready\n`",
        "# a `\nb `\n/handoff ready\n`",
        "- `\n- `\n/handoff ready\n`",
        "- `\n- `\n/handoff ready\n- `\n- `\n/handoff ready\n`",
        # What looks like the end of a fence begins another, or hides nothing.
        "~~~\n\t~~~\n/handoff ready",
        "- a\n\n  ```\n  code\n```\n/handoff ready",
        "1. a\n\n   ```\n   code\n  ```\n\n/handoff ready",
        "* - ```\n  ```\n\n```\n\n/handoff ready",
        "a\n2) ```\n   <!--\n/handoff ready",
        "a\n2) ```\n/handoff ready\nb ```",
        "<details>\n```\nlog\n\nmore\n```\n</details>\n\n/handoff ready",
        "<div>\n```\nlog\n\nmore\n```\n/handoff ready",
        "- <!--\n``` -->\n/handoff ready",
        "- <pre>\n```</pre>\n/handoff ready",
        "\t<pre>\n<!--</pre>\n/handoff ready",
        "<!--\n``` a <!-->\n  ```\n-->\n/handoff ready",
        "``<!--\n/handoff ready<!-->\n\n``",
        "<div>`<!--`\n/handoff ready",
        '<b title="`"><!--[a](`)\n/handoff ready',
    ],
)
def test_anything_else_is_text(body: str) -> None:
    assert read_commands(body) == ()


def test_the_inner_fence_is_code_and_the_line_after_the_outer_one_is_read() -> None:
    body = "````\n```\n/handoff ready\n````\n/handoff ack"

    assert verbs(body) == ["ack"]


@pytest.mark.parametrize(
    "body",
    [
        "> quoted\n/handoff ready",
        "> quoted\ngoes on\n/handoff ready",
        "- > quoted\n/handoff ready",
        ">\n/handoff ready",
        "- ```\n  code\n> quoted\n/handoff ready",
        "*  a\n\n    > quoted\n/handoff ready",
    ],
)
def test_a_line_right_under_a_quote_is_not_run(body: str) -> None:
    (line,) = read_commands(body)

    assert isinstance(line, Misread)
    assert line.what == "it is part of the quote above it; leave an empty line above"


@pytest.mark.parametrize(
    ("line", "words", "reason"),
    [
        ("/handoff why docs", ("docs",), None),
        ("/handoff attest 12, api", ("12", "api"), None),
        ("/handoff attest log migr", ("log", "migr"), None),
        ("/handoff , status", (), None),
        ("/handoff waiv docs because built elsewhere", ("docs",), "built elsewhere"),
        ("/handoff waive docs -- the site", ("docs",), "the site"),
        ("/handoff waive docs — the site, PR 77", ("docs",), "the site, PR 77"),
        ("/handoff waive docs – the site", ("docs",), "the site"),
        ("/handoff waive docs BECAUSE  x because y ", ("docs",), "x because y"),
        ("/handoff waive docs because", ("docs",), ""),
        ("/handoff waive docs--x", ("docs--x",), None),
        ("/handoff waive docs becauseof", ("docs", "becauseof"), None),
        ("/handoff because x", (), "x"),
        ("/handoff conventions at 4f2c1ab", ("at", "4f2c1ab"), None),
    ],
)
def test_words_end_where_the_reason_begins(
    line: str, words: tuple[str, ...], reason: str | None
) -> None:
    read = only(line)

    assert (read.words, read.reason) == (words, reason)


def test_a_line_keeps_its_text_and_number() -> None:
    line = only("Hello\n\n\n  /HANDOFF Why Docs \nBye")

    assert line == CommandLine(number=4, text="/HANDOFF Why Docs", verb="why", words=("Docs",))


def test_the_eleventh_command_is_not_run_and_says_so() -> None:
    found = read_commands("/handoff status\n" * 20)

    assert len(found) == COMMANDS_AT_MOST + 1
    assert found[-1] == Misread(
        number=11,
        text="/handoff status",
        what="a comment may hold 10 commands; this one and later were not run",
    )


def test_lines_under_a_quote_count_as_well() -> None:
    assert len(read_commands("> a\n" + "/handoff status\n" * 50)) == COMMANDS_AT_MOST + 1


def test_a_line_over_the_limit_is_refused_and_never_cut() -> None:
    (just, over) = read_commands(
        "/handoff why " + "x" * (LINE_AT_MOST - 13) + "\n\n/handoff why " + "x" * LINE_AT_MOST
    )

    assert isinstance(just, CommandLine)
    assert isinstance(over, Misread)
    assert over.what == "a command has at most 1000 characters"
    assert len(over.text) == 81


def test_only_what_an_edit_adds_is_read() -> None:
    before = "/handoff status\n/handoff why docs"
    after = "/handoff why docs\n/handoff status\n/handoff recheck\n/handoff status"

    assert [one.text for one in added_commands(before, after)] == [
        "/handoff recheck",
        "/handoff status",
    ]


def test_a_comment_without_the_word_is_not_worth_reading() -> None:
    assert (may_command("hand off"), may_command("/HANDOFF")) == (False, True)


# ── hostile comments ──────────────────────────────────────────────────────────────────────────

SIZE = 65_536
SLOW = {
    "empty lines": "\n",
    "old line ends": "\r",
    "short lines": "a\n",
    "blank lines": "   \n",
    "quotes": ">\n",
    "fences": "```\n",
    "fences of both kinds": "```\n~~~\n",
    "fences that grow": "```\n````\n",
    "fences in lists": "- ```\n",
    "fences in a long line": "```a",
    "comments": "<!--\n",
    "comments in a long line": "<!-- -->",
    "nested blocks": "<details>\n",
    "backticks": "`a\n",
    "backticks of two lengths": "`\n``\n",
    "commands in code": "`a\n/handoff\nb`\n",
    "commands in one long line": "/handoff ",
    "indented commands": "    /handoff\n",
    "reasons": "/handoff because because ",
    "list markers": "- - - - - - ",
    "blocks in blocks": "<!--\n  ```\n-->\n<b>\n  ```\n\n`a\n/handoff x\nb`\n",
}


@pytest.mark.parametrize("piece", SLOW.values(), ids=SLOW.keys())
def test_a_comment_made_to_be_slow_is_read_to_its_end_or_given_up(piece: str) -> None:
    end = "\n\n/handoff status"
    body = piece * ((SIZE - len(end)) // len(piece)) + end

    found = read_commands(body)

    # What stands in code or in an open block is nobody's command.
    assert found == () or "status" in found[-1].text or isinstance(found[-1], Misread)


@pytest.mark.parametrize("mark", ["```a", "<!-- -->", "/handoff "])
def test_a_comment_of_nothing_but_marks_is_given_up_and_says_so(mark: str) -> None:
    found = read_commands(mark * 3_000 + "\n\n/handoff status")

    assert [type(one) for one in found[-1:]] == [Misread]
    assert "is not read further" in str(found[-1])


@pytest.mark.parametrize(
    "body",
    [
        "`a\n" * 2_500 + "/handoff status",
        "`\n" + "# a\n" * 15_000 + "/handoff status",
        "<!--x-->\n ```\n ```\n<p>\n\n# a\n/handoff why\n`\n"
        + "\\a" * 30_000
        + "\n/handoff status",
    ],
)
def test_where_looking_for_code_takes_too_long_it_is_said(body: str) -> None:
    last = read_commands(body)[-1]

    assert isinstance(last, Misread)
    assert last.what.endswith("is not read further")


def test_a_long_paragraph_without_code_is_read() -> None:
    assert verbs("# a\nb > c\n" * 6_000 + "/handoff status") == ["status"]


PIECES = st.sampled_from(
    [
        *("\n", "\n\n", "```", "````", "~~~", "`", "> ", "- ", "1. ", "   ", "\t", "text"),
        *("<!--", "-->", "<details>", "</details>", "<pre>", "</pre>"),
        *("/handoff status", "\n/handoff why docs\n"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_every_command_that_is_read_is_a_whole_line_of_the_comment(body: str) -> None:
    lines = body.split("\n")

    for one in read_commands(body):
        assert lines[one.number - 1].strip() == one.text
        assert one.text.startswith("/handoff")


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_a_closed_fence_around_a_comment_hides_all_of_it(body: str) -> None:
    fence = "`" * 40

    assert read_commands(f"{fence}\n{body}\n{fence}") == ()


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    for one in read_commands(text + "\n\n/handoff " + text):
        assert isinstance(one, CommandLine | Misread)
