"""Which routes the tests of a Python file call, and which statuses they assert."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from bot.model.endpoint import TestCall
from bot.readers.endpoints.paths import template
from bot.readers.endpoints.python_base import (
    FUNCTIONS,
    argument,
    last_name,
    root,
    status_of,
    walk,
)
from bot.readers.python_tree import children
from bot.readers.signals.words import listed as words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.readers.endpoints.python_base import Function, Names

_VERBS = words("get post put patch delete head options")
_STATUS = words("status_code status status_int")
_HOLDS = words("raise_for_status is_success ok")
_NAMERS = words("url_for url_path_for reverse")
_CLIENTS = re.compile(r"client|api|app|http|\Aac\Z", re.IGNORECASE)
# What stands in for a server; its answers are given, not asserted.
_STUBS = re.compile(r"mock|respx|responses|stub|fake", re.IGNORECASE)
_DENIES = re.compile(r"not|less|greater", re.IGNORECASE)
_BODIES = (ast.stmt, ast.excepthandler, ast.match_case)
_HOST = re.compile(r"\Ahttps?://(test|testserver|test\.local|localhost|127\.0\.0\.1)(:\d+)?(?=/)")


def calls(names: Names) -> Iterator[TestCall]:
    """The calls of each test function, in the order of the file."""
    marks = {names.scopes[one].name: one.decorator_list for one, _ in names.classes}
    for function, scope in names.functions:
        if function.name.startswith("test"):
            said = [*function.decorator_list, *marks.get(scope.name, ())]
            yield from _Test(names, function, said).read()


def mentions(tree: ast.Module) -> frozenset[str]:
    """Every identifier that a file of tests uses or imports."""
    nodes: list[Any] = walk(tree)
    names = {one.id for one in nodes if type(one) is ast.Name}
    attributes = {one.attr for one in nodes if type(one) is ast.Attribute}
    imports = {one.name.rpartition(".")[2] for one in nodes if type(one) is ast.alias}
    return frozenset(names | attributes | imports)


class _Test:
    """One test: its calls, and for each the statuses asserted while its answer has a name."""

    def __init__(self, names: Names, function: Function, marks: list[ast.expr]) -> None:
        self.names, self.function = names, function
        self.scope = names.scopes[function]
        self.calls: dict[ast.Call, tuple[str, str]] = {}
        self.statuses: dict[ast.Call, set[int]] = {}
        self.holders: dict[str, ast.Call] = {}
        self.parameters: dict[str, set[int]] = defaultdict(set)
        for mark in marks:
            for name, status in _parametrised(mark):
                self.parameters[name].add(status)

    def read(self) -> Iterator[TestCall]:
        """Statement after statement, branches in the order of the file."""
        waiting: list[ast.AST] = [*reversed(self.function.body)]
        while waiting:
            node = waiting.pop()
            inner = children(node)
            heads = [one for one in inner if isinstance(one, ast.expr | ast.withitem)]
            seen = [each for head in heads for each in walk(head)]
            self._find(seen)
            for one in self._said(node, seen):
                self._see(one)
            self._name(node)
            if not isinstance(node, FUNCTIONS):
                waiting += [one for one in reversed(inner) if isinstance(one, _BODIES)]
        for call, (method, path) in self.calls.items():
            yield TestCall(
                test=self.function.name,
                line=call.lineno,
                method=method,
                path=path,
                statuses=frozenset(self.statuses[call]) or None,
            )

    # ── answers and their names ───────────────────────────────────────────────────────────────

    def _name(self, node: ast.AST) -> None:
        """From here on a variable holds the answer of a call, or no longer."""
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.With | ast.AsyncWith):
            pairs = [
                (one.optional_vars, one.context_expr) for one in node.items if one.optional_vars
            ]
        else:
            return
        for target, value in pairs:
            call = self._answer(value)
            self.holders.pop(last_name(target), None)
            if call is not None:
                self.holders[last_name(target)] = call

    def _answer(self, node: ast.AST) -> ast.Call | None:
        """The call whose answer an expression is."""
        node = node.value if isinstance(node, ast.Await) else node
        if isinstance(node, ast.Call):
            return node if node in self.calls else None
        return self.holders.get(last_name(node))

    # ── statuses ──────────────────────────────────────────────────────────────────────────────

    def _said(self, node: ast.AST, seen: list[ast.AST]) -> Iterator[ast.AST]:
        """What a statement asserts: no condition of a branch, and nothing that it denies."""
        denied = {
            each
            for one in seen
            if isinstance(one, ast.UnaryOp) and isinstance(one.op, ast.Not)
            for each in walk(one)
        }
        if isinstance(node, ast.If | ast.While):
            return iter(())
        kind = ast.AST if isinstance(node, ast.Assert | ast.Expr) else ast.Call
        return (one for one in seen if isinstance(one, kind) and one not in denied)

    def _see(self, node: ast.AST) -> None:
        """A comparison with a status, an assertion that is given one, or that all went well."""
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.In | ast.Is):
            self._compare([node.left, *node.comparators])
        elif isinstance(node, ast.Compare) and len(node.ops) > 1:
            # `200 <= status < 300` is said of success by its lower end.
            self._compare([node.left, node.comparators[0]])
        elif isinstance(node, ast.Call) and node not in self.calls:
            self._compare([] if _DENIES.search(last_name(node)) else node.args)
        elif isinstance(node, ast.Attribute) and node.attr in _HOLDS:
            call = self._answer(node.value)
            if call is not None:
                self.statuses[call].add(200)

    def _compare(self, sides: list[ast.expr]) -> None:
        for one in sides:
            said = isinstance(one, ast.Attribute) and one.attr in _STATUS
            call = self._answer(one.value if isinstance(one, ast.Attribute) and said else one)
            if call is not None:
                self.statuses[call] |= {each for side in sides for each in self._literals(side)}

    def _literals(self, node: ast.expr) -> set[int]:
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return {each for one in node.elts for each in self._literals(one)}
        if isinstance(node, ast.Name) and node.id in self.parameters:
            return self.parameters[node.id]
        status = status_of(node)
        return set() if status is None else {status}

    # ── calls ─────────────────────────────────────────────────────────────────────────────────

    def _find(self, nodes: list[ast.AST]) -> None:
        for one in nodes:
            request = self._request(one) if isinstance(one, ast.Call) else None
            if isinstance(one, ast.Call) and request:
                self.calls[one] = request
                self.statuses[one] = set()

    def _request(self, call: ast.Call) -> tuple[str, str] | None:
        """`client.get("/path")`, `client.request("GET", "/path")`, `anything("get", "/path")`."""
        name = last_name(call)
        if name in _VERBS and isinstance(call.func, ast.Attribute):
            method, given = name, argument(call, 0, "url", "path")
            client = bool(_CLIENTS.search(last_name(call.func.value)))
        else:
            method = self.names.text(argument(call, 0, "method"), self.scope) or ""
            given, client = argument(call, 1, "url", "path"), name == "request"
        stub = _STUBS.search(last_name(root(call)))
        known = method.lower() in _VERBS and not stub
        path = self._path(given, client=client) if known else None
        return None if path is None else (method.upper(), path)

    def _path(self, node: ast.expr | None, *, client: bool) -> str | None:
        owner = self.scope.binding(node.id) if isinstance(node, ast.Name) else None
        value = owner.value(node.id, node.lineno) if owner and isinstance(node, ast.Name) else None
        node = value if isinstance(value, ast.Call) and last_name(value) in _NAMERS else node
        if isinstance(node, ast.Call) and last_name(node) in _NAMERS:
            text = self.names.text(argument(node, 0), self.scope)
            return f"@{text}" if text else None
        text = _HOST.sub("", self.names.text(node, self.scope) or "")
        known = text.startswith("/") or (client and text.startswith(("$", "{}/")))
        return template(text) if known else None


def _parametrised(mark: ast.expr) -> Iterator[tuple[str, int]]:
    """The statuses among the values that a test is run with, by the name of the parameter."""
    if last_name(mark) != "parametrize" or not isinstance(mark, ast.Call):
        return
    names, rows = _names(argument(mark, 0, "argnames")), argument(mark, 1, "argvalues")
    for row in rows.elts if isinstance(rows, ast.List | ast.Tuple) else ():
        given = row.args if isinstance(row, ast.Call) else getattr(row, "elts", [row])
        for name, value in zip(names, given, strict=False):
            status = status_of(value)
            if status is not None:
                yield name, status


def _names(node: ast.expr | None) -> list[str]:
    if isinstance(node, ast.Constant):
        return [one.strip() for one in str(node.value).split(",")]
    given = node.elts if isinstance(node, ast.List | ast.Tuple) else []
    return [str(one.value) for one in given if isinstance(one, ast.Constant)]
