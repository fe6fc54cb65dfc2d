"""Kinds that hold other kinds: lists, mappings, objects, alternatives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.readers.policy.shape import BAD, NAME, Context, Kind, cut, nearest, shown
from bot.readers.yaml_loader import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class ListOf(Kind):
    """A list; `or_one`: a single value may stand for a list of one."""

    kind: Kind
    or_one: bool = False
    at_least: int = 0
    at_most: int = 200

    def read(self, node: Node, context: Context, key: str) -> Any:
        """A tuple of what could be read."""
        if not isinstance(node, Sequence):
            if self.or_one:
                one = self.kind.read(node, context, key)
                return BAD if one is BAD else (one,)
            return context.say(node.place, f"expected a list, got {shown(node)}", "E202", key=key)
        if len(node.items) < self.at_least:
            return context.say(node.place, "the list is empty", "E204", key=key)
        if len(node.items) > self.at_most:
            return context.say(node.place, f"at most {self.at_most} entries", "E105", key=key)
        read = [self.kind.read(item, context, key) for item in node.items]
        return tuple(item for item in read if item is not BAD)

    def schema(self) -> dict[str, Any]:
        """An array, or also a single value."""
        one = self.kind.schema()
        many = {"type": "array", "items": one, "minItems": self.at_least, "maxItems": self.at_most}
        return {"anyOf": [one, many]} if self.or_one else many


@dataclass(frozen=True)
class Key:
    """One key of an object: its kind, what it means, and its default.

    `default`: as it would be written; `otherwise`: in words, where no value says it.
    """

    kind: Kind
    means: str
    default: Any = None
    otherwise: str = "none"
    required: bool = False

    def schema(self) -> dict[str, Any]:
        """The kind's, with description and default."""
        if self.required:
            return {**self.kind.schema(), "description": f"{self.means} Required."}
        said = self.otherwise if self.default is None else _written(self.default)
        out = {**self.kind.schema(), "description": f"{self.means} Default: {said}."}
        return out if self.default is None else {**out, "default": self.default}


@dataclass(frozen=True)
class MapOf(Kind):
    """Names of one's own choice, each with a value of one kind; `names` reads the names."""

    kind: Kind
    names: Kind | None = None
    at_most: int = 100

    def read(self, node: Node, context: Context, key: str) -> Any:
        """A dict."""
        if not isinstance(node, Mapping):
            what = f"expected a mapping, got {shown(node)}"
            return context.say(node.place, what, "E202", key=key)
        if len(node.entries) > self.at_most:
            return context.say(node.place, f"at most {self.at_most} entries", "E105", key=key)
        out: dict[str, Any] = {}
        for name, value in node.entries.items():
            good = self._named(name, node, context, key)
            read = self.kind.read(value, context, f"{key}.{name}")
            if good and read is not BAD:
                out[name] = read
        return out

    def _named(self, name: str, node: Mapping, context: Context, key: str) -> bool:
        place = node.keys[name]
        if self.names is not None:
            written = Scalar(name, place, name)
            return self.names.read(written, context, key) is not BAD
        if not NAME.fullmatch(name):
            what = f'"{cut(name)}" is not a name: lower-case letters, digits and "-", at most 40'
            context.say(place, what, "E205", key=key)
            return False
        return True

    def schema(self) -> dict[str, Any]:
        """An object with free names."""
        names = {"pattern": NAME.pattern} if self.names is None else self.names.schema()
        return {
            "type": "object",
            "additionalProperties": self.kind.schema(),
            "propertyNames": names,
            "maxProperties": self.at_most,
        }


@dataclass(frozen=True)
class Obj(Kind):
    """A mapping with known keys only.

    `some`: at least one of these keys must be there. `whole`: no layer below can add what lacks, so
    the schema may ask for required keys.
    """

    name: str
    keys: dict[str, Key]
    some: tuple[str, ...] = ()
    whole: bool = False
    more: dict[str, Any] = field(default_factory=dict)

    def read(self, node: Node, context: Context, key: str) -> Any:
        """A dict of the written keys that could be read."""
        if not isinstance(node, Mapping):
            what = f"expected {self.name} as a mapping, got {shown(node)}"
            return context.say(node.place, what, "E202", key=key)
        out: dict[str, Any] = {}
        for name, value in node.entries.items():
            at = f"{key}.{name}".lstrip(".")
            if name not in self.keys:
                context.say(node.keys[name], self._unknown(name, context), "E201", key=at)
                continue
            read = self.keys[name].kind.read(value, context, at)
            if read is not BAD:
                out[name] = read
        for name, one in self.keys.items():
            if one.required and name not in node.keys:
                context.say(node.place, f'"{name}" is missing: {one.means}', "E204", key=key)
        if self.some and not node.keys.keys() & set(self.some):
            words = ", ".join(self.some)
            return context.say(
                node.place, f"{self.name} needs at least one of {words}", "E204", key=key
            )
        return out

    def _unknown(self, name: str, context: Context) -> str:
        where = f" in {self.name}" if self.name else ""
        near = nearest(name, self.keys)
        if near or not context.version:
            return f'unknown key "{cut(name)}"{where}{near}'
        known = ", ".join(self.keys)
        return (
            f'unknown key "{cut(name)}"{where} (this is Handoff {context.version}); one of {known}'
        )

    def schema(self) -> dict[str, Any]:
        """An object without other keys."""
        out: dict[str, Any] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: one.schema() for name, one in self.keys.items()},
        }
        required = [name for name, one in self.keys.items() if one.required and self.whole]
        if required:
            out["required"] = required
        if self.some:
            out["anyOf"] = [{"required": [name]} for name in self.some]
        return out | self.more


