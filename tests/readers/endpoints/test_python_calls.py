"""Which routes the tests of a Python file call, and what they assert."""

from __future__ import annotations

import textwrap

import pytest

from tests.readers.endpoints.test_python_routes import reading

HERE = "tests/test_api.py"


def called(body: str) -> list[str]:
    found = reading(body, HERE).calls
    return [
        f"{one.method} {one.path}: {', '.join(map(str, sorted(one.statuses or ()))) or '?'}"
        for one in found
    ]


def within(body: str, head: str = "def test_x(client, y):\n") -> str:
    return head + textwrap.indent(textwrap.dedent(body), "    ")


SET_UP = """
class TestPause(TestCase):
    def setUp(self):
        self.check = make()
        self.url = f"/checks/{self.check.code}/pause"

    def test_x(self):
        r = self.client.post(self.url)
        self.assertEqual(r.status_code, 200)

    def test_other(self):
        r = self.client.post(self.check)
        self.assertEqual(r.status_code, 404)
"""
CASES = [
    ("chained", "assert client.get('/x').status_code == 200", ["GET /x: 200"]),
    ("a variable", "r = client.post('/x')\nassert r.status_code == 404", ["POST /x: 404"]),
    ("a range", "r = client.get('/x')\nassert 200 <= r.status_code < 300", ["GET /x: 200"]),
    ("below", "r = client.get('/x')\nassert r.status_code < 300", ["GET /x: ?"]),
    ("awaited", "r = await client.put('/x')\nassert 409 == r.status", ["PUT /x: 409"]),
    (
        "a variable that is used again",
        "r = client.get('/a')\nassert r.status_code == 200\n"
        "r = client.get('/b')\nassert r.status_code == 404\nr = 1\nassert r.status_code == 500",
        ["GET /a: 200", "GET /b: 404"],
    ),
    (
        "one of several",
        "r = client.get('/x')\nassert r.status_code in (400, 422)",
        ["GET /x: 400, 422"],
    ),
    (
        "by name",
        "r = client.get('/x')\nassert r.status_code == status.HTTP_403_FORBIDDEN",
        ["GET /x: 403"],
    ),
    (
        "an enumeration",
        "assert client.get('/x').status_code == HTTPStatus.NOT_FOUND.value",
        ["GET /x: 404"],
    ),
    (
        "unittest",
        "r = self.client.get('/x')\nself.assertEqual(r.status_code, 401)",
        ["GET /x: 401"],
    ),
    ("a helper that is given the status", "r = client.get('/x')\ncheck(r, 401)", ["GET /x: 401"]),
    ("success", "r = client.get('/x')\nassert r.is_success", ["GET /x: 200"]),
    ("or an error raised", "client.get('/x').raise_for_status()", ["GET /x: 200"]),
    ("a context", "async with client.get('/x') as r:\n    assert r.status == 200", ["GET /x: 200"]),
    ("nothing asserted", "r = client.get('/x')\nassert r.json() == 200", ["GET /x: ?"]),
    ("anything but", "r = client.get('/x')\nassert r.status_code != 200", ["GET /x: ?"]),
    (
        "anything else",
        "r = client.get('/x')\nself.assertNotEqual(r.status_code, 200)",
        ["GET /x: ?"],
    ),
    ("denied", "r = client.get('/x')\nassert not r.status_code == 200", ["GET /x: ?"]),
    ("a condition", "r = client.get('/x')\nif r.ok or r.status == 404: f(r)", ["GET /x: ?"]),
    ("a stub", "responses.get('/x')\nmock_api.post('/y')\nrespx.get('/z').respond(200)", []),
    (
        "in a branch",
        "if y:\n    r = client.get('/x')\n    assert r.status_code == 200",
        ["GET /x: 200"],
    ),
    ("in a test within", "def test_inner():\n    client.get('/x')", ["GET /x: ?"]),
    ("a request", "assert client.request('DELETE', '/x').status_code == 204", ["DELETE /x: 204"]),
    (
        "a helper that is given the method",
        "rv = self.make_request('post', '/x/{}'.format(y))",
        ["POST /x/{}: ?"],
    ),
    ("a text with values", "client.get(f'/x/{y.id}/z?q={y}')", ["GET /x/{}/z: ?"]),
    ("a call in a text", "client.get(f'/x/{uuid4()}')", ["GET /x/{}: ?"]),
    ("a call at its start", "client.get(f'{keys.x(1)}/y')", ["GET /${tests/utils#keys.x}/y: ?"]),
    ("a sum with a call", "client.get(keys.x(1) + '/y')", ["GET /${tests/utils#keys.x}/y: ?"]),
    ("an old pattern", "client.get('/x/%s' % y)", ["GET /x/{}: ?"]),
    ("an operation on no text", "client.get(y % 2)\nclient.get(y + y)\nclient.get(y * 2)", []),
    ("a sum", "client.get('/x/' + str(y))", ["GET /x/{}: ?"]),
    (
        "a variable for the path",
        "url = f'/x/{y}'\nurl = url + '/z'\nclient.get(url)",
        ["GET /x/{}/z: ?"],
    ),
    ("a host of tests", "client.get('http://test/x')", ["GET /x: ?"]),
    ("another host", "client.get('https://api.example.com/x')", []),
    ("by keyword", "client.get(url='/x')", ["GET /x: ?"]),
    ("the name of a route", "client.get(url_for('shop.list', id=1))", ["GET @shop.list: ?"]),
    ("a name that is computed", "client.get(url_for(y))", []),
    ("a base that varies", "client.get(f'{y}/x')", ["GET /{}/x: ?"]),
    ("a parameter", "client.get(y)", []),
    ("something else", "data.get('x')\nos.environ.get(NAME)\ncache.get(keys.X)\nreal.get()", []),
    ("in a comment and in a text", "# client.get('/x')\nx = \"client.get('/x')\"", []),
]


