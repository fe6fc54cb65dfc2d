"""Alternatives of oneOf and anyOf, paired by what they are and not by what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.readers.openapi.ledger import Pair
    from bot.readers.openapi.shape import Choice, Joined, Shape, Shapes


class Comparing(Protocol):
    """The comparison of one pair of schemas, as far as alternatives need it."""

    pair: Pair
    bases: Shapes
    heads: Shapes
    base: Shape
    head: Shape
    asks: bool

    def find(self, kind: str, note: str = "", step: str = "") -> None:
        """Keep a change."""
        ...

    def reach(self, base: Joined, head: Joined, step: str) -> None:
        """Compare these two as well."""
        ...


class Alternatives:
    """The alternatives of one pair of schemas."""

    def __init__(self, one: Comparing) -> None:
        self._one = one

    def compare(self) -> bool:
        """Say what changed; False where the properties beside them cannot be compared any more."""
        one = self._one
        self._discriminator()
        if one.base.choices and one.head.choices:
            self._all(list(one.base.choices), list(one.head.choices))
            return True
        if one.head.choices:
            return self._introduced(one.head.choices[0])
        return self._dropped(one.base.choices[0]) if one.base.choices else True

    def _all(self, old: list[Choice], new: list[Choice]) -> None:
        """Several lists of alternatives: the first of each word belong together, then the rest."""
        for choice in list(old):
            other = next((one for one in new if one.word == choice.word), None)
            if other is not None:
                self._both(choice, other)
                old.remove(choice)
                new.remove(other)
        while old and new:
            self._both(old.pop(0), new.pop(0))
        if new:
            self._one.find("alternatives-introduced", _names(new[0]))
        if old:
            self._one.find("alternatives-dropped", _names(old[0]))

    def _both(self, old: Choice, new: Choice) -> None:
        one = self._one
        matched, gone, fresh = self._pairs(old, new)
        for before, after in matched:
            one.reach(old.options[before], new.options[after], f"/{new.word}/{after}")
        for index in gone:
            one.find("alternative-removed", _name(old.options[index]))
        word = "any-of-alternative-added" if new.word == "anyOf" else "alternative-added"
        for index in fresh:
            one.find(word, _name(new.options[index]), f"/{new.word}/{index}")
        if old.word == "anyOf" and new.word == "oneOf" and one.asks:
            one.find("alternatives-introduced", "anyOf → oneOf")

    def _introduced(self, choice: Choice) -> bool:
        one = self._one
        if one.base.blank:
            if one.asks:
                one.find("alternatives-introduced", _names(choice))
            return True
        if one.head.properties and not one.asks:
            # The alternatives only narrow what stands beside them.
            return True
        before = one.bases.print_of(one.pair.base)
        same = [before == one.heads.print_of(option) for option in choice.options]
        wider = choice.word == "anyOf" and any(same)
        one.find("any-of-alternative-added" if wider else "alternatives-introduced", _names(choice))
        return bool(one.head.properties)

    def _dropped(self, choice: Choice) -> bool:
        one = self._one
        if one.head.blank or (one.head.properties and one.base.properties):
            one.find("alternatives-dropped", _names(choice))
            return True
        scores = [_likeness(one.bases.shape(option), one.head) for option in choice.options]
        best = max(range(len(scores)), key=scores.__getitem__)
        if scores[best] == 0:
            one.find("alternative-removed", _names(choice))
            return True
        for index, option in enumerate(choice.options):
            if index != best:
                one.find("alternative-removed", _name(option))
        one.reach(choice.options[best], one.pair.head, f"/{choice.word}")
        return False

    def _pairs(
        self, old: Choice, new: Choice
    ) -> tuple[list[tuple[int, int]], list[int], list[int]]:
        one = self._one
        left, right = dict(enumerate(old.options)), dict(enumerate(new.options))
        found: list[tuple[int, int]] = []
        old_tags, new_tags = _mapped(one.base), _mapped(one.head)
        rules: list[tuple[Callable[[Joined], object], Callable[[Joined], object]]] = [
            (lambda o: old_tags.get(_key(o)), lambda o: new_tags.get(_key(o))),
            (lambda o: _tag(one.bases, o), lambda o: _tag(one.heads, o)),
            (one.bases.print_of, one.heads.print_of),
            (_title, _title),
        ]
        for name_old, name_new in rules:
            names = {name_new(option): index for index, option in reversed(right.items())}
            for index, option in list(left.items()):
                other = names.pop(name_old(option), None) if name_old(option) else None
                if other is not None:
                    found.append((index, other))
                    del left[index], right[other]
        self._nearest(left, right, found)
        return sorted(found), sorted(left), sorted(right)

    def _nearest(
        self, left: dict[int, Joined], right: dict[int, Joined], found: list[tuple[int, int]]
    ) -> None:
        one = self._one
        # Beyond this many the rest is simply gone and new.
        if len(left) * len(right) > 400:
            return
        scores = sorted(
            (
                (-_likeness(one.bases.shape(a), one.heads.shape(b)), i, j)
                for i, a in left.items()
                for j, b in right.items()
            ),
        )
        for score, i, j in scores:
            if score < 0 and i in left and j in right:
                found.append((i, j))
                del left[i], right[j]

    def _discriminator(self) -> None:
        one = self._one
        old, new = one.base.discriminator, one.head.discriminator
        kind = "request-discriminator-changed" if one.asks else "response-discriminator-changed"
        if old is None or new is None:
            if old is not new:
                one.find(kind, "discriminator added" if old is None else "discriminator removed")
            return
        before, after = _told(old.map["discriminator"]), _told(new.map["discriminator"])
        if before[0] != after[0]:
            one.find("discriminator-property-changed", f"{before[0]} → {after[0]}")
        if not one.base.choices and not one.head.choices:
            # Without alternatives of its own, what the values mean is reached from here alone.
            for key in sorted(before[1].keys() & after[1].keys()):
                meant = one.bases.named(before[1][key]), one.heads.named(after[1][key])
                one.reach(*meant, f"/discriminator/{key}")
        gone = sorted(key for key in before[1] if after[1].get(key) != before[1][key])
        if gone:
            one.find("discriminator-value-removed", ", ".join(gone[:5]))
        elif after[1] != before[1]:
            one.find(kind, ", ".join(sorted(after[1].keys() - before[1].keys())[:5]))


def _told(raw: object) -> tuple[str, dict[str, str]]:
    """The property, and the schema that each of its values means."""
    if not isinstance(raw, dict):
        return str(raw), {}
    mapping = raw.get("mapping")
    held = mapping if isinstance(mapping, dict) else {}
    named = {str(key): str(value).rsplit("/", 1)[-1] for key, value in held.items()}
    return str(raw.get("propertyName")), named


def _mapped(shape: Shape) -> dict[tuple[tuple[str, str], ...], str]:
    """The value of the discriminator that means a schema, by the place of the schema."""
    if shape.discriminator is None:
        return {}
    _, mapping = _told(shape.discriminator.map["discriminator"])
    by_schema = {schema: value for value, schema in mapping.items()}
    found = {}
    for choice in shape.choices:
        for option in choice.options:
            name = option[0].component if option else ""
            found[_key(option)] = by_schema.get(name, name)
    return found


def _tag(shapes: Shapes, option: Joined) -> str:
    """A property with one possible value, and that value."""
    for name, held in sorted(shapes.shape(option).properties.items()):
        enum = shapes.shape(held).enum
        if enum is not None and len(enum) == 1:
            return f"{name}={enum[0]}"
    return ""


def _title(option: Joined) -> str:
    if len(option) != 1:
        return ""
    component = option[0].component if not option[0].within else ""
    return component or str(option[0].map.get("title") or "")


def _key(option: Joined) -> tuple[tuple[str, str], ...]:
    return tuple(spot.key for spot in option)


def _name(option: Joined) -> str:
    return _title(option) or (option[0].pointer if option else "")


def _names(choice: Choice) -> str:
    return f"{choice.word} {', '.join(map(_name, choice.options[:5]))}"


def _likeness(one: Shape, other: Shape) -> float:
    """0 for schemas that have nothing in common, 1 for those with the same properties."""
    if not one.kinds & other.kinds:
        return 0
    mine, theirs = set(one.properties), set(other.properties)
    if not mine and not theirs:
        return 0.5 if one.types == other.types else 0.1
    return len(mine & theirs) / len(mine | theirs)
