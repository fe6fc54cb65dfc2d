"""Handlers of net/http, gin and chi: the body they take, the statuses they name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.model.endpoint import Body, Guard, Handler, Where
from bot.readers.endpoints.go_source import arguments, callee, line, parameters, said, values
from bot.readers.endpoints.statuses import code
from bot.readers.signals.trees import text
from bot.readers.signals.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from bot.readers.endpoints.go_source import Function, Source

_WRITERS = listed("gin.Context http.ResponseWriter")
_SIGNATURES = (["gin.Context"], ["http.ResponseWriter", "http.Request"])
_MAKES = re.compile(r"\b(gin|http)\.Handler(Func)?\b")
_BINDS = listed(
    "Bind BindJSON ShouldBind ShouldBindJSON ShouldBindWith ShouldBindBodyWith MustBindWith"
    " ShouldBindBodyWithJSON DecodeJSON Decode Unmarshal ShouldBindXML BindXML"
)
_OF_A_BODY = listed("Decode Unmarshal")
_READS = listed("GetRawData ReadAll")
_REFUSES = re.compile(
    r"\bstrconv\.(Atoi|Parse\w+)\(|\buuid\.(Parse|MustParse)\(|\bbinding\.Query\b"
    r"|\.(Should)?Bind(Query|Uri|Header)\("
)
_STATUS = re.compile(r"\bhttp\.Status([A-Z]\w+)")
_NO_STATUS = listed("Set SetCookie Sleep Param Query DefaultQuery")
_MADE_UP = re.compile(r"^(gin\.H\{|map\[|\"|`|fmt\.Sprint)")
_ANSWERS = listed("JSON AbortWithStatusJSON IndentedJSON String XML Error")
_BUILT_IN = listed("append make len cap new string int uint int64 uint64 byte error panic delete")
_LOOK = 40
STATEMENTS_LISTED = 12


def handlers(source: Source, literals: dict[str, tuple[Node, Function]]) -> Iterator[Handler]:
    """Every function that answers requests, and each that has no name."""
    for one in source.functions:
        if answers(one):
            yield _handler(source, one.name, one.node, one)
    for name, (node, function) in literals.items():
        yield _handler(source, name, node, function)


def answers(function: Function) -> bool:
    """Whether a function answers requests, or makes one that does."""
    kinds = [kind for _, kind in function.parameters]
    return kinds in _SIGNATURES or _MAKES.search(function.result) is not None


def _handler(source: Source, name: str, node: Node, function: Function) -> Handler:
    body, raw, types = _body(source, node, function)
    code_ = source.bare[node.start_byte : node.end_byte].decode(errors="replace")
    writers = _writers(source, node, function)
    statuses = {code(found) for found in _STATUS.findall(code_)}
    errors = []
    for call in source.within("call", node):
        on, called = callee(call)
        given = arguments(call)
        if not writers & {said(on), *map(said, given)} or called in _NO_STATUS:
            continue
        known = status_of(given)
        statuses.add(known)
        made = any(_MADE_UP.match("".join(text(one)[:_LOOK].split())) for one in given)
        if known is not None and known >= 400 and called in _ANSWERS and made:
            errors.append(line(call))
    return Handler(
        name=name,
        line=line(node),
        end=node.end_point.row + 1,
        body=body,
        raw=raw,
        constrained=_REFUSES.search(code_) is not None,
        statuses=frozenset(one for one in statuses if one is not None),
        guards=tuple(_callees(source, node, function)),
        types=types,
        errors=tuple(errors),
    )


def _writers(source: Source, node: Node, function: Function) -> set[str]:
    """The names by which an answer is written, of the function and of those inside it."""
    inner = [one for literal in source.within("literal", node) for one in parameters(literal)]
    return {name for name, kind in inner + function.parameters if kind in _WRITERS}


def status_of(given: list[Node]) -> int | None:
    """The status that a call is given in so many words."""
    for one in given:
        found = _STATUS.fullmatch(said(one))
        if found or one.type == "int_literal":
            known = code(found[1] if found else text(one))
            if known is not None:
                return known
    return None


def _body(
    source: Source, node: Node, function: Function
) -> tuple[Body, int | None, tuple[str, ...]]:
    whole = text(node)
    found, raw, types = Body.NONE, None, []
    for call in source.within("call", node):
        on, name = callee(call)
        given = arguments(call)
        query = any(said(one) == "binding.Query" for one in given)
        if name in _READS and ".Body" in said(call) + said(on) + ("" if given else ".Body"):
            raw = raw or line(call)
        elif name in _BINDS and given and not query:
            if name in _OF_A_BODY and ".Body" not in whole:
                continue
            kind = _kind(function, given)
            if kind in {"map", "gin.H", "any"}:
                return Body.RAW, line(call), ()
            found = Body.TYPED
            if kind and "?" not in kind:
                types.append(source.symbol(kind, None))
    if found is Body.NONE and raw is not None:
        return Body.RAW, raw, ()
    return found, None, tuple(dict.fromkeys(types))


def _kind(function: Function, given: list[Node]) -> str:
    """The type of what the body is put into."""
    into = [said(one).removeprefix("&") for one in given if said(one).startswith("&")]
    name = into[0] if into else said(given[-1])
    return function.types.get(name, "")


def _callees(source: Source, node: Node, function: Function) -> Iterator[Guard]:
    body = node.child_by_field_name("body")
    inside = values(body)[0] if values(body) else None
    for statement in values(inside)[:STATEMENTS_LISTED]:
        for call in source.within("call", statement):
            called = said(call.child_by_field_name("function"))
            symbol = source.symbol(called, function)
            if called and "(" not in called and "?" not in symbol and called not in _BUILT_IN:
                yield Guard(symbol=symbol, where=Where.BODY, line=line(call))
