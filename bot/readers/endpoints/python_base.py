"""Names, texts and statuses in one Python file, as a reader of endpoints asks for them."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.readers.endpoints.statuses import code
from bot.readers.python_tree import children

if TYPE_CHECKING:
    from collections.abc import Iterator

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = frozenset({ast.ClassDef, *FUNCTIONS})
_IMPORTS = frozenset({ast.Import, ast.ImportFrom})
_ASSIGNS = frozenset({ast.Assign, ast.AnnAssign})
_BINDING = frozenset({ast.Name, ast.For}) | _SCOPES | _IMPORTS | _ASSIGNS
# Longer texts, and texts with blanks, are no part of a path.
_SETUPS = frozenset({"setUp", "setUpClass", "setUpTestData", "asyncSetUp", "setup_method"})
_PATH_TEXT = re.compile(r"[^\s]{0,200}")
_TEXT_AT_MOST = 1000
# Of attributes in a chain; longer ones name nothing.
_LINKS = 12
_PLACE = re.compile(r"%[sdr]|%\(\w+\)[sd]|\{[^{}]*\}")
_NUMBERED = re.compile(r"HTTP_(\d{3})_\w+")


@dataclass(slots=True)
class Scope:
    """A module, a class or a function: the names that it binds, each with the lines and values.

    A value of None is one that cannot be read: a parameter, a loop's variable, a function.
    """

    name: str
    parent: Scope | None = None
    is_class: bool = False
    bound: dict[str, list[tuple[int, ast.expr | None]]] = field(default_factory=dict)

    def within(self, name: str) -> str:
        """The name as a symbol has it: with what it stands in."""
        return f"{self.name}.{name}" if self.name else name

    def binding(self, name: str) -> Scope | None:
        """The innermost scope that binds the name; a class' names are not seen from within it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bound and (scope is self or not scope.is_class):
                return scope
            scope = scope.parent
        return None

    def value(self, name: str, line: int) -> ast.expr | None:
        """The value that the name has at a line, by the last assignment that ends above it."""
        found = bisect_left(self.bound[name], line, key=itemgetter(0))
        return self.bound[name][found - 1][1] if found else None


