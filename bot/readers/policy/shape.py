"""Kinds of single values: each reads itself, complains with a place, and describes itself as JSON
Schema."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from bot.model.problem import Problem, Severity, Where
from bot.readers.yaml_loader import Mapping, Node, Place, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

BAD: Any = object()
NAME = re.compile(r"^[a-z][a-z0-9-]{0,39}$")


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that must exist once everything is read; `kind`: area, role, component, item, rule.

    `acts`: a role that must hold somebody, because its word is needed.
    """

    kind: str
    name: str
    place: Place
    key: str
    acts: bool = False


@dataclass(slots=True)
class Context:
    """Where problems and references of one file are collected.

    `lenient`: names may come from a file that is not at hand, so an unknown one is a warning.
    `leaves`, `depth`: of the proofs met so far. `forms`: rule objects for an engine of its own to
    compile, as JSON, each with the place and key to complain at.
    """

    version: str
    lenient: bool = False
    problems: list[Problem] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    leaves: int = 0
    depth: int = 0
    forms: list[tuple[str, Place, str]] = field(default_factory=list)

    def say(
        self,
        place: Place,
        what: str,
        code: str,
        *,
        key: str = "",
        severity: Severity = Severity.ERROR,
    ) -> Any:
        """Note a problem; answers BAD, for the caller to return."""
        where = Where(file=place.file, line=place.line, column=place.column, key=key)
        self.problems.append(Problem(where=where, what=what, code=code, severity=severity))
        return BAD

    def warn(self, place: Place, what: str, code: str, *, key: str = "") -> None:
        """Note something that does not keep the file from being used."""
        self.say(place, what, code, key=key, severity=Severity.WARNING)

    @property
    def broken(self) -> bool:
        """Whether an error was noted."""
        return any(one.severity is Severity.ERROR for one in self.problems)


def nearest(word: str, words: Iterable[str]) -> str:
    """`; did you mean "x"?`, or nothing when no word is near."""
    near = get_close_matches(word, list(words), 1, 0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def shown(node: Node) -> str:
    """How a wrong value is called in a message."""
    if not isinstance(node, Scalar):
        return "a mapping" if isinstance(node, Mapping) else "a list"
    if isinstance(node.value, bool):
        return f"the word {node.text}"
    if isinstance(node.value, int):
        return f"the number {node.text}"
    return "nothing" if node.value is None else f'"{cut(node.text)}"'


def cut(text: str) -> str:
    """The text on one line, short enough for a message."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59] + "…"


class Kind(ABC):
    """One kind of value."""

    @abstractmethod
    def read(self, node: Node, context: Context, key: str) -> Any:
        """The value, or BAD after a problem was noted."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""


@dataclass(frozen=True)
class Text(Kind):
    """A text; `what` names it in messages."""

    what: str = "a text"
    pattern: str = ""
    limit: int = 500
    example: str = ""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The text."""
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            quote = f'; quote it: "{node.text}"' if isinstance(node, Scalar) and node.text else ""
            what = f"expected {self.what}, got {shown(node)}{quote}"
            return context.say(node.place, what, "E202", key=key)
        if not node.value.strip():
            what = f"expected {self.what}, got {shown(node)}"
            return context.say(node.place, what, "E205", key=key)
        if len(node.value) > self.limit:
            what = f"{self.what} has at most {self.limit} characters"
            return context.say(node.place, what, "E205", key=key)
        if self.pattern and not re.fullmatch(self.pattern, node.value):
            like = f" like {self.example}" if self.example else ""
            what = f"expected {self.what}{like}, got {shown(node)}"
            return context.say(node.place, what, "E205", key=key)
        return node.value

    def schema(self) -> dict[str, Any]:
        """A string."""
        out: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": self.limit}
        if self.pattern:
            out["pattern"] = f"^(?:{self.pattern})$"
        return out


@dataclass(frozen=True)
class Word(Kind):
    """One of some words, or of some numbers."""

    what: str
    words: tuple[str | int, ...]
    code: str = "E203"

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The word."""
        value = node.value if isinstance(node, Scalar) else None
        if value in self.words and not isinstance(value, bool):
            return value
        texts = [str(one) for one in self.words]
        near = nearest(node.text, texts) if isinstance(node, Scalar) else ""
        one_of = f"; one of {', '.join(texts)}" if len(texts) > 1 else f'; write "{texts[0]}"'
        what = f"{shown(node)} is not {self.what}{one_of}{near}"
        return context.say(node.place, what, self.code, key=key)

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"enum": list(self.words)}


@dataclass(frozen=True)
class Unheeded(Kind):
    """A word that this version cannot follow: refused, for one without effect would lie."""

    why: str

    def read(self, node: Node, context: Context, key: str) -> Any:
        """Always a problem."""
        return context.say(node.place, f'"{key}" has no effect: {self.why}', "E408", key=key)

    def schema(self) -> dict[str, Any]:
        """Nothing fits."""
        return {"not": {}}


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number within bounds."""

    low: int
    high: int

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The number."""
        value = node.value if isinstance(node, Scalar) else None
        if type(value) is int and self.low <= value <= self.high:
            return value
        what = f"expected a number from {self.low} to {self.high}, got {shown(node)}"
        return context.say(node.place, what, "E202", key=key)

    def schema(self) -> dict[str, Any]:
        """An integer."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Flag(Kind):
    """true or false."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The flag."""
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        what = f"expected true or false, got {shown(node)}"
        return context.say(node.place, what, "E202", key=key)

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}
