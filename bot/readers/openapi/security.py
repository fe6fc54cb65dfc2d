"""Who may call: alternatives of credentials, the schemes behind them, and scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from bot.model.contract import Direction
from bot.readers.openapi.ledger import Anchor, Finding, Key, Ledger

if TYPE_CHECKING:
    from bot.readers.openapi.side import Side, Spot

# One way to prove who one is: schemes that are all needed, each with its scopes.
Need: TypeAlias = dict[str, frozenset[str]]

_URLS = ("authorizationUrl", "tokenUrl", "refreshUrl", "deviceAuthorizationUrl")


class SecurityComparison:
    """Compares what operations demand; a scheme is compared where one demands it."""

    def __init__(self, base: Side, head: Side, ledger: Ledger) -> None:
        self._ledger = ledger
        self._sides = base, head
        self._base, self._head = _schemes(base), _schemes(head)
        self._renamed = {name: self._name_at_head(name) for name in self._base}
        self._compared: set[str] = set()

    def compare(self, owner: Key, base: Spot, head: Spot) -> None:
        """What changed for a caller of this operation."""
        own = base.map.get("security") is not None or head.map.get("security") is not None
        anchor = Anchor("", "/security") if own else Anchor("security of the document", "")
        old = [self._renaming(need) for need in needs_of(self._sides[0], base)]
        new = needs_of(self._sides[1], head)
        if self._became_public(owner, anchor, old, new):
            return
        for need in old:
            if not any(_suffices(need, other) for other in new):
                self._lost(owner, anchor, need, new)
        fresh = [need for need in new if not any(one.keys() <= need.keys() for one in old)]
        for need in fresh:
            self._find(owner, "security-alternative-added", anchor, said(need))
        self._scopes_removed(owner, anchor, old, new)
        for name in sorted({name for need in old for name in need}):
            self._scheme(owner, name)

    def _became_public(self, owner: Key, anchor: Anchor, old: list[Need], new: list[Need]) -> bool:
        if {} in new and {} not in old:
            self._find(owner, "security-removed", anchor, ", ".join(map(said, old)))
            return True
        return False

    def _lost(self, owner: Key, anchor: Anchor, need: Need, new: list[Need]) -> None:
        if not need:
            self._find(owner, "security-added", anchor, ", ".join(map(said, new)))
            return
        same = [other for other in new if other.keys() == need.keys()]
        if same:
            fresh = {scope for name in need for scope in same[0][name] - need[name]}
            self._find(owner, "scope-added", anchor, ", ".join(sorted(fresh)))
        else:
            self._find(owner, "security-alternative-removed", anchor, said(need))

    def _scopes_removed(self, owner: Key, anchor: Anchor, old: list[Need], new: list[Need]) -> None:
        for need in old:
            same = [other for other in new if other.keys() == need.keys()]
            gone = {scope for name in need for one in same[:1] for scope in need[name] - one[name]}
            if gone:
                self._find(owner, "scope-removed", anchor, ", ".join(sorted(gone)))

    def _scheme(self, owner: Key, name: str) -> None:
        """Compare a scheme by its name at the head; each operation that demands it is named."""
        before = next((self._base[old] for old, new in self._renamed.items() if new == name), None)
        after = self._head.get(name)
        if before is None or after is None:
            return
        anchor = Anchor(f"securitySchemes/{name}", "")
        for word in ("type", "in", "name", "scheme", "bearerFormat", "openIdConnectUrl"):
            old, new = _told(before, word), _told(after, word)
            if old not in (None, new):
                self._find(owner, "scheme-changed", anchor, f"{word} {old} → {new}")
        flows, now = (_mapping(one.get("flows")) for one in (before, after))
        for flow in sorted(flows):
            if flow not in now:
                self._find(owner, "scheme-changed", anchor, f"flow {flow} is gone")
            else:
                self._flow(owner, anchor, flow, (_mapping(flows[flow]), _mapping(now[flow])))

    def _flow(
        self, owner: Key, anchor: Anchor, flow: str, both: tuple[dict[str, Any], dict[str, Any]]
    ) -> None:
        old, new = both
        for url in _URLS:
            if old.get(url) not in (None, new.get(url)):
                note = f"{flow} {url} {old.get(url)} → {new.get(url)}"
                self._find(owner, "scheme-changed", anchor, note)
        gone = sorted(_mapping(old.get("scopes")).keys() - _mapping(new.get("scopes")).keys())
        if gone:
            self._find(owner, "scheme-scope-removed", anchor, f"{flow} {', '.join(gone[:5])}")

    def _name_at_head(self, name: str) -> str:
        """A scheme that only got another name is still the same."""
        if name in self._head:
            return name
        same = [
            other
            for other, scheme in self._head.items()
            if other not in self._base and _essence(scheme) == _essence(self._base[name])
        ]
        return same[0] if same else name

    def _renaming(self, need: Need) -> Need:
        return {self._renamed.get(name, name): scopes for name, scopes in need.items()}

    def _find(self, owner: Key, kind: str, anchor: Anchor, note: str) -> None:
        self._ledger.find(owner, Finding(kind, Direction.REQUEST, anchor, note))


def needs_of(side: Side, operation: Spot) -> list[Need]:
    """The alternatives that suffice; one empty alternative where nobody is asked."""
    stated = operation.map.get("security")
    if stated is None:
        stated = side.root.map.get("security")
    found = [
        {name: frozenset(map(str, scopes or [])) for name, scopes in one.items()}
        for one in (stated if isinstance(stated, list) else [])
        if isinstance(one, dict) and all(isinstance(s, list | None) for s in one.values())
    ]
    return found or [{}]


def _suffices(need: Need, other: Need) -> bool:
    """Whoever fulfils the first fulfils the second."""
    return all(name in need and scopes <= need[name] for name, scopes in other.items())


def _schemes(side: Side) -> dict[str, dict[str, Any]]:
    named = side.root.at("components").under("securitySchemes")
    return {name: side.follow(spot).map for name, spot in named.items()}


def _essence(scheme: dict[str, Any]) -> dict[str, Any]:
    return {word: held for word, held in scheme.items() if word != "description"}


def _told(scheme: dict[str, Any], word: str) -> Any:
    """The names of headers and of schemes of HTTP have no case."""
    held = scheme.get(word)
    folds = word == "scheme" or (word == "name" and scheme.get("in") == "header")
    return held.lower() if folds and isinstance(held, str) else held


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def said(need: Need) -> str:
    """The schemes of one alternative, as a person reads them."""
    return " and ".join(sorted(need)) or "nothing"
