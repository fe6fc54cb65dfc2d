"""Routes, mounts and guards that Express and Fastify are told of."""

from __future__ import annotations

import pytest

from tests.readers.endpoints.javascript_shown import guards, reading, shown

APP = "const express = require('express');\nconst app = express();\n"
ROUTER = "import { Router } from 'express';\nconst router = Router();\n"
FAST = "import Fastify from 'fastify';\nconst app = Fastify();\n"

ROUTES = [
    ("a method", APP + "app.get('/a', h);", ["#app GET /a #h"]),
    ("windows lines", APP.replace("\n", "\r\n") + "app.get('/a', h);\r\n", ["#app GET /a #h"]),
    ("a parameter", ROUTER + "router.put('/a/:id', h)", ["#router PUT /a/{} #h"]),
    ("all methods", APP + "app.all('/a', h)", ["#app ANY /a #h"]),
    (
        "the router of the package",
        APP + "const r = express.Router(); r.del('/a', h)",
        ["#r DELETE /a #h"],
    ),
    ("several paths", APP + "app.get(['/a', '/b'], h)", ["#app GET /a #h", "#app GET /b #h"]),
    (
        "a chain",
        ROUTER + "router.get('/a', h).post('/b', i)",
        ["#router GET /a #h", "#router POST /b #i"],
    ),
    (
        "route",
        ROUTER + "router.route('/a').get(h).post(validate(x), c.make)",
        ["#router GET /a #h", "#router POST /a #c.make"],
    ),
    (
        "a controller of another file",
        "const c = require('../c/users.controller');\n" + ROUTER + "router.get('/', c.list)",
        ["#router GET / c/users.controller#default.list"],
    ),
    (
        "wrapped",
        "import * as c from './c';\n"
        + ROUTER
        + "router.get('/', safe(c.list)); router.get('/b', safe((req) => 1))",
        ["#router GET / src/c#list", "#router GET /b #router.get /b"],
    ),
    (
        "an object of a class",
        "import { Users } from './c';\nconst c = new Users();\n"
        + ROUTER
        + "router.get('/', c.list.bind(c))",
        ["#router GET / src/c#Users.list"],
    ),
    (
        "a method of a parameter",
        "import express from 'express';\nexport default (app, c) => { app.get('/a', c.list) }",
        ["#default GET /a #?.list"],
    ),
    (
        "a router inside a function",
        APP + "function make() { const r = express.Router(); r.get('/a', h); return r "
        "}\napp.use('/x', make())",
        ["#make.r GET /a #h", "#app + /x #make"],
    ),
    (
        "a field of a class",
        (
            "import { Router } from 'express';\nclass A { router = Router(); constructor() "
            "{ this.router.get('/a', this.list) } list = (req, res) => res.send() }"
        ),
        ["#A.router GET /a #A.list"],
    ),
    (
        "a constant",
        APP + "const P = { users: '/users' };\napp.get(P.users + '/:id', h)",
        ["#app GET /users/{} #h"],
    ),
    (
        "a default",
        APP + "const p = process.env.P || '/p';\napp.get(`${p}/a`, h)",
        ["#app GET /p/a #h"],
    ),
    (
        "a constant elsewhere",
        "import { BASE } from './b';\n" + APP + "app.get(`${BASE}/a/${x.y}`, h)",
        ["#app GET /${src/b#BASE}/a/{} #h"],
    ),
    (
        "a loop over a list",
        APP + "const l = [{ p: '/a', r: x }, { p: '/b', r: y }];\nl.forEach((one) => { "
        "app.get(one.p, one.r) })",
        ["#app GET /a #x", "#app GET /b #y"],
    ),
    (
        "a loop that unpacks",
        APP + "for (const { p, r } of [{ p: '/a', r: x }]) app.get(p, r)",
        ["#app GET /a #x"],
    ),
    (
        "a loop over what is not seen",
        APP + "load().forEach((one) => { app.use(one.path, one.router) })",
        ["? 3 what is mounted is computed"] * 1,
    ),
    ("a computed path", APP + "app.get(make(), h)", ["? 3 a path that is computed"]),
    ("a computed method", APP + "app[verb]('/a', h)", ["? 3 a method that is computed"]),
    ("not valid", APP + "app.get('/a', h);\nfunction (", ["#app GET /a #h", "? 4 not valid here"]),
    ("a setting", APP + "app.get('env')", []),
    ("commented out", APP + "// app.get('/a', h)\n/* app.get('/b', h) */", []),
    ("in a string", APP + "const s = `app.get('/a', h)`", []),
    ("a client", "import axios from 'axios';\naxios.get('/a', h)", []),
    ("another object of that name", "const app = new Map();\napp.get('/a', h)", []),
    ("no call of a router", "const app = require('express');\nconst x = y;\nx.get('/a', h)", []),
    (
        "a client that is given",
        "export function f(client) { return client.get('/a', { x: 1 }) }",
        [],
    ),
]

