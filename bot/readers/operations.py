"""The operations of one side of an API contract, with what they take, answer and demand."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.known import Known, Unknown
from bot.model.operation import NAMELESS, Answer, Exposed, Input, Made, Operation, Operations
from bot.readers.openapi.compare import ADDRESS, servers_of, template_of
from bot.readers.openapi.lift import METHODS, lift
from bot.readers.openapi.load import Stop
from bot.readers.openapi.operations import parameters_of
from bot.readers.openapi.security import needs_of, said
from bot.readers.openapi.shape import Shapes
from bot.readers.openapi.side import Budget, Contract, Side, Spot
from bot.readers.signals.words import is_sensitive

if TYPE_CHECKING:
    from bot.readers.openapi.shape import Joined, Shape
    from bot.sandbox.frame import Job

# What says how long a text may be, or which texts there are.
_BOUNDING = {"format", "pattern", "contentEncoding", "contentMediaType", "x-extensible-enum"}
_NO_ERRORS = ("1", "2", "3")
# What is left of a secret after hashing is no less secret.
_HASHED = re.compile(r"(?i)[_-]?(hash|hashed|digest|salt)$")


def read(job: Job) -> Known[Operations]:
    """Every operation; Unknown where the file is no contract, or refers to other files."""
    try:
        side = Side(Contract(job.head or b"", job.path), Budget())
        lines = side.version != "2.0"
        if not lines:
            lift(side)
        return _Reading(side, lines=lines).all()
    except Stop as stop:
        return Unknown(stop.reason, by_content=True)
    except RecursionError:
        return Unknown("contract too deep to read", by_content=True)


class _Reading:
    """One document; each schema is walked once, whoever takes it."""

    def __init__(self, side: Side, *, lines: bool) -> None:
        self._side, self._lines = side, lines
        self._shapes = Shapes(side)
        self._inputs: dict[str, Input] = {}
        self._exposed: dict[str, Exposed] = {}
        self._errors: dict[str, Made] = {}
        self._seen: set[object] = set()

    def all(self) -> Operations:
        items = {
            path: self._side.follow(raw)
            for path, raw in self._side.root.under("paths").items()
            if path.startswith("/")
        }
        found = [
            self._operation(method.upper(), path, item, item.at(method))
            for path, item in items.items()
            for method in METHODS
            if isinstance(item.map.get(method), dict)
        ]
        addresses = {ADDRESS.sub("", url).rstrip("/") for url in servers_of(self._side)}
        return Operations(
            operations=tuple(found),
            prefixes=tuple(sorted(addresses)),
            inputs=tuple(self._inputs.values()),
            exposed=tuple(self._exposed.values()),
            errors=tuple(self._errors.values()),
        )

    def _operation(self, method: str, path: str, item: Spot, spot: Spot) -> Operation:
        template = template_of(path).rstrip("/") or "/"
        parameters = parameters_of(self._side, item, spot)
        body = self._side.follow(spot.at("requestBody"))
        here = f"{method} {template} "
        for name, held in [*((name, one) for (_, name), one in parameters.items()), ("body", body)]:
            self._take(held, here, name)
        good = [
            self._side.follow(held)
            for status, held in spot.under("responses").items()
            if str(status).startswith("2")
        ]
        for held in good:
            self._take(held, here, "answers", out=True)
        given = [self._shapes.join((one,)) for held in good for one in _schemas(held)]
        needs = needs_of(self._side, spot)
        return Operation(
            method=method,
            template=template,
            id=str(spot.map.get("operationId") or ""),
            line=self._line(spot),
            parameters=tuple(f"{name} in {place}" for place, name in parameters),
            body=bool(body.map),
            answers=tuple(
                one
                for status, held in spot.under("responses").items()
                for one in self._answers(str(status), held)
            ),
            asks="" if {} in needs else " or ".join(map(said, needs)),
            lists=any(_loose(self._shapes.shape(one)) == "array" for one in given),
        )

    def _line(self, spot: Spot) -> int:
        """Lifted text has no lines of its own."""
        return (self._side.line(spot) or 0) if self._lines else 0

    # ── what is sent, and what is answered where all goes well ─────────────────────────────────

    def _take(self, held: Spot, here: str, name: str, *, out: bool = False) -> None:
        """Keep what a parameter, a body or an answer holds; one that is shared counts once."""
        shared = held.component and not held.within
        owner, step = (f"{held.component}", "") if shared else (here, name)
        for one in [held.at("schema")] if "schema" in held.map else _schemas(held):
            self._walk(self._shapes.join((one,)), owner, step, held, out=out)

    def _walk(self, joined: Joined, owner: str, step: str, near: Spot, *, out: bool) -> None:
        """Keep this value and all inside it. A named schema counts once, under its own name."""
        pending = [(joined, owner, step, near)]
        while pending:
            joined, owner, step, near = pending.pop()
            self._side.budget.spend()
            if len(joined) == 1 and joined[0].component and not joined[0].within:
                owner, step = joined[0].component, ""
            key = (tuple(spot.key for spot in joined), owner, out)
            if key in self._seen:
                continue
            self._seen.add(key)
            near = joined[0] if joined and self._line(joined[0]) else near
            shape = self._shapes.shape(joined)
            name = owner + step
            if not out:
                held = Input(name, _loose(shape), self._line(near), _bounds(shape))
                self._inputs.setdefault(name, held)
            elif _tells(name, shape):
                self._exposed.setdefault(name, Exposed(name, self._line(near)))
            dot = "." if step or not owner.endswith(" ") else ""
            pending += [
                (inner, owner, f"{step}{dot}{inside}", near)
                for inside, inner in shape.properties.items()
                if ("writeOnly" if out else "readOnly") not in self._shapes.shape(inner).flags
            ]
            pending += [
                (shape.inside[word], owner, f"{step}{mark}", near)
                for word, mark in (("items", "[]"), ("additionalProperties", "{}"))
                if word in shape.inside
            ]
            pending += [
                (option, owner, step, near) for one in shape.choices for option in one.options
            ]

    # ── what is answered ──────────────────────────────────────────────────────────────────────

    def _answers(self, status: str, raw: Spot) -> list[Answer]:
        spot, line = self._side.follow(raw), self._line(raw)
        content = spot.under("content")
        if status.startswith(_NO_ERRORS):
            return [Answer(status, " ".join(content), "", line)]
        found = []
        for media, held in content.items():
            joined = self._shapes.join((held.at("schema"),)) if held.map.get("schema") else ()
            found.append(Answer(status, media, " ".join(self._names(joined)), line))
        return found or [Answer(status, "", "", line)]

    def _names(self, joined: Joined) -> list[str]:
        """The alternatives of an error by name, each kept with what it is made of."""
        shape = self._shapes.shape(joined)
        options = [option for one in shape.choices for option in one.options]
        if not joined or not joined[0].component or joined[0].within:
            return [name for one in options for name in self._names(one)] or [NAMELESS]
        name = joined[0].component.replace(" ", "_")
        if name not in self._errors:
            made = Made(
                name=name,
                of=frozenset(one.component for one in shape.members if not one.within),
                properties=frozenset(shape.properties),
            )
            self._errors[name] = made
            either = tuple(name for one in options for name in self._names(one))
            self._errors[name] = replace(made, either=either)
        return [name]


def _schemas(spot: Spot) -> list[Spot]:
    return [held.at("schema") for held in spot.under("content").values() if held.map.get("schema")]


def _tells(name: str, shape: Shape) -> bool:
    """Whether a text of that name is a secret."""
    word = _HASHED.sub("", name.rpartition(".")[2])
    return shape.enum is None and "string" in (shape.types or ()) and is_sensitive(word)


def _bounds(shape: Shape) -> str:
    ends = (shape.lower | shape.upper).items()
    said = [(f"exclusive {word}" if past else word, value) for word, (value, past) in ends]
    return ", ".join(f"{word} {value}".removesuffix(".0") for word, value in said)


def _loose(shape: Shape) -> str:
    """What has no bound: a list without an end, a text of any length, a number of any size."""
    types = shape.types or frozenset()
    if shape.enum is not None or shape.opaque:
        return ""
    if "array" in types and "maxItems" not in shape.upper:
        return "array"
    if "string" in types and "maxLength" not in shape.upper and not _BOUNDING & shape.words.keys():
        return "string"
    if "integer" in types and not {"minimum", "maximum"} & {*shape.lower, *shape.upper}:
        return "" if "format" in shape.words else "integer"
    return ""
