"""Routes, guards and mounts that Express and Fastify are told of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from bot.model.endpoint import Guard, Mount, Registration, Where
from bot.readers.endpoints.javascript_handlers import drafted
from bot.readers.endpoints.javascript_nodes import (
    FUNCTIONS,
    arguments,
    chain_start,
    end,
    line,
    parameters,
    said,
    wrapped,
)
from bot.readers.endpoints.javascript_servers import Server, Servers
from bot.readers.endpoints.paths import template
from bot.readers.languages import captures
from bot.readers.signals.trees import text as written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tree_sitter import Node

    from bot.readers.endpoints.javascript_source import Source
from bot.readers.endpoints.javascript_values import Scope

VERBS = {one: one.upper() for one in ("get", "post", "put", "patch", "delete", "head", "options")}
VERBS |= {"all": "ANY", "del": "DELETE"}
_HOOKS = ("onRequest", "preParsing", "preValidation", "preHandler")
_ROUTES = re.compile(r"(?i)rout|controller|resource|endpoint|\bapi|\bv\d")
_NO_ROUTES = re.compile(r"(?i)middleware|limit|guard|handler|logg|config|util|passport|swagger")
_VALIDATES = re.compile(r"(?i)(?<!in)valid|celebrate|zod|joi\b|schema")
_BOUNDED = re.compile(r"(?i)number|integer|boolean|enum|literal|min|max|pattern|format")
_PATH_NAME = re.compile(r"^[A-Z][A-Z\d_]*$|(?i:prefix|path)$")
_EVERYTHING = re.compile(r"(^|/)(\*\w*|\(\.\*\)|\{\*\w*\})$")
# A guard that stands in the registration itself is short; a longer function is a handler's work.
_INLINE_AT_MOST = 4000
_TURNS_AT_MOST = 200


@dataclass(slots=True)
class Checks:
    """What registrations say of a handler: what it takes, and what it answers."""

    typed: bool = False
    constrained: bool = False
    statuses: set[int] = field(default_factory=set)
    success: int | None = None


class Routes(Servers):
    """What calls say of routers; `checks`: what a registration says of its handler."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.checks: dict[str, Checks] = {}
        self._perhaps = 0
        # Routes are said there in whatever framework.
        self.strange = False
        self._says = {
            "use": self._use,
            "register": self._plugin,
            "addHook": self._hook,
            "route": self._route,
            "withTypeProvider": self._same,
            "setGlobalPrefix": self._prefix,
            "useGlobalGuards": self._global_guards,
            "enableVersioning": self._versions,
        }

    def take_condition(self, node: Node, _scope: Scope) -> None:
        """What is said up to the end of an `if` may not be said at all."""
        self._perhaps = max(self._perhaps, node.end_byte)

    def take_call(self, node: Node, scope: Scope) -> None:
        """Take a call, once for each turn of a loop around it over a list in the file."""
        turns = next((one.turns for one in scope.outwards() if one.turns), None)
        for row in turns or [{}]:
            self.source.row = row
            self._call(node, scope)
        self.source.row = {}

    def _call(self, node: Node, scope: Scope) -> None:
        called, given = node.child_by_field_name("function"), arguments(node)
        held = called.child_by_field_name("object") if called is not None else None
        if called is None or held is None:
            self._hand_over(node, called, given, scope)
            return
        method = written(called.child_by_field_name("property"))
        if method == "forEach" and given:
            self.take_loop(held, given[0], scope)
        if called.type == "subscript_expression" and len(given) > 1 and self.on(held, scope):
            self.hole(node, "a method that is computed")
        if method == "forRoutes":
            self._applied(node, scope)
        if method not in VERBS and method not in self._says:
            return
        place = self.on(held, scope)
        if place is None and given:
            sure = method in VERBS and len(given) > 1 and given[-1].type in FUNCTIONS
            place = self.given(held, scope, sure=sure)
        if place is not None:
            self.chains[node.id] = place
            if method in VERBS:
                self._verb(place, method, node, scope)
            else:
                self._says[method](place[0], node, scope)
        elif method == "route" and given and self._is_route(given[0], scope):
            self.hole(node, "a route of something that is not known to be a router")
            self.strange = True

    def take_loop(self, over: Node, loop: Node, scope: Scope) -> None:
        """Note what a loop's variable stands for where its list is written out."""
        values, inner = self.source.value(over, scope), self.source.scopes.get(loop.id)
        left = loop.child_by_field_name("left")
        taken = [left] if left is not None else parameters(loop)[:1]
        if inner is None or values.type != "array" or not taken:
            return
        pattern = taken[0].child_by_field_name("pattern") or taken[0]
        for one in values.named_children[:_TURNS_AT_MOST]:
            element = self.source.value(one, scope)
            whole = pattern.type == "identifier"
            row = {written(pattern): element} if whole else dict(self.source.fields(element))
            inner.turns.append(row)

    def _hand_over(self, node: Node, called: Node | None, given: list[Node], scope: Scope) -> None:
        """`routes(app)`, `require("./routes")(app)`: the function says routes of the router."""
        for one in given if called is not None else ():
            place = self.on(one, scope) if one.type == "identifier" else None
            symbol = self.source.symbol(called, scope) if place and called is not None else ""
            if place and (symbol.startswith("#") or self._has_routes(symbol)):
                self._mount(place[0], symbol, "", node, ())

    def _has_routes(self, symbol: str, *, prefixed: bool = False) -> bool:
        """Whether what another file has is a router: only its name can tell, and a router that
        nothing mounts is a hole in the end."""
        told = "/".join(symbol.split("/")[-2:])
        if not symbol or self.source.is_package(symbol) or _NO_ROUTES.search(told):
            return False
        return prefixed or _ROUTES.search(told) is not None

    def _mount(
        self, server: Server, child: str, prefix: str, node: Node, guards: Iterable[Guard]
    ) -> None:
        at = template(prefix)
        mount = Mount(
            parent=f"#{server.name}",
            child=child,
            prefix=at,
            line=_line(node),
            guards=tuple(dict.fromkeys([*_below(server, at), *guards])),
            # Such as a documentation that is served to its developers.
            hidden=node.start_byte < self._perhaps,
        )
        self.mounts[mount] = None

    # ── routes ────────────────────────────────────────────────────────────────────────────────

    def _verb(
        self, place: tuple[Server, str | None], method: str, node: Node, scope: Scope
    ) -> None:
        server, path = place
        given = arguments(node)
        handlers = _flat(given if path is not None else given[1:])
        if not handlers:
            return
        if method == "all" and path is not None:
            server.below += [(template(path), one) for one in self._guards(handlers, scope)]
            return
        options = next((one for one in handlers if one.type == "object"), None)
        fields = self.source.fields(options) if options is not None else {}
        handlers = [one for one in handlers if one.type != "object"]
        handlers = handlers or [one for key, one in fields.items() if key == "handler"]
        for one in self._paths(given[0], scope) if path is None else [path]:
            self._say(server, [VERBS[method]], one, (node, scope), (handlers, fields))

    def _route(self, server: Server, node: Node, scope: Scope) -> None:
        """`router.route("/x")` waits for its methods; `fastify.route({ … })` says all at once."""
        for one in arguments(node)[:1]:
            fields = self.source.fields(self.source.value(one, scope))
            if not fields:
                paths = self._paths(one, scope)
                self.chains[node.id] = (server, paths[0] if paths else "{}")
                continue
            given = fields.get("method")
            methods = [said(each).upper() for each in _flat([given] if given else [])]
            handlers = [fields["handler"]] if "handler" in fields else []
            path = fields.get("url") or fields.get("path")
            if path is None or not all(each.isalpha() for each in methods or ["0"]):
                self.hole(node, "a route whose method or path is computed")
                continue
            for each in self._paths(path, scope):
                self._say(server, methods, each, (node, scope), (handlers, fields))

    def _is_route(self, node: Node, scope: Scope) -> bool:
        """`{ method, path, handler }`, as classes around routers and other frameworks take it."""
        told = self.source.fields(self.source.value(node, scope)).keys()
        return {"method", "handler"} <= told and not told.isdisjoint({"path", "url"})

    def _paths(self, node: Node, scope: Scope) -> list[str]:
        """The paths that an argument says; one that cannot be read is a hole."""
        value = self.source.value(node, scope)
        told = [self.source.text(one, scope) for one in _flat([value])]
        if None in told or not told:
            self.hole(node, "a path that is computed")
        return [one for one in told if one is not None]

    def _say(
        self,
        server: Server,
        methods: list[str],
        path: str,
        at: tuple[Node, Scope],
        does: tuple[list[Node], dict[str, Node]],
    ) -> None:
        (node, scope), (handlers, fields) = at, does
        told = template(path)
        guards = self._guards(handlers[:-1], scope)
        guards += [
            Guard(symbol=self.source.symbol(one, scope), where=Where.MIDDLEWARE, line=line(one))
            for last in handlers[-1:]
            for one in wrapped(last)[:-1]
        ]
        guards += self._guards([fields[key] for key in _HOOKS if key in fields], scope)
        every = _EVERYTHING.search(path) is not None
        name = f"{server.name}.{methods[0].lower()} {told or '/'}"
        handler = self._handler(handlers[-1], name, scope) if handlers else ""
        schema = self._schema(fields, scope)
        self._check(handler, schema, checked=any(_VALIDATES.search(one.symbol) for one in guards))
        registration = Registration(
            on=f"#{server.name}",
            method="",
            path=told,
            handler=handler,
            line=_line(node),
            end=end(node),
            guards=tuple(dict.fromkeys([*_below(server, told), *guards])),
            certain=node.start_byte >= self._perhaps,
            shown=every,
            hidden=written(schema.get("hide")) == "true",
        )
        for method in methods:
            self.registrations[replace(registration, method=method)] = None
        if every:
            outer = template(_EVERYTHING.sub("", path))
            server.below += [(outer, one) for one in self._guards(handlers, scope)]

    def _schema(self, fields: dict[str, Node], scope: Scope) -> dict[str, Node]:
        schema = self.source.value(fields["schema"], scope) if "schema" in fields else None
        return self.source.fields(schema) if schema is not None else {}

    def _check(self, handler: str, schema: dict[str, Node], *, checked: bool) -> None:
        found = self.checks.setdefault(handler, Checks())
        answers = self.source.fields(schema["response"]) if "response" in schema else {}
        codes = {int(one) for one in answers if one.isdecimal() and len(one) == 3}
        good = [one for one in codes if 200 <= one < 300]
        bounds = [schema[key] for key in ("params", "querystring", "query") if key in schema]
        found.typed |= checked or "body" in schema
        found.constrained |= any(_BOUNDED.search(written(one)[:2000]) for one in bounds)
        found.statuses |= codes
        found.success = good[0] if len(good) == 1 else found.success

    def _handler(self, node: Node, name: str, scope: Scope) -> str:
        """The handler's symbol; a function that stands in the registration gets a name there."""
        node = wrapped(node)[-1]
        own = self.source.scopes.get(node.id)
        if own is not None:
            own.draft = own.draft or drafted(node, name)
            return f"#{own.draft.name}"
        symbol = self.source.symbol(node, scope)
        first, _, rest = symbol.partition(".")
        unsure = first[1:] in {one for each in scope.outwards() for one in each.params}
        return f"#?.{rest}" if unsure and rest and symbol.startswith("#") else symbol

    # ── guards ────────────────────────────────────────────────────────────────────────────────

    def _guards(
        self, nodes: Iterable[Node], scope: Scope, where: Where = Where.MIDDLEWARE
    ) -> list[Guard]:
        """Candidates: names, what is called to make them and what it is given by name."""
        return [
            Guard(symbol=symbol, where=where, line=line(node))
            for node in _flat(self._listed(one, scope) for one in nodes)
            for symbol in self._names(node, scope)
            if symbol
        ]

    def _listed(self, node: Node, scope: Scope) -> Node:
        """The array that a name stands for."""
        value = self.source.value(node, scope)
        return value if value.type == "array" else node

    def _names(self, node: Node, scope: Scope) -> Iterator[str]:
        if node.type in FUNCTIONS:
            if node.end_byte - node.start_byte <= _INLINE_AT_MOST and len(parameters(node)) < 4:
                found = captures(self.source.language, "(call_expression) @call", node)
                inner = self.source.scopes[node.id]
                yield from (self.source.symbol(one, inner) for one in found.get("call", []))
            return
        yield self.source.symbol(node, scope)
        for one in _flat(arguments(node)) if node.type == "call_expression" else ():
            if one.type in {"identifier", "member_expression"}:
                yield self.source.symbol(one, scope)

    def _use(self, server: Server, node: Node, scope: Scope) -> None:
        """`use` gives middlewares to all that follows, or mounts a router, below a path or not."""
        given = arguments(node)
        prefixes = self._prefixes(given[0], scope) if given else None
        rest = _flat(given if prefixes is None else given[1:])
        before: list[Guard] = []
        for one in rest:
            place, symbol = self.on(one, scope), self.source.symbol(one, scope)
            child = f"#{place[0].name}" if place is not None else symbol
            prefixed = prefixes is not None and one is rest[-1]
            if self._is_computed(child, one, scope):
                self.hole(one, "what is mounted is computed")
            elif place or symbol.startswith("#") or self._has_routes(symbol, prefixed=prefixed):
                for prefix in prefixes or [""]:
                    self._mount(server, child, prefix, node, before)
            if place is None:
                before += self._guards([one], scope)
        sure = [one for one in before if not _ROUTES.search(one.symbol.rpartition("/")[2])]
        if prefixes is None:
            server.guards += [replace(one, line=_line(node)) for one in sure]
        else:
            server.below += [(template(path), one) for path in prefixes for one in before]

    def _is_computed(self, child: str, node: Node, scope: Scope) -> bool:
        if node.type in FUNCTIONS or self.source.row or not child.startswith("#"):
            return not child and node.type == "call_expression"
        first = child[1:].partition(".")[0]
        return node.type in {"identifier", "member_expression"} and any(
            first in one.params and first not in one.servers for one in scope.outwards()
        )

    def _prefixes(self, node: Node, scope: Scope) -> list[str] | None:
        """The paths that `use` begins with; None where its first argument is no path."""
        value = self.source.value(node, scope)
        told = [self.source.text(one, scope) for one in _flat([value])]
        named = _PATH_NAME.search(re.split(r"\W", written(node)[-80:])[-1])
        literal = all("string" in one.type for one in _flat([value])) and told
        if not (literal or named) or not all(one is not None for one in told):
            return None
        return [one for one in told if one is not None]

    def _hook(self, server: Server, node: Node, scope: Scope) -> None:
        """A hook of a plugin stands before all of its routes, also those said before."""
        given = arguments(node)
        if len(given) > 1 and said(given[0]) in _HOOKS:
            server.guards += self._guards(given[1:2], scope, Where.ROUTER)

    # ── plugins ───────────────────────────────────────────────────────────────────────────────

    def _plugin(self, server: Server, node: Node, scope: Scope) -> None:
        given = arguments(node)
        fields = self.source.fields(self.source.value(given[1], scope)) if given[1:] else {}
        options = self.source.fields(fields["options"]) if "options" in fields else {}
        prefix = fields.get("prefix") or options.get("prefix")
        path = self.source.text(prefix, scope) if prefix is not None else ""
        symbol = self.source.symbol(given[0], scope) if given else ""
        inner = self.source.scopes.get(given[0].id) if given else None
        if inner is not None and inner.params:
            name = f"{server.name}.{inner.params[0]}"
            name += f".{len(self.all)}" if name in self.all else ""
            inner.servers[inner.params[0]] = self.add(name, given[0], "fastify")
            inner.name, symbol = name, f"#{name}"
        elif self.source.is_package(symbol) and given:
            held = arguments(given[0]) if given[0].type == "call_expression" else []
            symbol = self.source.symbol(held[0], scope) if held else self._folder(fields, scope)
        if path is None:
            self.hole(node, "a prefix that is computed")
        elif symbol and not self.source.is_package(symbol):
            self._mount(server, symbol, path, node, ())

    def _folder(self, fields: dict[str, Node], scope: Scope) -> str:
        """All modules of a folder that a package loads: `dir: join(__dirname, "routes")`."""
        folder = fields.get("dir")
        texts = [self.source.text(one, scope) for one in arguments(folder)] if folder else []
        named = [one for one in texts if one and not one.startswith("$")]
        path = self.source.imported("./" + "/".join(named)) if named else ""
        return "" if not path or "plugin" in path.rpartition("/")[2] + named[0] else f"{path}#"

    def _same(self, server: Server, node: Node, scope: Scope) -> None:
        """The same router with other types."""

    # ── the application of NestJS ─────────────────────────────────────────────────────────────

    def _prefix(self, server: Server, node: Node, scope: Scope) -> None:
        given = arguments(node)
        told = self.source.text(given[0], scope) if given else ""
        first = arguments(given[0])[:1] if given and told is None else []
        server.prefix = template(told if told is not None else f"${{#{_setting(first)}}}")
        besides = self.source.fields(given[1]).get("exclude") if given[1:] else None
        if any(said(one).strip("/") for one in _flat([besides] if besides else [])):
            self.hole(node, "paths that the global prefix leaves out")

    def _global_guards(self, server: Server, node: Node, scope: Scope) -> None:
        server.guards += self._guards(arguments(node), scope, Where.ROUTER)

    def _applied(self, node: Node, scope: Scope) -> None:
        """`consumer.apply(Auth).forRoutes(…)` of a module is a candidate for all its routes, where
        it names controllers or everything: a path is of some of them."""
        server = self.all.get(scope.name.partition(".")[0])
        whole = all(
            one.type == "identifier" or said(one) in {"*", "(.*)"} for one in arguments(node)
        )
        if server is not None and whole:
            given = arguments(chain_start(node))
            server.guards += self._guards(given, scope, Where.ROUTER)

    def _versions(self, _server: Server, node: Node, _scope: Scope) -> None:
        given = arguments(node)
        fields = self.source.fields(given[0]) if given else {}
        kind = written(fields.get("type"))
        if {"prefix", "defaultVersion"} & set(fields) or (kind and not kind.endswith("URI")):
            self.hole(node, "versions that are not all in the paths of their controllers")


def _setting(nodes: list[Node]) -> str:
    return (said(nodes[0]) if nodes else "") or "prefix"


def _flat(nodes: Iterable[Node]) -> list[Node]:
    """The nodes, with the elements of arrays in their place."""
    return list(
        chain.from_iterable(one.named_children if one.type == "array" else [one] for one in nodes)
    )


def _below(server: Server, path: str) -> list[Guard]:
    return [one for at, one in server.below if path == at or path.startswith(f"{at}/")]


def _line(node: Node) -> int:
    """The line of a call's own name, where a chain goes over several."""
    called = node.child_by_field_name("function")
    named = called.child_by_field_name("property") if called is not None else None
    return line(named if named is not None else node)