MOUNTS = [
    (
        "a router of another file",
        "const r = require('./routes/v1');\n" + APP + "app.use('/v1', r)",
        ["#app + /v1 src/routes/v1#default"],
    ),
    (
        "without a path",
        "import routes from './routes';\n" + APP + "app.use(routes)",
        ["#app + / src/routes#default"],
    ),
    ("at once", APP + "app.use('/a', require('./a.route'))", ["#app + /a src/a.route#default"]),
    ("an own router", ROUTER + APP + "app.use('/a', auth, router)", ["#app + /a #router"]),
    (
        "a middleware of another file",
        "const { limit } = require('./middlewares/limit');\n"
        + APP
        + "app.use('/a', limit); app.use(limit)",
        [],
    ),
    ("a package", "import cors from 'cors';\n" + APP + "app.use('/a', cors())", []),
    (
        "an own function",
        APP + "function guard(req, res, next) { next() }\napp.use('/a', guard)",
        [],
    ),
    (
        "a constant path",
        "import { API } from './c';\n" + APP + "app.use(API, require('./a.route'))",
        ["#app + /${src/c#API} src/a.route#default"],
    ),
    (
        "a function of routes",
        "import routes from './routes';\n" + APP + "routes(app); require('./api.routes')(app)",
        ["#app + / src/routes#default", "#app + / src/api.routes#default"],
    ),
    (
        "a chain that is exported",
        (
            "import { Router } from 'express';\nimport a from './a.controller';\nconst api "
            "= Router().use(a);\nexport default Router().use('/api', api)"
        ),
        ["#api + / src/a.controller#default", "#default + /api #api"],
    ),
    (
        "a plugin",
        "import users from './users';\n" + FAST + "app.register(users, { prefix: '/users' })",
        ["#app + /users src/users#default"],
    ),
    (
        "a wrapped plugin",
        "import fp from 'fastify-plugin';\nimport users from './users';\n"
        + FAST
        + "app.register(fp(users))",
        ["#app + / src/users#default"],
    ),
    (
        "a plugin on the spot",
        FAST + "app.register(async (one) => { one.get('/a', h) }, { prefix: '/v1' })",
        ["#app.one GET /a #h", "#app + /v1 #app.one"],
    ),
    (
        "a plugin of a package",
        "import cors from '@fastify/cors';\n" + FAST + "app.register(cors)",
        [],
    ),
    (
        "a folder",
        "import load from '@fastify/autoload';\n"
        + FAST
        + "app.register(load, { dir: path.join(__dirname, 'routes'), "
        "options: { prefix: '/api' } })",
        ["#app + /api src/routes#"],
    ),
    (
        "a folder of plugins",
        "import load from '@fastify/autoload';\n"
        + FAST
        + "app.register(load, { dir: path.join(__dirname, 'plugins') })",
        [],
    ),
    (
        "a computed prefix",
        "import users from './users';\n" + FAST + "app.register(users, { prefix: make() })",
        ["? 4 a prefix that is computed"],
    ),
]

FASTIFY = [
    (
        "with options",
        FAST + "app.get('/a', { preHandler: x }, async (request) => 1)",
        ["#app GET /a #app.get /a"],
    ),
    ("typed", FAST + "const s = app.withTypeProvider();\ns.get('/a', h)", ["#app GET /a #h"]),
    ("a handler among the options", FAST + "app.get('/a', { handler: h })", ["#app GET /a #h"]),
    (
        "a plugin's parameter",
        "export default async function (fastify) { fastify.get('/a', h) }",
        ["#default GET /a #h"],
    ),
    (
        "a plugin that is named",
        "const p = async (fastify) => { fastify.get('/a', h) };\nmodule.exports = p",
        ["#p GET /a #h"],
    ),
    (
        "in one object",
        FAST + "app.route({ method: ['GET', 'HEAD'], url: '/a', handler: h })",
        ["#app GET /a #h", "#app HEAD /a #h"],
    ),
    (
        "a computed method",
        FAST + "app.route({ method: m(), url: '/a', handler: h })",
        ["? 3 a route whose method or path is computed"],
    ),
    (
        "without a path",
        FAST + "app.route({ method: 'GET', handler: h })",
        ["? 3 a route whose method or path is computed"],
    ),
]


@pytest.mark.parametrize(("name", "text", "expected"), [*ROUTES, *MOUNTS, *FASTIFY])
def test_a_file_says_these_routes_and_mounts(name: str, text: str, expected: list[str]) -> None:
    assert shown(reading(text)) == expected, name


