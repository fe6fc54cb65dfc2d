"""What the functions of a Python file do as handlers."""

from __future__ import annotations

import pytest

from bot.model.endpoint import Body, Handler
from tests.readers.endpoints.test_python_routes import AIOHTTP, FASTAPI, FLASK, reading

TOP = FASTAPI + "from app.models import Item, Session\nr = APIRouter()\n"


def handler(source: str, name: str = "f") -> Handler:
    return next(one for one in reading(source).handlers if one.name == name)


GUARDS = [
    ("a default", TOP + "@r.get('/x')\ndef f(u=Depends(user)): ...", ["parameter app/deps#user"]),
    (
        "a default that makes one",
        TOP + "@r.get('/x')\ndef f(u: str = Depends(need('x'))): ...",
        ["parameter #need"],
    ),
    (
        "a type as its own maker",
        TOP + "@r.get('/x')\ndef f(q: Item = Depends()): ...",
        ["parameter app/models#Item"],
    ),
    (
        "an annotation",
        TOP + "@r.get('/x')\ndef f(u: Annotated[str, Security(user)]): ...",
        ["parameter app/deps#user"],
    ),
    (
        "an alias of another module",
        TOP + "@r.get('/x')\ndef f(u: Session): ...",
        ["parameter app/models#Session"],
    ),
    (
        "an alias of the file",
        TOP + "Me = Annotated[str, Depends(user)]\n@r.get('/x')\ndef f(u: Me): ...",
        ["parameter #Me", "parameter app/deps#user"],
    ),
    (
        "a default that is named elsewhere",
        TOP + "@r.get('/x')\ndef f(u: str = deps.user, v: str = 'x'): ...",
        ["parameter #deps.user"],
    ),
    (
        "an annotation that names one",
        TOP + "@r.get('/x')\ndef f(u: Annotated[str, user, Query(max_length=1)]): ...",
        ["parameter app/deps#user", "parameter #Query"],
    ),
    (
        "plain types",
        TOP + "from datetime import date\n@r.get('/x')\ndef f(a: int, b: date, c: list[Item]): ...",
        [],
    ),
    (
        "decorators below the route",
        FLASK + "@above\n@app.route('/x')\n@login\n@role('a')\ndef f(): ...",
        ["decorator #login", "decorator #role"],
    ),
    (
        "decorators of what is registered elsewhere",
        "@a\n@b.c(1)\ndef f(): ...",
        ["decorator #a", "decorator #b.c"],
    ),
    (
        "calls in the body",
        TOP
        + "def f(x):\n    user(x)\n    if check(x): late(x)\n    with lock():\n        held()\n"
        + "    x.go()\n    len(x)\n    return [app.deps.more()]\n    def g(): inner()\n",
        [
            "body app/deps#user",
            "body #check",
            "body #lock",
            "body #app.deps.more",
            "body #held",
        ],
    ),
    (
        "no more than the first calls",
        "def f():\n" + "    a()\n" * 12 + "    b()\n",
        ["body #a"] * 12,
    ),
    (
        "the class of a method, and its own calls",
        TOP + "class C:\n    def f(self):\n        self.auth.check()\n",
        ["router #C", "body #C.auth.check"],
    ),
]


@pytest.mark.parametrize(
    ("source", "expected"), [c[1:] for c in GUARDS], ids=[c[0] for c in GUARDS]
)
def test_guards(source: str, expected: list[str]) -> None:
    one = next(h for h in reading(source).handlers if h.name in {"f", "C.f"})
    order = ["body #app.deps.more", "body #held"]
    found = [f"{each.where.value} {each.symbol}" for each in one.guards]
    assert sorted(found, key=lambda e: order.index(e) if e in order else -1) == expected


def test_a_class_brings_its_guards() -> None:
    source = FASTAPI + (
        "@controller(r)\nclass C(Base, deps.Other):\n    decorators = [login]\n"
        "    user: str = Depends(user)\n    name: str = 'x'\n"
        "    def __init__(self):\n        super().__init__(dependencies=[Depends(admin)])\n"
    )
    found = [f"{one.where.value} {one.symbol}" for one in handler(source, "C").guards]
    assert found == [
        "router #Base",
        "router #deps.Other",
        "router #controller",
        "decorator #login",
        "parameter app/deps#user",
        "parameter #admin",
    ]


