"""Endpoints of JavaScript and TypeScript: Express, Fastify, NestJS, and tests that call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.endpoint import Endpoints, Handler
from bot.readers.endpoints import javascript_handlers as handlers
from bot.readers.endpoints.javascript_nest import decorators_of, take_class
from bot.readers.endpoints.javascript_routes import Routes
from bot.readers.endpoints.javascript_source import Source
from bot.readers.endpoints.javascript_tests import FRAMEWORKS, Tests
from bot.readers.endpoints.javascript_values import Scope
from bot.readers.languages import captures
from bot.readers.signals.shape import NAMES_AT_MOST, is_test_path
from bot.readers.signals.trees import text as written

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = "[(identifier) (property_identifier) (shorthand_property_identifier)] @name"
_FRAMEWORKS = {"express": "express", "fastify": "fastify", "@nestjs/common": "nestjs"}
_FRAMEWORKS |= {"@nestjs/core": "nestjs"}
_HOLES_AT_MOST = 5


def read(path: str, source: bytes) -> Endpoints:
    """What the file registers, handles and tests; where it cannot be parsed is a hole."""
    return _Reading(Source(path, source)).endpoints()


class _Reading:
    """One file while it is read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.routes, self.tests = Routes(source), Tests(source)
        self._outer: dict[int, list[Node]] = {}
        packages = {one.partition("#")[0] for one in source.top.symbols.values()}
        self._stacks = [name for package, name in _FRAMEWORKS.items() if package in packages]
        self._by_framework = bool(packages & FRAMEWORKS) or _is_spec(source.path)
        self._test = self._by_framework or is_test_path(source.path)

    def endpoints(self) -> Endpoints:
        """The reading."""
        self.source.walk(
            {
                "function": self._function,
                "class": self._class,
                "export": self._export,
                "declared": self._value,
                "assigned": self._value,
                "field": self._value,
                "loop": self._loop,
                "if": self.routes.take_condition,
                "call": self._call,
                "new": lambda node, scope: handlers.take_new(self.source, node, scope),
                "member": handlers.take_member,
                "hole": self._hole,
            }
        )
        routes = self.routes
        stacks = [one.stack for one in routes.all.values()] or self._stacks
        hides = (stacks or routes.strange) and not self._by_framework
        registered = {} if self._by_framework else routes.registrations
        return Endpoints(
            module=self.source.module,
            stack=stacks[0] if stacks else "",
            registrations=tuple(registered),
            handlers=self._handlers(),
            routers=tuple(one.finished(test=self._test) for one in routes.all.values()),
            mounts=tuple(one for one in routes.mounts if self._leads(one.child)),
            imports=(*self._imports().items(), *self.source.aliases.items()),
            constants=tuple(self._constants().items()),
            calls=self.tests.finished(),
            mentions=self._mentions(),
            holes=tuple(routes.holes) if hides else (),
        )

    # ── places ────────────────────────────────────────────────────────────────────────────────

    def _function(self, node: Node, scope: Scope) -> None:
        own = self.source.scopes[node.id]
        name = self.source.named.get(node.id)
        if own.draft is None:
            own.draft = handlers.drafted(node, name) if name else scope.draft
        if own.draft is not None:
            handlers.take_parameters(own.draft, own, node)

    def _class(self, node: Node, scope: Scope) -> None:
        take_class(self.routes, node, scope, [*self._outer.get(node.id, []), *decorators_of(node)])

    def _export(self, node: Node, scope: Scope) -> None:
        declared = node.child_by_field_name("declaration")
        value = node.child_by_field_name("value")
        if declared is not None:
            self._outer[declared.id] = decorators_of(node)
        if value is not None:
            self.routes.take_value("default", value, scope)

    def _value(self, node: Node, scope: Scope) -> None:
        self.tests.take_value(node, scope)
        handlers.take_unpacked(node, scope)
        named = [node.child_by_field_name(one) for one in ("name", "left", "property")]
        name = next((written(one) for one in named if one is not None), "")
        value = node.child_by_field_name("value") or node.child_by_field_name("right")
        if value is None or len(name) > 80:
            return
        name = name.removeprefix("this.") if name.startswith("this.") else name
        name = "default" if name == "module.exports" else name.rpartition("exports.")[2]
        self.routes.take_value(f"{scope.name}.{name}".strip("."), value, scope)

    def _loop(self, node: Node, scope: Scope) -> None:
        over = node.child_by_field_name("right")
        if over is not None:
            self.routes.take_loop(over, node, scope)

    def _call(self, node: Node, scope: Scope) -> None:
        self.routes.take_call(node, scope)
        handlers.take_call(self.source, node, scope)
        if self._test:
            self.tests.take_call(node, scope)

    def _hole(self, node: Node, _scope: Scope) -> None:
        if len(self.routes.holes) < _HOLES_AT_MOST:
            self.routes.hole(node, "not valid here")

    # ── the whole ─────────────────────────────────────────────────────────────────────────────

    def _handlers(self) -> tuple[Handler, ...]:
        drafts = {id(one.draft): one.draft for one in self.source.scopes.values() if one.draft}
        said = {one.handler for one in self.routes.registrations}
        found: dict[str, Handler] = {}
        for draft in drafts.values():
            checks = self.routes.checks.get(f"#{draft.name}")
            draft.registered = draft.registered or f"#{draft.name}" in said
            if checks is not None:
                draft.typed = draft.typed or checks.typed
                draft.constrained = draft.constrained or checks.constrained
                draft.statuses |= checks.statuses
                draft.success = draft.success or checks.success
            if draft.wanted or draft.registered:
                found.setdefault(draft.name, draft.finished())
        return tuple(found.values())

    def _leads(self, child: str) -> bool:
        """Whether a mount of this file's own name can be a router of it."""
        name = child.removeprefix("#")
        names = self.routes.all
        inside = any(one == name or one.startswith(f"{name}.") for one in names)
        return inside or not child.startswith("#")

    def _imports(self) -> dict[str, str]:
        return {
            name: symbol
            for name, symbol in self.source.top.symbols.items()
            if symbol != f"#{name}" and not name.startswith("this")
        }

    def _constants(self) -> dict[str, str]:
        found = {}
        for name, node in self.source.top.nodes.items():
            members = self.source.fields(node) if node.type == "object" else {"": node}
            for key, one in members.items():
                told = self.source.text(one, self.source.top) if one.type in _TEXTS else None
                if told is not None:
                    found[f"{name}.{key}".rstrip(".")] = told
        return found

    def _mentions(self) -> frozenset[str]:
        if not self._test:
            return frozenset()
        names = captures(self.source.language, _NAMES, self.source.root).get("name", [])
        return frozenset(sorted({written(one) for one in names})[:NAMES_AT_MOST])


_TEXTS = frozenset({"string", "template_string", "binary_expression"})


def _is_spec(path: str) -> bool:
    name = path.rpartition("/")[2]
    return any(f"{mark}{word}." in name for mark in ".-" for word in ("test", "spec"))
