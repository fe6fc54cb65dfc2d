"""Checks a GraphQL document against the known types, prices it, and reads the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.simulator.gql_parse import Document, Field, Fragment, Operation, Selection, Var
from bot.simulator.gql_types import Context, Fields, GraphError, Slice, Spec, cursor, sliced
from bot.simulator.shapes import stamp
from bot.simulator.things import Json

_NODE_LIMIT = 500_000

# What the connections hold that are not named after it.
_HOLDS = {"CommitHistory": "Commit", "TeamMember": "User"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Types with fields, abstract types with their members, and what a value's type is."""

    types: Mapping[str, Fields]
    abstract: Mapping[str, Sequence[str]]
    type_of: Any

    def fields(self, kind: str) -> Fields:
        """The fields of a type, made up for connections and edges."""
        if kind.endswith("Connection"):
            inner = kind.removesuffix("Connection")
            inner = _HOLDS.get(inner, inner)
            return {
                "nodes": Spec(f"[{inner}]", lambda _c, one, _a: one.nodes),
                "edges": Spec(f"[{inner}Edge]", lambda _c, one, _a: _edges(one)),
                "totalCount": Spec("Int", lambda _c, one, _a: one.total),
                "pageInfo": Spec("PageInfo", lambda _c, one, _a: one.page_info),
            }
        if kind.endswith("Edge"):
            return {
                "node": Spec(kind.removesuffix("Edge"), lambda _c, one, _a: one["node"]),
                "cursor": Spec("String", lambda _c, one, _a: one["cursor"]),
            }
        return self.types.get(kind, {})

    def composite(self, kind: str) -> bool:
        """Whether something must be asked of a value of the type."""
        made_up = kind.endswith(("Connection", "Edge"))
        return made_up or kind in self.types or kind in self.abstract

    def concrete(self, kind: str, value: Any) -> str:
        """The type of a value where an abstract one was declared."""
        return str(self.type_of(value)) if kind in self.abstract else kind

    def fits(self, condition: str | None, kind: str) -> bool:
        """Whether a fragment on `condition` applies to a value of type `kind`."""
        return condition in (None, kind) or kind in self.abstract.get(str(condition), ())


def _edges(one: Slice) -> list[Json]:
    return [{"node": node, "cursor": cursor(one.start + at)} for at, node in enumerate(one.nodes)]


def _inner(kind: str) -> str:
    return kind.strip("[]")


class Reading:
    """One operation with its variables."""

    def __init__(self, schema: Schema, document: Document, variables: Json) -> None:
        self.schema = schema
        self.document = document
        self.variables = variables
        self.errors: list[Json] = []

    def wanted(self, one: Selection) -> bool:
        """What @include and @skip say."""
        include = self.value(one.directives.get("include", {"if": True}).get("if"))
        skip = self.value(one.directives.get("skip", {"if": False}).get("if"))
        return bool(include) and not skip

    def value(self, given: Any) -> Any:
        """A value with its variables filled in."""
        if isinstance(given, Var):
            return self.variables.get(given.name)
        if isinstance(given, list):
            return [self.value(one) for one in given]
        if isinstance(given, dict):
            return {key: self.value(one) for key, one in given.items()}
        return given

    def args(self, one: Field) -> Json:
        """The arguments of a field."""
        return {key: self.value(given) for key, given in one.args.items()}

    def fragment(self, one: Fragment) -> Fragment:
        """An inline fragment, or the one that the spread names."""
        return self.document.fragments[one.spread] if one.spread else one

    # Checking before anything is read.

    def check(self, kind: str, inside: Sequence[Selection], path: list[str]) -> None:
        """Note every field, argument and fragment that GitHub does not know."""
        for one in inside:
            if isinstance(one, Fragment):
                self._check_fragment(kind, one, path)
            elif one.name != "__typename":
                self._check_field(kind, one, [*path, one.key])

    def _check_fragment(self, kind: str, one: Fragment, path: list[str]) -> None:
        if one.spread and one.spread not in self.document.fragments:
            self._wrong(
                path, f"Fragment {one.spread} was used, but not defined", "useAndDefineFragment"
            )
            return
        real = self.fragment(one)
        on = real.on or kind
        if not self.schema.composite(on):
            message = f"No such type {on}, so it can't be a fragment condition"
            self._wrong(path, message, "undefinedType")
            return
        self.check(on, real.inside, [*path, f"... on {on}"])

    def _check_field(self, kind: str, one: Field, path: list[str]) -> None:
        spec = self.schema.fields(kind).get(one.name)
        where = {"locations": [{"line": one.line, "column": one.column}]}
        if spec is None:
            message = f"Field '{one.name}' doesn't exist on type '{kind}'"
            self._wrong(path, message, "undefinedField", **where)
            return
        for name in one.args.keys() - set(spec.args):
            message = f"Field '{one.name}' doesn't accept argument '{name}'"
            self._wrong(path, message, "argumentNotAccepted", **where)
        inner = _inner(spec.type)
        if self.schema.composite(inner) != bool(one.inside):
            message = f"Field must have selections (field '{one.name}' returns {inner}"
            message += " but has no selections)" if not one.inside else " which has none)"
            self._wrong(path, message, "selectionMismatch", **where)
            return
        self.check(inner, one.inside, path)

    def _wrong(self, path: list[str], message: str, code: str, **more: Any) -> None:
        self.errors.append({"path": path, "extensions": {"code": code}, "message": message, **more})

    # Reading.

    def read(self, context: Context, kind: str, value: Any, node: _At) -> Json:
        """The answer below one value."""
        out: Json = {}
        for key, fields in self._collected(kind, node.inside).items():
            first = fields[0]
            if first.name == "__typename":
                out[key] = kind
                continue
            inside = tuple(one for each in fields for one in each.inside)
            out[key] = self._field(context, kind, value, _At([*node.path, key], inside, first))
        return out

    def _collected(self, kind: str, inside: Sequence[Selection]) -> dict[str, list[Field]]:
        found: dict[str, list[Field]] = {}
        for one in self._flat(kind, inside):
            found.setdefault(one.key, []).append(one)
        return found

    def _flat(self, kind: str, inside: Sequence[Selection]) -> Iterator[Field]:
        for one in inside:
            if not self.wanted(one):
                continue
            if isinstance(one, Field):
                yield one
            elif self.schema.fits(self.fragment(one).on, kind):
                yield from self._flat(kind, self.fragment(one).inside)

    def _field(self, context: Context, kind: str, value: Any, at: _At) -> Any:
        assert at.field is not None  # noqa: S101 - only the root has none
        spec = self.schema.fields(kind)[at.field.name]
        args = self.args(at.field)
        try:
            found = spec.read(context, value, args)
            if spec.paged and found is not None:
                found = sliced(found, args, at.field.name)
                _count(context, len(found.nodes))
        except GraphError as error:
            self._failed(at, error)
            return None
        return self._shaped(context, spec.type, found, at)

    def _failed(self, at: _At, error: GraphError) -> None:
        line = {"line": at.field.line, "column": at.field.column} if at.field else {}
        body: Json = {"type": error.kind, "path": at.path, "locations": [line]}
        if error.kind == "FORBIDDEN":
            body["extensions"] = {"saml_failure": False}
        self.errors.append(body | {"message": error.message})

    def _shaped(self, context: Context, kind: str, value: Any, at: _At) -> Any:
        if value is None:
            return None
        if kind.startswith("["):
            inner = kind[1:-1]
            return [
                self._shaped(context, inner, one, _At([*at.path, place], at.inside, at.field))
                for place, one in enumerate(value)
            ]
        if isinstance(value, GraphError):
            self._failed(at, value)
            return None
        if not self.schema.composite(kind):
            return stamp(value) if isinstance(value, datetime) else value
        return self.read(context, self.schema.concrete(kind, value), value, at)