def test_an_alias_brings_its_guards() -> None:
    one = handler(FASTAPI + "Me = Annotated[str, Depends(user)]\n", "Me")
    assert [each.symbol for each in one.guards] == ["app/deps#user"]


POST = "@r.post('/x')\n"
BODIES = [
    ("a model", TOP + POST + "def f(item: Item): ...", Body.TYPED, None),
    (
        "a model that may lack",
        TOP + POST + "def f(item: Item | None = Body(None)): ...",
        Body.TYPED,
        None,
    ),
    ("a file", TOP + POST + "def f(u: bytes = File()): ...", Body.TYPED, None),
    ("a dictionary", TOP + POST + "def f(\n    data: dict[str, Any]): ...", Body.RAW, 7),
    ("a query", TOP + POST + "def f(q: Annotated[Item, Query()]): ...", Body.NONE, None),
    ("plain values", TOP + POST + "def f(a: int, b: str | None = None): ...", Body.NONE, None),
    ("a dependency", TOP + POST + "def f(s: Session = Depends(get)): ...", Body.NONE, None),
    (
        "an alias of the file",
        TOP + "Me = Annotated[str, Depends(user)]\n" + POST + "def f(u: Me): ...",
        Body.NONE,
        None,
    ),
    (
        "an alias that readers take too",
        TOP + "@r.get('/y')\ndef g(s: Session): ...\n" + POST + "def f(s: Session): ...",
        Body.NONE,
        None,
    ),
    ("a reader", TOP + "@r.get('/x')\ndef f(item: Item): ...", Body.NONE, None),
    (
        "the request itself",
        TOP
        + "from fastapi import Request\n"
        + POST
        + "async def f(q: Request):\n    x = await q.json()",
        Body.RAW,
        8,
    ),
    (
        "a model of that name",
        TOP + POST + "def f(request: Item):\n    return request.json()",
        Body.TYPED,
        None,
    ),
    (
        "the request, checked at once",
        TOP
        + "from fastapi import Request\n"
        + POST
        + "async def f(q: Request):\n    x = Item.model_validate(await q.json())",
        Body.NONE,
        None,
    ),
    (
        "Flask's request",
        FLASK + "@app.post('/x')\ndef f():\n    return request.get_json()",
        Body.RAW,
        4,
    ),
    ("its query", FLASK + "@app.post('/x')\ndef f():\n    return request.args", Body.NONE, None),
    (
        "arguments that are declared",
        FLASK + "@app.post('/x')\n@use_args(Schema)\ndef f(a): ...",
        Body.TYPED,
        None,
    ),
    ("Flask without a body", FLASK + "@app.post('/x')\ndef f(): ...", Body.NONE, None),
    (
        "aiohttp's request",
        AIOHTTP + "async def f(request):\n    await request.json()\napp.router.add_post('/x', f)",
        Body.RAW,
        3,
    ),
    ("one by its type", AIOHTTP + "async def f(q: web.Request):\n    await q.post()", Body.RAW, 3),
    (
        "something else",
        AIOHTTP + "async def f(a, request):\n    await request.json()",
        Body.NONE,
        None,
    ),
]


@pytest.mark.parametrize(
    ("source", "body", "raw"), [c[1:] for c in BODIES], ids=[c[0] for c in BODIES]
)
def test_bodies(source: str, body: Body, raw: int | None) -> None:
    one = handler(source)
    assert (one.body, one.raw) == (body, raw)


def test_the_request_of_a_view_is_its_own() -> None:
    source = (
        AIOHTTP + "class C(web.View):\n    async def post(self):\n        await self.request.json()"
    )
    assert handler(source, "C.post").raw == 4


TAKES = [
    ("a number", "def f(a: int): ...", True),
    ("an id", "def f(a: uuid.UUID): ...", True),
    ("a bound", "def f(a: str = Query(max_length=3)): ...", True),
    ("a text", "def f(a: str, b: Item): ...", False),
]


