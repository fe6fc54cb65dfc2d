"""Two versions of an API contract as a list of changes: the one door to this package."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.model.contract import Change, Direction, Profile
from bot.model.known import Known, Unknown
from bot.readers.openapi.ledger import Anchor, Finding, Key, Ledger
from bot.readers.openapi.lift import METHODS, lift
from bot.readers.openapi.load import Stop
from bot.readers.openapi.operations import At, OperationComparison
from bot.readers.openapi.schemas import SchemaComparison
from bot.readers.openapi.security import SecurityComparison
from bot.readers.openapi.shape import Shapes
from bot.readers.openapi.side import Budget, Contract, Side, Spot
from bot.readers.openapi.unchanged import Unchanged

if TYPE_CHECKING:
    from datetime import date

_DOCUMENT: Key = ("",)
ADDRESS = re.compile(r"^(?:[A-Za-z][\w+.-]*:)?//[^/]*|[?#].*$")
_PARAMETER = re.compile(r"\{[^{}/]*\}|(?<=/):\w+")


def compare(
    base: Contract,
    head: Contract,
    profile: Profile = Profile.DEFAULT,
    today: date | None = None,
    budget: Budget | None = None,
) -> Known[tuple[Change, ...]]:
    """Every change from base to head, or why the two cannot be compared.

    Opens nothing and follows no address: files that a contract refers to are handed in with it.
    `today` tells whether a promised end has passed; without it none has. What the budget does not
    pay for is unknown; nothing is left out in silence.
    """
    budget = budget or Budget()
    try:
        sides = Side(base, budget), Side(head, budget)
        for side in sides:
            if side.version == "2.0":
                lift(side)
        return _Comparison(sides, budget, today).changes(profile)
    except Stop as stop:
        return Unknown(stop.reason, by_content=True)
    except RecursionError:
        return Unknown("contract too deep to compare", by_content=True)


class _Comparison:
    """One comparison: paths and webhooks are matched, their operations compared."""

    def __init__(self, sides: tuple[Side, Side], budget: Budget, today: date | None) -> None:
        self._base, self._head = sides
        self._ledger = Ledger(budget, self._head)
        self._schemas = SchemaComparison(Shapes(self._base), Shapes(self._head), self._ledger)
        security = SecurityComparison(self._base, self._head, self._ledger)
        self._inner = OperationComparison(self._schemas, security, self._ledger, today)
        self._unchanged = Unchanged(self._base, self._head)
        self._names: list[str] = []

    def changes(self, profile: Profile) -> tuple[Change, ...]:
        self._document()
        self._paths()
        self._webhooks()
        self._schemas.run()
        return self._ledger.changes(self._names, profile)

    def _document(self) -> None:
        old, new = (str(one.root.at("info").map.get("version")) for one in (self._base, self._head))
        if old != new:
            self._find("document-version-changed", "/info/version", f"{old} → {new}")
        before, after = servers_of(self._base), servers_of(self._head)
        for reference in self._unchanged.dangling:
            self._find("dangling-reference", "", reference)
        gone = [url for url in before if url not in after]
        if gone and not self._moved_into_paths():
            self._find("server-changed", "/servers", ", ".join(gone[:3]))

    def _paths(self) -> None:
        base = self._base.root.under("paths")
        head = self._head.root.under("paths")
        matched = self._matched(base, head)
        for path, spot in base.items():
            old = self._base.follow(spot)
            if path in matched:
                new = self._head.follow(head[matched[path]])
                self._renamed(path, matched[path])
                self._item((old, new), path, matched[path])
            elif path.startswith("/"):
                self._path_removed(path, old)
        taken = set(matched.values())
        for path in head:
            if path not in taken and path.startswith("/"):
                item = self._head.follow(head[path])
                for method in METHODS:
                    if method in item.map:
                        at = self._at(f"{method.upper()} {path}")
                        self._found(at.owner, "operation-added", "", path, item.at(method))

    def _path_removed(self, path: str, item: Spot) -> None:
        held = [method for method in METHODS if method in item.map]
        if all(item.at(method).map.get("deprecated") is True for method in held):
            for method in held:
                self._inner.removed(self._at(f"{method.upper()} {path}"), item.at(method))
            return
        self._found(self._at(path).owner, "path-removed", "", path)

    def _item(self, both: tuple[Spot, Spot], path: str, new_path: str) -> None:
        old, new = both
        if path == new_path and self._unchanged.same(old, new):
            return
        old = _with_names(self._base, old, path, new_path)
        for method in METHODS:
            at = (
                self._at(f"{method.upper()} {new_path}") if method in {*old.map, *new.map} else None
            )
            if at is None:
                continue
            if method not in new.map:
                self._inner.removed(at, old.at(method))
            elif method not in old.map:
                self._found(at.owner, "operation-added", "", new_path, new.at(method))
            else:
                self._inner.compare(at, (old, old.at(method)), (new, new.at(method)))

    def _webhooks(self) -> None:
        old, new = _webhooks(self._base), _webhooks(self._head)
        for key, spots in old.items():
            at = self._at(f"webhook {key[0]} {key[1].upper()}")
            at = at._replace(direction=Direction.RESPONSE)
            if key in new:
                self._inner.compare(at, spots, new[key])
            else:
                self._found(at.owner, "webhook-removed", "", key[0])
        for key in sorted(new.keys() - old.keys()):
            at = self._at(f"webhook {key[0]} {key[1].upper()}")
            self._found(at.owner, "webhook-added", "", key[0], new[key][1])

    def _matched(self, base: dict[str, Spot], head: dict[str, Spot]) -> dict[str, str]:
        """Paths of the base with those of the head: the same, else the same but for the names of
        parameters, else the same once the path of the server stands before them."""
        found = {path: path for path in base if path in head}
        prefixes = [
            {ADDRESS.sub("", url).rstrip("/") for url in servers_of(side)}
            for side in (self._base, self._head)
        ]
        for old_prefixes, new_prefixes in (({""}, {""}), (prefixes[0], prefixes[1])):
            free = {
                f"{prefix}{template_of(path)}": path
                for path in head
                if path not in found.values()
                for prefix in new_prefixes
            }
            for path in base:
                for prefix in old_prefixes if path not in found else ():
                    other = free.pop(f"{prefix}{template_of(path)}", None)
                    if other is not None and other not in found.values():
                        found[path] = other
                        break
        return found

    def _moved_into_paths(self) -> bool:
        """All paths are the same as before only with the path of the server before them."""
        base, head = self._base.root.under("paths"), self._head.root.under("paths")
        return bool(base) and not base.keys() & head.keys() and len(self._matched(base, head)) > 0

    def _renamed(self, old: str, new: str) -> None:
        names, others = _PARAMETER.findall(old), _PARAMETER.findall(new)
        if names != others:
            note = f"{', '.join(names)} → {', '.join(others)}"
            self._found(self._at(new).owner, "path-parameter-renamed", "", note)

    def _at(self, name: str) -> At:
        if (name,) not in self._ledger.owners:
            self._ledger.owners.add((name,))
            self._names.append(name)
        return At((name,), Direction.REQUEST)

    def _find(self, kind: str, pointer: str, note: str) -> None:
        spot = self._head.root
        for part in pointer.split("/")[1:]:
            spot = spot.at(part)
        self._found(_DOCUMENT, kind, pointer, note, spot)

    def _found(
        self, owner: Key, kind: str, pointer: str, note: str, spot: Spot | None = None
    ) -> None:
        finding = Finding(kind, Direction.NEITHER, Anchor("", pointer), note)
        self._ledger.find(owner, finding, spot)


def template_of(path: str) -> str:
    """The path with `{}` for each parameter."""
    return _PARAMETER.sub("{}", path)


def _with_names(side: Side, item: Spot, path: str, new_path: str) -> Spot:
    """The path item with its path parameters called as in the other version."""
    names = [one.strip("{}:") for one in _PARAMETER.findall(path)]
    others = [one.strip("{}:") for one in _PARAMETER.findall(new_path)]
    called = dict(zip(names, others, strict=False))
    if names == others:
        return item

    def renamed(held: object, spot: Spot) -> object:
        if not isinstance(held, dict) or "parameters" not in held:
            return held
        parameters = [
            {**one.map, "name": called.get(str(one.map.get("name")), one.map.get("name"))}
            if one.map.get("in") == "path"
            else one.map
            for one in map(side.follow, spot.each("parameters"))
        ]
        return {**held, "parameters": parameters}

    operations = {name: renamed(held, item.at(name)) for name, held in item.map.items()}
    whole = renamed({**item.map, **operations}, item)
    return Spot(whole, item.file, item.pointer)


def _webhooks(side: Side) -> dict[tuple[str, str], tuple[Spot, Spot]]:
    found = {}
    for name, raw in {**side.root.under("x-webhooks"), **side.root.under("webhooks")}.items():
        item = side.follow(raw)
        for method in METHODS:
            if method in item.map:
                found[name, method] = (item, item.at(method))
    return found


def servers_of(side: Side) -> list[str]:
    """The addresses, with variables as they are by default; `/` where none is named."""
    found = []
    for spot in side.root.each("servers"):
        url = str(spot.map.get("url", ""))
        for name, variable in spot.under("variables").items():
            url = url.replace(f"{{{name}}}", str(variable.map.get("default", "")))
        found.append(url)
    return found or ["/"]
