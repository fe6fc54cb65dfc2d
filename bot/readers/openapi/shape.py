"""A schema in one normal form: references followed, allOf merged, spellings made equal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.readers.openapi.fingerprint import ABOUT, MANY_INSIDE, Prints, canonical
from bot.readers.openapi.side import HOPS_AT_MOST, OPAQUE, Side, Spot

if TYPE_CHECKING:
    from collections.abc import Iterable

Joined: TypeAlias = tuple[Spot, ...]

SCALARS = frozenset({"string", "number", "integer", "boolean"})
EVERY_TYPE = SCALARS | {"object", "array"}
NULL = "null"
_LOWER = ("minLength", "minItems", "minProperties", "minContains")
_UPPER = ("maxLength", "maxItems", "maxProperties", "maxContains")
# Keywords that hold one schema each, and those that hold a schema under every name.
ONE_INSIDE = ("contains", "propertyNames", "then", "else", "contentSchema")
_HOLDERS = frozenset({*ONE_INSIDE, "items", "additionalProperties"})
WHOLE = ("not", "if", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef")
_ANYTHING = {"", "^", "$", "^$|.*", ".*", "^.*", ".*$", "^.*$", "^(.*)$", r"^[\s\S]*$", r"[\s\S]*"}
_WRAPPINGS = ({"allOf"}, {"oneOf"}, {"anyOf"})
# What 3.1 says in another way.
_FORMAT_OF = {
    "contentMediaType: application/octet-stream": ("format", "binary"),
    "contentEncoding: base64": ("format", "byte"),
}
_TYPE_OF = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): NULL}
_IMPLIED = {
    "object": {"properties", "additionalProperties", "required", "patternProperties"},
    "array": {"items", "prefixItems", "minItems", "maxItems", "uniqueItems"},
    "string": {"pattern", "minLength", "maxLength"},
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The alternatives of one oneOf or anyOf."""

    word: str
    options: tuple[Joined, ...]


@dataclass(slots=True)
class Shape:
    """What a schema allows. `types` None: any; bounds are tighter the larger (lower) or smaller."""

    members: Joined
    types: frozenset[str] | None = None
    null: bool = False
    opaque: frozenset[str] = frozenset()
    enum: tuple[str, ...] | None = None
    const: bool = False
    lower: dict[str, tuple[float, int]] = field(default_factory=dict)
    upper: dict[str, tuple[float, int]] = field(default_factory=dict)
    words: dict[str, list[Any]] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    properties: dict[str, Joined] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    inside: dict[str, Joined] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    parts: Joined = ()
    discriminator: Spot | None = None
    closed: bool = False

    @property
    def kinds(self) -> frozenset[str]:
        """The types as a set that may be subtracted: every integer is a number."""
        found = EVERY_TYPE if self.types is None else self.types
        return found | {"integer"} if "number" in found else found

    @property
    def blank(self) -> bool:
        """Anything is allowed."""
        return not any(set(one.map) - ABOUT for one in self.members) and not self.closed