@pytest.mark.parametrize(("source", "expected"), [c[1:] for c in TAKES], ids=[c[0] for c in TAKES])
def test_values_that_may_be_refused(source: str, expected: bool) -> None:
    assert handler(TOP + "@r.get('/x')\n" + source).constrained is expected


def test_flask_refuses_nothing() -> None:
    assert handler(FLASK + "@app.get('/x')\ndef f(a: int): ...").constrained is False


ANSWERS = [
    ("a raise", "raise HTTPException(404)", {404}, ()),
    ("by name", "raise HTTPException(status_code=status.HTTP_409_CONFLICT)", {409}, ()),
    ("with a text", "raise HTTPException(404, detail='no')", {404}, (4,)),
    ("with a made-up text", "raise HTTPException(404, f'no {x}')", {404}, (4,)),
    ("with an error of one form", "raise HTTPException(404, detail=problem())", {404}, ()),
    ("a bare abort", "abort(403)", {403}, ()),
    ("an abort with a text", "abort(403, 'no')", {403}, (4,)),
    ("a pair", "return {'error': 'no'}, 400", {400}, (4,)),
    ("a pair in JSON", "return jsonify(error='no'), HTTPStatus.BAD_REQUEST", {400}, (4,)),
    ("a dictionary in JSON", "return jsonify({'message': 'no'}), 400", {400}, (4,)),
    ("a pair that succeeds", "return {'error': None}, 201", {201}, ()),
    ("a pair without a status", "return x, y", set(), ()),
    ("a response", "return JSONResponse({'detail': 'no'}, status_code=422)", {422}, (4,)),
    ("a response in place", "return make_response(x, 202)", {202}, ()),
    ("a response of aiohttp", "return web.json_response(x, status=404)", {404}, ()),
    ("an exception of aiohttp", "raise web.HTTPNotFound()", {404}, ()),
    ("an exception of aiohttp with a text", "raise web.HTTPConflict(text='no')", {409}, (4,)),
    ("an exception of werkzeug", "raise NotFound()", {404}, ()),
    ("an exception of the project's own", "raise ItemNotFound()", set(), ()),
    ("the status of something else", "find(status=404)", set(), ()),
    ("a status that is computed", "raise HTTPException(code)", set(), ()),
    ("a number that is no status", "abort(7)", set(), ()),
    ("in a text", "x = 'raise HTTPException(404)'", set(), ()),
]


@pytest.mark.parametrize(
    ("line", "statuses", "errors"), [c[1:] for c in ANSWERS], ids=[c[0] for c in ANSWERS]
)
def test_answers(line: str, statuses: set[int], errors: tuple[int, ...]) -> None:
    head = "from aiohttp import web\nfrom werkzeug.exceptions import NotFound\ndef f():\n"
    one = handler(head + f"    {line}")
    assert (one.statuses, one.errors) == (frozenset(statuses), errors)


def test_a_declaration_tells_statuses_and_models() -> None:
    source = TOP + (
        "@r.post('/x', status_code=201, response_model=list[Item],\n"
        "    responses={404: {}, status.HTTP_409_CONFLICT: {}, 'default': {}})\n"
        "def f(a: Session, b: str) -> dict[str, Out]: ..."
    )
    one = handler(source)
    assert (one.success, one.statuses) == (201, frozenset({201, 404, 409}))
    assert one.types == ("app/models#Session", "#Out", "app/models#Item")
    assert (one.line, one.end) == (5, 7)


def test_without_a_framework_only_what_can_be_registered_elsewhere_is_told() -> None:
    source = "def f(): ...\nclass C:\n    def get(self): ...\n    def other(self): ...\n"
    assert [one.name for one in reading(source).handlers] == ["f", "C.get", "C"]


def test_what_is_registered_without_a_framework_in_sight_is_told() -> None:
    source = "from .web import UserRouter\nr = UserRouter()\n" + (
        "class C:\n    @r.get('/x')\n    def one(self): ...\n"
    )
    assert [one.name for one in reading(source).handlers] == ["C.one", "C"]


def test_a_test_has_no_handlers() -> None:
    assert reading(TOP + "def f(): ...", "tests/test_x.py").handlers == ()
