"""Calls of routes in tests of JavaScript and TypeScript."""

from __future__ import annotations

import pytest

from tests.readers.endpoints.javascript_shown import reading

SUPER = "import request from 'supertest';\nimport { ids } from './fixtures';\n"
GET = "request(app).get('/a')"


def told(body: str, before: str = SUPER) -> str:
    return f"{before}it('x', async () => {{ {body} }});"


CALLS = [
    ("chained", told(f"await {GET}.set('x', 'y').expect(404).expect('x', 'y')"), ["GET /a 404"]),
    ("windows lines", told(f"await {GET}\r\n.expect(404)"), ["GET /a 404"]),
    (
        "required",
        told(f"await {GET}.expect(404)", "const request = require('supertest');"),
        ["GET /a 404"],
    ),
    ("by a name", told(f"await {GET}.expect(httpStatus.NOT_FOUND)"), ["GET /a 404"]),
    ("nothing asserted", told(f"await {GET}"), ["GET /a -"]),
    (
        "a variable",
        told(f"const r = await {GET}; expect(r.status).toBe(404); expect(r.body.code).toBe(500)"),
        ["GET /a 404"],
    ),
    (
        "a variable that is given again",
        told(f"let r = await {GET}; r = await f(); expect(r.status).toBe(404)"),
        ["GET /a -"],
    ),
    (
        "two answers",
        told(
            f"let r = await {GET}; expect(r.status).toBe(404); r = await "
            "request(app).post('/b'); expect(r.statusCode).toEqual(201)"
        ),
        ["GET /a 404", "POST /b 201"],
    ),
    (
        "unpacked",
        told(f"const {{ status, body }} = await {GET}; expect(status).toBe(404)"),
        ["GET /a 404"],
    ),
    (
        "one of several",
        told(f"const r = await {GET}; expect([200, 404]).toContain(r.status)"),
        ["GET /a 200,404"],
    ),
    ("not this one", told(f"const r = await {GET}; expect(r.status).not.toBe(404)"), ["GET /a -"]),
    ("a good answer", told(f"const r = await {GET}; expect(r.ok).toBe(true)"), ["GET /a 200"]),
    (
        "asserted by a function",
        told(f"await {GET}.then((r) => {{ expect(r.status).toBe(404) }})"),
        ["GET /a 404"],
    ),
    (
        "unpacked by a function",
        told(
            f"await {GET}.then(({{ body, status: s }}) => {{ "
            "expect(s).toBe(404); expect(body.status).toBe(500) })"
        ),
        ["GET /a 404"],
    ),
    (
        "assert",
        told(f"const r = await {GET}; assert.strictEqual(r.statusCode, 404, 'x')"),
        ["GET /a 404"],
    ),
    ("should", told(f"const r = await {GET}; r.status.should.equal(404)"), ["GET /a 404"]),
    (
        "chai",
        told(
            "const r = await chai.request(app).get('/a'); expect(r).to.have.status(404)",
            "import chai from 'chai';",
        ),
        ["GET /a 404"],
    ),
    (
        "a client with a name",
        told("await api.delete('/a').expect(404)", SUPER + "const api = request(app);"),
        ["DELETE /a 404"],
    ),
    (
        "a client that is made before",
        told(
            "await api.get('/a').expect(404)",
            SUPER + "let api; beforeAll(() => { api = request.agent(app) });",
        ),
        ["GET /a 404"],
    ),
    (
        "a path with values",
        told("const id = make(); await request(app).get(`/a/${id}/b/${ids.one}?c=${d}`)"),
        ["GET /a/{}/b/{} -"],
    ),
    (
        "a path of a constant",
        told("await request(app).get(URL + '/x')", SUPER + "const URL = '/a';"),
        ["GET /a/x -"],
    ),
    (
        "a path of a constant elsewhere",
        told("await request(app).get(`${ids}/x`)"),
        ["GET /${src/fixtures#ids}/x -"],
    ),
    ("a path that is computed", told("await request(app).get(make())"), []),
    (
        "another server",
        told("await request(mail).get('/a')", SUPER + "const mail = `http://${HOST}:1`;"),
        [],
    ),
    (
        "this server",
        told("await request(base).get('/a')", SUPER + "const base = 'http://localhost:3000';"),
        ["GET /a -"],
    ),
    (
        "inject",
        told(
            (
                "const r = await app.inject({ method: 'POST', url: '/a' }); "
                "assert.equal(r.statusCode, 404)"
            ),
            "",
        ),
        ["POST /a 404"],
    ),
    (
        "inject by a path",
        told("const r = await app.inject('/a'); expect(r.statusCode).toBe(404)", ""),
        ["GET /a 404"],
    ),
    (
        "inject with more",
        told("await app.injectWithLogin('me@example.com', { url: `/a/${id}`, method: 'PUT' })", ""),
        ["PUT /a/{} -"],
    ),
    (
        "fetch",
        told(
            (
                "const r = await fetch('http://localhost:3000/a', { method: 'POST' }); "
                "expect(r.status).toBe(404)"
            ),
            "",
        ),
        ["POST /a 404"],
    ),
    ("fetch from a base", told("await fetch(`${base}/a`)", ""), ["GET /a -"]),
    ("fetch from elsewhere", told("await fetch('https://example.com/a')", ""), []),
    ("another client", told("await axios.get('/a')", ""), []),
    ("commented out", told(f"// await {GET}\n"), []),
    ("in a string", told(f'const s = "{GET}"'), []),
]


@pytest.mark.parametrize(("name", "text", "expected"), CALLS)
def test_a_test_calls_these_routes(name: str, text: str, expected: list[str]) -> None:
    found = [
        f"{one.method} {one.path} {','.join(map(str, sorted(one.statuses or ()))) or '-'}"
        for one in reading(text, "src/a.test.ts").calls
    ]
    assert found == expected, name


def test_a_call_has_the_titles_around_it() -> None:
    text = (
        f"{SUPER}describe('a', () => {{ describe.only('b', () => {{ it.each([1])('c', () => {GET}) "
        f"}});"
        f" it('d', () => {GET}) }}); test(`e`, (t) => {{ t.test('f', () => {GET}) }})"
    )
    found = reading(text, "src/a.test.ts")
    assert [one.test for one in found.calls] == ["a b c", "a d", "e f"]
    assert [one.line for one in found.calls] == [3, 3, 3]


def test_a_test_mentions_names_and_other_files_do_not() -> None:
    assert {"ids", "request", "get"} <= reading(told(GET), "src/a.spec.ts").mentions
    assert reading(told(GET), "src/a.ts").calls != ()
    assert reading("one.two()", "src/a.ts").mentions == frozenset()
    assert reading("app.inject('/a')", "src/a.ts").calls == ()


HOSTILE = [
    "app.get('/x'," + "(" * 3000 + ")" * 3000,
    "x=>{" * 3000 + "x.get('/a', b);" * 500 + "}" * 3000,
    "const app = require('express')(); app" + ".get('/a', h)" * 3000,
    "const a0='/a';" + "".join(f"const a{n + 1}=a{n}+a{n};" for n in range(500)) + "f(a500)",
    "@Module({ imports: [" + "a ? " * 2000 + "b" + " : c" * 2000 + "] }) class X {}",
    "class { { ) ( import export default require( `${ '" * 500,
    "\ud800".encode(errors="replace").decode() * 5000,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("path", ["src/a.ts", "src/a.test.js", "src/a.tsx"])
def test_a_hostile_file_ends_in_a_value(text: str, path: str) -> None:
    assert reading(text, path).module.startswith("src/a")