class Names:
    """The names of one file: what is imported, what is its own, and which texts they stand for."""

    def __init__(self, path: str, tree: ast.Module) -> None:
        self.path = path
        self.module = path.removesuffix(".py").removesuffix("/__init__")
        self.imports: dict[str, str] = {}
        self.stars: list[str] = []
        self.top = Scope("")
        self.scopes: dict[ast.AST, Scope] = {tree: self.top}
        self.functions: list[tuple[Function, Scope]] = []
        self.classes: list[tuple[ast.ClassDef, Scope]] = []
        self.constants: dict[str, str] = {}
        self._texts: dict[ast.expr, str | None] = {}
        self._bind(tree, self.top)
        self._find_constants()

    # ── what is bound ─────────────────────────────────────────────────────────────────────────

    def _bind(self, tree: ast.Module, top: Scope) -> None:
        """Each scope of the file, without recursion."""
        stack: list[tuple[Any, Scope]] = [(tree, top)]
        while stack:
            node, scope = stack.pop()
            kind, inner = type(node), scope
            # Most nodes are none of these: to ask a set is what costs least.
            if kind in _BINDING:
                if kind in _SCOPES:
                    inner = self._enter(node, scope)
                elif kind in _IMPORTS:
                    self._import(node, scope)
                elif kind in _ASSIGNS:
                    self._assign(node, scope)
                elif kind is ast.Name and type(node.ctx) is ast.Store:
                    scope.bound.setdefault(node.id, [])
                elif kind is ast.For and isinstance(node.target, ast.Name):
                    # A loop's variable has the list for its value: each of them in turn.
                    scope.bound.setdefault(node.target.id, []).append((node.lineno - 1, node.iter))
            stack += [(one, inner) for one in reversed(children(node))]

    def _enter(self, node: ast.ClassDef | Function, scope: Scope) -> Scope:
        scope.bound.setdefault(node.name, []).append((node.lineno, None))
        inner = Scope(scope.within(node.name), scope, isinstance(node, ast.ClassDef))
        self.scopes[node] = inner
        if isinstance(node, ast.ClassDef):
            self.classes.append((node, scope))
            return inner
        self.functions.append((node, scope))
        for one in parameters(node):
            inner.bound[one.arg] = [(0, None)]
        return inner

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for one in node.names:
            if isinstance(node, ast.ImportFrom):
                module = self._imported(node)
                if one.name == "*":
                    self.stars.append(f"{module}#")
                    continue
                local, symbol = one.asname or one.name, f"{module}#{one.name}"
            else:
                local, symbol = one.asname or one.name, one.name.replace(".", "/") + "#"
            self.imports[local] = symbol
            # What a function imports is not its variable.
            scope.bound.pop(local, None)

    def _imported(self, node: ast.ImportFrom) -> str:
        said = (node.module or "").replace(".", "/")
        if not node.level:
            return said
        folders = self.path.split("/")[: -node.level]
        return "/".join([*folders, *([said] if said else [])])

    def _assign(self, node: ast.Assign | ast.AnnAssign, scope: Scope) -> None:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                end = node.end_lineno or node.lineno
                scope.bound.setdefault(target.id, []).append((end, node.value))

    # ── symbols ───────────────────────────────────────────────────────────────────────────────

    def symbol(self, node: ast.AST | None, scope: Scope) -> str:
        """The full symbol of a name or of an attribute; of a call, that of what is called; empty
        for anything else and for what hangs on a variable that only runs can tell."""
        parts: list[str] = []
        while isinstance(node, ast.Call | ast.Attribute | ast.Subscript) and len(parts) < _LINKS:
            if isinstance(node, ast.Attribute):
                parts.append(node.attr)
                node = node.value
            else:
                node = node.func if isinstance(node, ast.Call) else node.value
        if not isinstance(node, ast.Name):
            return ""
        return self._resolved([node.id, *reversed(parts)], scope)

    def _resolved(self, parts: list[str], scope: Scope) -> str:
        owner = scope.binding(parts[0])
        if owner is not None:
            if parts[0] in {"self", "cls"} and owner.parent is not None and owner.parent.is_class:
                return f"#{'.'.join([owner.parent.name, *parts[1:]])}"
            return f"#{owner.within('.'.join(parts))}"
        for count in range(len(parts), 0, -1):
            found = self.imports.get(".".join(parts[:count]))
            if found is not None:
                rest = ".".join(parts[count:])
                return found + rest if found.endswith("#") or not rest else f"{found}.{rest}"
        return f"#{'.'.join(parts)}"

    def is_local(self, node: ast.AST, scope: Scope) -> bool:
        """Whether an expression hangs on a variable or a parameter of a function."""
        node = root(node)
        owner = scope.binding(node.id) if isinstance(node, ast.Name) else None
        return owner is not None and owner is not self.top and not owner.is_class

    # ── texts ─────────────────────────────────────────────────────────────────────────────────

    def text(self, node: ast.expr | None, scope: Scope) -> str | None:
        """The text of an expression: `{}` for what varies, `${symbol}` for a constant of another
        module; None where it is no text that can be read."""
        if node is None:
            return None
        if node not in self._texts:
            text = self._read_text(node, scope)
            self._texts[node] = text if text is None or len(text) <= _TEXT_AT_MOST else None
        return self._texts[node]

    def _read_text(self, node: ast.expr, scope: Scope) -> str | None:
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.JoinedStr(values=[ast.FormattedValue(value=first), *rest]):
                start = self.text(first, scope) or "{}"
                return start + "".join(self._part(one, scope) for one in rest)
            case ast.JoinedStr():
                return "".join(self._part(one, scope) for one in node.values)
            case ast.BinOp():
                return self._operated(node, scope)
            case ast.Call(func=ast.Attribute(value=value, attr="format")):
                pattern = self.text(value, scope)
                given = iter([self._part(one, scope) for one in node.args])
                return pattern and _PLACE.sub(lambda _: next(given, "{}"), pattern)
            case ast.Name() | ast.Attribute() | ast.Call():
                return self._named(node, scope)
            case _:
                return None

    def _part(self, node: ast.expr, scope: Scope) -> str:
        inner = node.value if isinstance(node, ast.FormattedValue) else node
        text = self.text(inner, scope)
        # A call within a text varies with what it is given.
        if text is None or (isinstance(inner, ast.Call) and text.startswith("$")):
            return "{}"
        return text

    def _operated(self, node: ast.BinOp, scope: Scope) -> str | None:
        left = self.text(node.left, scope)
        if isinstance(node.op, ast.Add):
            known = left is not None or self.text(node.right, scope) is not None
            start = "{}" if left is None else left
            return start + self._part(node.right, scope) if known else None
        if isinstance(node.op, ast.Mod) and left is not None:
            return _PLACE.sub("{}", left)
        return None

    def _named(self, node: ast.Name | ast.Attribute | ast.Call, scope: Scope) -> str | None:
        """A constant, a variable, or a call of a function that only returns a text."""
        owner = scope.binding(node.id) if isinstance(node, ast.Name) else None
        if isinstance(node, ast.Name) and owner is not None and owner is not self.top:
            return self.text(owner.value(node.id, node.lineno), owner)
        symbol, hangs_on = self.symbol(node, scope), root(node)
        own = isinstance(hangs_on, ast.Name) and hangs_on.id in {"self", "cls"}
        if symbol.startswith("#") and (own or not self.is_local(node, scope)):
            return self.constants.get(symbol[1:])
        return f"${{{symbol}}}" if symbol and not self.is_local(node, scope) else None

    def _find_constants(self) -> None:
        """Texts that can be part of a path: of the module, of its classes and their instances, and
        of functions that only return one."""
        for scope in [self.top, *(one for one in self.scopes.values() if one.is_class)]:
            for name, values in scope.bound.items():
                self._constant(scope.within(name), _usual(values), scope)
        for function, scope in self.functions:
            last = function.body[-1]
            if scope is self.top and isinstance(last, ast.Return) and len(function.body) <= 2:
                self._constant(function.name, last.value, self.scopes[function])
            if scope.is_class and function.name in _SETUPS:
                self._set_up(function, self.scopes[function])
        of_class: dict[str, list[str]] = defaultdict(list)
        for key in self.constants:
            of_class[key.rpartition(".")[0]].append(key.rpartition(".")[2])
        for name, values in self.top.bound.items():
            made = self.symbol(values[-1][1], self.top)[1:] if values else ""
            for attribute in of_class.get(made, ()) if made else ():
                self.constants[f"{name}.{attribute}"] = self.constants[f"{made}.{attribute}"]
        self._texts.clear()

    def _set_up(self, function: Function, scope: Scope) -> None:
        """What a test case gives itself before each test, as `self.url`."""
        for one in within(function):
            if not isinstance(one, ast.Assign):
                continue
            for target in one.targets:
                symbol = self.symbol(target, scope) if isinstance(target, ast.Attribute) else ""
                if symbol.startswith("#"):
                    self._constant(symbol[1:], one.value, scope)

    def _constant(self, name: str, value: ast.expr | None, scope: Scope) -> None:
        text = self.text(value, scope)
        if text is not None and _PATH_TEXT.fullmatch(text):
            self.constants[name] = text