class Shapes:
    """The normal forms of one side, each made once."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._made: dict[tuple[tuple[str, str], ...], Shape] = {}
        self.print_of = Prints(side).of

    def join(self, spots: Iterable[Spot]) -> Joined:
        """The places that say all of this, references followed, each once."""
        found: dict[tuple[str, str], Spot] = {}
        for spot in spots:
            end = self._core(spot)
            found.setdefault(end.key, end)
        return tuple(found.values())

    def _core(self, spot: Spot) -> Spot:
        """The place that says what is meant, past references and wrappings of one part."""
        for _ in range(HOPS_AT_MOST):
            spot = spot if self._says_more(spot) else self.side.follow(spot)
            words = set(spot.map) - ABOUT
            parts = spot.each(words.pop()) if words in _WRAPPINGS else []
            if len(parts) != 1:
                break
            spot = parts[0]
        return spot

    def named(self, name: str) -> Joined:
        """The schema of this name in the main document; nothing where there is none."""
        root = self.side.root
        places = root.at("components").under("schemas"), root.under("definitions")
        return self.join(one[name] for one in places if name in one)

    def shape(self, joined: Joined) -> Shape:
        """The normal form of what these places say together."""
        key = tuple(spot.key for spot in joined)
        if key not in self._made:
            self._made[key] = self._merged(joined)
        return self._made[key]

    def _says_more(self, spot: Spot) -> bool:
        if len(spot.map) < 2 or "$ref" not in spot.map or not self.side.merges_siblings:
            return False
        return bool(set(spot.map) - ABOUT - {"$ref", "summary"})

    def _members(self, joined: Joined) -> tuple[Joined, bool]:
        """Every place that must hold at once, and whether null is allowed beside them."""
        found: dict[tuple[str, str], Spot] = {}
        pending, null = list(reversed(joined)), False
        while pending:
            self.side.budget.spend()
            spot = pending.pop()
            if self._says_more(spot):
                rest = {key: value for key, value in spot.map.items() if key != "$ref"}
                pending.append(Spot({"$ref": spot.map["$ref"]}, spot.file, f"{spot.pointer}/$ref"))
                spot = Spot(rest, spot.file, spot.pointer)
            spot = self.side.follow(spot)
            if spot.key in found:
                continue
            found[spot.key] = spot
            pending += reversed(spot.each("allOf"))
            for word in _choice_words(spot):
                options, had_null = self._options(spot, word)
                null = null or had_null
                pending += options if len(options) == 1 else []
        return tuple(found.values()), null

    def _options(self, spot: Spot, word: str) -> tuple[list[Spot], bool]:
        """The alternatives, without one that only allows null."""
        every = spot.each(word)
        real = [one for one in every if one.map.get("type") not in (NULL, [NULL])]
        return real, len(real) < len(every)

    def _merged(self, joined: Joined) -> Shape:
        members, null = self._members(joined)
        shape = Shape(members)
        typed: list[bool] = []
        for spot in members:
            self._add_types(shape, spot, typed)
            _add_bounds(shape, spot.map)
            _add_words(shape, spot)
            self._add_inside(shape, spot)
            self._add_choices(shape, spot)
            parts = spot.each("allOf")
            # One part alone is a way to say something beside a reference.
            shape.parts += (
                tuple(parts) if len(parts) > 1 or set(spot.map) - ABOUT > {"allOf"} else ()
            )
        outer = members[0].map if members and joined and len(members) > 1 else {}
        null = null or (outer.get("nullable") is True and "type" not in outer)
        shape.null = shape.null or null or (bool(typed) and all(typed))
        if shape.types is None and shape.choices:
            self._infer_types(shape)
        return shape

    def _infer_types(self, shape: Shape) -> None:
        """Where only the alternatives name types, all of them together do."""
        found: frozenset[str] = frozenset()
        for option in shape.choices[0].options:
            members, null = self._members(option)
            types = [one for one in (_types(spot.map) for spot in members) if one is not None]
            if not types:
                return
            nullable = any(spot.map.get("nullable") is True for spot in members)
            shape.null = shape.null or null or nullable or NULL in types[0]
            found |= types[0] - {NULL}
        shape.types = found

    def _add_types(self, shape: Shape, spot: Spot, typed: list[bool]) -> None:
        raw = spot.map
        shape.closed = shape.closed or spot.value is False
        types = _types(raw)
        if OPAQUE in raw:
            shape.opaque |= {str(raw[OPAQUE])}
        nullable = raw.get("nullable") is True or raw.get("x-nullable") is True
        if types is not None:
            typed.append(NULL in types or nullable)
            types -= {NULL}
            shape.types = types if shape.types is None else _both(shape.types, types)
        elif nullable:
            typed.append(True)
        if spot.value is False:
            shape.types = frozenset()
        values = _values(raw)
        if values is not None:
            shape.const = shape.const or "const" in raw
            kept = values if shape.enum is None else [one for one in shape.enum if one in values]
            shape.enum = tuple(dict.fromkeys(kept))

    def _add_inside(self, shape: Shape, spot: Spot) -> None:
        for name, inner in spot.under("properties").items():
            shape.properties[name] = self.join((*shape.properties.get(name, ()), inner))
        for word in _HOLDERS & spot.map.keys():
            inner = spot.at(word)
            if isinstance(inner.value, list):
                self._add_entries(shape, spot, word)
            elif inner.value is not None and inner.value is not True and inner.value != {}:
                shape.inside[word] = self.join((*shape.inside.get(word, ()), inner))
        self._add_entries(shape, spot, "prefixItems")
        for word in MANY_INSIDE:
            for name, inner in spot.under(word).items():
                slot = f"{word}/{name}"
                shape.inside[slot] = self.join((*shape.inside.get(slot, ()), inner))

    def _add_entries(self, shape: Shape, spot: Spot, word: str) -> None:
        for index, inner in enumerate(spot.each(word)):
            slot = f"prefixItems/{index}"
            shape.inside[slot] = self.join((*shape.inside.get(slot, ()), inner))

    def _add_choices(self, shape: Shape, spot: Spot) -> None:
        if spot.map.get("discriminator") and shape.discriminator is None:
            shape.discriminator = spot
        for word in _choice_words(spot):
            options, _ = self._options(spot, word)
            if len(options) < 2:
                continue
            joined = [self.join((one,)) for one in options]
            if not _plain_list(shape, [one for option in joined for one in option]):
                shape.choices = (*shape.choices, Choice(word, tuple(joined)))


def _choice_words(spot: Spot) -> list[str]:
    return [word for word in ("oneOf", "anyOf") if word in spot.map]


def number(value: Any) -> float | None:
    """A number as such, None for anything else."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _types(raw: dict[str, Any]) -> frozenset[str] | None:
    stated = raw.get("type")
    if isinstance(stated, str):
        return frozenset({stated})
    if isinstance(stated, list):
        # Unquoted, the word null of a list is no word.
        return frozenset(NULL if one is None else str(one) for one in stated)
    values = _listed(raw)
    if values:
        return frozenset(_TYPE_OF.get(type(one), "object") for one in values)
    return next((frozenset({name}) for name, words in _IMPLIED.items() if words & set(raw)), None)


