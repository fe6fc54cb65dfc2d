"""The calls that Go's tests make: requests by their path, and handlers that are called."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.model.endpoint import TestCall
from bot.readers.endpoints.go_handlers import status_of
from bot.readers.endpoints.go_source import METHODS, arguments, callee, left, line, right, said
from bot.readers.endpoints.paths import template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from bot.readers.endpoints.go_source import Function, Source

_CODE = re.compile(r"^(.*?)(?:\.Result\(\))?\.(?:Code|StatusCode)$")
# http.Get and the like, of a client or of the package.
_GETS = {"Get": "GET", "Head": "HEAD", "Post": "POST", "PostForm": "POST"}
_CONTEXT = re.compile(r"^(\w+\.)?\w*(ctx|context|c)$", re.IGNORECASE)
_SERVER = re.compile(r"^https?://[^/]*")
CALLS_AT_MOST = 1000
# An answer is looked at soon after it is asked for.
RECENT = 30


class _Call:
    """A call while its statuses are sought; `keys`: what stands for its request and answer."""

    def __init__(self, node: Node, function: Function) -> None:
        self.node, self.test = node, function.name.rpartition(".")[2]
        self.method = self.path = self.handler = ""
        self.keys: set[str] = set()
        self.statuses: set[int] = set()


def calls(source: Source) -> tuple[TestCall, ...]:
    """The calls of all functions of a file."""
    found = [one for function in source.functions for one in _Test(source, function).read()]
    return tuple(
        TestCall(
            test=one.test,
            line=line(one.node),
            method=one.method,
            path=one.path,
            handler=one.handler,
            statuses=frozenset(one.statuses) or None,
        )
        for one in found[:CALLS_AT_MOST]
    )


class _Test:
    """One function of a test file, from its first line to its last."""

    def __init__(self, source: Source, function: Function) -> None:
        self.source, self.function = source, function
        self.found: list[_Call] = []

    def read(self) -> list[_Call]:
        """Its calls, with the statuses that are asserted on each."""
        whole = self.function.node
        nodes = self.source.within("call", whole) + self.source.within("compare", whole)
        for node in sorted(nodes, key=lambda one: (one.end_byte, -one.start_byte)):
            if node.type == "call_expression":
                self._step(node)
            else:
                self._compare(node)
        return [one for one in self.found if one.handler or not self._is_set(one)]

    def _step(self, node: Node) -> None:
        given = arguments(node)
        on, name = callee(node)
        asked = self._request(on, name, given)
        if asked is not None:
            self._open(node).method, self.found[-1].path = asked
        elif self._is_handler(node, given):
            self._handled(node, given)
        else:
            self._follow(node, given)

    def _open(self, node: Node) -> _Call:
        self.found.append(_Call(node, self.function))
        self.found[-1].keys |= self._assigned(node)
        return self.found[-1]

    def _request(self, on: Node | None, name: str, given: list[Node]) -> tuple[str, str] | None:
        """`"GET", "/x"` among what any call is given, or a client's own method."""
        told = [self.source.text(one, self.function, free=True) for one in given[:4]]
        for method, path in pairwise(told):
            if method in METHODS and path is not None:
                return method, template(_SERVER.sub("", path))
        of_client = name in _GETS and re.search(r"(?i)http$|client$|client\(\)$", said(on))
        if of_client and told and told[0] is not None:
            return _GETS[name], template(_SERVER.sub("", told[0]))
        return None

    def _is_handler(self, node: Node, given: list[Node]) -> bool:
        """A statement that gives something a context, or a recorder and a request, and no more."""
        names = [said(one) for one in given]
        if len(names) not in {1, 2} or "" in names:
            return False
        kinds = [self.function.types.get(one, "") for one in names]
        if len(names) == 1:
            found = kinds[0] in {"gin.Context", "gin.?"} or bool(_CONTEXT.match(names[0]))
        else:
            known = any(names[1] in one.keys for one in self.found[-RECENT:])
            found = known and kinds[0] in {"httptest.?", "httptest.ResponseRecorder"}
        above = node.parent if found else None
        return above is not None and above.type == "expression_statement"

    def _handled(self, node: Node, given: list[Node]) -> None:
        at = node.child_by_field_name("function")
        while at is not None and at.type == "call_expression":
            at = at.child_by_field_name("function")
        name, names = said(at), {said(one) for one in given}
        if name.endswith(".ServeHTTP") and len(given) == 2:
            self._follow(node, given)
            return
        # The request is only how the handler is called.
        asked = [
            one
            for one in self.found[-RECENT:]
            if one.path and (one.keys & names or self._is_set(one))
        ]
        for one in asked:
            self.found.remove(one)
        call = self._open(node)
        call.handler = self.source.symbol(name, self.function, "?.")
        call.keys |= names | {"*"}

    def _is_set(self, call: _Call) -> bool:
        return any(key.endswith(".Request") for key in call.keys)

    def _follow(self, node: Node, given: list[Node]) -> None:
        """A request is sent, or its answer asserted on."""
        status = status_of(given)
        names = {said(one) for one in given} - {""}
        for name in names if not callee(node)[1].startswith("Not") else ():
            found = _CODE.match(name)
            call = self._of(found[1]) if found else None
            if call is not None and status is not None:
                call.statuses.add(status)
        call = next((one for one in self.found[:-RECENT:-1] if one.keys & names), None)
        if call is None or said(callee(node)[0]) in {"assert", "require"}:
            return
        call.keys |= names | self._assigned(node)
        if status is not None:
            call.statuses.add(status)

    def _compare(self, node: Node) -> None:
        sides = [node.child_by_field_name("left"), node.child_by_field_name("right")]
        operator = said(node.child_by_field_name("operator"))
        status = status_of([one for one in sides if one is not None])
        for one in sides if operator == "!=" and status is not None else ():
            found = _CODE.match(said(one))
            call = self._of(found[1]) if found else None
            if call is not None and status is not None:
                call.statuses.add(status)

    def _of(self, name: str) -> _Call | None:
        """The last call whose answer has a name; a recorder may be of the whole suite."""
        return next((one for one in self.found[:-RECENT:-1] if one.keys & {name, "*"}), None)

    def _assigned(self, node: Node) -> set[str]:
        above = node.parent.parent if node.parent is not None else None
        if above is None or above.type not in {"short_var_declaration", "assignment_statement"}:
            return set()
        if not any(one.id == node.id for one in right(above)):
            return set()
        taken = {said(one) for one in left(above)} - {"_", "err"}
        for one in self.found[-RECENT:]:
            one.keys -= taken
        return taken


def mentions(source: Source) -> Iterator[str]:
    """Identifiers that the code of a test names."""
    yield from (one.decode() for one in set(re.findall(rb"[A-Za-z_]\w{2,}", source.bare)))
