"""Ruby text as tokens, as far as a migration needs: comments out, strings whole, blocks paired."""

from __future__ import annotations

import re
from typing import NamedTuple

# Words that end with `end`; the last five do only where a statement begins.
_ALWAYS_OPEN = frozenset({"def", "class", "module", "begin", "case", "do"})
_MAY_OPEN = frozenset({"if", "unless", "while", "until", "for"})
_BEFORE_STATEMENT = frozenset({"then", "else", "do", "begin", "ensure", "and", "or", "not"})
_ENDS_VALUE = frozenset({")", "]", "}"})
_HEREDOC = re.compile(r"<<([~-]?)(['\"`]?)([A-Za-z_]\w*)\2")
_PIECE = re.compile(
    r"""
      (?P<space>[ \t\r]+|\\\n)
    | (?P<comment>\#[^\n]*)
    | (?P<label>[A-Za-z_]\w*[?!]?:(?!:)|"(?:[^"\\\n]|\\.)*":(?!:))
    | (?P<symbol>:(?:[A-Za-z_]\w*[?!=]?|"(?:[^"\\]|\\.)*"))
    | (?P<word>@{0,2}[A-Za-z_]\w*[?!]?)
    | (?P<number>\d[\w.]*)
    | (?P<string>'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)
    | (?P<mark>::|&\.|->|=>|&&|\|\||==|!=|<=>|<<|>>|<=|>=|.|\n)
    """,
    re.VERBOSE | re.DOTALL,
)
_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}


class NotRuby(ValueError):
    """Text that does not pair its blocks or never ends a string."""


class Token(NamedTuple):
    """`kind`: word, label, symbol, string, number, mark, line (its end)."""

    kind: str
    text: str
    line: int


def tokens_of(text: str) -> list[Token]:
    """The tokens in their order; raises NotRuby."""
    return _Scanner(text).all()


class _Scanner:
    def __init__(self, text: str) -> None:
        whole = re.MULTILINE | re.DOTALL
        self.text = re.sub(r"^=begin\b.*?^=end\b[^\n]*", _blank, text, flags=whole)
        self.text = re.split(r"^__END__$", self.text, maxsplit=1, flags=re.MULTILINE)[0]
        self.at = 0
        self.line = 1
        self.found: list[Token] = []
        self.waiting: list[tuple[str, int]] = []

    def all(self) -> list[Token]:
        while self.at < len(self.text):
            self._next()
        if self.waiting:
            raise NotRuby("a text block never ends")
        return self.found

    def _next(self) -> None:
        start = self.at
        char = self.text[start]
        heredoc = _HEREDOC.match(self.text, start) if char == "<" else None
        if heredoc is not None and self._value_may_start(strict=not heredoc.group(1)):
            self.waiting.append((heredoc.group(3), len(self.found)))
            self._put("string", "", heredoc.end())
        elif char == '"' and not _label_at(self.text, start):
            self._put("string", *self._quoted(start + 1, '"'))
        elif char == "%" and self._value_may_start(strict=True) and self._percent():
            return
        elif char == "/" and self._value_may_start(strict=True):
            self._put("string", *self._quoted(start + 1, "/"))
        else:
            self._piece()

    def _piece(self) -> None:
        match = _PIECE.match(self.text, self.at)
        assert match is not None  # noqa: S101  the last choice takes anything
        kind, piece = match.lastgroup or "", match.group()
        if piece == "\n":
            self.found.append(Token("line", piece, self.line))
            self.line += 1
            self.at = match.end()
            self._heredocs()
        elif piece in {"'", "`"}:
            raise NotRuby("a string never ends")
        elif kind in {"space", "comment"}:
            self.line += piece.count("\n")
            self.at = match.end()
        else:
            self._put(kind, piece[1:-1] if kind == "string" else piece, match.end())

    def _put(self, kind: str, text: str, end: int) -> None:
        self.found.append(Token(kind, text, self.line))
        self.line += self.text.count("\n", self.at, end)
        self.at = end

    def _quoted(self, start: int, closing: str, opening: str = "") -> tuple[str, int]:
        """The text up to the closing mark and where it ends; what is inserted may hold others."""
        at, depth, inserted = start, 0, 0
        while at < len(self.text):
            char = self.text[at]
            if char == "\\":
                at += 2
                continue
            if self.text.startswith("#{", at):
                inserted += 1
                at += 2
                continue
            if inserted:
                inserted += (char == "{") - (char == "}")
            elif char == opening:
                depth += 1
            elif char == closing and depth == 0:
                return self.text[start:at], at + 1
            elif char == closing:
                depth -= 1
            at += 1
        raise NotRuby("a string never ends")

    def _percent(self) -> bool:
        match = re.compile(r"%[wWiIqQr]?([^\w\s])").match(self.text, self.at)
        if match is None:
            return False
        opening = match.group(1)
        closing = _CLOSING.get(opening, opening)
        nested = opening if opening in _CLOSING else ""
        self._put("string", *self._quoted(match.end(), closing, nested))
        return True

    def _heredocs(self) -> None:
        for name, place in self.waiting:
            end = re.compile(rf"^[ \t]*{name}[ \t\r]*$", re.MULTILINE).search(self.text, self.at)
            if end is None:
                raise NotRuby("a text block never ends")
            body = self.text[self.at : end.start()]
            self.found[place] = Token("string", body, self.line)
            self.line += body.count("\n")
            self.at = end.end()
        self.waiting = []

    def _value_may_start(self, *, strict: bool) -> bool:
        """Whether a value comes next rather than an operator."""
        if not self.found:
            return True
        last = self.found[-1]
        if last.kind == "mark":
            return last.text not in _ENDS_VALUE
        if last.kind in {"line", "label"}:
            return True
        spaced = self.at > 0 and self.text[self.at - 1] in " \t"
        after = self.text[self.at + 1 : self.at + 2]
        return last.kind == "word" and spaced and (not strict or not after.isspace())


