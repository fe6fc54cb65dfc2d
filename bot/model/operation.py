"""What one version of an API contract promises of each operation, without comparing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

NAMELESS = "?"


class Input(NamedTuple):
    """Something that a client sends: `Item.tags[]` of a named schema, else `POST /a limit`.

    `loose`: array, string or integer where nothing bounds it, else empty. `line`: 0 where unknown.
    `bounds`: `minimum 1, maximum 9`.
    """

    name: str
    loose: str
    line: int
    bounds: str = ""


class Exposed(NamedTuple):
    """A text that is answered under a secret's name: `User.password` of a named schema, else
    `GET /me answers.token`. `line`: 0 where unknown."""

    name: str
    line: int


class Answer(NamedTuple):
    """A status in one media type; `media` is empty where nothing is sent.

    `schemas`: names of the alternatives, one a word; `?` for one without a name.
    """

    status: str
    media: str
    schemas: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path. `template`: `{}` for each parameter, without the server's path.

    `parameters`: `limit in query`. `asks`: how a caller proves who it is, empty where nobody asks.
    `lists`: it answers a list without an end and nothing around it.
    """

    method: str
    template: str
    id: str = ""
    line: int = 0
    parameters: tuple[str, ...] = ()
    body: bool = False
    answers: tuple[Answer, ...] = ()
    asks: str = ""
    lists: bool = False

    @property
    def name(self) -> str:
        """`POST /refunds`."""
        return f"{self.method} {self.template}"

    @property
    def statuses(self) -> frozenset[str]:
        """Every status that is promised, ranges and `default` as they are written."""
        return frozenset(one.status for one in self.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A schema that an error is written in: the schemas it includes, its alternatives, and the
    names of its properties."""

    name: str
    of: frozenset[str] = frozenset()
    either: tuple[str, ...] = ()
    properties: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """One side of a contract. `prefixes`: the paths of its servers. `errors`: schemas of errors."""

    operations: tuple[Operation, ...] = ()
    prefixes: tuple[str, ...] = ("",)
    inputs: tuple[Input, ...] = ()
    exposed: tuple[Exposed, ...] = ()
    errors: tuple[Made, ...] = ()
