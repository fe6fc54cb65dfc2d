"""Controllers, modules and applications of NestJS."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.endpoint import Body
from tests.readers.endpoints.javascript_shown import guards, reading, shown

NEST = (
    "import { Controller, Get, Post, All, Version, Module, UseGuards, HttpCode, HttpStatus, Body,"
    " Param, Query, Req, VERSION_NEUTRAL, NotFoundException } from '@nestjs/common';\n"
    "import { NestFactory, APP_GUARD } from '@nestjs/core';\nimport { Dto } from './dto';\n"
)
APP = NEST + "const app = await NestFactory.create(AppModule);\n"
MOUNTED = "#app + / #AppModule"


def controller(body: str, path: str = "'a'", decorators: str = "") -> str:
    return f"{NEST}{decorators} @Controller({path})\nexport class A {{ {body} }}"


ROUTES = [
    ("a method", controller("@Get(':id') one() {}"), ["#A GET /a/{} #A.one"]),
    ("windows lines", controller("@Get(':id')\r\n one() {}"), ["#A GET /a/{} #A.one"]),
    ("without a path", controller("@Get() one() {}", ""), ["#A GET / #A.one"]),
    ("every method", controller("@All('x') one() {}"), ["#A ANY /a/x #A.one"]),
    (
        "several paths",
        controller("@Get(['x', 'y']) one() {}"),
        ["#A GET /a/x #A.one", "#A GET /a/y #A.one"],
    ),
    (
        "a version",
        controller("@Get() one() {}", "{ path: 'a', version: '1' }"),
        ["#A GET /v1/a #A.one"],
    ),
    (
        "several versions",
        controller("@Get() one() {}", "{ path: 'a', version: ['1', '2'] }"),
        ["#A GET /v1/a #A.one", "#A GET /v2/a #A.one"],
    ),
    (
        "a version of a method",
        controller("@Version('3') @Get() one() {}", "{ path: 'a', version: '1' }"),
        ["#A GET /v3/a #A.one"],
    ),
    (
        "no version",
        controller("@Get() one() {}", "{ path: 'a', version: VERSION_NEUTRAL }"),
        ["#A GET /a #A.one"],
    ),
    (
        "a constant path",
        "const P = 'p';\n" + controller("@Get(P) one() {}"),
        ["#A GET /a/p #A.one"],
    ),
    ("a computed path", controller("@Get(p()) one() {}"), ["? 5 a path that is computed"]),
    (
        "inherited",
        NEST + "@Controller('a') class A extends B { }",
        ["? 4 a controller that may inherit routes"],
    ),
    (
        "made by a decorator",
        NEST + "import { Crud } from '@x/crud';\n@Crud({}) @Controller('a') class A { }",
        ["? 5 routes that a decorator makes"],
    ),
    ("no controller", NEST + "class A { @Get() one() {} }", []),
    (
        "another Get",
        "import { Get } from './get';\n"
        + NEST.replace("Get, ", "")
        + "@Controller('a') class A { @Get() one() {} }",
        [],
    ),
    ("commented out", controller("// @Get()\n one() {}"), []),
    (
        "a module",
        NEST + "import { B, C } from './b';\nimport { D } from 'd';\nconst e = x ? B : "
        "C.forRoot();\n@Module({ imports: [e, D], controllers: [A] }) class M {}\nclass A {}",
        ["#M + / src/b#B", "#M + / src/b#C"],
    ),
    ("an application", APP, []),
    (
        "an unknown prefix",
        APP + "app.setGlobalPrefix(config.get('app.prefix'), { exclude: ['/'] })",
        [],
    ),
    (
        "left out of the prefix",
        APP + "app.setGlobalPrefix('api', { exclude: ['health'] })",
        ["? 5 paths that the global prefix leaves out"],
    ),
    (
        "versions elsewhere",
        APP + "app.enableVersioning({ type: VersioningType.HEADER })",
        ["? 5 versions that are not all in the paths of their controllers"],
    ),
    ("versions in paths", APP + "app.enableVersioning({ type: VersioningType.URI })", []),
    (
        "a guard of all in a module of its own",
        NEST + "@Module({ providers: [{ provide: APP_GUARD, useClass: G }] }) class Auth {}",
        ["? 4 a guard of all routes in a module of its own"],
    ),
    (
        "prefixes of modules",
        NEST + "import { RouterModule } from '@nestjs/core';\n@Module({ imports: "
        "[RouterModule.register([])] }) class M {}",
        ["? 5 prefixes that modules are given"],
    ),
]


@pytest.mark.parametrize(("name", "text", "expected"), ROUTES)
def test_a_file_says_these_routes_and_mounts(name: str, text: str, expected: list[str]) -> None:
    assert [one for one in shown(reading(text)) if one != MOUNTED] == expected, name


GUARDS = [
    ("of a method", controller("@UseGuards(Jwt('x'), Roles) @Get() one() {}"), "#Jwt #Roles"),
    ("any decorator", controller("@Public() @Get() one() {}"), "#Public"),
    (
        "not of the contract",
        "import { ApiTags } from '@nestjs/swagger';\n"
        + controller("@ApiTags('x') @HttpCode(200) @Get() one() {}"),
        "",
    ),
]


@pytest.mark.parametrize(("name", "text", "expected"), GUARDS)
def test_a_method_has_these_guards(name: str, text: str, expected: str) -> None:
    assert guards(reading(text)) == {"GET /a": expected}, name


def test_guards_of_a_class_and_of_an_application_are_those_of_routers() -> None:
    found = reading(controller("@Get() one() {}", decorators="@UseGuards(Jwt)"))
    assert [one.symbol for one in found.routers[0].guards] == ["#Jwt"]
    found = reading(APP + "app.setGlobalPrefix('api'); app.useGlobalGuards(new Jwt()); ")
    (router,) = found.routers
    assert (router.root, router.prefix) == (True, "/api")
    assert [one.symbol for one in router.guards] == ["#Jwt"]
    found = reading(
        NEST + "@Module({ providers: [X, { provide: APP_GUARD, useClass: G }] }) class AppModule {}"
    )
    assert [one.symbol for one in found.routers[0].guards] == ["#G"]
    assert found.holes == ()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (controller("@Get() one() {}", decorators="@UseGuards(G)"), "decorator"),
        (
            NEST + "@Module({ providers: [{ provide: APP_GUARD, useClass: G }] }) class App {}",
            "router",
        ),
    ],
    ids=["@UseGuards", "APP_GUARD"],
)
def test_what_can_only_be_a_guard_is_read_by_the_release_before(text: str, where: str) -> None:
    """It leaves out a field that it does not know; a value that it does not know it cannot read."""
    (router,) = reading(text).routers

    assert [(one.symbol, one.where, one.sure) for one in router.guards] == [("#G", where, True)]


def test_a_middleware_of_a_module_stands_before_its_routes() -> None:
    found = reading(
        NEST
        + "@Module({ controllers: [A] })\nclass M { configure(consumer) "
        + "{ consumer.apply(Auth).exclude('x').forRoutes(A); other.forRoutes() } }"
    )
    assert [(one.symbol, one.where) for one in found.routers[0].guards] == [("#Auth", "router")]


@pytest.mark.parametrize(
    ("routes", "counts"),
    [
        ("A, B", True),
        ("'*'", True),
        ("'users'", False),
        ("{ path: 'users', method: RequestMethod.GET }", False),
        ("A, { path: 'users', method: RequestMethod.GET }", False),
    ],
)
def test_a_middleware_of_some_paths_stands_before_no_other(routes: str, counts: bool) -> None:
    found = reading(
        NEST
        + "@Module({ controllers: [A] })\nclass M { configure(consumer) "
        + f"{{ consumer.apply(Auth).forRoutes({routes}) }} }}"
    )
    assert [one.symbol for one in found.routers[0].guards] == (["#Auth"] if counts else [])


def test_an_unknown_prefix_has_the_name_of_its_setting() -> None:
    found = reading(APP + "app.setGlobalPrefix(config.get('app.prefix'))")
    assert [one.prefix for one in found.routers] == ["/${#app.prefix}"]


def test_the_root_is_not_certain_below_a_global_prefix() -> None:
    found = reading(controller("@Get() one() {} @Get('x') two() {}", ""))
    assert [one.certain for one in found.registrations] == [False, True]


def test_routes_may_be_hidden_from_the_contract() -> None:
    found = reading(controller("@ApiExcludeEndpoint() @Get() one() {} @Get('x') two() {}"))
    assert [one.hidden for one in found.registrations] == [True, False]
    found = reading(controller("@Get() one() {}", decorators="@ApiExcludeController()"))
    assert [one.hidden for one in found.registrations] == [True]


HANDLERS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "a model",
        "@Post() one(@Body() dto: Dto) {}",
        {"body": Body.TYPED, "types": ("src/dto#Dto",)},
    ),
    (
        "a list of models",
        "@Post() one(@Body() dto: Dto[]) {}",
        {"body": Body.TYPED, "types": ("src/dto#Dto",)},
    ),
    ("anything", "@Post() one(@Body() dto: any) {}", {"body": Body.RAW, "raw": 5, "types": ()}),
    ("a record", "@Post() one(@Body() dto: Record<string, string>) {}", {"body": Body.RAW}),
    ("no type", "@Post() one(@Body() dto) {}", {"body": Body.RAW}),
    ("a part", "@Post() one(@Body('x') x: string) {}", {"body": Body.NONE}),
    ("the request", "@Post() one(@Req() r: Request) { return r.body }", {"body": Body.RAW}),
    ("a pipe", "@Get() one(@Param('id', ParseIntPipe) id: number) {}", {"constrained": True}),
    ("a text", "@Get() one(@Param('id') id: string) {}", {"constrained": False}),
    (
        "a query",
        "@Get() one(@Query() q: Dto) {}",
        {"constrained": True, "types": ("src/dto#Dto",), "body": Body.NONE},
    ),
    ("another decorator", "@Get() one(@User() u: Dto) {}", {"types": ()}),
    ("a success", "@Post() @HttpCode(HttpStatus.NO_CONTENT) one() {}", {"success": 204}),
    (
        "an exception",
        "@Get() one() { throw new NotFoundException('x') }",
        {"statuses": frozenset({404})},
    ),
    (
        "an exception with its status",
        "@Get() one() { throw new HttpException('x', HttpStatus.GONE) }",
        {"statuses": frozenset({410})},
    ),
    (
        "another exception",
        "@Get() one() { throw new ForbiddenException('x') }",
        {"statuses": frozenset()},
    ),
]


@pytest.mark.parametrize(("name", "body", "expected"), HANDLERS)
def test_a_handler_is_read(name: str, body: str, expected: dict[str, Any]) -> None:
    (handler,) = reading(controller(body)).handlers
    assert {key: getattr(handler, key) for key in expected} == expected, name