def _blank(match: re.Match[str]) -> str:
    return "\n" * match.group().count("\n")


def _label_at(text: str, start: int) -> bool:
    match = _PIECE.match(text, start)
    return match is not None and match.lastgroup == "label"


def opens(tokens: list[Token], at: int) -> bool:
    """Whether the token begins a block that `end` ends."""
    token = tokens[at]
    before = tokens[at - 1] if at else Token("line", "\n", 0)
    called = before.kind == "mark" and before.text in {".", "&."}
    if token.kind != "word" or called:
        return False
    if token.text == "do":
        return not _loop_on_line(tokens, at)
    if token.text == "def":
        return not _is_endless(tokens, at)
    if token.text in _ALWAYS_OPEN:
        return True
    return token.text in _MAY_OPEN and begins_statement(before)


def begins_statement(before: Token) -> bool:
    """Whether what follows this token stands where a statement or a value begins."""
    if before.kind == "mark":
        return before.text not in _ENDS_VALUE | {".", "&.", "::"}
    return before.kind in {"line", "label"} or (
        before.kind == "word" and before.text in _BEFORE_STATEMENT
    )


def _loop_on_line(tokens: list[Token], at: int) -> bool:
    """`while x do` has one `end`, not two."""
    while at and tokens[at - 1].kind != "line":
        at -= 1
        token = tokens[at]
        if token.kind == "word" and token.text in {"while", "until", "for"}:
            return at == 0 or begins_statement(tokens[at - 1])
        if token.kind == "word" and token.text == "do":
            return False
    return False


def _is_endless(tokens: list[Token], at: int) -> bool:
    """`def name = value`, with or without arguments in parentheses."""
    depth = 0
    for token in tokens[at + 1 :]:
        if token.kind == "line" and depth == 0:
            return False
        depth += (token.text in {"(", "["}) - (token.text in {")", "]"})
        if token.kind == "mark" and token.text == "=" and depth == 0:
            return True
        if token.text == ";":
            return False
    return False


def block_end(tokens: list[Token], start: int) -> int:
    """Where the `end` of the block stands that the token at `start` opens; raises NotRuby."""
    depth = 0
    for at in range(start, len(tokens)):
        if opens(tokens, at):
            depth += 1
        elif tokens[at].kind == "word" and tokens[at].text == "end":
            if at and tokens[at - 1].text in {".", "&."}:
                continue
            depth -= 1
            if depth == 0:
                return at
    raise NotRuby("a block never ends")
