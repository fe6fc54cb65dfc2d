"""What the functions of a Python file do as handlers: bodies, statuses, guards, errors.

A class, or an alias `X = Annotated[T, Depends(f)]`, is told as a handler too, with the guards that
it brings to whoever names it: its base classes, its decorators, what it depends on.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.model.endpoint import Body, Guard, Handler, Where
from bot.readers.endpoints.python_base import (
    Function,
    Names,
    Scope,
    argument,
    keyword,
    last_name,
    parameters,
    raised_status,
    root,
    status_of,
    walk,
    within,
)
from bot.readers.python_tree import children
from bot.readers.signals.words import listed as words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_STATEMENTS = 12
_PLAIN = words(
    "str bytes int float bool dict list set tuple frozenset object Any None Optional Union Literal"
    " Annotated List Dict Set Tuple Sequence Mapping Iterable Callable Type type"
)
# Types whose values may be refused before the handler runs.
_REFUSING = words(
    "int float bool UUID UUID1 UUID4 UUID5 UUID7 date datetime time timedelta Decimal Literal"
    " EmailStr AwareDatetime PositiveInt NonNegativeInt conint constr HttpUrl"
)
_BOUNDS = words("ge gt le lt min_length max_length pattern regex multiple_of")
_BODIES = words("Body Form File")
_ASKS = words("Depends Security")
_ELSEWHERE = words("Depends Security Query Path Header Cookie")
_DECLARING = words("use_args use_kwargs arguments")
_FRAMEWORKS = ("fastapi", "starlette", "flask", "aiohttp", "typing", "collections", "datetime")
_REQUESTS = words(
    "fastapi#Request fastapi/requests#Request starlette/requests#Request aiohttp/web#Request"
    " aiohttp#web.Request"
)
_READS = words("json form body stream post text read multipart")
_FLASK_READS = words("get_json json form data get_data values")
# Calls that check what they are given against a declared form.
_CHECKS = words("load loads model_validate model_validate_json parse_obj parse validate")
_ANSWERS = words("abort HTTPException make_response json_response jsonify")
_MADE_UP = words("error errors detail message msg")
_WORDS = words("detail content message description text body reason data")
_TAKES = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """That a function answers requests: how, and the place of its lowest decorator of a route."""

    methods: frozenset[str]
    lowest: int = -1


class Handlers:
    """Reads the functions and classes of one file; `marks`: those known to answer requests."""

    def __init__(self, names: Names, stack: str, marks: Mapping[ast.AST, Mark]) -> None:
        self.names = names
        self.stack = stack
        self.marks = marks
        self._seen = self._types_of_readers()

    def all(self) -> Iterator[Handler]:
        """Handlers, and all else whose guards others may bring upon themselves by name."""
        for function, scope in self.names.functions:
            yield self._function(function, scope)
        for node, scope in self.names.classes:
            guards = tuple(self._of_class(node, scope))
            name = scope.within(node.name)
            yield Handler(name=name, line=_first(node), end=_end(node), guards=guards)
        for name, values in self.names.top.bound.items():
            value = values[-1][1] if values else None
            guards = tuple(self.depended(value, self.names.top)) if value is not None else ()
            if value is not None and guards:
                yield Handler(name=name, line=value.lineno, end=_end(value), guards=guards)

    def depended(self, node: ast.AST | None, scope: Scope) -> Iterator[Guard]:
        """What an expression makes the framework call: `Depends(f)`, in a list or an annotation."""
        for one in walk(node) if node is not None else ():
            if isinstance(one, ast.Call) and last_name(one) in _ASKS:
                symbol = self.names.symbol(argument(one, 0, "dependency"), scope)
                if symbol:
                    yield Guard(symbol=symbol, where=Where.PARAMETER, line=one.lineno)

    # ── one function ──────────────────────────────────────────────────────────────────────────

    def _function(self, node: Function, scope: Scope) -> Handler:
        inner = self.names.scopes[node]
        body, raw = self._body(node, inner)
        said = list(self._said(node, inner))
        routes = [one for one in node.decorator_list if isinstance(one, ast.Call)]
        declared = [status_of(keyword(one, "status_code")) for one in routes]
        return Handler(
            name=scope.within(node.name),
            line=_first(node),
            end=_end(node),
            body=body,
            raw=raw,
            constrained=any(self._refuses(one, default) for one, default in _taken(node)),
            statuses=frozenset(status for _, status, _ in said),
            success=next((one for one in declared if one), None),
            guards=tuple(self._guards(node, scope)),
            types=tuple(dict.fromkeys(self._types(node, inner))),
            errors=tuple(sorted({line for line, status, made in said if made and status >= 400})),
        )

    def _guards(self, node: Function, scope: Scope) -> Iterator[Guard]:
        mark = self.marks.get(node)
        for one in node.decorator_list[mark.lowest + 1 if mark else 0 :]:
            symbol = self.names.symbol(one, scope)
            if symbol:
                yield Guard(symbol=symbol, where=Where.DECORATOR, line=one.lineno)
        if scope.is_class:
            yield Guard(symbol=f"#{scope.name}", where=Where.ROUTER, line=node.lineno)
        for taken, default in _taken(node):
            yield from self._of_parameter(taken, default, scope)
        yield from self._called(node, self.names.scopes[node])

    def _called(self, node: Function, scope: Scope) -> Iterator[Guard]:
        for call in _early_calls(node):
            own = last_name(root(call)) in {"self", "cls"}
            symbol = self.names.symbol(call, scope)
            local = self.names.is_local(call, scope) and not own
            if symbol and not local and not hasattr(builtins, symbol[1:]):
                yield Guard(symbol=symbol, where=Where.BODY, line=call.lineno)

    def _of_parameter(
        self, taken: ast.arg, default: ast.expr | None, scope: Scope
    ) -> Iterator[Guard]:
        found = [*self.depended(default, scope), *self.depended(taken.annotation, scope)]
        symbol = self._type(taken.annotation, scope)
        if symbol and (default is None or (last_name(default) in _ASKS and not found)):
            yield Guard(symbol=symbol, where=Where.PARAMETER, line=taken.lineno)
            alias = self.names.top.bound.get(symbol[1:]) if symbol.startswith("#") else None
            found += self.depended(alias[-1][1] if alias else None, self.names.top)
        # `Depends(f)` under a name of its own.
        said = [default] if isinstance(default, ast.Name | ast.Attribute) else []
        if (
            isinstance(taken.annotation, ast.Subscript)
            and last_name(taken.annotation.value) == "Annotated"
        ):
            said += getattr(taken.annotation.slice, "elts", [])[1:]
        found += [each for one in said for each in listed(self.names, one, scope, Where.PARAMETER)]
        for one in found:
            yield Guard(symbol=one.symbol, where=Where.PARAMETER, line=taken.lineno)

    def _of_class(self, node: ast.ClassDef, scope: Scope) -> Iterator[Guard]:
        """What runs before each method: of the bases, of decorators, of attributes."""
        for one in [*node.bases, *node.decorator_list]:
            symbol = self.names.symbol(one, scope)
            if symbol:
                yield Guard(symbol=symbol, where=Where.ROUTER, line=one.lineno)
        for statement in node.body:
            value = getattr(statement, "value", None)
            if isinstance(statement, ast.Assign | ast.AnnAssign) and value is not None:
                yield from self.depended(statement, scope)
                named = (
                    statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
                )
                if last_name(named) in {"decorators", "method_decorators"}:
                    yield from listed(self.names, value, scope, Where.DECORATOR)
            elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
                yield from self.depended(statement, self.names.scopes[statement])

    # ── what it takes ─────────────────────────────────────────────────────────────────────────

    def _type(self, annotation: ast.AST | None, scope: Scope) -> str:
        """The symbol of a type that is the file's or another module's, no framework's."""
        if not isinstance(annotation, ast.Name | ast.Attribute):
            return ""
        symbol = self.names.symbol(annotation, scope)
        if symbol.partition("#")[0].partition("/")[0] in _FRAMEWORKS or symbol[1:] in _PLAIN:
            return ""
        return symbol

    def _types(self, node: Function, scope: Scope) -> Iterator[str]:
        marks = [one for one in node.decorator_list if isinstance(one, ast.Call)]
        said = [one.annotation for one in parameters(node)] + [node.returns]
        said += [keyword(one, "response_model") for one in marks]
        for one in said:
            for each in walk(one) if one is not None else ():
                symbol = self._type(each, scope)
                if last_part(symbol)[:1].isupper():
                    yield symbol

    def _types_of_readers(self) -> frozenset[str]:
        """Types that a handler without a body takes: aliases of dependencies, never a body."""
        found = set()
        for function, scope in self.names.functions:
            mark = self.marks.get(function)
            if mark and mark.methods and mark.methods.isdisjoint(_TAKES):
                found |= {self._type(one.annotation, scope) for one in parameters(function)}
        return frozenset(found)

    def _body(self, node: Function, scope: Scope) -> tuple[Body, int | None]:
        raw = self._raw(node, scope)
        if raw is not None:
            return Body.RAW, raw
        mark = self.marks.get(node)
        if mark is None or mark.methods.isdisjoint(_TAKES) or self.stack == "aiohttp":
            return Body.NONE, None
        if self.stack == "flask":
            declared = not _DECLARING.isdisjoint(map(last_name, node.decorator_list))
            return (Body.TYPED if declared else Body.NONE), None
        kinds = {
            self._taken_as(one, default, scope): one.lineno
            for one, default in reversed(_taken(node))
        }
        if Body.RAW in kinds:
            return Body.RAW, kinds[Body.RAW]
        return (Body.TYPED if Body.TYPED in kinds else Body.NONE), None

    def _taken_as(self, taken: ast.arg, default: ast.expr | None, scope: Scope) -> Body:
        inside = list(_walk(taken.annotation, default))
        said = {last_name(one) for one in inside if isinstance(one, ast.Call)}
        if not said.isdisjoint(_ELSEWHERE):
            return Body.NONE
        named = (one.id for one in _walk(taken.annotation) if isinstance(one, ast.Name))
        outer = next((one for one in named if one not in {"Annotated", "Optional", "Union"}), "")
        if outer in {"dict", "Dict", "Any", "Mapping"}:
            return Body.RAW
        if not said.isdisjoint(_BODIES):
            return Body.TYPED
        types = {self._type(one, scope) for one in _walk(taken.annotation)} - self._seen
        models = [one for one in types if one and last_part(one) not in _REFUSING]
        known = any(not self._is_alias(one) for one in models)
        return Body.TYPED if known and default is None else Body.NONE

    def _is_alias(self, symbol: str) -> bool:
        values = self.names.top.bound.get(symbol[1:]) if symbol.startswith("#") else None
        return bool(values and values[-1][1] is not None)

    def _raw(self, node: Function, scope: Scope) -> int | None:
        """The line that takes the body as it comes, unless it is checked in the same breath."""
        taken = [one for one in parameters(node) if one.annotation]
        asked = {one.arg for one in taken if self.names.symbol(one.annotation, scope) in _REQUESTS}
        if self.stack == "aiohttp" and _first_is_bare(node, "request"):
            asked.add("request")
        checked: set[ast.AST] = set()
        lines = []
        for one in within(node):
            checks = isinstance(one, ast.Call) and (
                last_name(one) in _CHECKS or last_name(one)[:1].isupper()
            )
            if isinstance(one, ast.Call) and checks:
                checked |= {each for given in [*one.args, *one.keywords] for each in _walk(given)}
            elif isinstance(one, ast.Attribute) and self._reads(one, asked, scope):
                lines.append(one)
        return min((one.lineno for one in lines if one not in checked), default=None)

    def _reads(self, node: ast.Attribute, asked: set[str], scope: Scope) -> bool:
        value = node.value
        if self.names.symbol(value, scope) == "flask#request":
            return node.attr in _FLASK_READS
        own = isinstance(value, ast.Attribute) and value.attr == "request"
        own = own and self.stack == "aiohttp" and last_name(root(value)) == "self"
        known = isinstance(value, ast.Name) and value.id in asked
        return node.attr in _READS and (own or known)

    def _refuses(self, taken: ast.arg, default: ast.expr | None) -> bool:
        if self.stack in {"flask", "aiohttp"}:
            return False
        for one in _walk(taken.annotation, default):
            if isinstance(one, ast.Name | ast.Attribute) and last_name(one) in _REFUSING:
                return True
            if isinstance(one, ast.keyword) and one.arg in _BOUNDS:
                return True
        return False

    # ── what it answers ───────────────────────────────────────────────────────────────────────

    def _said(self, node: Function, scope: Scope) -> Iterator[tuple[int, int, bool]]:
        """Line, status, and whether the error is made up on the spot, of each literal status."""
        for one in within(node):
            if isinstance(one, ast.Return) and isinstance(one.value, ast.Tuple):
                given = one.value.elts
                status = status_of(given[1]) if len(given) > 1 else None
                if status:
                    yield one.lineno, status, _made_up(given[0])
            elif isinstance(one, ast.Call):
                status = self._status(one, scope)
                if status:
                    words = [each.value for each in one.keywords if each.arg in _WORDS]
                    yield one.lineno, status, any(_made_up(each) for each in [*one.args, *words])
            elif isinstance(one, ast.keyword) and one.arg == "responses":
                keys = one.value.keys if isinstance(one.value, ast.Dict) else []
                yield from (
                    (one.value.lineno, found, False) for found in map(status_of, keys) if found
                )

    def _status(self, call: ast.Call, scope: Scope) -> int | None:
        name = last_name(call)
        if name in _ANSWERS or name.endswith("Response"):
            place = 0 if name in {"abort", "HTTPException"} else 1
            return status_of(argument(call, place, "status_code", "status"))
        return status_of(keyword(call, "status_code")) or raised_status(
            self.names.symbol(call, scope)
        )


