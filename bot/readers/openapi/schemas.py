"""Two schemas in one direction: what a client may no longer send, or must newly expect."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from bot.model.contract import Direction
from bot.readers.openapi.alternatives import Alternatives
from bot.readers.openapi.fingerprint import MANY_INSIDE, canonical
from bot.readers.openapi.ledger import Finding, Pair
from bot.readers.openapi.load import Stop
from bot.readers.openapi.shape import (
    EVERY_TYPE,
    ONE_INSIDE,
    SCALARS,
    WHOLE,
    number,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.readers.openapi.ledger import Ledger
    from bot.readers.openapi.shape import Joined, Shape, Shapes

DEPTH_AT_MOST = 200
# How a value is written: JSON, a body of text (XML, a form), or a parameter or header.
JSON, TEXT, PARAMETER = range(3)

_WIDER_FORMAT = {("int32", "int64"), ("float", "double")}
# Only tells a person how to show a field.
_MERE_HINTS = {"password"}


class SchemaComparison:
    """Compares the pairs that a ledger awaits, each once, without recursion."""

    def __init__(self, base: Shapes, head: Shapes, ledger: Ledger) -> None:
        self.base = base
        self.head = head
        self._ledger = ledger

    def run(self) -> None:
        """Compare until no pair is left."""
        while self._ledger.pending:
            pair = self._ledger.pending.pop()
            if pair.depth > DEPTH_AT_MOST:
                raise Stop("contract too deep to compare")
            _One(self, self._ledger, pair).compare()


class _One:
    """One pair of schemas."""

    def __init__(self, whole: SchemaComparison, ledger: Ledger, pair: Pair) -> None:
        self.bases, self.heads = whole.base, whole.head
        self.ledger = ledger
        self.pair = pair
        self.asks = pair.direction is Direction.REQUEST
        self.base: Shape = self.bases.shape(pair.base)
        self.head: Shape = self.heads.shape(pair.head)

    def compare(self) -> None:
        base, head = self.base, self.head
        if base.opaque != head.opaque:
            gone = ", ".join(sorted(base.opaque | head.opaque))
            self.find("reference-changed", f"not followed: {gone}")
            return
        if not self.types_meet():
            return
        self.values()
        self.bounds()
        self.texts()
        self.flags()
        alternatives = Alternatives(self)
        if alternatives.compare():
            self.properties()
        self.entries()
        self.conditions()
        self.parts()

    def find(self, kind: str, note: str = "", step: str = "") -> None:
        """Keep a change at this pair, or one step below it."""
        anchor = self.pair.anchor
        place = type(anchor)(anchor.component, f"{anchor.pointer}{step}")
        spot = self.pair.head[0] if self.pair.head else None
        if spot is not None and step:
            for part in step.split("/")[1:]:
                spot = spot.at(part)
        self.ledger.find(self.pair.key, Finding(kind, self.pair.direction, place, note), spot)

    def reach(self, base: Joined, head: Joined, step: str) -> None:
        """Compare these two as well."""
        pair = self.pair
        anchor = pair.anchor.inside(base, head, step)
        mode = pair.mode
        self.ledger.reach(pair.key, Pair(base, head, pair.direction, mode, anchor, pair.depth + 1))

    def narrow_or_wide(self, narrowed: str, widened: str, note: str) -> None:
        """Neither version holds the other: say what hurts in this direction."""
        self.find(narrowed if self.asks else widened, note)

    def types_meet(self) -> bool:
        base, head = _written(self.base, self.pair.mode), _written(self.head, self.pair.mode)
        note = f"{_listed(self.base.types)} → {_listed(self.head.types)}"
        if self._became_list(base):
            self.find("type-widened", note)
            return False
        if base - head:
            self.find("type-narrowed", note)
        if head - base:
            self.find("type-widened", note)
        if (self.base.types is None) == (self.head.types is None):
            if self.base.null and not self.head.null:
                self.find("null-disallowed")
            if self.head.null and not self.base.null:
                self.find("property-became-nullable")
        return bool(base & head) or base == head

    def _became_list(self, base: frozenset[str]) -> bool:
        """One value in a query is also a list of one."""
        if (
            self.pair.mode != PARAMETER
            or self.head.types != frozenset({"array"})
            or not base <= SCALARS
        ):
            return False
        entries = self.heads.shape(self.head.inside.get("items", ()))
        bound = [end for end in (*self.head.lower.values(),) if end[0] > 1]
        constrained = entries.enum is not None or entries.lower or entries.upper or entries.words
        return self.asks and base <= _written(entries, PARAMETER) and not bound and not constrained

    def values(self) -> None:
        old, new = self.base.enum, self.head.enum
        if old is None and new is not None:
            self.find("enum-introduced", said_of(new))
        elif old is not None and new is None:
            self.find("const-dropped" if self.base.const else "enum-dropped", said_of(old))
        elif old is not None and new is not None:
            gone, fresh = _without(old, new), _without(new, old)
            if self.base.const and self.head.const and gone:
                self.find("const-changed", f"{said_of(old)} → {said_of(new)}")
                return
            if gone:
                self.find("enum-value-removed", said_of(gone))
            if fresh:
                self.find("enum-value-added", said_of(fresh))
        gone = _without(*(one.words.get("x-extensible-enum", []) for one in (self.base, self.head)))
        if gone and "x-extensible-enum" in self.head.words:
            self.find("extensible-enum-value-removed", said_of(gone))

    def bounds(self) -> None:
        for word in sorted({*self.base.lower, *self.head.lower}):
            self._bound(word, self.base.lower.get(word), self.head.lower.get(word), 1)
        for word in sorted({*self.base.upper, *self.head.upper}):
            self._bound(word, self.base.upper.get(word), self.head.upper.get(word), -1)

    def _bound(
        self, word: str, old: tuple[float, int] | None, new: tuple[float, int] | None, up: int
    ) -> None:
        if old == new:
            return
        note = f"{word} {_end(old)} → {_end(new)}"
        if old is None:
            self.find("bound-introduced", note)
        elif new is not None and (new > old) == (up > 0):
            self.find("bound-tightened", note)
        else:
            self.find("bound-loosened", note)

    def texts(self) -> None:
        base, head = self.base.words, self.head.words
        old, new = (set(map(str, one.get("pattern", []))) for one in (base, head))
        if old != new:
            kind = "introduced" if old < new else "dropped" if new < old else "changed"
            self.find(f"pattern-{kind}", f"{said_of(sorted(old))} → {said_of(sorted(new))}")
        if self.base.types == self.head.types:
            self._format()
        self._multiple()
        for word in ("contentMediaType", "contentEncoding"):
            if base.get(word) != head.get(word):
                self.find("content-encoding-changed", word)
        if base.get("default") != head.get("default") and self.pair.mode != PARAMETER:
            self.find(
                "default-changed",
                f"{said_of(base.get('default', ()))} → {said_of(head.get('default', ()))}",
            )

    def _format(self) -> None:
        old, new = (
            {str(word) for word in one.words.get("format", [])} - _MERE_HINTS
            for one in (self.base, self.head)
        )
        if old == new:
            return
        note = f"{said_of(sorted(old))} → {said_of(sorted(new))}"
        steps = {(one, other) for one in old for other in new}
        if not old or (steps and all((b, a) in _WIDER_FORMAT for a, b in steps)):
            self.find("format-narrowed", note)
        elif not new or all(step in _WIDER_FORMAT for step in steps):
            self.find("format-widened", note)
        else:
            self.narrow_or_wide("format-narrowed", "format-widened", note)

    def _multiple(self) -> None:
        old, new = (
            [found for one in shape.words.get("multipleOf", []) if (found := number(one))]
            for shape in (self.base, self.head)
        )
        if old == new:
            return
        note = f"multipleOf {said_of(old)} → {said_of(new)}"
        if not old or (new and all(_divides(a, b) for a in old for b in new)):
            self.find("multiple-of-introduced", note)
        elif not new or all(_divides(b, a) for a in old for b in new):
            self.find("bound-loosened", note)
        else:
            self.narrow_or_wide("multiple-of-introduced", "bound-loosened", note)

    def flags(self) -> None:
        if "uniqueItems" in self.head.flags - self.base.flags:
            self.find("unique-items-required")
        if "uniqueItems" in self.base.flags - self.head.flags:
            self.find("unique-items-dropped")

    def properties(self) -> None:
        base, head = self.base.properties, self.head.properties
        unseen = "readOnly" if self.asks else "writeOnly"
        # What this direction never carries is neither there nor needed.
        hidden = {name for name in base if unseen in self.bases.shape(base[name]).flags}
        hides = {name for name in head if unseen in self.heads.shape(head[name]).flags}
        old, new = base.keys() - hidden, head.keys() - hides
        for name in sorted(old - new):
            self._gone(name, hides=name in hides)
        needed = self.base.required - hidden
        for name in sorted(new | (self.head.required - hides)):
            if name in old and name in new:
                self.reach(base[name], head[name], f"/properties/{_escaped(name)}")
            self._needed(name, known=name in old | needed, was=name in needed)

    def _gone(self, name: str, *, hides: bool) -> None:
        needed, step = name in self.base.required, f"/properties/{_escaped(name)}"
        if self.asks:
            kind = "property-removed"
            if hides:
                kind = "required-became-read-only" if needed else "became-read-only"
        elif needed:
            kind = "became-write-only" if hides else "required-property-removed"
        else:
            kind = "optional-property-removed"
        self.find(kind, name, step)

    def _needed(self, name: str, *, known: bool, was: bool) -> None:
        """What is said of a property of the head: that it is new, needed, or no longer."""
        now = name in self.head.required
        if known and was == now:
            return
        held = self.head.properties.get(name)
        default = held is not None and "default" in self.heads.shape(held).words
        suffix = "-with-default" if default else ""
        if not known:
            kind = f"required-property-added{suffix}" if now else "property-added"
        else:
            kind = f"property-became-required{suffix}" if now else "property-became-optional"
        self.find(kind, name, f"/properties/{_escaped(name)}")

    def entries(self) -> None:
        """What stands in lists and under keys that are not listed."""
        base, head = self.base.inside, self.head.inside
        prefix = {slot for slot in {*base, *head} if slot.startswith("prefixItems/")}
        for slot in sorted({"items", *prefix}):
            old, new = (one.get(slot, one.get("items", ())) for one in (base, head))
            if old or new:
                self.reach(old, new, f"/{slot}")
        self._additional(base.get("additionalProperties"), head.get("additionalProperties"))

    def _additional(self, old: Joined | None, new: Joined | None) -> None:
        """None: anything may be there; a closed schema: nothing."""
        if old is None or new is None:
            if old is not new:
                word = "closed" if old is None else "opened"
                self.find(f"additional-properties-{word}")
            return
        closed, now = self.bases.shape(old).closed, self.heads.shape(new).closed
        if closed != now:
            self.find(f"additional-properties-{'closed' if now else 'opened'}")
        elif not closed:
            self.reach(old, new, "/additionalProperties")

    def conditions(self) -> None:
        base, head = self.base.inside, self.head.inside
        slots = {slot for slot in {*base, *head} if slot.startswith(MANY_INSIDE)}
        for slot in sorted({*ONE_INSIDE, *slots}):
            if slot in base and slot in head:
                self.reach(base[slot], head[slot], f"/{slot}")
            elif slot in base or slot in head:
                self._condition(slot, slot in head)
        for word in WHOLE:
            old, new = self.base.words.get(word), self.head.words.get(word)
            if (old is None) != (new is None):
                self._condition(word, new is not None)
            elif old and new and self.bases.print_of(tuple(old)) != self.heads.print_of(tuple(new)):
                self.narrow_or_wide("key-schema-tightened", "key-schema-loosened", word)
        needs = [set(one.words.get("dependentRequired", [])) for one in (self.base, self.head)]
        if needs[1] - needs[0]:
            self.find("key-schema-tightened", said_of(sorted(needs[1] - needs[0])))
        if needs[0] - needs[1]:
            self.find("key-schema-loosened", said_of(sorted(needs[0] - needs[1])))

    def parts(self) -> None:
        """Parts of an allOf, whatever they say; what they say was compared with the rest."""
        old = Counter(self.bases.print_of((one,)) for one in self.base.parts)
        new = Counter(self.heads.print_of((one,)) for one in self.head.parts)
        if len(self.head.parts) > len(self.base.parts) and new - old:
            self.find("all-of-part-added")

    def _condition(self, word: str, added: bool) -> None:  # noqa: FBT001 - which way it moved
        self.find(f"key-schema-{'tightened' if added else 'loosened'}", word)


def _written(shape: Shape, mode: int) -> frozenset[str]:
    """The types as they arrive: in text, a string is anything."""
    if mode == TEXT and "string" in shape.kinds:
        return EVERY_TYPE
    return shape.kinds | SCALARS if mode == PARAMETER and "string" in shape.kinds else shape.kinds


def _without(old: Iterable[Any], new: Iterable[Any]) -> list[Any]:
    gone = set(new)
    return [one for one in old if one not in gone]


def _divides(small: float, large: float) -> bool:
    return abs(large / small - round(large / small)) < 1e-9


def said_of(values: Iterable[Any]) -> str:
    """A few values for a note; how many more there are."""
    held = [one if isinstance(one, str) else canonical(one) for one in values]
    more = f" and {len(held) - 5} more" if len(held) > 5 else ""
    return (", ".join(held[:5]) or "none") + more


def _listed(types: frozenset[str] | None) -> str:
    return "any" if types is None else "/".join(sorted(types)) or "nothing"


def _end(bound: tuple[float, int] | None) -> str:
    return "none" if bound is None else f"{bound[0]:g}{' (exclusive)' if bound[1] else ''}"


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
