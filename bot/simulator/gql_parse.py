"""Reads GraphQL documents: operations, fragments, arguments, variables, directives."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

_TOKEN = re.compile(
    r'(?P<skip>[\s,\ufeff]+|\#[^\n]*)|(?P<block>"""(?:[^"\\]|\\.|"(?!""))*""")'
    r'|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)'
    r"|(?P<name>[A-Za-z_]\w*)|(?P<mark>\.\.\.|[!$&():=@\[\]{}|])",
    re.DOTALL,
)


class BadDocument(ValueError):
    """The text is not GraphQL."""


@dataclass(frozen=True, slots=True)
class Var:
    """A variable where a value stands."""

    name: str


Args: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field with its alias, arguments, directives and what is asked of it."""

    name: str
    key: str
    args: Args
    directives: Mapping[str, Args]
    inside: tuple[Selection, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """An inline fragment, or with `spread` the name of one defined elsewhere."""

    on: str | None
    directives: Mapping[str, Args]
    inside: tuple[Selection, ...] = ()
    spread: str | None = None


Selection: TypeAlias = Field | Fragment


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A declared variable; `default` is only used when there is one."""

    name: str
    type: str
    has_default: bool
    default: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A query or mutation."""

    kind: str
    name: str | None
    variables: tuple[Variable, ...]
    inside: tuple[Selection, ...]


@dataclass(slots=True)
class Document:
    """All operations and fragments of a text."""

    operations: list[Operation] = field(default_factory=list)
    fragments: dict[str, Fragment] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    out: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadDocument(f'Parse error on "{text[at]}" (error) at position {at}')
        if match.lastgroup != "skip":
            out.append(_Token(match.lastgroup or "", match.group(), at))
        at = match.end()
    return out


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0

    def _peek(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _next(self) -> _Token:
        if self._at >= len(self._tokens):
            raise BadDocument("Parse error: unexpected end of file")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, text: str) -> None:
        token = self._next()
        if token.text != text:
            raise BadDocument(f'Parse error on "{token.text}", expecting "{text}"')

    def _take(self, text: str) -> bool:
        if self._peek() == text:
            self._at += 1
            return True
        return False

    def _name(self) -> str:
        token = self._next()
        if token.kind != "name":
            raise BadDocument(f'Parse error on "{token.text}", expecting a name')
        return token.text

    def document(self) -> Document:
        """The whole text."""
        found = Document()
        while self._peek():
            if self._peek() == "{":
                found.operations.append(
                    Operation(kind="query", name=None, variables=(), inside=self._inside())
                )
            elif self._take("fragment"):
                name = self._name()
                self._expect("on")
                on, directives = self._name(), self._directives()
                found.fragments[name] = Fragment(
                    on=on, directives=directives, inside=self._inside()
                )
            else:
                found.operations.append(self._operation())
        return found

    def _operation(self) -> Operation:
        kind = self._name()
        if kind not in ("query", "mutation"):
            raise BadDocument(f'Parse error on "{kind}", expecting query or mutation')
        name = self._name() if self._peek() not in ("(", "{", "@") else None
        variables = []
        if self._take("("):
            while not self._take(")"):
                variables.append(self._variable())
        self._directives()
        return Operation(kind=kind, name=name, variables=tuple(variables), inside=self._inside())

    def _variable(self) -> Variable:
        self._expect("$")
        name = self._name()
        self._expect(":")
        kind = self._type()
        has_default = self._take("=")
        default = self._value() if has_default else None
        self._directives()
        return Variable(name=name, type=kind, has_default=has_default, default=default)

    def _type(self) -> str:
        if self._take("["):
            inner = self._type()
            self._expect("]")
            text = f"[{inner}]"
        else:
            text = self._name()
        return text + ("!" if self._take("!") else "")

    def _inside(self) -> tuple[Selection, ...]:
        self._expect("{")
        found: list[Selection] = []
        while not self._take("}"):
            found.append(self._fragment() if self._take("...") else self._field())
        if not found:
            raise BadDocument('Parse error on "}", expecting a field')
        return tuple(found)

    def _fragment(self) -> Fragment:
        if self._peek() not in ("on", "@", "{"):
            return Fragment(on=None, spread=self._name(), directives=self._directives())
        on = self._name() if self._take("on") else None
        directives = self._directives()
        return Fragment(on=on, directives=directives, inside=self._inside())

    def _field(self) -> Field:
        start = self._tokens[self._at].at if self._at < len(self._tokens) else 0
        key = name = self._name()
        if self._take(":"):
            name = self._name()
        args = self._args()
        directives = self._directives()
        return Field(
            name=name,
            key=key,
            args=args,
            directives=directives,
            inside=self._inside() if self._peek() == "{" else (),
            line=self._text.count("\n", 0, start) + 1,
            column=start - self._text.rfind("\n", 0, start),
        )

    def _args(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self._take("("):
            while not self._take(")"):
                name = self._name()
                self._expect(":")
                found[name] = self._value()
        return found

    def _directives(self) -> dict[str, Args]:
        found: dict[str, Args] = {}
        while self._take("@"):
            name = self._name()
            found[name] = self._args()
        return found

    def _value(self) -> Any:
        token = self._next()
        if token.text == "$":
            return Var(self._name())
        if token.text == "[":
            items = []
            while not self._take("]"):
                items.append(self._value())
            return items
        if token.text == "{":
            self._at -= 1
            return self._object()
        return _scalar(token)

    def _object(self) -> dict[str, Any]:
        self._expect("{")
        found: dict[str, Any] = {}
        while not self._take("}"):
            name = self._name()
            self._expect(":")
            found[name] = self._value()
        return found


def _scalar(token: _Token) -> Any:
    if token.kind == "block":
        return token.text[3:-3].replace('\\"""', '"""').strip()
    if token.kind in ("string", "number"):
        return json.loads(token.text)
    if token.kind != "name":
        raise BadDocument(f'Parse error on "{token.text}", expecting a value')
    return {"true": True, "false": False, "null": None}.get(token.text, token.text)


def parse(text: str) -> Document:
    """The document of a text. Raises BadDocument."""
    return _Parser(text).document()