@dataclass(frozen=True)
class Either(Kind):
    """Different kinds by what is written: a word, a list, or a mapping.

    `main`: the key of the mapping that the short form stands for, empty where there is none.
    """

    what: str
    scalar: Kind | None = None
    sequence: Kind | None = None
    mapping: Kind | None = None
    main: str = ""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """What the fitting kind reads."""
        by_node = {Scalar: self.scalar, Sequence: self.sequence, Mapping: self.mapping}
        kind = by_node[type(node)]
        if kind is None:
            what = f"expected {self.what}, got {shown(node)}"
            return context.say(node.place, what, "E202", key=key)
        return kind.read(node, context, key)

    def schema(self) -> dict[str, Any]:
        """Any of them."""
        kinds = [one for one in (self.scalar, self.sequence, self.mapping) if one is not None]
        return {"anyOf": [one.schema() for one in kinds]}


@dataclass(frozen=True)
class OneKey(Kind):
    """A mapping with exactly one key out of many; reads to `(key, value)`."""

    name: str
    kinds: Callable[[], dict[str, Kind]]

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The pair."""
        if not isinstance(node, Mapping):
            what = f"expected {self.name}, got {shown(node)}"
            return context.say(node.place, what, "E202", key=key)
        if len(node.keys) != 1:
            return context.say(node.place, self._not_one(node), "E207", key=key)
        if not node.entries:
            return BAD
        ((name, value),) = node.entries.items()
        kinds = self.kinds()
        if name not in kinds:
            near = nearest(name, kinds) or f"; one of {', '.join(kinds)}"
            what = f'unknown key "{cut(name)}" in {self.name}{near}'
            return context.say(node.keys[name], what, "E201", key=key)
        read = kinds[name].read(value, context, f"{key}.{name}")
        return BAD if read is BAD else (name, read)

    def _not_one(self, node: Mapping) -> str:
        names = list(node.keys)
        if not names:
            return f"{self.name} is empty"
        found = " and ".join(f'"{cut(name)}"' for name in names[:3])
        what = f"{self.name} has exactly one key, found {found}"
        first, second = (node.entries.get(name) for name in names[:2])
        kind = self.kinds().get(names[0])
        main = kind.main if isinstance(kind, Either) else ""
        fits = isinstance(first, Scalar | Sequence) and names[1] not in self.kinds()
        if main and fits and first is not None and second is not None:
            inner = f"{{ {main}: {_flow(first)}, {names[1]}: {_flow(second)} }}"
            return f"{what}; write {names[0]}: {inner}"
        return f"{what}; for several, write a list"

    def schema(self) -> dict[str, Any]:
        """An object with one property."""
        return {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
            "properties": {name: kind.schema() for name, kind in self.kinds().items()},
        }


@dataclass(frozen=True)
class Again(Kind):
    """A kind that holds itself, by its name among the schema's definitions."""

    name: str
    kind: Callable[[], Kind]

    def read(self, node: Node, context: Context, key: str) -> Any:
        """What the kind reads."""
        return self.kind().read(node, context, key)

    def schema(self) -> dict[str, Any]:
        """A reference."""
        return {"$ref": f"#/$defs/{self.name}"}


@dataclass(frozen=True)
class Turned(Kind):
    """A kind whose value is turned into another one."""

    kind: Kind
    turn: Callable[[Any], Any]

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The turned value."""
        read = self.kind.read(node, context, key)
        return BAD if read is BAD else self.turn(read)

    def schema(self) -> dict[str, Any]:
        """Of what is written."""
        return self.kind.schema()


def _flow(node: Node) -> str:
    if isinstance(node, Sequence):
        return f"[{', '.join(_flow(item) for item in node.items[:5])}]"
    return cut(node.text) if isinstance(node, Scalar) else "{ … }"


def _written(default: Any) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return ", ".join(map(str, default)) if isinstance(default, list) else str(default)
