"""One file of JavaScript or TypeScript: its places in order, its names and what they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.readers.endpoints.javascript_nodes import (
    FUNCTIONS,
    chain_start,
    parameters,
    plain,
    said,
    unpacked,
)
from bot.readers.endpoints.javascript_values import Scope, Values, joined
from bot.readers.languages import captures, tree
from bot.readers.signals.trees import text as written

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node


_COMMON = """
(function_declaration) @function (generator_function_declaration) @function
(function_expression) @function (arrow_function) @function (method_definition) @function
(class_declaration) @class (class) @class (call_expression) @call (new_expression) @new
(variable_declarator) @declared (assignment_expression) @assigned
(for_in_statement) @loop (if_statement) @if
(import_statement) @import (export_statement) @export (ERROR) @hole (MISSING) @hole
(member_expression) @member
"""
_QUESTIONS = {
    "javascript": _COMMON + "(field_definition) @field",
    "typescript": _COMMON + "(public_field_definition) @field (abstract_class_declaration) @class",
}
_LANGUAGES = {"ts": "typescript", "mts": "typescript", "cts": "typescript", "tsx": "tsx"}


class Source(Values):
    """The file: `events` are its places in the order in which they are said, inner calls of a
    chain first; `aliases` are the names that others know its own by."""

    def __init__(self, path: str, source: bytes) -> None:
        super().__init__(path, len(source))
        self.language = _LANGUAGES.get(path.rpartition(".")[2], "javascript")
        base = "javascript" if self.language == "javascript" else "typescript"
        self.root = tree(self.language, source).root_node
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
            inner = self.scopes.get(node.id)
            if inner is not None:
                inner.draft = inner.draft or stack[-1].draft
                stack.append(inner)

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
                self._alias(alias, target)

    def _give(self, name: str, value: Node, scope: Scope) -> None:
        """Another file knows the value by the name."""
        value = plain(value)
        value = self.wrapped(value) or value
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
            start = chain_start(value)
            chained = start.type == "call_expression" and start.id != value.id
            target = "" if chained else self.symbol(value, scope)
        self._alias(name, target)

    def _alias(self, name: str, target: str) -> None:
        if target and target != f"#{name}":
            self.aliases[name] = target

    def _declared(self, node: Node, scope: Scope) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or name.type == "identifier":
            self._let(written(name), value, scope)
        elif value is not None and name.type == "object_pattern":
            module = self.required(plain(value))
            base = f"{self.imported(module)}#" if module else self.symbol(value, scope)
            for key, local in unpacked(name):
                scope.symbols[local] = joined(base, [key]) if base else self._own(local, scope)

    def _let(self, name: str, value: Node | None, scope: Scope) -> None:
        scope.symbols[name] = self._own(name, scope)
        if value is None:
            return
        value = plain(value)
        scope.nodes[name] = value
        inner = self.wrapped(value) or value
        if inner.type in FUNCTIONS or "class" in value.type:
            self.named[inner.id] = self._own(name, scope)[1:]
        elif value.type == "object":
            self._name_members(self._own(name, scope)[1:], value)
        elif value.type in {"identifier", "member_expression", "new_expression"} or (
            value.type == "call_expression" and self.required(value)
        ):
            scope.symbols[name] = self.symbol(value, scope) or scope.symbols[name]

    def _name_members(self, name: str, value: Node) -> None:
        for key, one in self.fields(value).items():
            inner = self.wrapped(one) or one
            if inner.type in FUNCTIONS:
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
            inner.take(pattern)
        self.scopes[node.id] = inner

    def _loop(self, node: Node, scope: Scope) -> None:
        left = node.child_by_field_name("left")
        inner = Scope(scope.name, node.end_byte, scope)
        if left is not None:
            inner.take(left)
        self.scopes[node.id] = inner

    def _own(self, name: str, scope: Scope) -> str:
        return f"#{scope.name}.{name}" if scope.name else f"#{name}"


def _place(node: Node, kind: str) -> int:
    given = node.child_by_field_name("arguments") if kind == "call" else None
    return given.start_byte if given is not None else node.start_byte
