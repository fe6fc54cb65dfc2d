"""Tests of JavaScript and TypeScript that call routes: supertest, `inject`, `fetch`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.model.endpoint import TestCall
from bot.readers.endpoints.javascript_handlers import status
from bot.readers.endpoints.javascript_nodes import (
    FUNCTIONS,
    arguments,
    line,
    parameters,
    plain,
    said,
)
from bot.readers.endpoints.javascript_routes import VERBS
from bot.readers.endpoints.paths import template
from bot.readers.signals.trees import text as written

if TYPE_CHECKING:
    from tree_sitter import Node

    from bot.readers.endpoints.javascript_source import Source
from bot.readers.endpoints.javascript_values import Scope

FRAMEWORKS = frozenset(
    {"supertest", "vitest", "@jest/globals", "node:test", "mocha", "chai", "tap", "ava"}
    | {"@nestjs/testing", "chai-http", "superagent", "bun:test", "@playwright/test", "t"}
)
_CLIENTS = frozenset({"supertest#default", "supertest#", "supertest#request", "supertest#agent"})
_CLIENTS |= {"supertest#default.agent", "chai#default.request", "chai#request", "chai#.request"}
_WORDS = frozenset({"describe", "it", "test", "context", "suite", "specify"})
_ASSERTS = re.compile(r"(?i)^(to|be|equals?|eq|eql|is|strictEqual|deepEqual|same|status)|expect$")
_STATUS = frozenset({"status", "statusCode", "ok"})
_HERE = re.compile(r"^https?://(localhost|127\.0\.0\.1|0\.0\.0\.0)(:(\d+|\{\}))?(?=/)")
# `fetch` is given a whole address; what it begins with is where the server is.
_BASE = re.compile(r"^(\{\}|\$\{[^}]*\})(?=/)")
_OUTSIDE = re.compile(r"^https?://(?!localhost|127\.|0\.0\.0\.0)")
_LINKS = 8


@dataclass(slots=True, kw_only=True)
class _Call:
    test: str
    line: int
    method: str
    path: str
    statuses: set[int] = field(default_factory=set)


class Tests:
    """The calls of one file, in order."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.calls: list[_Call] = []
        self._titles: list[tuple[int, str]] = []
        # The answer that a chain of calls gives, the name that will hold it, and what holds it.
        self._chains: dict[int, _Call] = {}
        self._waiting: dict[int, Node] = {}
        self._answers: dict[str, _Call] = {}

    def finished(self) -> tuple[TestCall, ...]:
        """The calls with what is asserted of their answers."""
        return tuple(
            TestCall(
                test=one.test,
                line=one.line,
                method=one.method,
                path=one.path,
                statuses=frozenset(one.statuses) or None,
            )
            for one in self.calls
        )

    def take_value(self, node: Node, _scope: Scope) -> None:
        """A variable holds an answer until it is given something else."""
        name = node.child_by_field_name("name") or node.child_by_field_name("left")
        value = node.child_by_field_name("value") or node.child_by_field_name("right")
        if name is None or value is None or not _short(name):
            return
        self._waiting[plain(value).id] = name
        for one in _holders(name):
            self._answers.pop(one, None)

    def take_call(self, node: Node, scope: Scope) -> None:
        """Take a call of a test: a title, a request, or what is asserted."""
        called, given = node.child_by_field_name("function"), arguments(node)
        if called is None:
            return
        held = called.child_by_field_name("object")
        name = written(called.child_by_field_name("property") or called)[:60]
        before = self._chains.get(held.id) if held is not None else None
        if before is not None:
            self._chains[node.id] = before
            self._chained(before, name, given)
        elif given:
            self._title(node, called, given)
            self._request(node, held, name, scope)
            if _ASSERTS.search(name):
                self._assert(called, given)
        if node.id in self._waiting and node.id in self._chains:
            answers = dict.fromkeys(_holders(self._waiting[node.id]), self._chains[node.id])
            self._answers |= answers

    # ── requests ──────────────────────────────────────────────────────────────────────────────

    def _request(self, node: Node, held: Node | None, name: str, scope: Scope) -> None:
        given = arguments(node)
        if name in VERBS and held is not None and self._is_client(held, scope):
            self._add(node, VERBS[name], given[0], scope)
        elif name.lower().startswith("inject"):
            values = [self.source.value(one, scope) for one in given]
            fields = next((self.source.fields(one) for one in values if one.type == "object"), {})
            path = fields.get("url") or fields.get("path") or given[0]
            self._add(node, said(fields.get("method")).upper() or "GET", path, scope)
        elif name == "fetch":
            fields = self.source.fields(self.source.value(given[1], scope)) if given[1:] else {}
            self._add(node, said(fields.get("method")).upper() or "GET", given[0], scope)

    def _is_client(self, node: Node, scope: Scope) -> bool:
        value = self.source.value(node, scope)
        if self.source.symbol(value, scope) not in _CLIENTS:
            return False
        target = arguments(value)[:1]
        told = self.source.text(target[0], scope) if target else None
        return told is None or not _OUTSIDE.match(told)

    def _add(self, node: Node, method: str, path: Node, scope: Scope) -> None:
        told = self.source.text(path, scope)
        told = _HERE.sub("", told) if told is not None else ""
        told = _BASE.sub("", told) if written(node)[:5] == "fetch" else told
        if told.startswith(("/", "${", "{}")) and method.isalpha():
            test = " ".join(title for _, title in self._titles)
            call = _Call(test=test, line=line(node), method=method, path=template(told))
            self.calls.append(call)
            self._chains[node.id] = call

    def _title(self, node: Node, called: Node, given: list[Node]) -> None:
        while self._titles and self._titles[-1][0] <= node.start_byte:
            self._titles.pop()
        base = called
        for _ in range(_LINKS):
            inner = base.child_by_field_name("object") or base.child_by_field_name("function")
            if inner is None:
                break
            word = written(base.child_by_field_name("property"))
            base = base if word == "test" else inner
        word = written(base.child_by_field_name("property") or base)
        if word in _WORDS and given[0].type in {"string", "template_string"}:
            self._titles.append((node.end_byte, said(given[0])))

    # ── what is asserted ──────────────────────────────────────────────────────────────────────

    def _chained(self, call: _Call, name: str, given: list[Node]) -> None:
        """`.expect(404)`, or a function that is given the answer."""
        if name == "expect" and given:
            call.statuses |= _statuses(given[0])
        for function in given:
            for one in parameters(function) if function.type in FUNCTIONS else ():
                pattern = one.child_by_field_name("pattern") or one
                self._answers |= dict.fromkeys(_holders(pattern), call)

    def _assert(self, called: Node, given: list[Node]) -> None:
        """`expect(answer.status).toBe(404)`, `assert.equal(answer.statusCode, 404)`."""
        parts = list(given)
        node: Node | None = called
        for _ in range(_LINKS):
            if node is None or written(node.child_by_field_name("property"))[:9] == "not":
                break
            parts += [*arguments(node), node]
            node = node.child_by_field_name("object") or node.child_by_field_name("function")
        found = [self._answers.get(written(one)) for one in parts if _short(one)]
        call = next((one for one in found if one is not None), None)
        if call is not None:
            told = {one for part in parts for one in _statuses(part)}
            good = any(written(one).endswith(".ok") for one in parts if _short(one))
            call.statuses |= {200} if good and any(one.type == "true" for one in parts) else told


def _statuses(node: Node) -> set[int]:
    nodes = node.named_children[:20] if node.type == "array" else [node]
    return {value for one in nodes if (value := status(one)) is not None}


def _holders(name: Node) -> list[str]:
    """How the status of an answer is written that a variable, or a pattern, holds."""
    if name.type != "object_pattern":
        return _keys(written(name))
    parts = [written(one).partition(":") for one in name.named_children]
    return [(local or key).strip() for key, _, local in parts if key.strip() in _STATUS]


def _keys(name: str) -> list[str]:
    return [name, *(f"{name}.{one}" for one in sorted(_STATUS))]


def _short(node: Node) -> bool:
    return node.end_byte - node.start_byte <= 80
