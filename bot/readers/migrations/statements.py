"""SQL text as statements of tokens, in any of the usual dialects."""

from __future__ import annotations

import re
from typing import NamedTuple

_BLOCKS = frozenset({"TRIGGER", "FUNCTION", "PROCEDURE", "EVENT", "PACKAGE"})
# SQL Server needs no `;`: at the start of a line these begin a statement, save in what keeps lists
# of tables and in what runs by conditions that are not read.
_ON_TABLES = frozenset({"ALTER", "CREATE", "DROP", "TRUNCATE"})
_KEEPS_LISTS = frozenset({"PUBLICATION", "EXTENSION"})
_CONDITIONS = frozenset({"IF", "WHILE", "DECLARE"})
_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*|(?<![^\n])\#[^\n]*)
    | (?P<dollar>\$(?:[A-Za-z_]\w*)?\$)
    | (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*"|`[^`]*`)
    | (?P<word>(?:\#{1,2}(?=[A-Za-z_]))?[A-Za-z_\u0080-\U0010ffff@$][\w$@\#]*)
    | (?P<number>\d[\w.]*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


class Unreadable(ValueError):
    """Text that cannot be split into statements."""


class Token(NamedTuple):
    """A piece of a statement; `word`: in upper case, "" for all that is no bare word.

    `named`: it can be the name of something.
    """

    text: str
    word: str
    line: int
    named: bool = False


def statements_of(text: str, first_line: int) -> list[list[Token]]:
    """The statements of the text without their ends; raises Unreadable."""
    done: list[list[Token]] = []
    now: list[Token] = []
    depth = 0
    tokens = _tokens(text, first_line)
    for at, token in enumerate(tokens):
        if token.word == "DELIMITER" and not now:
            raise Unreadable("it changes the end of statements by DELIMITER")
        if _in_block(now):
            following = tokens[at + 1].word if at + 1 < len(tokens) else ""
            depth += _block_step(token.word, following)
        alone = token.word == "GO" and (not now or now[-1].line != token.line)
        if alone or (token.text == ";" and depth <= 0):
            done.append(now)
            now, depth = [], 0
        else:
            now.append(token)
    return [part for one in (*done, now) if one for part in _parts(one)]


def _parts(statement: list[Token]) -> list[list[Token]]:
    """The statements that stand in one without an end between them."""
    second = statement[1].word if len(statement) > 1 else ""
    if _in_block(statement) or second in _KEEPS_LISTS or statement[0].word in _CONDITIONS:
        return [statement]
    cuts, depth = [0], 0
    for at in range(1, len(statement) - 1):
        token, following = statement[at], statement[at + 1].word
        depth += (token.text == "(") - (token.text == ")")
        begins = token.word == "EXEC" or (token.word in _ON_TABLES and following == "TABLE")
        if begins and depth == 0 and statement[at - 1].line != token.line:
            cuts.append(at)
    return [statement[cut:end] for cut, end in zip(cuts, [*cuts[1:], None], strict=True)]


def _block_step(word: str, following: str) -> int:
    if word == "END":
        return 0 if following in {"IF", "LOOP", "WHILE", "REPEAT", "FOR"} else -1
    return int(word in {"BEGIN", "CASE"} and following != "")


def _in_block(now: list[Token]) -> bool:
    kind = {"CREATE": now[:8], "ALTER": now[1:2]}.get(now[0].word, ()) if now else ()
    return any(one.word in _BLOCKS for one in kind)


def _tokens(text: str, first_line: int) -> list[Token]:
    found: list[Token] = []
    at, line = 0, first_line
    while at < len(text):
        if text.startswith("/*", at):
            end = _comment_end(text, at)
            line, at = line + text.count("\n", at, end), end
            continue
        match = _TOKEN.match(text, at)
        assert match is not None  # noqa: S101  the last choice takes anything
        kind, piece, end = match.lastgroup, match.group(), match.end()
        if kind == "dollar":
            closing = text.find(piece, end)
            if closing < 0:
                raise Unreadable(f"the text quoted by {piece} never ends")
            end = closing + len(piece)
            found.append(Token("''", "", line))
        elif kind == "other" and piece in "'\"`":
            raise Unreadable("a quoted text never ends")
        elif kind == "other" and piece == "\\" and (not found or found[-1].line != line):
            end = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif kind not in {"space", "comment"}:
            _add(found, kind or "", piece, line)
        line, at = line + text.count("\n", at, end), end
    return found


def _add(found: list[Token], kind: str, piece: str, line: int) -> None:
    if kind in {"string", "escaped"}:
        found.append(Token("''", "", line))
    elif kind == "quoted":
        found.append(Token(piece[1:-1], "", line, named=True))
    elif piece not in {"[", "]"}:
        # Square brackets quote a name in one dialect and say "array" in another: neither matters.
        word = piece.upper() if kind == "word" else ""
        found.append(Token(piece, word, line, named=bool(word)))


def _comment_end(text: str, start: int) -> int:
    depth, at = 1, start + 2
    while depth:
        opening, closing = text.find("/*", at), text.find("*/", at)
        if closing < 0:
            raise Unreadable("a comment never ends")
        if 0 <= opening < closing:
            depth, at = depth + 1, opening + 2
        else:
            depth, at = depth - 1, closing + 2
    return at
