"""What a Python file registers: routers, prefixes, guards, mounts, holes."""

from __future__ import annotations

import textwrap

import pytest

from bot.model.endpoint import Endpoints, Guard
from bot.model.known import Unknown
from bot.readers.endpoints.python import read

HERE = "pkg/api.py"


def reading(source: str, path: str = HERE) -> Endpoints:
    found = read(path, textwrap.dedent(source).encode())
    assert isinstance(found, Endpoints)
    return found


def _guards(guards: tuple[Guard, ...]) -> str:
    return "".join(f" !{one.symbol}" for one in guards)


def shown(one: Endpoints) -> list[str]:
    """Everything that is registered, a line each."""
    lines = [
        f"{each.on} {each.method} {each.path or '/'} > {each.handler}"
        + _guards(each.guards)
        + " hidden" * each.hidden
        + " perhaps" * (not each.certain)
        + " shown" * each.shown
        for each in one.registrations
    ]
    lines += [
        f"{each.parent} < {each.child} at {each.prefix or '/'}"
        + _guards(each.guards)
        + " hidden" * each.hidden
        for each in one.mounts
    ]
    return lines + [f"hole {each.line}: {each.reason}" for each in one.holes]


FASTAPI = "from fastapi import APIRouter, Depends, FastAPI\nfrom app.deps import user\n"
FLASK = "from flask import Blueprint, Flask, request\n"
AIOHTTP = "from aiohttp import web\n"
APP = "app = FastAPI()\n"

