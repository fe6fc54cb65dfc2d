"""Which routes the calls of tests reach, from routes and readings made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.linking.calls import Calls
from bot.linking.symbols import Symbols
from bot.model import endpoint
from bot.model.endpoint import Endpoints
from bot.model.route import Route

NAMES = [
    "GET /items",
    "GET /items/{}",
    "GET /items/mine",
    "POST /items",
    "ANY /hook",
    "GET /",
    "GET /admin/users",
    "GET /v1/users/{}/photo.{}",
    "GET /${PREFIX}/rates",
]


def route(name: str, *, certain: bool = True) -> Route:
    method, _, path = name.partition(" ")
    handler = f"app/api.py#{method.lower()}{path.replace('/', '_')}"
    return Route(
        method=method,
        template=path.rstrip("/"),
        handler=handler,
        path="app/api.py",
        line=1,
        end=1,
        said=("app/api.py", 1, 1),
        certain=certain,
    )


ROUTES = (
    *map(route, NAMES),
    route("GET /lost/things", certain=False),
    *(replace(route(f"{one} /home"), handler=f"app/api.py#Home.{one}") for one in ("GET", "POST")),
)
API = Endpoints(
    module="app/api",
    routes=(("items", "/items"), ("mine", "#get_items_mine"), ("home", "#Home")),
    constants=(("Paths.ITEMS", "/items"),),
)
CALLS: list[tuple[str, str, str | None]] = [
    ("GET", "/items", "GET /items"),
    ("POST", "/items", "POST /items"),
    ("", "/items/7", "GET /items/{}"),
    ("GET", "/items/{}", "GET /items/{}"),
    ("GET", "/items/mine", "GET /items/mine"),
    ("GET", "/items/7?a=1", "GET /items/{}"),
    ("GET", "http://test.local/items", "GET /items"),
    ("GET", "", "GET /"),
    ("GET", "/", "GET /"),
    ("PATCH", "/hook", "ANY /hook"),
    ("GET", "/v1/users/{}/photo.png", "GET /v1/users/{}/photo.{}"),
    ("GET", "${app/api#paths.ITEMS}/mine", "GET /items/mine"),
    ("GET", "{}/admin/users", "GET /admin/users"),
    ("GET", "/${UNKNOWN}/users", "GET /admin/users"),
    ("GET", "/v2/lost/things", "GET /lost/things"),
    ("GET", "@items", "GET /items"),
    ("POST", "@shop:items", "POST /items"),
    ("GET", "@mine", "GET /items/mine"),
    ("POST", "@home", "POST /home"),
    ("PUT", "@home", None),
    ("GET", "/api/rates", "GET /${PREFIX}/rates"),
    ("GET", "app/api#get_items_mine", "GET /items/mine"),
    ("", "app/api#none", None),
    ("GET", "@none", None),
    ("DELETE", "/items", None),
    ("GET", "/users", None),
    ("GET", "/v2/items", None),
    ("GET", "/{}", None),
    ("GET", "/items/7/8", None),
    ("GET", "/v1/users/7/photo", None),
]


@pytest.mark.parametrize(("method", "written", "expected"), CALLS)
def test_a_call_reaches_the_route_that_fits_best(
    method: str, written: str, expected: str | None
) -> None:
    by_handler = "#" in written and not written.startswith("$")
    call = endpoint.TestCall(
        test="test_it",
        line=3,
        method=method,
        path="" if by_handler else written,
        handler=written if by_handler else "",
        statuses=frozenset({200}),
    )
    files = {"app/api.py": API, "tests/a.py": Endpoints(module="tests/a", calls=(call,))}

    (found,) = Calls(ROUTES, Symbols(files)).found

    assert (found.route and found.route.name) == expected
    assert (found.path, found.line, found.statuses) == ("tests/a.py", 3, frozenset({200}))
