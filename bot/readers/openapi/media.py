"""Bodies by media type: which forms are accepted or sent, and the schema of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.contract import Direction
from bot.readers.openapi.ledger import Anchor, Finding, Key, Ledger, Pair
from bot.readers.openapi.schemas import JSON, TEXT

if TYPE_CHECKING:
    from bot.readers.openapi.schemas import SchemaComparison
    from bot.readers.openapi.side import Spot


class MediaComparison:
    """Compares the content of a body, a response or a parameter."""

    def __init__(self, schemas: SchemaComparison, ledger: Ledger) -> None:
        self._schemas = schemas
        self._ledger = ledger

    def compare(
        self,
        owner: Key,
        direction: Direction,
        both: tuple[dict[str, Spot], dict[str, Spot]],
        anchor: Anchor,
    ) -> None:
        """Compare what is under `content` on both sides."""
        old, new = ({_media(name): spot for name, spot in one.items()} for one in both)
        met = set()
        for name, spot in old.items():
            other = _match(name, new)
            here = Anchor(anchor.component, f"{anchor.pointer}/content/{name}")
            if other is None:
                kind = f"{direction}-media-type-removed"
                self._ledger.find(owner, Finding(kind, direction, here, name))
                continue
            met.add(other)
            if name.split(";")[0] != other.split(";")[0]:
                kind = "media-type-generalized" if "*" in other else "media-type-specialized"
                self._ledger.find(owner, Finding(kind, direction, here, f"{name} → {other}"))
            self._schema(owner, direction, (spot, new[other]), here)
        for name in new:
            if name not in met:
                here = Anchor(anchor.component, f"{anchor.pointer}/content/{name}")
                self._ledger.find(
                    owner, Finding("media-type-added", direction, here, name), new[name]
                )

    def _schema(
        self, owner: Key, direction: Direction, both: tuple[Spot, Spot], anchor: Anchor
    ) -> None:
        old, new = both[0].at("schema"), both[1].at("schema")
        had, has = old.value is not None, new.value is not None
        if had != has:
            kind = "schema-introduced" if has else "schema-dropped"
            self._ledger.find(owner, Finding(kind, direction, anchor, ""), both[1])
        if not had or not has:
            return
        base, head = self._schemas.base.join((old,)), self._schemas.head.join((new,))
        mode = JSON if "json" in anchor.pointer.rpartition("/content/")[2] else TEXT
        inside = anchor.inside(base, head, "/schema")
        self._ledger.reach(owner, Pair(base, head, direction, mode, inside))
        parts, others = both[0].under("encoding"), both[1].under("encoding")
        for name in sorted(parts.keys() & others.keys()):
            if parts[name].map.get("contentType") != others[name].map.get("contentType"):
                found = Finding("encoding-changed", direction, anchor, name)
                self._ledger.find(owner, found, others[name])


def _media(name: str) -> str:
    """The media type without its charset and case."""
    kind, *rest = (part.strip().lower() for part in name.split(";"))
    kept = sorted(part for part in rest if part and not part.startswith("charset"))
    return ";".join((kind, *kept))


def _match(name: str, among: dict[str, Spot]) -> str | None:
    """The same media type, else one that only has other parameters, else a range on one side."""
    if name in among:
        return name
    kind = name.partition(";")[0]
    alike = [other for other in among if other.split(";")[0] == kind]
    if len(alike) == 1:
        return alike[0]
    for wide in (f"{kind.split('/')[0]}/*", "*/*"):
        if wide in among:
            return wide
    if kind.endswith("/*"):
        major = "" if kind == "*/*" else kind[:-1]
        return next((other for other in among if other.startswith(major)), None)
    return None
