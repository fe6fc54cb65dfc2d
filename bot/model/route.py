"""Routes as all files together say them, and the calls that tests make of them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.endpoint import Guard, Handler
from bot.model.operation import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method and template of one side.

    `handler`: `path#name` of the function, or the symbol as it was said where no file has it.
    `path`, `line`, `end`: where the handler stands, else the registration. `said`: path, first and
    last line of the registration. `guards`: every candidate on the way to the handler, symbols
    resolved to `path#name` where a file has them. `does`: the handler, None where no file has it.
    `stated`: the operation that says all this, where its interface is made from the contract.
    """

    method: str
    template: str
    handler: str
    path: str
    line: int
    end: int
    said: tuple[str, int, int]
    guards: tuple[Guard, ...] = ()
    does: Handler | None = None
    stated: Operation | None = None
    hidden: bool = False
    certain: bool = True
    shown: bool = False

    @property
    def name(self) -> str:
        """`POST /refunds`."""
        return f"{self.method} {self.template or '/'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteHole:
    """A place that may hide routes; `prefix`: the only routes it can hide stand below it."""

    path: str
    line: int
    reason: str
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSet:
    """The routes of one side; `stacks`: the web frameworks that were seen."""

    routes: tuple[Route, ...]
    holes: tuple[RouteHole, ...] = ()
    stacks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A test's call with its route found; `route`: one of the routes of its side, None where none
    or several match. `statuses`: as asserted, None where that could not be read."""

    test: str
    path: str
    line: int
    route: Route | None
    statuses: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChanges:
    """What a pull request does to the routes of its repository.

    `added`, `removed`: by method and template. `altered`: base and head, where a line of its
    registration, its handler, its guards or a model in its signature changed; `distant`: names of
    those of which no line of their own did. `calls`: of the head's tests; `base_calls`: of the
    base's. `mentions`: identifiers that the head's tests name. `tests_changed`: paths of the test
    files that the pull request changes.
    """

    base: RouteSet
    head: RouteSet
    added: tuple[Route, ...] = ()
    removed: tuple[Route, ...] = ()
    altered: tuple[tuple[Route, Route], ...] = ()
    distant: frozenset[str] = frozenset()
    calls: tuple[Call, ...] = ()
    base_calls: tuple[Call, ...] = ()
    mentions: frozenset[str] = frozenset()
    tests_changed: tuple[str, ...] = ()