def _usual(values: list[tuple[int, ast.expr | None]]) -> ast.expr | None:
    """What a name is usually bound to: a text that stands there plainly, before a condition sets
    another one, else the last."""
    plain = (one for _, one in values if isinstance(one, ast.Constant) and one.value is not None)
    return next(plain, values[-1][1] if values else None)


def root(node: ast.AST) -> ast.AST:
    """What a chain of attributes, calls and subscripts hangs on; a link of it if it is too long."""
    for _ in range(_LINKS):
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
    return node


def walk(node: ast.AST) -> list[ast.AST]:
    """The node and all nodes below it, the upper ones first."""
    found = [node]
    for one in found:
        found += children(one)
    return found


def within(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a function, without what the functions in it do."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        if one is node or not isinstance(one, FUNCTIONS):
            waiting += reversed(children(one))


def parameters(node: Function) -> list[ast.arg]:
    """Everything that a function takes."""
    extra = [one for one in (node.args.vararg, node.args.kwarg) if one]
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, *extra]


def keyword(node: ast.Call, *names: str) -> ast.expr | None:
    """The value given by one of these names."""
    return next((one.value for one in node.keywords if one.arg in names), None)


def argument(node: ast.Call, place: int, *names: str) -> ast.expr | None:
    """The value given at a place or by one of these names."""
    if 0 <= place < len(node.args):
        return node.args[place]
    return keyword(node, *names)


def last_name(node: ast.AST | None) -> str:
    """The last name of what is named or called."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def status_of(node: ast.expr | None) -> int | None:
    """The status that an expression names: a number, or a constant of a known form."""
    if isinstance(node, ast.Constant):
        return code(str(node.value)) if type(node.value) is int else None
    if isinstance(node, ast.Attribute) and node.attr in {"value", "status_code"}:
        return status_of(node.value)
    name = "" if isinstance(node, ast.Call) else last_name(node)
    numbered = _NUMBERED.fullmatch(name)
    if numbered:
        return code(numbered.group(1))
    owner = last_name(node.value) if isinstance(node, ast.Attribute) else ""
    return code(name) if owner in {"HTTPStatus", "codes"} else None


def raised_status(symbol: str) -> int | None:
    """The status of an exception by its class: `aiohttp/web#HTTPNotFound` and its like."""
    name = symbol.rpartition("#")[2].rpartition(".")[2]
    if symbol.startswith(("werkzeug/", "aiohttp")) and name[:1].isupper():
        return code(name.removeprefix("HTTP"))
    return None
