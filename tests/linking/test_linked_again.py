"""Routes of files of which most are the same as before: what they would be without that."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.linking.linked import LINKED_ON_AT_MOST, Linked, linked
from bot.linking.routes import link
from bot.model import endpoint
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


def calls(*written: str) -> tuple[endpoint.TestCall, ...]:
    return tuple(
        endpoint.TestCall(
            test=f"test_{at}",
            line=at,
            method=one.partition(" ")[0],
            path="" if "#" in one and "$" not in one else one.partition(" ")[2],
            handler=one.partition(" ")[2] if "#" in one and "$" not in one else "",
        )
        for at, one in enumerate(written)
    )


ITEM_TESTS = file(
    "tests/test_items",
    "",
    calls=calls(
        "GET /v1/items/7",
        "GET /v1/items/all",
        "GET /v1/items/mine",
        "GET ${app/config#PATH}",
        "GET app/api/items#read",
        "GET /other/more",
        "GET {}/orders/7",
        "GET /shop",
    ),
)
NAMED = file(
    "tests/test_names", "", calls=calls("GET @shop", "GET /a/b/c/d", "GET app/api/items#all")
)
BASE: dict[str, Endpoints] = {
    "tests/test_v1.py": ITEM_TESTS,
    "tests/test_names.py": NAMED,
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


CHANGES: list[Some] = [
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
    {"app/api/items.py": replace(ITEMS, registrations=(on("#router", "/mine", "#read"),))},
    {"app/api/items.py": replace(ITEMS, handlers=(handler("all"), handler("read")))},
    {"app/shop.py": file("app/shop", "", routes=(("shop", "/shop"),))},
    {"app/other.py": file("app/other", registrations=(on("#lone", "/more", "#more"),))},
    {"tests/test_v1.py": None},
    {"tests/test_v1.py": replace(ITEM_TESTS, calls=ITEM_TESTS.calls[::-2])},
    {"tests/test_v2.py": file("tests/test_v2", "", calls=calls("GET /shop", "GET /v1/items/x"))},
]


def after(*changes: Some) -> dict[str, Endpoints]:
    files: Some = {**BASE}
    for one in changes:
        files |= one
    return {path: one for path, one in files.items() if one is not None}


def same(found: Linked, files: dict[str, Endpoints]) -> bool:
    whole = Linked(files, TESTS)
    return (found.routes, found.calls.found, found.by_name) == (
        whole.routes,
        whole.calls.found,
        whole.by_name,
    )


@pytest.mark.parametrize("changes", CHANGES)
def test_all_is_as_if_nothing_had_been_linked_before(changes: Some) -> None:
    assert same(Linked(after(changes), TESTS, (), Linked(BASE, TESTS)), after(changes))
    assert same(Linked(BASE, TESTS, (), Linked(after(changes), TESTS)), BASE)


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(CHANGES), max_size=3), min_size=2, max_size=6))
def test_so_it_is_however_often_it_is_linked_on(steps: list[list[Some]]) -> None:
    found = Linked(BASE, TESTS)
    for some in steps:
        found = Linked(after(*some), TESTS, (), found)

        assert same(found, after(*some))


def test_now_and_then_all_is_linked_anew() -> None:
    found = linked(1, BASE, TESTS, ())
    for at in range(LINKED_ON_AT_MOST):
        more: Some = {"app/more.py": file("app/more", "", constants=(("AT", f"{at}"),))}
        found = linked(1, after(more), TESTS, ())

    assert found.links == LINKED_ON_AT_MOST
    assert linked(1, after(CHANGES[1]), TESTS, ()).links == 0


def test_what_a_call_reaches_is_not_looked_for_again() -> None:
    base = Linked(BASE, TESTS)
    more: Some = {"app/api/orders.py": replace(ORDERS, registrations=ORDERS.registrations[:1])}

    found = Linked(after(more), TESTS, (), base)

    kept = [one is base.calls.leaves[path] for path, one in found.calls.leaves.items()]
    assert kept == [True, False]


def test_what_a_change_does_not_reach_is_the_very_same() -> None:
    routes, web = link(BASE, TESTS)
    files = {**BASE, "app/views.py": file("app/views", "", handlers=(VIEW,))}

    again, _ = link(files, TESTS, (), web)

    kept = {one.name for one in again.routes if any(one is other for other in routes.routes)}
    assert kept == {"GET /v1/items/{}", "GET /v1/items/all", "GET /shop", "GET /plugins/one"}
