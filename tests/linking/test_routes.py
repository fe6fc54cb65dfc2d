"""Routes as many files say them together, from readings made by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from bot.linking.routes import link
from bot.linking.symbols import Symbols
from bot.model.area import Area
from bot.model.endpoint import (
    Body,
    Endpoints,
    Guard,
    Handler,
    Hole,
    Mount,
    Registration,
    Router,
    Where,
)
from bot.model.known import Known, Unknown
from bot.model.route import RouteSet

TESTS = Area("tests", ("tests/**",))
Files = dict[str, Known[Endpoints]]


def on(router: str, path: str, handler: str = "", method: str = "GET", **more: Any) -> Registration:
    line = more.pop("line", 1)
    return Registration(
        on=router, method=method, path=path, handler=handler, line=line, end=line, **more
    )


def app(name: str, prefix: str = "", *, root: bool = False, guards: Any = ()) -> Router:
    return Router(name=name, line=1, prefix=prefix, root=root, guards=guards)


def mount(parent: str, child: str, prefix: str = "", **more: Any) -> Mount:
    return Mount(parent=parent, child=child, prefix=prefix, **{"line": 1, **more})


def guard(symbol: str, where: Where = Where.ROUTER, line: int = 1) -> Guard:
    return Guard(symbol=symbol, where=where, line=line)


def handler(name: str, **more: Any) -> Handler:
    return Handler(name=name, line=7, end=9, **more)


def file(module: str, stack: str = "fastapi", **more: Any) -> Endpoints:
    return Endpoints(module=module, stack=stack, **more)


def said(routes: RouteSet) -> list[str]:
    """Each route as `METHOD /path handler`, with `?` where it is not certain."""
    return [
        " ".join(part for part in (one.name, one.handler, "" if one.certain else "?") if part)
        for one in routes.routes
    ]


ITEMS = file(
    "app/api/items",
    routers=(app("router", "/items"),),
    registrations=(on("#router", "/{}", "#read"),),
    handlers=(handler("read"),),
)
MAIN = file(
    "app/main",
    routers=(app("app", root=True),),
    mounts=(mount("#app", "app/api/items#router", "/v1"),),
)
READ = "GET /v1/items/{} app/api/items.py#read"


def with_main(*mounts: Mount, **more: Any) -> Endpoints:
    return file("app/main", routers=(app("app", root=True),), mounts=mounts, **more)


LINKED: list[tuple[str, Files, list[str]]] = [
    ("through a mount", {"app/main.py": MAIN, "app/api/items.py": ITEMS}, [READ]),
    (
        "by the longest common end of modules",
        {
            "app/main.py": MAIN,
            "app/api/items.py": ITEMS,
            "items.py": file("items", routers=(app("router"),)),
        },
        [READ],
    ),
    (
        "in the repository's own folder",
        {
            "backend/app/main.py": file(
                "backend/app/main", routers=MAIN.routers, mounts=MAIN.mounts
            ),
            "backend/app/api/items.py": ITEMS,
        },
        ["GET /v1/items/{} backend/app/api/items.py#read"],
    ),
    (
        "exported again, under another name",
        {
            "app/main.py": with_main(mount("#app", "app/api#items", "/v1")),
            "app/api/__init__.py": file("app/api", imports=(("items", "app/api/items#router"),)),
            "app/api/items.py": ITEMS,
        },
        [READ],
    ),
    (
        "exported again with all others",
        {
            "app/main.py": with_main(mount("#app", "app/api#router", "/v1")),
            "app/api/__init__.py": file("app/api", imports=(("*", "app/api/items#"),)),
            "app/api/items.py": ITEMS,
        },
        [READ],
    ),
    (
        "an attribute of a module that is imported as a name",
        {
            "app/main.py": with_main(mount("#app", "app/api#items.router", "/v1")),
            "app/api/items.py": ITEMS,
        },
        [READ],
    ),
    (
        "all that a module registers",
        {
            "app/main.py": with_main(mount("#app", "app/api/items#", "/v1")),
            "app/api/items.py": ITEMS,
        },
        [READ],
    ),
    (
        "all modules of a folder",
        {"app/main.py": with_main(mount("#app", "app#", "/v1")), "app/api/items.py": ITEMS},
        ["GET /v1/api/items/{} app/api/items.py#read"],
    ),
    (
        "all modules of a folder, one of them its index",
        {
            "src/app.ts": file(
                "src/app", routers=(app("app", root=True),), mounts=(mount("#app", "src/routes#"),)
            ),
            "src/routes/tasks/index.ts": file(
                "src/routes/tasks", registrations=(on("#plugin", "/{}"),)
            ),
        },
        ["GET /tasks/{}"],
    ),
    (
        "what a module exports by default",
        {
            "app.js": file(
                "app", routers=(app("app", root=True),), mounts=(mount("#app", "items#default"),)
            ),
            "items.js": file(
                "items", routers=(app("router"),), registrations=(on("#router", "/x"),)
            ),
        },
        ["GET /x"],
    ),
    (
        "below the same prefix twice",
        {
            "app/main.py": with_main(*(mount("#app", "app/api/items#router", "/v1"),) * 2),
            "app/api/items.py": ITEMS,
        },
        [READ],
    ),
    (
        "below two prefixes",
        {
            "app/main.py": with_main(
                *(mount("#app", "app/api/items#router", one) for one in ("/a", "/b"))
            ),
            "app/api/items.py": ITEMS,
        },
        ["GET /a/items/{} app/api/items.py#read", "GET /b/items/{} app/api/items.py#read"],
    ),
    (
        "below each other",
        {
            "app/main.py": file(
                "app/main",
                routers=(app("app", root=True), app("a"), app("b")),
                mounts=(mount("#app", "#a"), mount("#a", "#b", "/b"), mount("#b", "#a", "/a")),
                registrations=(on("#b", "/x"),),
            )
        },
        ["GET /b/x"],
    ),
    ("below nothing", {"app/api/items.py": ITEMS}, ["GET /items/{} app/api/items.py#read ?"]),
    (
        "of a framework without applications",
        {
            "a/Items.java": file(
                "a/Items",
                "spring",
                routers=(app("Items", "/items"),),
                registrations=(on("#Items", ""),),
            )
        },
        ["GET /items"],
    ),
    (
        "a function that is given its router",
        {
            "api/routes.go": file("api", "gin", registrations=(on("#Register.r", "/x", "#?.Get"),)),
            "store/users.go": file("store", "gin", handlers=(handler("Users.Get"),)),
            "main.go": file(
                "",
                "gin",
                routers=(app("main.r", root=True),),
                mounts=(mount("#main.r", "github.com/x/y/api#Register"),),
            ),
        },
        ["GET /x store/users.go#Users.Get"],
    ),
    (
        "a constant and a setting",
        {
            "app/main.py": with_main(
                mount("#app", "app/api/items#router", "${app/config#settings.V}${app/names#A}")
            ),
            "app/config.py": file("app/config", constants=(("Settings.V", "/v"),)),
            "app/names.py": file("app/names", constants=(("A", "/a"),)),
            "app/api/items.py": ITEMS,
        },
        ["GET /v/a/items/{} app/api/items.py#read"],
    ),
    (
        "a setting that two files spell differently",
        {
            "app/main.py": with_main(
                mount("#app", "app/api/items#router", "${app/config#settings.V}")
            ),
            "app/b.py": file("app/b", constants=(("B.V", "/v"),)),
            "app/c.py": file("app/c", constants=(("C.V", "/w"),)),
            "app/api/items.py": ITEMS,
        },
        ["GET /${V}/items/{} app/api/items.py#read"],
    ),
    (
        "a condition decides",
        {"app/main.py": with_main(registrations=(on("#app", "/x", certain=False),))},
        ["GET /x ?"],
    ),
    (
        "any method, of the root, with a handler from elsewhere",
        {"app/main.py": with_main(registrations=(on("#app", "", "pack#serve", "ANY"),))},
        ["ANY / pack#serve"],
    ),
    ("a server of a test", {"tests/main.py": with_main(registrations=(on("#app", "/x"),))}, []),
]


@pytest.mark.parametrize(("why", "files", "expected"), LINKED, ids=[one[0] for one in LINKED])
def test_routes_stand_below_the_prefixes_that_lead_to_them(
    why: str, files: Files, expected: list[str]
) -> None:
    assert said(link(files, TESTS)[0]) == expected


HIDDEN: list[tuple[str, Files, list[tuple[str, int, str, str]]]] = [
    ("nothing", {"app/main.py": MAIN, "app/api/items.py": ITEMS}, []),
    ("a file", {"app/main.py": Unknown("too large")}, [("app/main.py", 1, "too large", "")]),
    (
        "a place in a file",
        {"app/main.py": with_main(holes=(Hole(line=4, reason="a loop"),))},
        [("app/main.py", 4, "a loop", "")],
    ),
    (
        "a router from elsewhere",
        {"app/main.py": with_main(mount("#app", "pack#router", "/p", line=3))},
        [("app/main.py", 3, "no file that was read has pack#router", "/p")],
    ),
    (
        "two modules of the same end",
        {
            "app/main.py": with_main(mount("#app", "items#router")),
            "app/a/items.py": file("app/a/items", routers=(app("router"),)),
            "app/b/items.py": file("app/b/items", routers=(app("router"),)),
        },
        [("app/main.py", 1, "no file that was read has items#router", "")],
    ),
    (
        "where a router is mounted",
        {"app/api/items.py": ITEMS},
        [("app/api/items.py", 1, "nothing that was read mounts router", "")],
    ),
]


@pytest.mark.parametrize(("why", "files", "expected"), HIDDEN, ids=[one[0] for one in HIDDEN])
def test_what_may_hide_routes_is_a_hole(
    why: str, files: Files, expected: list[tuple[str, int, str, str]]
) -> None:
    found = link(files, TESTS)[0].holes

    assert [(one.path, one.line, one.reason, one.prefix) for one in found] == expected


def test_routers_that_mount_each_other_many_times_come_to_an_end() -> None:
    names = [f"r{at}" for at in range(20)]
    twice = tuple(
        mount(f"#{one}", f"#{other}", prefix)
        for one, other in pairwise(names)
        for prefix in ("/a", "/b")
    )
    files: Files = {
        "app/main.py": file(
            "app/main",
            routers=tuple(app(one, root=one == "r0") for one in names),
            mounts=twice,
            registrations=(on("#r19", "/x"),),
        )
    }

    assert "more ways" in link(files)[0].holes[-1].reason


GUARDED: Files = {
    "app/main.py": file(
        "app/main",
        routers=(app("app", root=True, guards=(guard("#root"),)),),
        mounts=(mount("#app", "app/items#router", guards=(guard("app/deps#mount"),)),),
    ),
    "app/items.py": file(
        "app/items",
        routers=(app("router", guards=(guard("app/deps#own"),)),),
        registrations=(
            on("#router", "/a", "#a", guards=(guard("pack/security#said"),)),
            on("#router", "/b", "#b", guards=(guard("-app/deps#own"),)),
        ),
        handlers=(
            handler("a", guards=(guard("app/deps#User", Where.PARAMETER),)),
            handler("b"),
        ),
    ),
    "app/deps.py": file(
        "app/deps",
        imports=(("User", "#user"),),
        handlers=(handler("user", guards=(guard("pack#Bearer", Where.PARAMETER),)),),
    ),
}
OUTER = ["app/main.py#root", "app/deps.py#mount"]


def guards(files: Files) -> list[list[str]]:
    return [[one.symbol for one in route.guards] for route in link(files)[0].routes]


def test_guards_add_up_on_the_way_to_the_handler() -> None:
    inner = ["app/deps.py#own", "pack/security#said"]
    user = ["app/deps.py#user", "app/deps#User", "pack#Bearer"]

    assert guards(GUARDED) == [[*OUTER, *inner, *user], OUTER]


def test_guards_that_guard_each_other_many_times_come_to_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, plain = list[str](), Symbols.said

    def count(self: Symbols, symbol: str, path: str) -> str:
        asked.append(symbol)
        return plain(self, symbol, path)

    monkeypatch.setattr(Symbols, "said", count)
    each = tuple(guard(f"#{one}", Where.PARAMETER) for one in "abcdefgh")
    main = with_main(
        registrations=(on("#app", "/x", guards=each[:1]),),
        handlers=tuple(handler(one, guards=each) for one in "abcdefgh"),
    )

    assert guards({"app/main.py": main}) == [[f"app/main.py#{one}" for one in "abcdefgh"]]
    assert len(asked) < 300


def test_a_middleware_stands_before_what_is_registered_after_it() -> None:
    check = guard("pack#check", Where.MIDDLEWARE, line=5)
    files: Files = {
        "app.js": file(
            "app",
            "express",
            routers=(app("app", root=True, guards=(check,)),),
            registrations=(on("#app", "/a", line=4), on("#app", "/b", line=6)),
        )
    }

    assert guards(files) == [[], ["pack#check"]]


@pytest.mark.parametrize(
    ("takes", "body"),
    [
        (("app/deps#User",), Body.NONE),
        (("app/deps#User", "app/models#Item"), Body.TYPED),
        (("app/deps#User", "#Own"), Body.TYPED),
    ],
)
def test_a_name_of_a_dependency_is_no_body(takes: tuple[str, ...], body: Body) -> None:
    guarded = tuple(guard(one, Where.PARAMETER) for one in takes)
    one = handler("a", guards=guarded, body=Body.TYPED)
    model = handler("Own", guards=(guard("pydantic#BaseModel"),))
    files: Files = {
        "app/main.py": with_main(registrations=(on("#app", "/a", "#a"),), handlers=(one, model)),
        "app/deps.py": GUARDED["app/deps.py"],
    }

    (route,) = link(files)[0].routes

    assert route.does is not None
    assert route.does.body is body


def test_a_constant_that_stands_for_a_guard_is_one() -> None:
    scheme = ("scheme", "${pack/security#Bearer}")
    files: Files = {
        "app/main.py": with_main(
            registrations=(on("#app", "/a", guards=(guard("#scheme"),)),), constants=(scheme,)
        )
    }

    assert guards(files) == [["app/main.py#scheme", "pack/security#Bearer"]]


def test_a_route_stands_where_its_handler_does() -> None:
    (route,) = link({"app/main.py": MAIN, "app/api/items.py": ITEMS})[0].routes

    assert (route.path, route.line, route.end) == ("app/api/items.py", 7, 9)
    assert route.said == ("app/api/items.py", 1, 1)
    assert route.does == handler("read")


def test_a_prefix_may_stand_in_place_of_the_routers_own() -> None:
    flask = with_main(mount("#app", "app/api/items#router", "/v1", instead=True))

    found = link({"app/api/items.py": ITEMS, "app/main.py": flask})[0]

    assert said(found) == ["GET /v1/{} app/api/items.py#read"]
