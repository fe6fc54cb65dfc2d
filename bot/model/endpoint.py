"""What one source file says of routes, of their handlers and of tests that call them.

A symbol is `module#name`: the module as the file's imports name it, in segments of `/`; without a
module (`#name`) it is of the file itself. Where a name leads is found out by the linker, which sees
all files; a reader sees one. `#?.name` is the only handler that ends in this name: whose it is
was not seen. A path holds `{}` for each parameter, `${symbol}` for a text that is a constant
elsewhere, and ends without a slash.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.area import Area


class Where(StrEnum):
    """Where a guard stands."""

    PARAMETER = "parameter"
    DECORATOR = "decorator"
    ROUTER = "router"
    MIDDLEWARE = "middleware"
    BODY = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A candidate: a symbol that runs before the handler's own code. Whether it guards is for the
    policy and the framework's own short list to say, by its exact name. A symbol that begins with
    `-` takes away what an outer router has of the same name (the part after `#`). `sure`: it stands
    where the framework documents that nothing else may."""

    symbol: str
    where: Where
    line: int
    sure: bool = False


class Body(StrEnum):
    """How the body of a request is taken: not at all, by a declared type, or as it comes."""

    NONE = "none"
    TYPED = "typed"
    RAW = "raw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """A function that answers requests; `name`: `function` or `Class.method`, as in a symbol.

    `constrained`: it takes a parameter of a type that may be refused (a number, an id, a bound).
    `statuses`: what it names in so many words; `success`: the one that its declaration names.
    `guards`: of its own: decorators, parameters, calls in its body. `types`: symbols of the models
    that its signature names. `raw`: the line that takes the body as it comes. `errors`: lines that
    answer an error made up on the spot, outside any common form.
    """

    name: str
    line: int
    end: int
    body: Body = Body.NONE
    raw: int | None = None
    constrained: bool = False
    statuses: frozenset[int] = frozenset()
    success: int | None = None
    guards: tuple[Guard, ...] = ()
    types: tuple[str, ...] = ()
    errors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """`method path` → handler, said at a line; `on`: the symbol of the router it is said of, empty
    where the framework has but one.

    `method`: upper case, `ANY` for all. `guards`: said here. `hidden`: kept out of the contract.
    `certain`: false where a condition decides whether it is said at all. `shown`: a template or a
    websocket, which no contract and no test of statuses is about.
    """

    on: str
    method: str
    path: str
    handler: str
    line: int
    end: int
    guards: tuple[Guard, ...] = ()
    hidden: bool = False
    certain: bool = True
    shown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """Something that routes are said of: an application, a router, a blueprint, a group, a class.

    `root`: it serves by itself, without being mounted.
    """

    name: str
    line: int
    prefix: str = ""
    guards: tuple[Guard, ...] = ()
    root: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """The routes of `child` stand below `prefix` in `parent`; both are symbols. A child without
    a name (`module#`) is all that the module registers. `instead`: the prefix stands in place of
    the child's own."""

    parent: str
    child: str
    prefix: str
    line: int
    guards: tuple[Guard, ...] = ()
    hidden: bool = False
    instead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCall:
    """A test calls a route by its path, or a handler by its symbol (then `path` is empty).

    A path `@name` is the path of the route of that name, as `reverse` and its like give it.
    `statuses`: what it asserts the answer's to be; None where that cannot be read.
    """

    test: str
    line: int
    method: str = ""
    path: str = ""
    handler: str = ""
    statuses: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A place where routes may be that this reading does not show, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """One file. `module`: its own name in segments of `/`. `imports`: local names and the symbols
    they stand for; `*` for all of a module. `constants`: texts by name. `routes`: names of routes
    (for `reverse` and its like) and the handlers or paths behind them. `mentions`: identifiers in
    a test file. `stack`: the web framework, empty where none is used.
    """

    module: str
    stack: str = ""
    registrations: tuple[Registration, ...] = ()
    handlers: tuple[Handler, ...] = ()
    routers: tuple[Router, ...] = ()
    mounts: tuple[Mount, ...] = ()
    imports: tuple[tuple[str, str], ...] = ()
    constants: tuple[tuple[str, str], ...] = ()
    routes: tuple[tuple[str, str], ...] = ()
    calls: tuple[TestCall, ...] = ()
    mentions: frozenset[str] = frozenset()
    holes: tuple[Hole, ...] = ()


# Files that register, mount or guard routes besides those of the policy's own area; a stack a line.
WEB = Area(
    "web",
    (
        "**/{main,app,asgi,wsgi,api,router,routes,routers,urls,views,viewsets,handlers,deps}.py",
        "**/{config,settings,constants}.py",
        "**/{dependencies,auth,security,permissions,decorators}{.py,/**/*.py}",
        "**/{app,server,main,index,routes,router}.{js,mjs,cjs,ts,mts}",
        "**/*.{controller,module,route,routes,router}.{js,ts}",
        "**/*{Controller,Resource,Endpoint,Api,Security*,*Config*}.{java,kt}",
        "**/{main,server,router,routers,routes,handler,handlers,controller,controllers,api}.go",
        "**/{config/routes,config/routes/**,app/controllers/**}.rb",
    ),
)
