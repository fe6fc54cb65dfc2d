"""One file of JavaScript or TypeScript: its places in order, its names and what they stand for."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from bot.readers.languages import captures, tree
from bot.readers.signals.trees import text as written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tree_sitter import Node

    from bot.readers.endpoints.javascript_handlers import Draft
    from bot.readers.endpoints.javascript_servers import Server

_COMMON = """
(function_declaration) @function (generator_function_declaration) @function
(function_expression) @function (arrow_function) @function (method_definition) @function
(class_declaration) @class (class) @class (call_expression) @call (new_expression) @new
(variable_declarator) @declared (assignment_expression) @assigned (for_in_statement) @loop
(import_statement) @import (export_statement) @export (ERROR) @hole (MISSING) @hole
(member_expression) @member
"""
_QUESTIONS = {
    "javascript": _COMMON + "(field_definition) @field",
    "typescript": _COMMON + "(public_field_definition) @field (abstract_class_declaration) @class",
}
_LANGUAGES = {"ts": "typescript", "mts": "typescript", "cts": "typescript", "tsx": "tsx"}
_ENDINGS = ("js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts")
FUNCTIONS = frozenset(
    {"function_declaration", "function_expression", "arrow_function", "method_definition"}
    | {"generator_function_declaration"}
)
_AROUND = frozenset(
    {"await_expression", "parenthesized_expression", "as_expression", "non_null_expression"}
    | {"satisfies_expression", "type_assertion", "spread_element"}
)
# Folders that modules are named from where the build is told so.
_FOLDERS = frozenset({"src", "app", "lib", "server"})
# Names are looked for in so many functions outwards, values through so many names, members along
# so many dots: more is not written by hand, and reading stays linear.
_OUTWARDS, _HOPS, _LINKS = 30, 6, 12
_TEXT_AT_MOST = 500


@dataclass(slots=True)
class Scope:
    """A function or a class with the names in it; `name` is that of what holds its locals."""

    name: str
    end: int
    above: Scope | None = None
    params: tuple[str, ...] = ()
    types: str = ""
    symbols: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)
    draft: Draft | None = None
    # What a parameter stands for, one row for each turn of a loop over a list that is written out.
    turns: list[dict[str, Node]] = field(default_factory=list)

    def outwards(self) -> Iterator[Scope]:
        """This one, and those around it."""
        scope: Scope | None = self
        for _ in range(_OUTWARDS):
            if scope is None:
                return
            yield scope
            scope = scope.above


class Source:
    """The file: `events` are its places in the order in which they are said, inner calls of a
    chain first; `aliases` are the names that others know its own by."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path = path
        self.language = _LANGUAGES.get(path.rpartition(".")[2], "javascript")
        base = "javascript" if self.language == "javascript" else "typescript"
        self.root = tree(self.language, source).root_node
        self.module = _module(path)
        self.top = Scope("", len(source) + 1)
        self.scopes: dict[int, Scope] = {}
        self.named: dict[int, str] = {}
        self.aliases: dict[str, str] = {}
        self.row: dict[str, Node] = {}
        self._packages: set[str] = set()
        self._texts: dict[tuple[int, bool], str | None] = {}
        self._fields: dict[int, dict[str, Node]] = {}
        found = captures(self.language, _QUESTIONS[base], self.root)
        self.events = sorted(
            (
                (_place(node, kind), -node.end_byte, kind, node)
                for kind in found
                for node in found[kind]
            ),
            key=lambda one: one[:3],
        )
        self.walk(
            {
                "import": self._import,
                "export": self._exported,
                "declared": self._declared,
                "assigned": self._assigned,
                "field": self._member,
                "function": self._function,
                "class": self._function,
                "loop": self._loop,
            }
        )

    def walk(self, does: dict[str, Callable[[Node, Scope], None]]) -> None:
        """Call what is to be done at each place, with the scope around it."""
        stack = [self.top]
        for at, _, kind, node in self.events:
            while stack[-1].end <= at:
                stack.pop()
            if kind in does:
                does[kind](node, stack[-1])
            if node.id in self.scopes:
                stack.append(self.scopes[node.id])

    # ── names ─────────────────────────────────────────────────────────────────────────────────

    def _import(self, node: Node, _scope: Scope) -> None:
        source = node.child_by_field_name("source")
        module = self.imported(said(source)) if source else ""
        for clause in node.named_children:
            for one in clause.named_children if clause.type.startswith("import_") else ():
                self._bind_import(one, module)
            if clause.type == "import_require_clause":
                self.top.symbols[written(clause.named_children[0])] = (
                    f"{self.imported(said(clause.named_children[-1]))}#default"
                )

    def _bind_import(self, one: Node, module: str) -> None:
        if one.type == "identifier":
            self.top.symbols[written(one)] = f"{module}#default"
        elif one.type == "namespace_import":
            self.top.symbols[written(one.named_children[-1])] = f"{module}#"
        for each in one.named_children if one.type == "named_imports" else ():
            name = written(each.child_by_field_name("name"))
            local = written(each.child_by_field_name("alias")) or name
            self.top.symbols[local] = f"{module}#{name}"

    def _exported(self, node: Node, scope: Scope) -> None:
        source = node.child_by_field_name("source")
        module = f"{self.imported(said(source))}#" if source else "#"
        value = node.child_by_field_name("value") or node.child_by_field_name("declaration")
        if any(one.type == "default" for one in node.children) and value is not None:
            self._give("default", value, scope)
        if source is not None and any(one.type == "*" for one in node.children):
            self.aliases["*"] = module
        for clause in node.named_children:
            for one in clause.named_children if clause.type == "export_clause" else ():
                name = written(one.child_by_field_name("name"))
                alias = written(one.child_by_field_name("alias")) or name
                target = module + name if source else self.symbol_of(name, scope)
                if target != f"#{alias}":
                    self.aliases[alias] = target

    def _give(self, name: str, value: Node, scope: Scope) -> None:
        """Another file knows the value by the name."""
        value = plain(value)
        if value.type == "call_expression":
            inner = self._wrapped(value)
            value = inner if inner is not None else value
        own = written(value.child_by_field_name("name"))
        if value.type in FUNCTIONS or "class" in value.type:
            self.named[value.id] = own or name
            target = f"#{own or name}"
        elif value.type == "object":
            target = "#" if name == "default" else f"#{name}"
            self._name_members("" if name == "default" else name, value)
            for key, one in self.fields(value).items() if name == "default" else ():
                self._alias(key, self.symbol(one, scope))
        else:
            self.top.nodes.setdefault(name, value)
            target = "" if self._is_chain(value) else self.symbol(value, scope)
        self._alias(name, target)

    def _alias(self, name: str, target: str) -> None:
        if target and target != f"#{name}":
            self.aliases[name] = target

    def _is_chain(self, value: Node) -> bool:
        """Whether a value is made by calls on what a call has made."""
        start = chain_start(value)
        return start.type == "call_expression" and start.id != value.id

    def _declared(self, node: Node, scope: Scope) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or name.type == "identifier":
            self._let(written(name), value, scope)
        elif value is not None and name.type == "object_pattern":
            module = self.required(plain(value))
            base = f"{self.imported(module)}#" if module else self.symbol(value, scope)
            for key, local in _pattern(name):
                scope.symbols[local] = _joined(base, [key]) if base else self._own(local, scope)

    def _let(self, name: str, value: Node | None, scope: Scope) -> None:
        scope.symbols[name] = self._own(name, scope)
        if value is None:
            return
        value = plain(value)
        scope.nodes[name] = value
        inner = self._wrapped(value) if value.type == "call_expression" else value
        if (inner is not None and inner.type in FUNCTIONS) or "class" in value.type:
            self.named[(inner or value).id] = self._own(name, scope)[1:]
        elif value.type == "object":
            self._name_members(self._own(name, scope)[1:], value)
        elif value.type in {"identifier", "member_expression", "new_expression"} or (
            value.type == "call_expression" and self.required(value)
        ):
            scope.symbols[name] = self.symbol(value, scope) or scope.symbols[name]

    def _name_members(self, name: str, value: Node) -> None:
        for key, one in self.fields(value).items():
            inner = self._wrapped(one) if one.type == "call_expression" else one
            if inner is not None and inner.type in FUNCTIONS:
                self.named[inner.id] = f"{name}.{key}".strip(".")

    def _assigned(self, node: Node, scope: Scope) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or left.end_byte - left.start_byte > 80:
            return
        name = written(left).removeprefix("module.")
        if name == "exports":
            self._give("default", right, scope)
        elif name.startswith("exports."):
            self._give(name.removeprefix("exports."), right, scope)
            self.aliases.setdefault("default", "#")
        elif name.startswith("this."):
            self._member_is(name[5:], right, scope)
        elif left.type == "identifier":
            holder = next((one for one in scope.outwards() if name in one.symbols), scope)
            holder.nodes.setdefault(name, plain(right))

    def _member(self, node: Node, scope: Scope) -> None:
        name = node.child_by_field_name("name") or node.child_by_field_name("property")
        value = node.child_by_field_name("value")
        if value is not None:
            self._member_is(written(name), value, scope)

    def _member_is(self, name: str, value: Node, scope: Scope) -> None:
        """A field of the class around."""
        holder = next((one for one in scope.outwards() if "this" in one.symbols), None)
        if holder is not None:
            value = plain(value)
            holder.symbols[f"this.{name}"] = f"#{holder.name}.{name}"
            holder.nodes[f"this.{name}"] = value
            if value.type in FUNCTIONS:
                self.named[value.id] = f"{holder.name}.{name}"

    def _function(self, node: Node, scope: Scope) -> None:
        own = written(node.child_by_field_name("name"))
        name = self.named.get(node.id) or (self._own(own, scope)[1:] if own else "")
        if name:
            self.named[node.id] = name
        inner = Scope(name or scope.name, node.end_byte, scope)
        if "class" in node.type:
            inner.symbols["this"] = f"#{name}"
        elif own and node.type != "method_definition":
            scope.symbols.setdefault(own, f"#{name}")
        for one in parameters(node):
            pattern = one.child_by_field_name("pattern") or one
            inner.types += written(one.child_by_field_name("type"))[:100]
            names = [written(pattern)] if pattern.type == "identifier" else []
            names += [local for _, local in _pattern(pattern)]
            inner.params += tuple(names)
            inner.symbols |= {each: f"#{each}" for each in names}
        self.scopes[node.id] = inner

    def _loop(self, node: Node, scope: Scope) -> None:
        left = node.child_by_field_name("left")
        inner = Scope(scope.name, node.end_byte, scope)
        if left is not None and left.end_byte - left.start_byte < 200:
            names = [written(left)] if left.type == "identifier" else []
            inner.params = (*names, *(local for _, local in _pattern(left)))
            inner.symbols |= {each: f"#{each}" for each in inner.params}
        self.scopes[node.id] = inner

    def _own(self, name: str, scope: Scope) -> str:
        return f"#{scope.name}.{name}" if scope.name else f"#{name}"

    # ── symbols ───────────────────────────────────────────────────────────────────────────────

    def imported(self, module: str) -> str:
        """A module as an import names it, counted from the root where it is relative."""
        if module.startswith(("@/", "~/")):
            return _module(module[2:])
        if not module.startswith("."):
            if "/" not in module or module.partition("/")[0] not in _FOLDERS:
                self._packages.add(module)
            return module
        folders = self.path.split("/")[:-1]
        for part in module.split("/"):
            if part == "..":
                folders = folders[:-1]
            elif part not in {".", ""}:
                folders = [*folders, part]
        return _module("/".join(folders))

    def is_package(self, symbol: str) -> bool:
        """Whether a symbol is of a package and not of this repository."""
        return symbol.partition("#")[0] in self._packages

    def symbol_of(self, name: str, scope: Scope) -> str:
        """What a name stands for; a name that is not explained here is the file's own."""
        for one in scope.outwards():
            if name in one.symbols:
                return one.symbols[name]
        return f"#{name}"

    def symbol(self, node: Node, scope: Scope) -> str:
        """The symbol of what a name, a member, a call or a new object comes from; "" for others."""
        trail: list[str] = []
        for _ in range(_LINKS):
            node = plain(self._turned(node))
            if node.type == "member_expression":
                key = f"this.{written(node.child_by_field_name('property'))}"
                inner = node.child_by_field_name("object")
                if inner is None:
                    return ""
                if inner.type == "this":
                    return _joined(self.symbol_of(key, scope), trail)
                trail.insert(0, key[5:])
                node = inner
            elif node.type in {"identifier", "shorthand_property_identifier", "type_identifier"}:
                trail = trail[:-1] if trail[-1:] == ["bind"] else trail
                return _joined(self.symbol_of(written(node), scope), trail)
            elif node.type == "call_expression" and self.required(node):
                return _joined(f"{self.imported(self.required(node))}#default", trail)
            else:
                called = node.child_by_field_name("function")
                made = called or node.child_by_field_name("constructor")
                if made is None:
                    return ""
                node = made
        return ""

    def required(self, node: Node) -> str:
        """The module that `require("…")` or `import("…")` names."""
        called = node.child_by_field_name("function")
        if called is None or called.end_byte - called.start_byte > 7:
            return ""
        given = arguments(node)
        plain_text = len(given) == 1 and given[0].type == "string"
        return said(given[0]) if plain_text and written(called) in {"require", "import"} else ""

    def _wrapped(self, call: Node) -> Node | None:
        """The function that a call wraps: `catchAsync(async () => …)`, `fp(plugin)`."""
        given = arguments(call)
        inner = next((one for one in given if one.type in FUNCTIONS), None)
        called = call.child_by_field_name("function")
        if inner is None and called is not None and called.type == "identifier" and given:
            outside = self.is_package(self.symbol_of(written(called), self.top))
            inner = given[0] if outside and given[0].type == "identifier" else None
        return inner

    # ── values ────────────────────────────────────────────────────────────────────────────────

    def fields(self, node: Node) -> dict[str, Node]:
        """The values of an object that is written out, by their keys."""
        if node.id not in self._fields:
            found: dict[str, Node] = {}
            for one in node.named_children if node.type == "object" else ():
                key = one.child_by_field_name("key") or one.child_by_field_name("name")
                value = one.child_by_field_name("value") or one
                if one.type == "shorthand_property_identifier":
                    found[written(one)] = one
                elif key is not None:
                    found[said(key)] = plain(value) if one.type == "pair" else one
            self._fields[node.id] = found
        return self._fields[node.id]

    def value(self, node: Node, scope: Scope) -> Node:
        """What a name or a member of an object stands for, as far as this file says."""
        for _ in range(_HOPS):
            node = plain(self._turned(node))
            if node.type == "member_expression":
                inner = node.child_by_field_name("object")
                key = written(node.child_by_field_name("property"))
                held = self._named_node(inner, scope) if inner is not None else None
                found = self.fields(held).get(key) if held is not None else None
            else:
                found = self._named_node(node, scope)
            if found is None or found.id == node.id:
                return node
            node = found
        return node

    def _named_node(self, node: Node, scope: Scope) -> Node | None:
        name = written(node) if node.type.endswith("identifier") else ""
        around = (one.nodes[name] for one in scope.outwards() if name in one.nodes)
        return next(around, None) if name else None

    def _turned(self, node: Node) -> Node:
        """What a variable of a loop stands for in this turn."""
        if not self.row:
            return node
        if node.type == "identifier":
            return self.row.get(written(node), node)
        inner = node.child_by_field_name("object")
        if node.type == "member_expression" and inner is not None and inner.type == "identifier":
            held = self.row.get(written(inner))
            key = written(node.child_by_field_name("property"))
            return self.fields(held).get(key, node) if held is not None else node
        return node

    def text(self, node: Node, scope: Scope, hops: int = _HOPS) -> str | None:
        """What a text says, `{}` for what is put in, `${symbol}` for what stands elsewhere."""
        key = (node.id, bool(self.row))
        if key not in self._texts or self.row:
            found = self._text(node, scope, hops) if hops else None
            self._texts[key] = found[:_TEXT_AT_MOST] if found is not None else None
        return self._texts[key]

    def _text(self, node: Node, scope: Scope, hops: int) -> str | None:
        node = self.value(node, scope)
        if node.type == "string":
            return said(node)
        if node.type == "template_string":
            return "".join(
                self._put_in(one, scope, hops, first=not at)
                if one.type == "template_substitution"
                else written(one)
                for at, one in enumerate(islice(node.named_children, 50))
            )
        if node.type == "binary_expression":
            left, right = (node.child_by_field_name(one) for one in ("left", "right"))
            sign = written(node.child_by_field_name("operator"))
            told = [self.text(one, scope, hops - 1) for one in (left, right) if one is not None]
            if sign == "+" and told != [None, None]:
                return "".join("{}" if one is None else one for one in told)
            return told[-1] if sign in {"||", "??"} else None
        return self._elsewhere(node, scope)

    def _elsewhere(self, node: Node, scope: Scope) -> str | None:
        """A constant of another file, by its symbol."""
        named = node.type in {"identifier", "member_expression"}
        symbol = self.symbol(node, scope) if named else "#"
        return f"${{{symbol}}}" if symbol[:1] not in {"", "#"} else None

    def _put_in(self, node: Node, scope: Scope, hops: int, *, first: bool) -> str:
        inner = node.named_children[0] if node.named_children else None
        found = self.text(inner, scope, hops - 1) if inner is not None else None
        if found is None:
            return "{}"
        last = found.strip("{$}").rpartition(".")[2].rpartition("#")[2]
        return "{}" if found.startswith("${") and not (first or last.isupper()) else found