@dataclass(frozen=True, slots=True)
class _At:
    """Where in the answer we are and what is asked there."""

    path: list[str | int]
    inside: tuple[Selection, ...]
    field: Field | None


def _count(context: Context, nodes: int) -> None:
    context.nodes += nodes
    limit = context.world.quirks.resource_limit_nodes
    if limit and context.nodes > limit:
        raise GraphError("RESOURCE_LIMITS_EXCEEDED", "Resource limits for this query exceeded.")


def price(reading: Reading, inside: Sequence[Selection], times: int) -> tuple[int, int]:
    """Requests and nodes a selection may need, by GitHub's published formula.

    A connection is what has `first` or `last`; it is asked for once per node around it.
    """
    requests = nodes = 0
    for one in inside:
        if not reading.wanted(one):
            continue
        below, around = (
            reading.fragment(one).inside if isinstance(one, Fragment) else one.inside,
            times,
        )
        if isinstance(one, Field):
            args = reading.args(one)
            size = args.get("first") or args.get("last")
            if size:
                requests, nodes, around = requests + times, nodes + times * size, times * size
        more = price(reading, below, around)
        requests, nodes = requests + more[0], nodes + more[1]
    return requests, nodes


def points(requests: int) -> int:
    """What that many requests cost: a hundredth, rounded, at least one."""
    return max(1, int(requests / 100 + 0.5))


def run(reading: Reading, operation: Operation, context: Context) -> Json:
    """The whole answer: data, errors, or both."""
    root = operation.kind.title()
    reading.check(root, operation.inside, [f"{operation.kind} {operation.name or ''}".strip()])
    _check_variables(reading, operation)
    if reading.errors:
        return {"errors": reading.errors}
    requests, nodes = price(reading, operation.inside, 1)
    context.cost = points(requests)
    if nodes > _NODE_LIMIT:
        message = f"This query requests up to {nodes:,} possible nodes which exceeds the maximum"
        error = {"type": "MAX_NODE_LIMIT_EXCEEDED", "message": message + " limit of 500,000."}
        return {"errors": [error]}
    data = reading.read(context, root, None, _At([], operation.inside, None))
    return {"data": data} | ({"errors": reading.errors} if reading.errors else {})


def _check_variables(reading: Reading, operation: Operation) -> None:
    for one in operation.variables:
        if one.name not in reading.variables and one.has_default:
            reading.variables[one.name] = one.default
        if one.type.endswith("!") and reading.variables.get(one.name) is None:
            message = f"Variable ${one.name} of type {one.type} was provided invalid value"
            reading.errors.append({"message": message, "extensions": {"value": None}})