def listed(names: Names, node: ast.expr | None, scope: Scope, where: Where) -> Iterator[Guard]:
    """The symbols in a list, or of it where it is named; of calls, those of what is called."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.List | ast.Tuple):
            waiting += reversed(one.elts)
        elif isinstance(one, ast.Starred):
            waiting.append(one.value)
        elif isinstance(one, ast.BinOp):
            waiting += [one.right, one.left]
        elif one is not None and names.symbol(one, scope) and last_name(one) not in _ASKS:
            yield Guard(symbol=names.symbol(one, scope), where=where, line=one.lineno)


def last_part(symbol: str) -> str:
    """The last name of a symbol."""
    return symbol.rpartition("#")[2].rpartition(".")[2]


def _made_up(node: ast.expr) -> bool:
    """A text, or `{"error": …}`, plain or in `jsonify`."""
    if isinstance(node, ast.Call) and last_name(node) == "jsonify":
        return any(one.arg in _MADE_UP for one in node.keywords) or any(map(_made_up, node.args))
    if isinstance(node, ast.Dict):
        return any(isinstance(key, ast.Constant) and key.value in _MADE_UP for key in node.keys)
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _taken(node: Function) -> list[tuple[ast.arg, ast.expr | None]]:
    """Parameters with their defaults."""
    places = [*node.args.posonlyargs, *node.args.args]
    missing: list[ast.expr | None] = [None] * (len(places) - len(node.args.defaults))
    pairs = list(zip(places, [*missing, *node.args.defaults], strict=True))
    return pairs + list(zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True))


def _early_calls(node: Function) -> Iterator[ast.Call]:
    """Calls of the first statements that run in any case: not those in a branch or a loop."""
    waiting: list[ast.stmt] = [*reversed(node.body)]
    for _ in range(_STATEMENTS):
        if not waiting:
            return
        statement = waiting.pop()
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(statement, ast.With | ast.AsyncWith | ast.Try):
            waiting += reversed(statement.body)
        heads = [
            one for one in children(statement) if not isinstance(one, ast.stmt | ast.excepthandler)
        ]
        yield from (one for one in _walk(*heads) if isinstance(one, ast.Call))


def _walk(*nodes: ast.AST | None) -> Iterable[ast.AST]:
    return (one for node in nodes if node is not None for one in walk(node))


def _first_is_bare(node: Function, name: str) -> bool:
    first = next(iter(parameters(node)), None)
    return first is not None and first.arg == name and first.annotation is None


def _first(node: ast.ClassDef | Function) -> int:
    return min([node.lineno, *(one.lineno for one in node.decorator_list)])


def _end(node: ast.stmt | ast.expr) -> int:
    return node.end_lineno or node.lineno
