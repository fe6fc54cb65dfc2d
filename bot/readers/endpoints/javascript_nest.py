"""Controllers and modules of NestJS."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from bot.model.endpoint import Guard, Hole, Mount, Registration, Where
from bot.readers.endpoints.javascript_handlers import Draft, drafted, status
from bot.readers.endpoints.javascript_nodes import arguments, end, line, parameters, plain
from bot.readers.endpoints.javascript_routes import VERBS
from bot.readers.endpoints.paths import joined
from bot.readers.signals.trees import text as written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from bot.readers.endpoints.javascript_routes import Routes
    from bot.readers.endpoints.javascript_servers import Server
    from bot.readers.endpoints.javascript_values import Scope

_NEST = "@nestjs/common"
_VERBS = {one.capitalize(): method for one, method in VERBS.items()} | {"Sse": "GET"}
_HIDES = frozenset({"ApiExcludeEndpoint", "ApiExcludeController"})
# Decorators of these describe a handler and run nothing before it.
_DESCRIBE = frozenset({_NEST, "@nestjs/swagger", "class-transformer", "class-validator"})
_UNTYPED = re.compile(r"^(any|unknown|object|Record\b.*|\{.*)?$", re.DOTALL)
_PRIMITIVE = re.compile(r"^(string|number|boolean|bigint|Date)?(\[\])?$")
_DEPTH, _NODES_AT_MOST = 6, 200


def take_class(routes: Routes, node: Node, scope: Scope, decorators: list[Node]) -> None:
    """Take what a class says by its decorators, if they are of NestJS."""
    source = routes.source
    found = _by_symbol(routes, decorators, scope)
    name = source.named.get(node.id, "")
    if f"{_NEST}#Controller" in found:
        server = routes.add(name, node, "nestjs")
        server.guards += _guards(routes, found, scope)
        if any(
            one.type == "class_heritage" and "extends" in written(one)[:40] for one in node.children
        ):
            routes.hole(node, "a controller that may inherit routes")
        hidden = bool(_HIDES & {one.partition("#")[2] for one in found})
        _controller(routes, server, (node, found[f"{_NEST}#Controller"]), scope, hidden=hidden)
    elif f"{_NEST}#Module" in found:
        _module(routes, routes.add(name, node, "nestjs"), found[f"{_NEST}#Module"], scope)
    if any(symbol.endswith("#Crud") for symbol in found):
        routes.hole(node, "routes that a decorator makes")


def decorators_of(node: Node) -> list[Node]:
    """The decorators that stand in a node before what it declares."""
    return [one for one in node.children if one.type == "decorator"]


def _by_symbol(routes: Routes, decorators: list[Node], scope: Scope) -> dict[str, Node]:
    """Each decorator's call, or its bare name, by its symbol."""
    inside = [one.named_children[0] for one in decorators if one.named_children]
    return {routes.source.symbol(one, scope): one for one in inside}


def _guards(routes: Routes, found: dict[str, Node], scope: Scope) -> list[Guard]:
    """Every decorator that may run something, and what `@UseGuards` is given."""
    guards = []
    for symbol, node in found.items():
        module, _, name = symbol.partition("#")
        if name == "UseGuards" and module == _NEST:
            given = [routes.source.symbol(one, scope) for one in arguments(node)]
            at, where = line(node), Where.DECORATOR
            guards += [Guard(symbol=one, where=where, line=at, sure=True) for one in given]
        elif module not in _DESCRIBE:
            guards.append(Guard(symbol=symbol, where=Where.DECORATOR, line=line(node)))
    return [one for one in guards if one.symbol]


# ── controllers ───────────────────────────────────────────────────────────────────────────────


def _controller(
    routes: Routes, server: Server, said: tuple[Node, Node], scope: Scope, *, hidden: bool
) -> None:
    node, decorator = said
    inner = routes.source.scopes[node.id]
    base, versions = _bases(routes, decorator, scope)
    waiting: list[Node] = []
    body = node.child_by_field_name("body")
    for one in body.named_children if body is not None else ():
        if one.type == "decorator":
            waiting.append(one)
        elif one.type != "comment":
            found = _by_symbol(routes, waiting, inner)
            if one.type == "method_definition" and found:
                _method(routes, server, (one, found, waiting[0]), inner, (base, versions, hidden))
            waiting = []


def _bases(routes: Routes, decorator: Node, scope: Scope) -> tuple[list[str], list[str]]:
    """Paths and versions of a controller; a path or a version may be several."""
    given = [routes.source.value(one, scope) for one in arguments(decorator)[:1]]
    fields = routes.source.fields(given[0]) if given and given[0].type == "object" else None
    path = (fields.get("path") if fields is not None else given[0]) if given else None
    version = fields.get("version") if fields is not None else None
    return _texts(routes, path, scope), _versions(routes, version, scope)


def _texts(routes: Routes, node: Node | None, scope: Scope) -> list[str]:
    if node is None:
        return [""]
    value = routes.source.value(node, scope)
    nodes = value.named_children if value.type == "array" else [value]
    told = [routes.source.text(one, scope) for one in nodes]
    if None in told:
        routes.hole(node, "a path that is computed")
    return [one for one in told if one is not None]


def _versions(routes: Routes, node: Node | None, scope: Scope) -> list[str]:
    neutral = node is not None and written(node)[:60] == "VERSION_NEUTRAL"
    told = [""] if neutral else _texts(routes, node, scope)
    return [f"v{one}" if one else "" for one in told]