def plain(node: Node) -> Node:
    """The expression without what only stands around it: `await`, parentheses, types."""
    for _ in range(_HOPS):
        if node.type not in _AROUND or not node.named_children:
            return node
        node = node.named_children[0]
    return node


def chain_start(node: Node) -> Node:
    """The innermost call of `a().b().c()`, as far as hands write it."""
    for _ in range(200):
        called = node.child_by_field_name("function")
        inner = called.child_by_field_name("object") if called is not None else None
        if inner is None or inner.type not in {"call_expression", "new_expression"}:
            return node
        node = inner
    return node


def arguments(node: Node) -> list[Node]:
    """What a call is given, without comments."""
    given = node.child_by_field_name("arguments")
    if given is None or given.type != "arguments":
        return []
    return [one for one in given.named_children if one.type != "comment"]


def parameters(node: Node) -> list[Node]:
    """What a function takes."""
    one = node.child_by_field_name("parameter")
    given = node.child_by_field_name("parameters")
    return [one] if one is not None else given.named_children if given is not None else []


def said(node: Node | None) -> str:
    """What a string says; a key is as good with quotes as without."""
    return written(node)[:_TEXT_AT_MOST].strip("\"'`")


def line(node: Node) -> int:
    """The node's line, counted from 1."""
    return int(node.start_point.row) + 1


def end(node: Node) -> int:
    """The node's last line."""
    return int(node.end_point.row) + 1


def _pattern(node: Node) -> Iterator[tuple[str, str]]:
    """Keys and local names of `{ a, b: c, d = 1 }`."""
    for one in node.named_children if node.type == "object_pattern" else ():
        key, value = one.child_by_field_name("key"), one.child_by_field_name("value")
        left = one.child_by_field_name("left")
        local = written(value if value is not None and value.type == "identifier" else left or one)
        if len(local) < 80:
            yield (written(key) if key is not None else local), local


def _joined(symbol: str, names: list[str]) -> str:
    text = symbol + ("" if symbol.endswith("#") or not names else ".") + ".".join(names)
    return text.replace("#default.default", "#default")


def _module(path: str) -> str:
    stem, dot, ending = path.rpartition(".")
    module = stem if dot and ending in _ENDINGS else path
    return module.removesuffix("/index") if module != "index" else ""


def _place(node: Node, kind: str) -> int:
    given = node.child_by_field_name("arguments") if kind == "call" else None
    return given.start_byte if given is not None else node.start_byte
