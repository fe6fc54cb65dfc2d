"""Operations: what is sent to them, in which form, and what they answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bot.model.contract import Direction
from bot.readers.openapi.ledger import Anchor, Finding, Key, Ledger, Pair
from bot.readers.openapi.lift import METHODS
from bot.readers.openapi.load import Stop
from bot.readers.openapi.media import MediaComparison
from bot.readers.openapi.schemas import PARAMETER, said_of

if TYPE_CHECKING:
    from datetime import date

    from bot.readers.openapi.schemas import SchemaComparison
    from bot.readers.openapi.security import SecurityComparison
    from bot.readers.openapi.side import Side, Spot

# Callbacks hold operations that may hold callbacks; people write one level.
CALLBACKS_AT_MOST = 4
# The specification says that these are ignored where they are parameters or headers.
_IGNORED_HEADERS = {"accept", "content-type", "authorization"}
_PUBLIC = re.compile(r"2..|3..", re.IGNORECASE)


class At(NamedTuple):
    """Where an operation stands: whose findings, who sends the request, how deep in callbacks."""

    owner: Key
    direction: Direction
    prefix: str = ""
    depth: int = 0

    @property
    def back(self) -> Direction:
        """Who sends the answer."""
        asks = self.direction is Direction.REQUEST
        return Direction.RESPONSE if asks else Direction.REQUEST


class OperationComparison:
    """Compares operations and everything below them but schemas, which it passes on."""

    def __init__(
        self,
        schemas: SchemaComparison,
        security: SecurityComparison,
        ledger: Ledger,
        today: date | None,
    ) -> None:
        self.base: Side = schemas.base.side
        self.head: Side = schemas.head.side
        self._schemas = schemas
        self._security = security
        self._ledger = ledger
        self._today = today
        self._media = MediaComparison(schemas, ledger)

    def compare(self, at: At, base: tuple[Spot, Spot], head: tuple[Spot, Spot]) -> None:
        """Compare an operation, each given with its path item."""
        (old_item, old), (new_item, new) = base, head
        self._about(at, old, new)
        self._parameters(
            at, parameters_of(self.base, old_item, old), parameters_of(self.head, new_item, new)
        )
        self._body(at, old.at("requestBody"), new.at("requestBody"))
        self._responses(at, old, new)
        self._callbacks(at, old, new)
        if at.direction is Direction.REQUEST:
            self._security.compare(at.owner, old, new)
        urls = [{str(one.map.get("url")) for one in spot.each("servers")} for spot in (old, new)]
        if urls[0] - urls[1]:
            self._find(at, "server-changed", "/servers", ", ".join(sorted(urls[0] - urls[1])))

    def removed(self, at: At, operation: Spot) -> None:
        """An operation is gone; that harms nobody after the date that was promised."""
        sunset, now = operation.map.get("x-sunset"), self._today
        past = now is not None and isinstance(sunset, str) and sunset[:10] <= now.isoformat()
        over = past and operation.map.get("deprecated") is True
        self._find(at, "operation-removed-after-sunset" if over else "operation-removed", "")

    def _about(self, at: At, old: Spot, new: Spot) -> None:
        if new.map.get("deprecated") is True and old.map.get("deprecated") is not True:
            self._find(at, "operation-deprecated", "", spot=new)
        before, after = old.map.get("operationId"), new.map.get("operationId")
        if before is not None and before != after:
            self._find(at, "operation-id-changed", "", f"{before} → {after}", new)
        promised, ends = old.map.get("x-sunset"), new.map.get("x-sunset")
        if isinstance(promised, str) and new.map.get("deprecated") is True:
            if ends is None:
                self._find(at, "sunset-removed", "", promised, new)
            elif str(ends) < promised:
                self._find(at, "sunset-brought-forward", "", f"{promised} → {ends}", new)

    def _parameters(
        self, at: At, old: dict[tuple[str, str], Spot], new: dict[tuple[str, str], Spot]
    ) -> None:
        for key, spot in old.items():
            if key in new:
                self._parameter(at, spot, new[key])
                continue
            moved = [other for other in new if other[1] == key[1] and other not in old]
            if moved:
                self._find(at, "parameter-moved", _step(key), f"{key[0]} → {moved[0][0]}")
            else:
                self._find(at, "parameter-removed", _step(key), f"{key[1]} in {key[0]}")
        for key, spot in new.items():
            moved = [other for other in old if other[1] == key[1] and other not in new]
            if key not in old and not moved:
                must = _must(spot)
                kind = "required-parameter-added" if must else "optional-parameter-added"
                self._find(at, kind, _step(key), f"{key[1]} in {key[0]}", spot)

    def _parameter(self, at: At, old: Spot, new: Spot) -> None:
        step = _step((str(new.map.get("in")), str(new.map.get("name"))))
        anchor = Anchor("", step).inside((old,), (new,), "")
        before, after = (
            shapes.shape(shapes.join((one.at("schema"),))).words.get("default")
            for shapes, one in ((self._schemas.base, old), (self._schemas.head, new))
        )
        if _must(new) and not _must(old):
            suffix = "-with-default" if after is not None else ""
            self._at(at, f"parameter-became-required{suffix}", anchor, new)
        elif _must(old) and not _must(new):
            self._at(at, "parameter-became-optional", anchor, new)
        if new.map.get("deprecated") is True and old.map.get("deprecated") is not True:
            self._at(at, "parameter-deprecated", anchor, new)
        if before != after:
            note = f"default {said_of(before or ())} → {said_of(after or ())}"
            self._at(at, "parameter-default-changed", anchor, new, note)
        for word, kind in (
            ("allowEmptyValue", "empty-value-disallowed"),
            ("allowReserved", "reserved-characters-disallowed"),
        ):
            if old.map.get(word) is True and new.map.get(word) is not True:
                self._at(at, kind, anchor, new)
        self._written(at, old, new, anchor)

    def _written(self, at: At, old: Spot, new: Spot, anchor: Anchor) -> None:
        """How the value of a parameter or header is written, and the value itself."""
        place = str(new.map.get("in", "header"))
        (style, explode), (other, exploded) = _style(old, place), _style(new, place)
        if style != other:
            self._at(at, "parameter-style-changed", anchor, new, f"{style} → {other}")
        elif explode != exploded:
            self._at(at, "parameter-explode-changed", anchor, new, f"{explode} → {exploded}")
        held, now = old.under("content"), new.under("content")
        if bool(held) != bool(now) or held.keys() != now.keys():
            note = f"{', '.join(held) or 'plain'} → {', '.join(now) or 'plain'}"
            self._at(at, "parameter-style-changed", anchor, new, note)
        elif held:
            self._media.compare(at.owner, at.direction, (held, now), anchor)
        else:
            self._schema(at, old.at("schema"), new.at("schema"), anchor)

    def _schema(self, at: At, old: Spot, new: Spot, anchor: Anchor) -> None:
        joined = [
            shapes.join((spot,) if spot.value is not None else ())
            for shapes, spot in ((self._schemas.base, old), (self._schemas.head, new))
        ]
        inside = anchor.inside(joined[0], joined[1], "/schema")
        pair = Pair(joined[0], joined[1], at.direction, PARAMETER, inside)
        self._ledger.reach(at.owner, pair)

    def _body(self, at: At, old: Spot, new: Spot) -> None:
        old, new = self.base.follow(old), self.head.follow(new)
        had, has = (isinstance(one.value, dict) for one in (old, new))
        anchor = Anchor("", "/requestBody").inside((old,), (new,), "")
        if not had or not has:
            if had:
                self._at(at, "body-removed", anchor, None)
            if has:
                must = new.map.get("required") is True
                kind = "required-body-added" if must else "optional-body-added"
                self._at(at, kind, anchor, new)
            return
        was, now = (one.map.get("required") is True for one in (old, new))
        if was != now:
            kind = "body-became-required" if now else "body-became-optional"
            self._at(at, kind, anchor, new)
        both = (old.under("content"), new.under("content"))
        self._media.compare(at.owner, at.direction, both, anchor)

    def _responses(self, at: At, old: Spot, new: Spot) -> None:
        before = {_status(name): spot for name, spot in old.under("responses").items()}
        after = {_status(name): spot for name, spot in new.under("responses").items()}
        for status, spot in before.items():
            other = _covering(status, after)
            if other is None:
                kind = "success" if _is_success(status, before) else "error"
                self._find(at, f"{kind}-status-removed", f"/responses/{status}", status)
            else:
                pair = self.base.follow(spot), self.head.follow(after[other])
                self._response(at, *pair, Anchor("", f"/responses/{status}"))
        for status, spot in after.items():
            covers = any(_covering(one, {status: spot}) for one in before)
            if not covers and _covering(status, before) is None:
                kind = "success" if _is_success(status, after) else "error"
                self._find(at, f"{kind}-status-added", f"/responses/{status}", status, spot)

    def _response(self, at: At, old: Spot, new: Spot, outer: Anchor) -> None:
        anchor = outer.inside((old,), (new,), "")
        back = at._replace(direction=at.back)
        both = (old.under("content"), new.under("content"))
        self._media.compare(at.owner, back.direction, both, anchor)
        before, after = _headers(self.base, old), _headers(self.head, new)
        for name, spot in before.items():
            step = Anchor(anchor.component, f"{anchor.pointer}/headers/{name}")
            must = spot.map.get("required") is True
            if name not in after:
                kind = "required-header-removed" if must else "optional-header-removed"
                self._at(back, kind, step, None, name)
                continue
            now = after[name]
            still = now.map.get("required") is True
            if must != still:
                kind = "header-became-required" if still else "header-became-optional"
                self._at(back, kind, step, now, name)
            self._written(back, spot, now, step.inside((spot,), (now,), ""))
        for name in sorted(after.keys() - before.keys()):
            step = Anchor(anchor.component, f"{anchor.pointer}/headers/{name}")
            self._at(back, "header-added", step, after[name], name)

    def _callbacks(self, at: At, old: Spot, new: Spot) -> None:
        if at.depth >= CALLBACKS_AT_MOST:
            raise Stop("callbacks within callbacks: too deep to compare")
        before, after = _calls(self.base, old), _calls(self.head, new)
        inner = at._replace(direction=at.back, depth=at.depth + 1)
        for key, held in before.items():
            step = f"/callbacks/{' '.join(key)}"
            if key in after:
                deeper = inner._replace(prefix=f"{at.prefix}{step}")
                self.compare(deeper, held, after[key])
            else:
                self._find(at, "callback-removed", step, " ".join(key))
        for key in sorted(after.keys() - before.keys()):
            self._find(at, "callback-added", f"/callbacks/{' '.join(key)}", " ".join(key))

    def _find(self, at: At, kind: str, step: str, note: str = "", spot: Spot | None = None) -> None:
        self._at(at, kind, Anchor("", step), spot, note)

    def _at(self, at: At, kind: str, anchor: Anchor, spot: Spot | None, note: str = "") -> None:
        if not anchor.component:
            anchor = Anchor("", f"{at.prefix}{anchor.pointer}")
        self._ledger.find(at.owner, Finding(kind, at.direction, anchor, note), spot)


def parameters_of(side: Side, item: Spot, operation: Spot) -> dict[tuple[str, str], Spot]:
    """By place and name; those of the operation replace those of its path."""
    found = {}
    for raw in (*item.each("parameters"), *operation.each("parameters")):
        spot = side.follow(raw)
        place, name = str(spot.map.get("in")), str(spot.map.get("name"))
        if place == "header":
            name = name.lower()
        if place != "header" or name not in _IGNORED_HEADERS:
            found[place, name] = spot
    return found


def _headers(side: Side, response: Spot) -> dict[str, Spot]:
    named = {name.lower(): side.follow(one) for name, one in response.under("headers").items()}
    return {name: spot for name, spot in named.items() if name != "content-type"}


def _calls(side: Side, operation: Spot) -> dict[tuple[str, str, str], tuple[Spot, Spot]]:
    found = {}
    for name, raw in operation.under("callbacks").items():
        callback = side.follow(raw)
        for expression, held in callback.under_all().items():
            item = side.follow(held)
            for method in METHODS:
                if method in item.map:
                    found[name, expression, method] = (item, item.at(method))
    return found


def _style(spot: Spot, place: str) -> tuple[str, bool]:
    style = spot.map.get("style")
    if not isinstance(style, str):
        style = "form" if place in {"query", "cookie"} else "simple"
    explode = spot.map.get("explode")
    return style, explode if isinstance(explode, bool) else style == "form"


def _must(spot: Spot) -> bool:
    return spot.map.get("required") is True or spot.map.get("in") == "path"


def _status(name: str) -> str:
    return name.upper() if name[1:].upper() == "XX" else name.lower()


def _is_success(status: str, among: dict[str, Spot]) -> bool:
    """Where no status of success is named, `default` is one."""
    if status == "default":
        return not any(_PUBLIC.fullmatch(one) for one in among)
    return _PUBLIC.fullmatch(status) is not None


def _covering(status: str, among: dict[str, Spot]) -> str | None:
    """The entry that speaks for a status: itself, its range, `default`, or a part of the range."""
    named = (status, f"{status[:1]}XX", "default")
    inside = (one for one in among if status == f"{one[:1]}XX")
    return next((one for one in named if one in among), next(inside, None))


def _step(key: tuple[str, str]) -> str:
    return f"/parameters/{key[0]}/{key[1]}"