def _method(
    routes: Routes,
    server: Server,
    said: tuple[Node, dict[str, Node], Node],
    scope: Scope,
    above: tuple[list[str], list[str], bool],
) -> None:
    node, found, first = said
    names = {symbol.partition("#")[2]: one for symbol, one in found.items()}
    verbs = [one for one in names if one in _VERBS and f"{_NEST}#{one}" in found]
    if not verbs:
        return
    own = routes.source.scopes[node.id]
    own.draft = _draft(routes, node, own, names)
    versions = _versions(routes, _only(names.get("Version")), scope)
    guards = tuple(_guards(routes, found, scope))
    for verb, base, path in product(
        verbs, above[0], [two for one in verbs for two in _texts(routes, _only(names[one]), scope)]
    ):
        for version in versions if "Version" in names else above[1]:
            told = joined(version, base, path)
            registration = Registration(
                on=f"#{server.name}",
                method=_VERBS[verb],
                path=told,
                handler=f"#{own.draft.name}",
                line=line(first),
                end=end(node),
                guards=guards,
                hidden=above[2] or bool(_HIDES & set(names)),
                # A global prefix is most often kept from the root, where another file says so.
                certain=bool(told),
            )
            routes.registrations[registration] = None


def _only(call: Node | None) -> Node | None:
    return next(iter(arguments(call)), None) if call is not None else None


def _draft(routes: Routes, node: Node, scope: Scope, names: dict[str, Node]) -> Draft:
    draft = drafted(node, routes.source.named[node.id])
    draft.wanted = draft.registered = True
    code = _only(names.get("HttpCode"))
    draft.success = status(code) if code is not None else None
    for one in parameters(node):
        for symbol, decorator in _by_symbol(routes, decorators_of(one), scope).items():
            if symbol.startswith(f"{_NEST}#"):
                _parameter(routes, draft, (one, symbol.partition("#")[2], decorator), scope)
    return draft


def _parameter(routes: Routes, draft: Draft, said: tuple[Node, str, Node], scope: Scope) -> None:
    """What a parameter of a handler takes from the request, and how strictly."""
    node, kind, decorator = said
    annotation = node.child_by_field_name("type")
    told = written(annotation).lstrip(": ")
    given = arguments(decorator)
    pipes = [routes.source.symbol(one, scope) for one in given if one.type != "string"]
    draft.constrained |= any("#Parse" in one for one in pipes)
    if kind in {"Req", "Request"}:
        pattern = node.child_by_field_name("pattern")
        draft.requests.add(written(pattern)[:80])
    if kind not in {"Body", "Query", "Param"}:
        return
    named = [one for one in _types(annotation) if not _PRIMITIVE.match(written(one))]
    model = bool(named) and not _UNTYPED.match(told) and not _PRIMITIVE.match(told)
    whole = not any(one.type == "string" for one in given)
    if model and (whole or kind == "Body"):
        symbols = [routes.source.symbol(one, scope) for one in named]
        draft.types += tuple(one for one in symbols if one)
        draft.typed |= kind == "Body"
        draft.constrained |= kind != "Body"
    elif kind == "Body" and whole and _UNTYPED.match(told) and draft.raw is None:
        draft.raw = line(node)


def _types(annotation: Node | None) -> Iterator[Node]:
    """The names in a type, as far as two brackets deep."""
    waiting = [(annotation, 0)] if annotation is not None else []
    while waiting:
        node, depth = waiting.pop(0)
        if node.type == "type_identifier":
            yield node
        waiting += [
            (one, depth + 1) for one in node.named_children[:_NODES_AT_MOST] if depth < _DEPTH
        ]


# ── modules ───────────────────────────────────────────────────────────────────────────────────


def _module(routes: Routes, server: Server, decorator: Node, scope: Scope) -> None:
    source = routes.source
    given = arguments(decorator)
    fields = source.fields(source.value(given[0], scope)) if given else {}
    for key in ("imports", "controllers"):
        for node in _members(routes, fields.get(key), scope):
            symbol = source.symbol(node, scope)
            name = symbol.partition("#")[2].partition(".")
            # `UsersModule.forRoot(…)` is the module with something given.
            symbol = symbol.removesuffix(f".{name[2]}") if name[0][:1].isupper() else symbol
            if symbol and not source.is_package(symbol):
                mount = Mount(parent=f"#{server.name}", child=symbol, prefix="", line=line(node))
                routes.mounts[mount] = None
            elif symbol == "@nestjs/core#RouterModule":
                routes.hole(node, "prefixes that modules are given")
    for node in _members(routes, fields.get("providers"), scope):
        _provider(routes, server, node, scope)


def _provider(routes: Routes, server: Server, node: Node, scope: Scope) -> None:
    """`{ provide: APP_GUARD, useClass: X }` stands before every route of the application."""
    fields = routes.source.fields(node)
    used = fields.get("useClass") or fields.get("useExisting") or fields.get("useValue")
    if used is None or written(fields.get("provide"))[:60] != "APP_GUARD":
        return
    symbol = routes.source.symbol(used, scope)
    server.guards.append(Guard(symbol=symbol, where=Where.ROUTER, line=line(node), sure=True))
    if not server.name.startswith(("App", "Root", "Main")):
        routes.holes[
            Hole(line=line(node), reason="a guard of all routes in a module of its own")
        ] = None


def _members(routes: Routes, node: Node | None, scope: Scope) -> Iterator[Node]:
    """What a list of a module holds, through names, spreads and conditions."""
    waiting = [(node, 0)] if node is not None else []
    while waiting:
        one, depth = waiting.pop(0)
        value = routes.source.value(plain(one), scope)
        inner = {
            "array": value.named_children,
            "ternary_expression": value.named_children[1:],
        }.get(value.type)
        if inner is None or depth == _DEPTH:
            yield one if value.type in {"class", "class_declaration"} else value
        else:
            waiting += [(each, depth + 1) for each in inner[:_NODES_AT_MOST]]
