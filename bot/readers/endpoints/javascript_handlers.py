"""What functions of JavaScript or TypeScript do with a request."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.model.endpoint import Body, Guard, Handler, Where
from bot.readers.endpoints.javascript_nodes import arguments, end, line
from bot.readers.endpoints.statuses import code
from bot.readers.signals.trees import text as written

if TYPE_CHECKING:
    from tree_sitter import Node

    from bot.readers.endpoints.javascript_source import Source
from bot.readers.endpoints.javascript_values import Scope

_REQUEST = re.compile(r"^_*(req|request|ctx)$")
_RESPONSE = re.compile(r"^_*(res|response|reply|ctx|context)$")
_ANSWERS = frozenset({"status", "sendStatus", "code", "writeHead", "throw"})
_ERRORS = re.compile(r"(?i)^(http-?errors|boom|createError|createHttpError)$")
_CHECKS = frozenset(
    {"parse", "safeParse", "parseAsync", "safeParseAsync", "validate", "validateAsync"}
    | {"validateSync", "validationResult", "matchedData", "plainToInstance", "plainToClass"}
)
# Calls behind these are no longer what stands before a handler's own work.
_STATEMENTS, _CALLS = 12, 40


@dataclass(slots=True, kw_only=True)
class Draft:
    """A handler while it is read; `wanted`: a registration names it, or its parameters do."""

    name: str
    line: int
    end: int
    start: int
    limit: int
    requests: set[str] = field(default_factory=set)
    responses: set[str] = field(default_factory=set)
    raw: int | None = None
    typed: bool = False
    constrained: bool = False
    statuses: set[int] = field(default_factory=set)
    success: int | None = None
    guards: list[Guard] = field(default_factory=list)
    types: tuple[str, ...] = ()
    errors: list[int] = field(default_factory=list)
    wanted: bool = False
    registered: bool = False

    def finished(self) -> Handler:
        """The handler. Whether a body is checked is said where the handler is registered: one
        that is registered in another file has no raw body."""
        raw = self.raw if self.registered and not self.typed else None
        return Handler(
            name=self.name,
            line=self.line,
            end=self.end,
            body=Body.TYPED if self.typed else Body.NONE if raw is None else Body.RAW,
            raw=raw,
            constrained=self.constrained,
            statuses=frozenset(self.statuses),
            success=self.success,
            guards=tuple(dict.fromkeys(self.guards)),
            types=tuple(dict.fromkeys(self.types)),
            errors=tuple(dict.fromkeys(self.errors)),
        )


def drafted(node: Node, name: str) -> Draft:
    """The handler that a function is, before its body is read."""
    body = node.child_by_field_name("body")
    first = body.named_children[:_STATEMENTS] if body is not None else []
    limit = first[-1].end_byte if first and body and body.type == "statement_block" else 0
    return Draft(
        name=name,
        line=line(node),
        end=end(node),
        start=body.start_byte if body is not None else node.start_byte,
        limit=limit or node.end_byte,
    )


def take_parameters(draft: Draft, scope: Scope, node: Node) -> None:
    """Note by which names a function, or one inside it, has the request and the answer."""
    requests = {one for one in scope.params if _REQUEST.match(one)}
    responses = {one for one in scope.params if _RESPONSE.match(one)}
    draft.requests |= requests
    draft.responses |= responses
    draft.wanted = draft.wanted or bool(requests or responses)
    if "body" in scope.params and draft.raw is None:
        draft.raw = line(node)


def take_call(source: Source, node: Node, scope: Scope) -> None:
    """Note what a call in a handler means."""
    draft, called = scope.draft, node.child_by_field_name("function")
    if draft is None or called is None:
        return
    given = arguments(node)
    held = called.child_by_field_name("object")
    name = written(called.child_by_field_name("property") or called) if _short(called) else ""
    answer = status(given[0]) if given else None
    if (name in _ANSWERS or _ERRORS.match(name)) and answer is not None:
        draft.statuses.add(answer)
    elif held is not None and _short(held):
        owner = written(held).rpartition(".")[2]
        named = code(name) if owner in draft.responses or _ERRORS.match(owner) else None
        draft.statuses |= {named} if named is not None and named >= 400 else set()
    if name in {"json", "send", "end"} and given and held is not None:
        _take_error(draft, held)
    if name in _CHECKS and any(_is_request(draft, one) for one in given):
        draft.typed = True
    own = scope.above is None or scope.above.draft is not draft
    if own and draft.start <= node.start_byte < draft.limit and len(draft.guards) < _CALLS:
        symbol = source.symbol(node, scope)
        if symbol and symbol[1:].partition(".")[0] not in draft.responses:
            draft.guards.append(Guard(symbol=symbol, where=Where.BODY, line=line(node)))


def take_new(source: Source, node: Node, scope: Scope) -> None:
    """Note the status of an error that a handler makes."""
    if scope.draft is None:
        return
    found = [value for one in arguments(node) if (value := status(one)) is not None]
    module, _, name = source.symbol(node, scope).partition("#")
    if not found and module == "@nestjs/common" and name.endswith("Exception"):
        told = code(name.removesuffix("Exception"))
        found = [told] if told is not None else []
    scope.draft.statuses.update(one for one in found if one >= 400)


def take_member(node: Node, scope: Scope) -> None:
    """Note where a handler takes the body as it comes."""
    draft, held = scope.draft, node.child_by_field_name("object")
    body = written(node.child_by_field_name("property")) == "body"
    if draft is not None and body and draft.raw is None and held is not None and _short(held):
        draft.raw = line(node) if written(held) in draft.requests else None


def take_unpacked(node: Node, scope: Scope) -> None:
    """`const { body } = req` takes it too."""
    draft, name = scope.draft, node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    if draft is None or name is None or value is None or name.type != "object_pattern":
        return
    if _short(value) and written(value) in draft.requests and draft.raw is None:
        keys = {re.split(r"\W", written(one), maxsplit=1)[0] for one in name.named_children}
        draft.raw = line(node) if "body" in keys else None


def status(node: Node) -> int | None:
    """The status that `404`, `HttpStatus.NOT_FOUND` and their like stand for."""
    if node.type == "number":
        return code(written(node))
    if node.type != "member_expression" or not _short(node):
        return None
    owner, _, name = written(node).rpartition(".")
    return code(name) if re.search(r"(?i)status|codes?$", owner) else None


def _take_error(draft: Draft, held: Node) -> None:
    """`res.status(409).json({ … })` makes an error up on the spot."""
    inner = held.child_by_field_name("function")
    name = written(inner.child_by_field_name("property")) if inner is not None else ""
    given = arguments(held)
    answer = status(given[0]) if name in {"status", "code"} and given else None
    if answer is not None and answer >= 400:
        draft.errors.append(line(held))


def _is_request(draft: Draft, node: Node) -> bool:
    return _short(node) and re.split(r"\W", written(node), maxsplit=1)[0] in draft.requests


def _short(node: Node) -> bool:
    return node.end_byte - node.start_byte <= 120
