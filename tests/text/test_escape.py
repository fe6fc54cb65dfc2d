"""Text of others is shown as it is: no markup, no mention, no reference survives."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.text.escape import code, inert, plain
from bot.text.terminal import Screen, visible

NASTY = st.text(
    st.sampled_from("@#aZ19 .:/\\`*_{}[]()+!|~=-<>&;\n\r\t\u2028\u202e\u2066\x00\x1b\u200b\u00e9"),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;"),
        ("a & b", "a &amp; b"),
        ("&#64;ana", "&amp;\\#\u200b64;ana"),
        ("@ana and @acme/all", "@\u200bana and @\u200bacme/all"),
        ("ana@acme.example", "ana@\u200bacme.example"),
        ("acme/x#12, gh-7", "acme/x\\#\u200b12, gh\\-\u200b7"),
        ("*a* _b_ ~c~ `d`", "\\*a\\* \\_b\\_ \\~c\\~ \\`d\\`"),
        ("[a](b) ![c](d)", "\\[a\\]\\(b\\) \\!\\[c\\]\\(d\\)"),
        ("a | b", "a \\| b"),
        ("# head", "\\# head"),
        ("- item", "\\- item"),
        ("+ item", "\\+ item"),
        ("1. item", "1\\. item"),
        ("12) item", "12\\) item"),
        ("version 1.2", "version 1.2"),
        ("> quote", "&gt; quote"),
        ("=== ---", "\\=\\=\\= \\-\\-\\-"),
        ("<!-- a -->", "&lt;\\!\\-\\- a \\-\\-&gt;"),
        ("one\ntwo\r\nthree\u2028four", "one two three four"),
        ("tab\tand  blanks", "tab and blanks"),
        ("\u202eevil\u2066 \x1b[31mred\x00", "evil \\[31mred"),
        ("see https://evil.example/a_b now", "see `https://evil.example/a_b` now"),
        ("www.evil.example", "`www.evil.example`"),
        ("at https://x/a; or www.b.c.", "at `https://x/a`; or `www.b.c`."),
        ("https://ana@evil.example/#1", "`https://ana@\u200bevil.example/#\u200b1`"),
        ("https://x/`|y", "`https://x/'\\|y`"),
        ("", ""),
    ],
)
def test_a_persons_text_becomes_markdown_that_shows_it(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a.py:3", "`a.py:3`"),
        ("a`b", "`a'b`"),
        ("a|b", "`a\\|b`"),
        ("@ana #1", "`@\u200bana #\u200b1`"),
        ("a\nb", "`a b`"),
        ("\x1b", ""),
    ],
)
def test_a_code_span_is_never_left(text: str, shown: str) -> None:
    assert code(text) == shown


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    assert plain("x" * 65_536) == "x" * 199 + "…"
    assert len(inert("y" * 65_536, 500)) == 500


@given(NASTY)
@example("1\u200b. a")
@example("\u202e# x")
def test_no_markup_survives_outside_a_code_span(text: str) -> None:
    shown = re.sub(r"(?<!\\)`[^`]*`", "", plain(text))

    assert re.search(r"[<>\n\r\u202e\u2066\x00\x1b]", shown) is None
    assert re.search(r"(?<!\\)(?:\\\\)*[`*_{}\[\]()#+!|~=-]", re.sub(r"\\.", "", shown)) is None
    assert re.match(r"\d+[.)] ", shown) is None


@given(st.one_of(NASTY, st.text(max_size=500)))
def test_nobody_is_mentioned_and_nothing_is_referred_to(text: str) -> None:
    for shown in (plain(text, 500), code(text, 500), inert(text, 500)):
        assert re.search(r"@\w|(?:#|GH-)\d", shown) is None
        assert "\n" not in shown


@given(st.text(max_size=200))
def test_a_terminal_is_never_told_what_to_do(text: str) -> None:
    assert visible(text).isprintable()
    assert Screen(utf8=False).symbols(visible(text)).isascii()


def test_a_terminal_shows_what_it_does_not_obey() -> None:
    assert visible("a\x1b[31m\u202eb\n") == "a\\x1b[31m\\x202eb\\x0a"
