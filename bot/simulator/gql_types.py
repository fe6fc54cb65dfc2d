"""What a GraphQL type is made of here: fields, how they are read, and paged lists."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.simulator.access import Access, Token
from bot.simulator.limits import Meter
from bot.simulator.things import Repository
from bot.simulator.world import World


class GraphError(Exception):
    """A field that cannot be read: null in its place and an error beside the data."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(slots=True, kw_only=True)
class Context:
    """What every field may look at."""

    world: World
    access: Access
    meter: Meter
    token: Token
    cost: int = 1
    nodes: int = 0

    def need(self, permission: str, repo: Repository | None = None, level: str = "read") -> None:
        """Go on only with the permission. Raises GraphError."""
        if repo is not None and not self.access.covers(self.token, repo):
            if repo.visibility == "public" and level == "read":
                return
            raise forbidden()
        if not self.token.allows(permission, level):
            raise forbidden()


def forbidden() -> GraphError:
    """GitHub's word for a missing permission."""
    return GraphError("FORBIDDEN", "Resource not accessible by integration")


Read: TypeAlias = Callable[[Context, Any, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Spec:
    """A field: GraphQL's name of its type (`[X]` for lists, `XConnection` for paged ones), how
    it is read, and which arguments it takes."""

    type: str
    read: Read
    args: tuple[str, ...] = ()

    @property
    def paged(self) -> bool:
        """Whether it is a connection."""
        return self.type.endswith("Connection")


PAGING = ("first", "last", "after", "before")
Fields: TypeAlias = Mapping[str, Spec]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A connection: the part of a list that was asked for, and where it lies."""

    nodes: Sequence[Any]
    start: int
    total: int

    @property
    def page_info(self) -> dict[str, Any]:
        """`PageInfo`."""
        stop = self.start + len(self.nodes)
        return {
            "hasNextPage": stop < self.total,
            "hasPreviousPage": self.start > 0,
            "startCursor": cursor(self.start) if self.nodes else None,
            "endCursor": cursor(stop - 1) if self.nodes else None,
        }


def cursor(at: int) -> str:
    """An opaque cursor for a place in a list."""
    return b64encode(f"cursor:v2:{at}".encode()).decode()


def _place(text: str) -> int:
    try:
        return int(b64decode(text).decode().removeprefix("cursor:v2:"))
    except ValueError:
        message = f"`{text}` does not appear to be a valid cursor."
        raise GraphError("INVALID_CURSOR_ARGUMENTS", message) from None


def sliced(items: Sequence[Any], args: Mapping[str, Any], name: str) -> Slice:
    """The part of a list that the paging arguments ask for. Raises GraphError."""
    first, last = args.get("first"), args.get("last")
    size = first if first is not None else last
    if size is None:
        message = f"You must provide a `first` or `last` value to properly paginate the `{name}`"
        raise GraphError("MISSING_PAGINATION_BOUNDARIES", message + " connection.")
    if not 0 <= size <= 100:
        message = f"Requesting {size} records on the `{name}` connection exceeds the limit of 100"
        raise GraphError("EXCESSIVE_PAGINATION", message + " records.")
    start = _place(args["after"]) + 1 if args.get("after") else 0
    stop = _place(args["before"]) if args.get("before") else len(items)
    if first is not None:
        stop = min(stop, start + first)
    if last is not None:
        start = max(start, stop - last)
    return Slice(nodes=items[start:stop], start=start, total=len(items))


def attr(kind: str, name: str) -> Spec:
    """A field that is an attribute of the thing."""
    return Spec(kind, lambda _c, one, _a: getattr(one, name))


def fixed(kind: str, value: Any) -> Spec:
    """A field that always says the same."""
    return Spec(kind, lambda _c, _o, _a: value)


def calc(kind: str, read: Callable[[Any], Any]) -> Spec:
    """A field worked out from the thing alone."""
    return Spec(kind, lambda _c, one, _a: read(one))


def from_world(kind: str, read: Callable[[World, Any], Any]) -> Spec:
    """A field worked out from the thing and the world."""
    return Spec(kind, lambda c, one, _a: read(c.world, one))


def paged(kind: str, read: Read, *more: str) -> Spec:
    """A connection over the list that is read."""
    return Spec(f"{kind}Connection", read, (*PAGING, *more))
