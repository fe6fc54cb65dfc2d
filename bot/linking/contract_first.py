"""Routes of controllers whose interface is generated from the API contract, so that no mapping of
them stands in the sources."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.endpoint import Body, Handler, Registration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.endpoint import Endpoints
    from bot.model.operation import Operation, Operations
    from bot.model.route import Route

# What generated interfaces have besides: how a controller lets them see the request.
_NO_ROUTE = "getRequest"
_BREAKS = re.compile(r"[^A-Za-z0-9]+")
# Of an input that nothing bounds and no type refuses, nothing is worth a test.
_FREE = frozenset({"string", "array"})


class Agreed:
    """The operations of all contracts by the method that a generator makes of each."""

    def __init__(self, held: Iterable[Operations]) -> None:
        self._named: dict[str, list[tuple[Operation, Operations]]] = defaultdict(list)
        for each in held:
            for one in each.operations:
                self._named[_method(one.id)].append((one, each))

    def says(self, owner: str, one: Endpoints) -> tuple[list[tuple[Registration, Operation]], bool]:
        """What the contracts register of the methods that a class takes over; and whether that is
        all of them. A name that several operations have means none of them."""
        mapped = {said.handler for said in one.registrations}
        own = [h for h in one.handlers if h.name.rpartition(".")[0] == owner]
        own = [h for h in own if f"#{h.name}" not in mapped] if one.stack == "spring" else []
        own = [h for h in own if h.name != f"{owner}.{_NO_ROUTE}"]
        names = [(h, self._named.get(h.name.rpartition(".")[2], [])) for h in own]
        found = [
            (_registered(owner, h, some[0][0]), some[0][0]) for h, some in names if len(some) == 1
        ]
        return found, bool(own) and len(found) == len(own)

    def agreed(self, route: Route, stated: Operation, prefix: str) -> Route:
        """The route with what the contract says of its inputs and statuses. Where the class has no
        `prefix`, the generated interface may or may not have the path of the server."""
        held = self._named[_method(stated.id)][0][1]
        does = _stated(route.does, stated, held) if route.does else None
        certain = route.certain and bool(prefix or held.prefixes == ("",))
        return replace(route, does=does, stated=stated, certain=certain)


def _method(name: str) -> str:
    """The camel case of an operationId."""
    first, *rest = _BREAKS.split(name)
    return first[:1].lower() + first[1:] + "".join(one[:1].upper() + one[1:] for one in rest)


def _registered(owner: str, does: Handler, stated: Operation) -> Registration:
    return Registration(
        on=f"#{owner}",
        method=stated.method,
        path=stated.template,
        handler=f"#{does.name}",
        line=does.line,
        end=does.end,
    )


def _stated(does: Handler, stated: Operation, held: Operations) -> Handler:
    names = {f"{stated.name} {one.rpartition(' in ')[0]}" for one in stated.parameters}
    bounds = any(one.name in names and one.loose not in _FREE for one in held.inputs)
    typed = stated.body and does.body is Body.NONE
    return replace(
        does,
        body=Body.TYPED if typed else does.body,
        constrained=does.constrained or bounds,
    )