CASES = [
    ("a verb", FASTAPI + APP + "@app.get('/x/{id:int}/')\ndef f(): ...\n", ["#app GET /x/{} > #f"]),
    (
        "an imported router",
        "from .base import router\n@router.post('')\nasync def f(): ...\n",
        ["pkg/base#router POST / > #f"],
    ),
    (
        "guards and secrecy of a route",
        FASTAPI
        + "r = APIRouter()\n"
        + "@r.put('/x', dependencies=[Depends(user)], include_in_schema=False)\ndef f(): ...\n",
        ["#r PUT /x > #f !app/deps#user hidden"],
    ),
    (
        "guards by name",
        FASTAPI
        + "r = APIRouter()\nALL = [Depends(user)]\n"
        + "@r.get('/a', dependencies=ALL)\ndef a(): ...\n"
        + "@r.get('/b', dependencies=[*ALL, user, Depends(user)] + more.them)\ndef b(): ...\n",
        ["#r GET /a > #a !#ALL", "#r GET /b > #b !app/deps#user !#ALL !app/deps#user !#more.them"],
    ),
    (
        "options that are not shown",
        FASTAPI + "r = APIRouter()\n@r.get('/x', **options)\ndef f(): ...\n",
        ["#r GET /x > #f perhaps"],
    ),
    (
        "secrecy of a router",
        FASTAPI + "r = APIRouter(include_in_schema=False)\n@r.get('/x')\ndef f(): ...\n",
        ["#r GET /x > #f hidden"],
    ),
    (
        "several methods",
        FASTAPI + APP + "@app.api_route('/x', methods=['GET', 'post'])\ndef f(): ...\n",
        ["#app GET /x > #f", "#app POST /x > #f"],
    ),
    (
        "methods that are computed",
        FASTAPI + APP + "@app.api_route('/x', methods=ALL)\ndef f(): ...\n",
        ["#app ANY /x > #f perhaps"],
    ),
    (
        "under a condition",
        FASTAPI + APP + "if debug:\n    @app.get('/x')\n    def f(): ...\n",
        ["#app GET /x > #f perhaps"],
    ),
    (
        "in a loop",
        FASTAPI + APP + "for name in NAMES:\n    app.add_api_route(f'/{name}', f)\n",
        ["#app GET /{} > #f perhaps"],
    ),
    (
        "a websocket and a page",
        FASTAPI
        + APP
        + "@app.websocket('/w')\ndef w(): ...\n"
        + "@app.get('/p')\ndef p():\n    return templates.TemplateResponse('p.html')\n",
        ["#app GET /w > #w shown", "#app GET /p > #p shown"],
    ),
    (
        "a constant of the file, and one of another module",
        FASTAPI
        + APP
        + "from app.core import settings\nBASE = '/v1'\n"
        + "@app.get(BASE + '/x')\ndef f(): ...\n"
        + "@app.get(f'{settings.API}/y')\ndef g(): ...\n",
        ["#app GET /v1/x > #f", "#app GET /${app/core#settings.API}/y > #g"],
    ),
    (
        "a path that is computed",
        FASTAPI + APP + "@app.get(make())\ndef f(): ...\n",
        ["hole 4: a path is computed"],
    ),
    (
        "a path through a function",
        "from flask import Flask\napp = Flask('x')\n@app.route(scoped('/x'))\ndef f(): ...\n",
        ["#app GET /x > #f perhaps"],
    ),
    (
        "mounts",
        FASTAPI
        + APP
        + "from . import items\nfrom .users import router as users\n"
        + "app.include_router(items.router, prefix='/items', dependencies=[Depends(user)])\n"
        + "app.include_router(router=users, include_in_schema=False)\n"
        + "app.mount('/sub', other)\napp.mount('/static', StaticFiles())\n",
        [
            "#app < pkg#items.router at /items !app/deps#user",
            "#app < pkg/users#router at / hidden",
            "#app < #other at /sub",
        ],
    ),
    (
        "mounts of a list",
        FASTAPI + APP + "for one in [a.router, make_b()]:\n    app.include_router(one)\n",
        ["#app < #a.router at /", "#app < #make_b at /"],
    ),
    (
        "a mount of something computed",
        FASTAPI + APP + "app.include_router({}['x'])\n",
        ["hole 4: what is mounted is computed"],
    ),
    (
        "a computed prefix",
        FASTAPI + APP + "app.include_router(r, prefix=make())\n",
        ["#app < #r at ${?}", "hole 4: a prefix is computed"],
    ),
    (
        "a computed prefix within what is done with any router",
        FASTAPI + "def register(router):\n    router.include_router(x, prefix=router.prefix)\n",
        ["#register.router < #x at ${?}"],
    ),
    (
        "a router of a function, and a function that is given one",
        FASTAPI
        + "from .other import add_routes_of_users\n"
        + "def create():\n    app = FastAPI()\n    add_routes_of_users(app)\n"
        + "    @app.get('/x')\n    def f(): ...\n    return app\n"
        + "def setup(router):\n    router.add_api_route('/y', g, methods=['POST'])\n",
        [
            "#create.app GET /x > #create.f",
            "#setup.router POST /y > #g",
            "#create.app < pkg/other#add_routes_of_users at /",
        ],
    ),
    (
        "a controller",
        "from app.web import controller, UserRouter\nr = UserRouter()\n"
        "@controller(r)\nclass C(Base):\n    @r.get('/x')\n    def one(self): ...\n",
        ["#r GET /x > #C.one"],
    ),
    (
        "a router that is an attribute",
        FASTAPI
        + "class S:\n    def __init__(self):\n        self.r = APIRouter()\n"
        + "        self.r.add_api_route('/x', self.get)\n",
        ["#S.r GET /x > #S.get"],
    ),
    (
        "near misses",
        FASTAPI
        + APP
        + "# @app.get('/a')\nTEXT = '''\n@app.get('/b')\n'''\n"
        + "cache.get('key')\nsession.get('/c')\nvolume.mount('/d', E())\n"
        + "@patch.get('c')\ndef f(): ...\n@app.get\ndef g(): ...\n",
        [],
    ),
    (
        "Flask's routes and blueprints",
        FLASK
        + "bp = Blueprint('b', __name__, url_prefix='/b')\n"
        + "@bp.route('/x/<int:id>', methods=('GET', 'POST'))\ndef x(id): ...\n"
        + "def create():\n    app = Flask('x')\n    from .auth import bp as auth\n"
        + "    app.register_blueprint(auth, url_prefix='/a')\n",
        [
            "#bp GET /x/{} > #x",
            "#bp POST /x/{} > #x",
            "#create.app < pkg/auth#bp at /a",
        ],
    ),
    (
        "rules of Flask",
        FLASK
        + "app = Flask('x')\nfrom .views import Things\n"
        + "app.add_url_rule('/a', 'a', login(guard(view)))\n"
        + "app.add_url_rule('/b', view_func=Things.as_view('b'))\n"
        + "app.add_url_rule('/c', view_func=lambda: 1)\n",
        [
            "#app GET /a > #view !#login !#guard",
            "#app < pkg/views#Things at /b",
            "hole 6: a handler is computed",
        ],
    ),
    (
        "resources, and what wraps their registration",
        "from flask_restful import Api, Resource\nfrom .things import Things\n"
        "class More(Api):\n    def add_org_resource(self, resource, *urls):\n"
        "        return self.add_resource(resource, *urls)\n"
        "api = More()\napi.add_org_resource(Things, '/a', '/b/<id>', endpoint='t')\n"
        "api.add_resource(Things, path())\n",
        [
            "#api < pkg/things#Things at /a",
            "#api < pkg/things#Things at /b/{}",
            "hole 8: a path is computed",
        ],
    ),
    (
        "views say their methods of themselves",
        "from flask_restful import Resource\n"
        "class Base(Resource):\n    def get(self): ...\n    def put(self): ...\n"
        "class Things(Base, Resource):\n    def get(self): ...\n    def help(self): ...\n"
        "class Store:\n    def get(self): ...\n",
        ["#Things GET / > #Things.get !#Things", "#Things PUT / > #Base.put !#Things"],
    ),
    (
        "aiohttp's ways",
        AIOHTTP
        + "routes = web.RouteTableDef()\n@routes.get('/a')\nasync def a(request): ...\n"
        + "@routes.view('/v')\nclass V(web.View):\n    async def post(self): ...\n"
        + "app = web.Application(middlewares=[auth])\napp.add_routes(routes)\n"
        + "app.add_routes([web.get('/b', a), web.view('/c', V), web.route('*', '/d', a), *more])\n"
        + "app.router.add_post('/e', a)\napp.router.add_route('PUT', '/f', a)\n"
        + "app.router.add_route('*', '/g', a)\napp.add_subapp('/s', sub)\n",
        [
            "#routes GET /a > #a",
            "#V POST / > #V.post !#V",
            "#app GET /b > #a",
            "#app ANY /d > #a",
            "#app POST /e > #a",
            "#app PUT /f > #a",
            "#app ANY /g > #a",
            "#routes < #V at /v",
            "#app < #routes at /",
            "#app < #V at /c",
            "#app < #sub at /s",
            "hole 10: a route is computed",
        ],
    ),
    (
        "lists of Starlette",
        "from starlette.applications import Starlette\n"
        "from starlette.routing import Mount, Route, WebSocketRoute\n"
        "inner = [Route('/i', f, methods=['POST'])]\n"
        "app = Starlette(routes=[Route('/x', endpoint=f), WebSocketRoute('/w', g),"
        " Mount('/in', routes=inner)])\nother = Starlette(routes=make)\n",
        [
            "#inner POST /i > #f",
            "#app GET /x > #f",
            "#app GET /w > #g shown",
            "#app < #inner at /in",
            "#other < #make at /",
        ],
    ),
    (
        "several exceptions without parentheses",
        FASTAPI + APP + "try: x()\nexcept A, b.C: y()\n@app.get('/x')\ndef f(): ...\n",
        ["#app GET /x > #f"],
    ),
    (
        "a list that is no list of routes, and a mount that is a file's",
        "from starlette.routing import Mount\nNAMES = [str(1)]\n"
        "routes = [Mount('/static', StaticFiles()), Mount('/b', app=sub)]\n",
        ["#routes < #sub at /b"],
    ),
    ("no routes", "import os\n\nclass X:\n    def get(self): ...\n", []),
    ("CRLF", FASTAPI + APP + "@app.get('/x')\r\ndef f():\r\n    ...\r\n", ["#app GET /x > #f"]),
]