def _listed(raw: dict[str, Any]) -> list[Any] | None:
    if "const" in raw:
        return [raw["const"]]
    held = raw.get("enum")
    return held if isinstance(held, list) else None


def _values(raw: dict[str, Any]) -> list[str] | None:
    listed = _listed(raw)
    return None if listed is None else [canonical(one) for one in listed if one is not None]


def _both(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    numbers = {"integer"} if {"integer", "number"} <= one | other else set()
    inside = numbers if one & {"integer", "number"} and other & {"integer", "number"} else set()
    return (one & other) | inside


def _plain_list(shape: Shape, options: list[Spot]) -> bool:
    """Alternatives that are only types, or only values, are a list of types, or an enum."""
    said = [set(one.map) - ABOUT for one in options]
    types: set[str] = set()
    for one in options:
        types |= _types(one.map) or set()
    if all(words == {"type"} for words in said):
        shape.null = shape.null or NULL in types
        real = frozenset(types - {NULL})
        shape.types = real if shape.types is None else _both(shape.types, real)
        return True
    if all(words & {"enum", "const"} and words <= {"type", "enum", "const"} for words in said):
        values = [value for one in options for value in _values(one.map) or ()]
        shape.enum = tuple(dict.fromkeys(values))
        shape.types = frozenset(types) if shape.types is None else shape.types
        return True
    return False


def _add_bounds(shape: Shape, raw: dict[str, Any]) -> None:
    for word in _LOWER:
        value = number(raw.get(word)) if word in raw else None
        if value is not None and value > (1 if word == "minContains" else 0):
            shape.lower[word] = max(shape.lower.get(word, (value, 0)), (value, 0))
    for word in _UPPER:
        value = number(raw.get(word))
        if value is not None:
            shape.upper[word] = min(shape.upper.get(word, (value, 0)), (value, 0))
    for value, exclusive in _ends(raw, "minimum", "exclusiveMinimum"):
        found = (value, exclusive)
        shape.lower["minimum"] = max(shape.lower.get("minimum", found), found)
    for value, exclusive in _ends(raw, "maximum", "exclusiveMaximum"):
        found = (value, -exclusive)
        shape.upper["maximum"] = min(shape.upper.get("maximum", found), found)


def _ends(raw: dict[str, Any], inclusive: str, exclusive: str) -> list[tuple[float, int]]:
    """Both spellings of an exclusive end: a boolean beside the number, or a number of its own."""
    found = []
    value, other = number(raw.get(inclusive)), number(raw.get(exclusive))
    if value is not None:
        found.append((value, int(raw.get(exclusive) is True)))
    if other is not None:
        found.append((other, 1))
    return found


def _add_words(shape: Shape, spot: Spot) -> None:
    raw = spot.map
    pattern = raw.get("pattern")
    if isinstance(pattern, str) and pattern not in _ANYTHING:
        shape.words.setdefault("pattern", []).append(pattern)
    for word in ("format", "multipleOf", "contentMediaType", "contentEncoding", "default"):
        if raw.get(word) is not None:
            known = f"{word}: {raw[word]}" if word[:7] == "content" else ""
            slot, held = _FORMAT_OF.get(known, (word, raw[word]))
            shape.words.setdefault(slot, []).append(held)
    if isinstance(raw.get("x-extensible-enum"), list):
        shape.words["x-extensible-enum"] = [canonical(one) for one in raw["x-extensible-enum"]]
    shape.flags |= {
        word for word in ("readOnly", "writeOnly", "uniqueItems") if raw.get(word) is True
    }
    shape.required |= {one.value for one in spot.each("required") if isinstance(one.value, str)}
    _add_conditions(shape, spot)


def _add_conditions(shape: Shape, spot: Spot) -> None:
    for word in ("dependentRequired", "dependencies"):
        for name, needed in spot.under(word).items():
            if isinstance(needed.value, list):
                slot = shape.words.setdefault("dependentRequired", [])
                slot += [f"{name} needs {one}" for one in needed.value]
    for word in WHOLE:
        if spot.map.get(word) is not None and spot.map.get(word) is not True:
            shape.words.setdefault(word, []).append(spot.at(word))