GUARDS = [
    (
        "before the handler",
        ROUTER + "router.get('/a', auth('x'), m.check, h)",
        {"GET /a": "#auth #m.check"},
    ),
    ("in a list", ROUTER + "router.get('/a', [auth, check], h)", {"GET /a": "#auth #check"}),
    (
        "of another file",
        "import { auth } from '@/mw';\n" + ROUTER + "router.get('/a', auth, h)",
        {"GET /a": "mw#auth"},
    ),
    (
        "of a package",
        "const passport = require('passport');\n"
        + ROUTER
        + "router.get('/a', passport.authenticate('jwt'), h)",
        {"GET /a": "passport#default.authenticate"},
    ),
    (
        "given to another",
        ROUTER + "router.get('/a', all([one, two]), h)",
        {"GET /a": "#all #one #two"},
    ),
    (
        "on the spot",
        ROUTER + "router.get('/a', (req, res, next) => check(req), h)",
        {"GET /a": "#check"},
    ),
    (
        "below a path, for what follows",
        ROUTER + "router.get('/a', h); router.use('/a', auth); router.get('/a/b', h); "
        "router.get('/ab', h)",
        {"GET /a": "", "GET /a/b": "#auth", "GET /ab": ""},
    ),
    (
        "for all methods of a path",
        ROUTER + "router.route('/a').all(auth).get(h)",
        {"GET /a": "#auth"},
    ),
    (
        "for everything below",
        ROUTER + "router.all('/a/*', auth); router.get('/a/b', h)",
        {"ANY /a/{}": "", "GET /a/b": "#auth"},
    ),
    (
        "hooks of a route",
        FAST
        + "app.get('/a', { onRequest: [app.auth], preHandler: (request) => request.isAdmin() }, h)",
        {"GET /a": "#app.auth #request.isAdmin"},
    ),
]


UNSEEN = "a route of something that is not known to be a router"


@pytest.mark.parametrize(("name", "text", "expected"), GUARDS)
def test_a_registration_has_these_guards(name: str, text: str, expected: dict[str, str]) -> None:
    assert guards(reading(text)) == expected, name


def test_a_router_has_its_guards_with_the_lines_where_they_are_given() -> None:
    text = APP + "app.use(cors());\napp.get('/a', h);\napp.use(auth);\n"
    (router,) = reading(text).routers
    assert router.root
    assert [(one.symbol, one.line) for one in router.guards] == [("#cors", 3), ("#auth", 5)]


def test_a_hook_of_a_plugin_stands_before_all_of_its_routes() -> None:
    text = (
        "export default async (fastify) => { fastify.get('/a', h); "
        "fastify.addHook('onRequest', fastify.auth); fastify.addHook('onSend', x) }"
    )
    (router,) = reading(text).routers
    assert [(one.symbol, one.where) for one in router.guards] == [("#fastify.auth", "router")]


def test_a_mount_has_the_guards_before_it() -> None:
    text = ROUTER + APP + "app.use('/a', limit);\napp.use('/a', auth, router);"
    (mount,) = reading(text).mounts
    assert [one.symbol for one in mount.guards] == ["#limit", "#auth"]


def test_what_answers_every_path_is_only_shown() -> None:
    found = reading(APP + "app.get('*', h);\napp.get('/a/:b', h);\napp.get('/x/*rest', h);")
    assert [one.shown for one in found.registrations] == [True, False, True]


@pytest.mark.parametrize(
    ("told", "reasons"),
    [
        ("{ method: 'get', path: '', handler: this.all }", [UNSEEN]),
        ("{ method: 'GET', url: '/a', handler }", [UNSEEN]),
        ("{ path: '/a', handler }", []),
        ("'/a', handler", []),
    ],
)
def test_a_route_of_a_router_that_is_not_seen_is_a_hole(told: str, reasons: list[str]) -> None:
    text = f"export class A extends Controller {{ constructor() {{ this.route({told}) }} }}"
    assert [one.reason for one in reading(text, "src/a-controller.ts").holes] == reasons


def test_what_a_condition_decides_is_not_certain() -> None:
    text = (
        APP + "if (x) { app.get('/a', h); app.use('/b', require('./b.route')); }\napp.get('/c', h);"
    )
    found = reading(text)
    assert [one.certain for one in found.registrations] == [False, True]
    assert [one.hidden for one in found.mounts] == [True]


def test_a_route_may_be_hidden_from_the_contract() -> None:
    found = reading(FAST + "app.get('/a', { schema: { hide: true } }, h)")
    assert [one.hidden for one in found.registrations] == [True]


def test_a_server_of_a_test_serves_nobody() -> None:
    assert [one.root for one in reading(APP, "tests/helper.js").routers] == [False]
    found = reading("import request from 'supertest';\n" + APP + "app.get('/a', h)", "src/a.js")
    assert found.registrations == ()