@pytest.mark.parametrize(("source", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_a_file_registers(source: str, expected: list[str]) -> None:
    assert shown(reading(source)) == expected


ROUTERS = [
    ("a prefix", "r = APIRouter(prefix='/x/')\n", ["r /x"]),
    ("guards", "r = APIRouter(dependencies=[Depends(user)])\n", ["r / !app/deps#user"]),
    ("a root", APP, ["app / root"]),
    (
        "an application that is mounted",
        APP + "sub = FastAPI()\napp.mount('/s', sub)\n",
        ["app / root", "sub /"],
    ),
    (
        "a maker of the project's own",
        "from app.web import UserRouter\nr = UserRouter(prefix='/u')\n@r.get('')\ndef f(): ...\n",
        ["r /u !app/web#UserRouter"],
    ),
    ("something else", "db = Database()\n", []),
    (
        "middlewares",
        APP
        + "app.add_middleware(Auth)\n@app.middleware('http')\ndef m(): ...\n"
        + "@app.before_request\ndef b(): ...\n",
        ["app / root !#Auth !#m !#b"],
    ),
    (
        "middlewares of aiohttp",
        AIOHTTP + "app = web.Application(middlewares=[a])\napp.middlewares.append(b)\n",
        ["app / root !#b !#a"],
    ),
    (
        "an API of an application, and one that is given its own later on",
        "from flask_restful import Api\napi = Api(app)\nlone = Api(prefix='/p', decorators=[x])\n"
        "lone.add_resource(A, '/a')\n",
        ["api /", "lone /p root !#x"],
    ),
]


@pytest.mark.parametrize(
    ("source", "expected"), [c[1:] for c in ROUTERS], ids=[c[0] for c in ROUTERS]
)
def test_routers(source: str, expected: list[str]) -> None:
    found = reading(FASTAPI + source).routers
    lines = [f"{r.name} {r.prefix or '/'}{' root' * r.root}{_guards(r.guards)}" for r in found]
    assert lines == expected


def test_no_server_of_a_test_is_a_root() -> None:
    found = reading(FASTAPI + APP, "tests/test_app.py")
    assert [one.root for one in found.routers] == [False]


STACKS = [
    ("from fastapi import Depends", "fastapi"),
    ("import flask_login", "flask"),
    ("from rest_framework import views", "django"),
    ("from aiohttp import web", "aiohttp"),
    ("import aiohttp", ""),
    ("from starlette.routing import Route", "starlette"),
    ("import os", ""),
]


@pytest.mark.parametrize(("source", "stack"), STACKS)
def test_the_framework_is_known_by_what_is_imported(source: str, stack: str) -> None:
    assert reading(source).stack == stack


def test_names_lead_to_modules() -> None:
    source = """
        import a.b.c
        import a.b as d
        from x.y import z as w
        from . import one
        from .two.three import four
        from ..up import *
        from ..on import *
    """
    found = reading(source, "pkg/sub/api.py")
    assert found.module == "pkg/sub/api"
    assert found.imports == (
        ("a.b.c", "a/b/c#"),
        ("d", "a/b#"),
        ("w", "x/y#z"),
        ("one", "pkg/sub#one"),
        ("four", "pkg/sub/two/three#four"),
        ("*", "pkg/up#"),
        ("*", "pkg/on#"),
    )


def test_a_package_has_the_name_of_its_folder() -> None:
    found = reading("from . import one", "pkg/sub/__init__.py")
    assert (found.module, found.imports) == ("pkg/sub", (("one", "pkg/sub#one"),))


def test_constants_are_texts_of_modules_classes_instances_and_functions() -> None:
    source = """
        API = "/api"
        V1 = API + "/v1"
        LONG = "two words"
        NUMBER = 1

        class Settings(BaseSettings):
            PREFIX: str = f"{V1}/x"

        settings = Settings()

        def user(id):
            return f"{API}/users/{id}"

        def other(id):
            log(id)
            print(id)
            return "/other"
    """
    assert dict(reading(source).constants) == {
        "API": "/api",
        "V1": "/api/v1",
        "Settings.PREFIX": "/api/v1/x",
        "settings.PREFIX": "/api/v1/x",
        "user": "/api/users/{}",
    }


def test_routes_have_names() -> None:
    source = FLASK + (
        "bp = Blueprint('shop', __name__)\n@bp.route('/a')\ndef a(): ...\n"
        "@bp.route('/b', endpoint='other')\ndef b(): ...\n"
    )
    assert reading(source).routes == (("shop.a", "#a"), ("shop.other", "#b"))


HOSTILE = [
    ("broken", b"def f(:\n", "pkg/api.py:1 is not valid Python"),
    ("newer syntax", b"x = f'{y['a']}'\n", "pkg/api.py:1 is not valid Python"),
    ("nested", b"x=" + b"(" * 3000 + b")" * 3000, "pkg/api.py"),
    ("a long chain", b"x" + b".a" * 100_000, "pkg/api.py could not be parsed"),
    ("many signs", b"x=" + b"-" * 100_000 + b"1", "pkg/api.py could not be parsed"),
    (
        "a long sum",
        b"from fastapi import x\n@x.get(" + b"'/a'+" * 20_000 + b"'')\ndef f(): ...",
        "",
    ),
]


@pytest.mark.parametrize(
    ("source", "reason"), [c[1:] for c in HOSTILE], ids=[c[0] for c in HOSTILE]
)
def test_what_cannot_be_parsed_is_unknown(source: bytes, reason: str) -> None:
    found = read(HERE, source)
    assert isinstance(found, Unknown)
    assert found.by_content
    assert found.reason.startswith(reason)


NOISE = [
    ("texts that double", "".join(f"a{n + 1} = a{n} + a{n}\n" for n in range(5000))),
    ("many functions", "def f(x): return g(x)\n" * 4000),
    ("many decorators", "@app.get('/x')\n" * 10_000 + "def f(): ..."),
    ("one long list", "from aiohttp import web\nr = [" + "web.get('/x', f)," * 10_000 + "]"),
]


@pytest.mark.parametrize("source", [c[1] for c in NOISE], ids=[c[0] for c in NOISE])
def test_noise_ends_in_a_reading(source: str) -> None:
    assert reading("a0 = '/x'\n" + source).module == "pkg/api"


@pytest.mark.parametrize(
    ("call", "instead"),
    [
        ("app.register_blueprint(auth, url_prefix='/a')", True),
        ("app.register_blueprint(auth)", False),
    ],
)
def test_the_prefix_of_a_registration_takes_the_place_of_a_blueprints_own(
    call: str, instead: bool
) -> None:
    source = FLASK + f"app = Flask('x')\nfrom .auth import bp as auth\n{call}\n"

    assert [one.instead for one in reading(source).mounts] == [instead]