@pytest.mark.parametrize(("body", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_calls(body: str, expected: list[str]) -> None:
    head = "from tests.utils import keys\n"
    assert called(head + within(body)) == expected


def test_constants_of_the_file_and_of_others() -> None:
    head = "from app.core.config import settings\nfrom tests.utils import routes\nBASE = '/v1'\n"
    body = within(
        "client.get(BASE + '/x')\n"
        "client.get(f'{settings.API}/x/')\n"
        "client.get(routes.users)\n"
        "client.get(routes.user(1))\n"
    )
    assert called(head + body) == [
        "GET /v1/x: ?",
        "GET /${app/core/config#settings.API}/x: ?",
        "GET /${tests/utils#routes.users}: ?",
        "GET /${tests/utils#routes.user}: ?",
    ]


@pytest.mark.parametrize(
    "mark",
    [
        "@pytest.mark.parametrize('x, want', [(1, 400), pytest.param(2, 422), (3, f())])\n",
        "@pytest.mark.parametrize(('x', 'want'), [(1, 400), (2, 422)])\n",
        "@pytest.mark.parametrize('want', [400, status.HTTP_422_UNPROCESSABLE_ENTITY])\n",
        "@a\n@pytest.mark.parametrize(argnames=['want'], argvalues=[(400,), (422,)])\n",
    ],
)
def test_statuses_that_a_test_is_run_with(mark: str) -> None:
    body = within("assert client.get('/x').status_code == want", "def test_x(client, want):\n")
    assert called(mark + body) == ["GET /x: 400, 422"]


def test_statuses_that_a_class_is_run_with() -> None:
    method = within("assert client.get('/x').status_code == want", "def test_x(self, want):\n")
    mark = "@pytest.mark.parametrize('want', [404])\nclass TestX:\n"
    assert called(mark + textwrap.indent(method, "    ")) == ["GET /x: 404"]


def test_only_tests_call() -> None:
    source = "def helper(client):\n    client.get('/x')\n"
    assert called(source) == []
    assert reading("def test_x(client):\n    client.get('/x')\n", "app/api.py").calls == ()


def test_a_call_knows_its_test_and_its_line() -> None:
    one = reading(within("\nclient.get('/x')"), HERE).calls[0]
    assert (one.test, one.line, one.statuses) == ("test_x", 3, None)


PLACES = [
    ("tests/api.py", True),
    ("app/test/api.py", True),
    ("app/test_api.py", True),
    ("app/api_test.py", True),
    ("app/conftest.py", True),
    ("app/testing.py", False),
    ("contest/api.py", False),
]


@pytest.mark.parametrize(("path", "is_test"), PLACES)
def test_a_test_is_known_by_its_path(path: str, is_test: bool) -> None:
    found = reading("from app.api import create as make\nmake.one(two)\n", path)
    assert found.mentions == (
        frozenset({"create", "make", "one", "two"}) if is_test else frozenset()
    )


def test_a_path_that_a_test_case_gives_itself_is_followed() -> None:
    assert called(SET_UP) == ["POST /checks/{}/pause: 200"]
