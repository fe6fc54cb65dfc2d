"""What handlers, names and constants of JavaScript and TypeScript are."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.endpoint import Body
from tests.readers.endpoints.javascript_shown import reading

ROUTER = "import { Router } from 'express';\nconst router = Router();\n"
FAST = "import Fastify from 'fastify';\nconst app = Fastify();\n"
RAW, TYPED = {"body": Body.RAW}, {"body": Body.TYPED}

HANDLERS: list[tuple[str, str, dict[str, Any]]] = [
    ("raw", ROUTER + "router.post('/a', (req, res) => {\n make(req.body) })", {**RAW, "raw": 4}),
    (
        "unpacked",
        ROUTER + "router.post('/a', (req, res) => { const { body } = req; make(body) })",
        RAW,
    ),
    ("unpacked at once", ROUTER + "router.post('/a', ({ body }, res) => make(body))", RAW),
    (
        "not the body",
        ROUTER + "router.post('/a', (req, res) => make(req.query, x.body))",
        {"body": Body.NONE},
    ),
    (
        "checked before",
        ROUTER + "router.post('/a', validate(s), (req, res) => make(req.body))",
        {**TYPED, "raw": None},
    ),
    (
        "checked inside",
        ROUTER + "router.post('/a', (req, res) => { const b = S.parse(req.body); make(b) })",
        TYPED,
    ),
    ("not checked", ROUTER + "router.post('/a', invalidate(s), (req, res) => make(req.body))", RAW),
    (
        "registered elsewhere",
        "exports.make = (req, res) => make(req.body)",
        {"name": "make", "body": Body.NONE},
    ),
    (
        "registered by name",
        ROUTER + "async function make(req, res) { req.body }\nrouter.post('/a', make)",
        {**RAW, "name": "make"},
    ),
    (
        "statuses",
        ROUTER + "router.get('/a', (req, res) => { if (x) throw new "
        "ApiError(httpStatus.NOT_FOUND, 'x'); tx(() => res.status(201)); res.sendStatus(204) })",
        {"statuses": frozenset({201, 204, 404})},
    ),
    (
        "errors made up",
        ROUTER + "router.get('/a', (req, res) => {\n res.status(409).json({ e: 1 }); "
        "res.status(200).json({}); res.status(404).end() })",
        {"errors": (4,), "statuses": frozenset({200, 404, 409})},
    ),
    (
        "calls",
        ROUTER + "router.get('/a', (req, res) => { check(req); res.send(1); run(() => late()) })",
        {"guards": ["#check", "#run"]},
    ),
    (
        "in a loop",
        ROUTER + "router.get('/a', (req, res) => { for (const one of all) res.sendStatus(409) })",
        {"statuses": frozenset({409})},
    ),
    (
        "the first calls",
        ROUTER + "router.get('/a', (req, res) => {" + "x = 1;" * 12 + "late() })",
        {"guards": []},
    ),
    (
        "a schema",
        FAST + "app.post('/a', { schema: { body: S, params: { type: 'object', properties: { "
        "id: { type: 'number' } } }, response: { 201: T, 404: U } } }, async (request, "
        "reply) => reply.notFound())",
        {**TYPED, "constrained": True, "success": 201, "statuses": frozenset({201, 404})},
    ),
    (
        "a schema of an answer",
        FAST + "app.get('/a', { schema: { params: P, response: { 200: T, 201: T } } }, async "
        "(request) => 1)",
        {"body": Body.NONE, "constrained": False, "success": None},
    ),
    (
        "an error of a package",
        FAST + "app.get('/a', async (request, reply) => { throw createError(418); throw "
        "createError.NotFound() })",
        {"statuses": frozenset({418, 404})},
    ),
]


@pytest.mark.parametrize(("name", "text", "expected"), HANDLERS)
def test_a_handler_is_read(name: str, text: str, expected: dict[str, Any]) -> None:
    (handler,) = reading(text).handlers
    found = {key: getattr(handler, key) for key in expected}
    if "guards" in expected:
        found["guards"] = [one.symbol for one in handler.guards]
    assert found == expected, name


NAMES = [
    ("default", "import a from './x.js'", {"a": "src/x#default"}),
    ("named", "import { a, b as c } from '../y'", {"a": "y#a", "c": "y#b"}),
    ("all", "import * as a from '@/z/index'", {"a": "z#"}),
    (
        "required",
        "const a = require('..'); const { b, c: d } = require('pkg')",
        {"a": "#default", "b": "pkg#b", "d": "pkg#c"},
    ),
    ("required as TypeScript does", "import a = require('./x')", {"a": "src/x#default"}),
    ("exported by default", "const r = 1;\nexport default r", {"default": "#r"}),
    (
        "exported again",
        "export { a as b } from './x';\nexport * from './y'",
        {"b": "src/x#a", "*": "src/y#"},
    ),
    ("exported under another name", "const a = 1;\nexport { a as b, a }", {"b": "#a"}),
    ("module.exports", "const r = 1;\nmodule.exports = r", {"default": "#r"}),
    ("names of module.exports", "module.exports = { a, b: c }", {"default": "#", "b": "#c"}),
    (
        "one of module.exports",
        "module.exports.a = require('./a')",
        {"a": "src/a#default", "default": "#"},
    ),
    ("an object of a class", "class A {}\nmodule.exports = new A()", {"default": "#A"}),
    (
        "a wrapped function",
        "import fp from 'fastify-plugin';\nconst p = () => 1;\nexport default fp(p)",
        {"fp": "fastify-plugin#default", "default": "#p"},
    ),
    ("a function", "export default async function run(req, res) {}", {"default": "#run"}),
]


@pytest.mark.parametrize(("name", "text", "expected"), NAMES)
def test_names_are_known_by(name: str, text: str, expected: dict[str, str]) -> None:
    assert dict(reading(text, "src/a/../b.ts".replace("a/../", "")).imports) == expected, name


def test_handlers_of_an_object_have_its_name() -> None:
    text = "const users = { list: async (req, res) => 1, make(req, res) {} };\nexport default users"
    assert [one.name for one in reading(text).handlers] == ["users.list", "users.make"]


def test_constants_are_texts_of_the_file() -> None:
    text = "export const A = '/a';\nconst B = { c: `${A}/c`, d: 1 };\nconst E = A + x;"
    assert dict(reading(text).constants) == {"A": "/a", "B.c": "/a/c", "E": "/a{}"}


@pytest.mark.parametrize(
    ("path", "module", "stack"),
    [
        ("src/routes/index.js", "src/routes", "express"),
        ("index.ts", "", "express"),
        ("src/a.route.mts", "src/a.route", "express"),
    ],
)
def test_a_file_has_a_module_and_a_stack(path: str, module: str, stack: str) -> None:
    found = reading("import { Request } from 'express'", path)
    assert (found.module, found.stack) == (module, stack)
    assert reading("let x", path).stack == ""
