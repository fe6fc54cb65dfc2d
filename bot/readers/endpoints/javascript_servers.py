"""Applications, routers and plugins of Express and Fastify, and which of them a call is said of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.model.endpoint import Guard, Hole, Mount, Registration, Router
from bot.readers.endpoints.javascript_nodes import arguments, chain_start, line, plain
from bot.readers.signals.trees import text as written

if TYPE_CHECKING:
    from tree_sitter import Node

    from bot.readers.endpoints.javascript_source import Source
from bot.readers.endpoints.javascript_values import Scope

# What makes a router: its framework, and whether it serves by itself.
_MAKERS = {
    **dict.fromkeys(("express#default", "express#"), ("express", True)),
    **dict.fromkeys(
        ("express#default.Router", "express#Router", "express-promise-router#default"),
        ("express", False),
    ),
    **dict.fromkeys(
        ("fastify#default", "fastify#", "fastify#fastify", "fastify#Fastify"), ("fastify", True)
    ),
    "@nestjs/core#NestFactory.create": ("nestjs", True),
}
_NAME = re.compile(r"(?i)^(app|router|fastify|server|instance|api)$")
_TYPE = re.compile(r"Fastify(Instance|Plugin)|Express\b|Application\b|Router\b")
# Aliases of aliases of a router.
_HOPS = 4


@dataclass(slots=True, kw_only=True)
class Server:
    """A router while it is read; `below`: guards of what stands below a path."""

    name: str
    line: int
    stack: str
    root: bool = False
    prefix: str = ""
    guards: list[Guard] = field(default_factory=list)
    below: list[tuple[str, Guard]] = field(default_factory=list)

    def finished(self, *, test: bool) -> Router:
        """The router; what a test builds serves nobody."""
        return Router(
            name=self.name,
            line=self.line,
            prefix=self.prefix,
            guards=tuple(dict.fromkeys(self.guards)),
            root=self.root and not test,
        )


class Servers:
    """What one file says of its routers, in order and once each."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.all: dict[str, Server] = {}
        self.registrations: dict[Registration, None] = {}
        self.mounts: dict[Mount, None] = {}
        self.holes: dict[Hole, None] = {}
        # What calls of a chain are said of, and the path that `route("/x")` has given them.
        self.chains: dict[int, tuple[Server, str | None]] = {}

    def add(self, name: str, node: Node, stack: str, *, root: bool = False) -> Server:
        """The router of that name."""
        made = Server(name=name, line=line(node), stack=stack, root=root)
        return self.all.setdefault(name, made)

    def hole(self, node: Node, reason: str) -> None:
        """Routes may be here that are not read."""
        self.holes[Hole(line=line(node), reason=reason)] = None

    def take_value(self, name: str, value: Node, scope: Scope) -> None:
        """`const router = Router()`: a router gets its name."""
        start = chain_start(plain(value))
        made = self._made(start, scope)
        if made is None or start.id in self.chains:
            return
        server = self.add(name, start, made[0], root=made[1])
        self.chains[start.id] = (server, None)
        for one in arguments(start)[:1] if made[0] == "nestjs" else ():
            child = self.source.symbol(one, scope)
            mount = Mount(parent=f"#{name}", child=child, prefix="", line=line(one))
            self.mounts[mount] = None

    def on(self, node: Node, scope: Scope, hops: int = _HOPS) -> tuple[Server, str | None] | None:
        """The router that an expression is, with the path of `route("/x")` around it."""
        node = plain(node)
        if node.id in self.chains or not hops:
            return self.chains.get(node.id)
        if node.type not in {"identifier", "member_expression"}:
            made = self._made(node, scope)
            return (self.add("default", node, made[0], root=made[1]), None) if made else None
        if node.end_byte - node.start_byte > 80:
            return None
        name = written(node)
        for one in scope.outwards():
            if name in one.params:
                server = one.servers.get(name)
                return (server, None) if server is not None else None
            if name in one.nodes:
                return self.on(chain_start(one.nodes[name]), scope, hops - 1)
            if name in one.symbols:
                return None
        return None

    def given(self, node: Node, scope: Scope, *, sure: bool) -> tuple[Server, None] | None:
        """A function that is given a router is a router itself, named as the function is."""
        name = written(node) if node.type == "identifier" else ""
        holder = next((one for one in scope.outwards() if name in one.params), None)
        if holder is None or not (sure or _TYPE.search(holder.types) or _NAME.match(name)):
            return None
        imports = " ".join(self.source.top.symbols.values())
        fast = "fastify" in f"{name} {holder.types} {imports}".lower()
        own = self.add(holder.name or name, node, "fastify" if fast else "express")
        holder.servers[name] = own
        return own, None

    def _made(self, node: Node, scope: Scope) -> tuple[str, bool] | None:
        called = node.type in {"call_expression", "new_expression"} and not self.source.required(
            node
        )
        return _MAKERS.get(self.source.symbol(node, scope)) if called else None
