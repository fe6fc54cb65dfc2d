"""Routes of files of which most are the same as before: what they would be without that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.linking.routes import link
from bot.model.endpoint import Body, Endpoints, Where
from tests.linking.test_routes import TESTS, app, file, guard, handler, mount, on

Some = dict[str, Endpoints | None]

GUARD = guard("app/deps#user", Where.PARAMETER)
ITEMS = file(
    "app/api/items",
    routers=(app("router", "/items", guards=(GUARD,)),),
    registrations=(on("#router", "/{}", "#read"), on("#router", "${app/config#PATH}", "#all")),
    handlers=(handler("read", types=("app/models#Item",)), handler("all", guards=(GUARD,))),
)
ORDERS = file(
    "app/api/orders",
    routers=(app("router", "/orders"),),
    registrations=(
        on("#router", "/{}", "app/views#order"),
        on("#router", "/any", "#?.unique"),
        on("#router", "/${NOWHERE}", "#own", guards=(guard("-app/deps#user"),)),
    ),
    handlers=(handler("own", body=Body.TYPED, guards=(GUARD,)),),
)
DEPS = file(
    "app/deps",
    "",
    handlers=(handler("user", guards=(guard("#token", Where.PARAMETER),)), handler("token")),
)
MAIN = file(
    "app/main",
    routers=(app("app", root=True),),
    mounts=(
        mount("#app", "app/api/items#router", "/v1"),
        mount("#app", "app/api/orders#router", "/v1"),
        mount("#app", "app/plugins#", "/plugins"),
        mount("#app", "app/lost#router", "/lost"),
    ),
)
CHAIN = app("", guards=(guard("anyRequest.authenticated", Where.MIDDLEWARE),))
SHOP = file("a/Shop", "spring", registrations=(on("", "/shop", "#list"),))
BASE: dict[str, Endpoints] = {
    "app/main.py": MAIN,
    "app/api/items.py": ITEMS,
    "app/api/orders.py": ORDERS,
    "app/deps.py": DEPS,
    "app/views.py": file("app/views", "", handlers=(handler("order", statuses=frozenset({404})),)),
    "app/config.py": file("app/config", "", constants=(("PATH", "/all"),)),
    "app/odd.py": file("app/odd", "", handlers=(handler("Odd.unique"),)),
    "app/plugins/one.py": file("app/plugins/one", registrations=(on("#one", "/one", "#one"),)),
    "src/main/a/Shop.java": SHOP,
    "src/main/a/Security.java": file("a/Security", "spring", routers=(CHAIN,)),
}
VIEW = handler("order", statuses=frozenset({404, 409}))
MORE = on("app/api/items#router", "/more", "#more")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"app/api/items.py": replace(ITEMS, registrations=ITEMS.registrations[:1])},
        {"app/api/items.py": replace(ITEMS, routers=(app("router", "/things"),))},
        {"app/api/items.py": replace(ITEMS, routers=())},
        {"app/api/items.py": replace(ITEMS, module="app/api/elsewhere")},
        {"app/api/items.py": None},
        {"app/views.py": file("app/views", "", handlers=(VIEW,))},
        {"app/views.py": None},
        {"app/deps.py": replace(DEPS, handlers=DEPS.handlers[:1])},
        {"app/deps.py": replace(DEPS, imports=(("user", "app/guards#user"),), handlers=())},
        {"app/config.py": file("app/config", "", constants=(("PATH", "/every"),))},
        {"app/other.py": file("app/other", "", constants=(("NOWHERE", "somewhere"),))},
        {"app/other.py": file("app/other", "", handlers=(handler("Other.unique"),))},
        {"app/other.py": file("app/other", registrations=(MORE,), handlers=(handler("more"),))},
        {"more/app/deps.py": file("more/app/deps", "", handlers=(handler("user"),))},
        {"app/models.py": file("app/models", "", handlers=(handler("Item"),))},
        {"app/lost.py": file("app/lost", routers=(app("router"),))},
        {"app/plugins/two.py": file("app/plugins/two", registrations=(on("#two", "/2", "#f"),))},
        {"app/main.py": replace(MAIN, mounts=MAIN.mounts[1:])},
        {"app/main.py": replace(MAIN, mounts=MAIN.mounts[::-1])},
        {"src/main/a/Security.java": file("a/Security", "spring")},
        {"src/main/a/Security.java": None, "app/deps.py": None},
        {"tests/test_items.py": file("tests/test_items", "", constants=(("NOWHERE", "there"),))},
    ],
)
def test_routes_are_as_if_nothing_had_been_linked_before(changes: Some) -> None:
    after = {path: one for path, one in {**BASE, **changes}.items() if one is not None}
    _, web = link(BASE, TESTS)

    routes, _ = link(after, TESTS, (), web)

    assert routes == link(after, TESTS)[0]


def test_what_a_change_does_not_reach_is_the_very_same() -> None:
    routes, web = link(BASE, TESTS)
    after = {**BASE, "app/views.py": file("app/views", "", handlers=(VIEW,))}

    again, _ = link(after, TESTS, (), web)

    kept = {one.name for one in again.routes if any(one is other for other in routes.routes)}
    assert kept == {"GET /v1/items/{}", "GET /v1/items/all", "GET /shop", "GET /plugins/one"}
