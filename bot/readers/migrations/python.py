"""What the readers of Python migrations share: trees, literals, digests, SQL in strings."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from bot.model.migration import Operation, Reference
from bot.readers.migrations.sql import Script, read_script
from bot.readers.migrations.statements import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator


Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"
_ALWAYS_THERE = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__", "__spec__"}


@dataclass(slots=True)
class Steps:
    """What a way up or down does, gathered call by call."""

    operations: list[Operation] = field(default_factory=list)
    opaque: list[int] = field(default_factory=list)

    def add_sql(self, node: ast.expr | None, constants: dict[str, str]) -> Script:
        """The operations of SQL in a string; what is computed is opaque, save its beginning."""
        text, whole = literal_text(node, constants)
        line = node.lineno if node is not None else 1
        try:
            script = read_script(text or "", line)
        except Unreadable:
            script = Script(opaque=[line], effective=True)
        if text is None:
            script = Script(opaque=[line], effective=True)
        elif not whole:
            script.opaque.append(line)
            script.operations = [replace(one, table="", columns=()) for one in script.operations]
        self.operations += script.operations
        self.opaque += script.opaque
        return script


def called(node: ast.AST) -> str:
    """The last part of what a call calls: `drop_table` for `op.drop_table(…)`."""
    if not isinstance(node, ast.Call):
        return ""
    func = node.func
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""


def receiver(node: ast.Call) -> str:
    """The name that a method is called on, "" for a function or a longer expression."""
    func = node.func
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
        return func.value.id
    return ""


def argument(call: ast.Call, place: int, name: str = "") -> ast.expr | None:
    """The argument at a place or of a name."""
    for keyword in call.keywords:
        if name and keyword.arg == name:
            return keyword.value
    if 0 <= place < len(call.args) and not isinstance(call.args[place], ast.Starred):
        return call.args[place]
    return None


def is_none(node: ast.expr | None) -> bool:
    """Whether the literal None is written there."""
    return isinstance(node, ast.Constant) and node.value is None


def is_false(node: ast.expr | None) -> bool:
    """Whether the literal False is written there."""
    return isinstance(node, ast.Constant) and node.value is False


def is_true(node: ast.expr | None) -> bool:
    """Whether the literal True is written there."""
    return isinstance(node, ast.Constant) and node.value is True


def literal_text(node: ast.expr | None, constants: dict[str, str]) -> tuple[str | None, bool]:
    """A string as far as it is written out, and whether it is whole; None where it is computed."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value, True
    if isinstance(node, ast.Name) and node.id in constants:
        return constants[node.id], True
    if isinstance(node, ast.Call) and called(node) in {"text", "f", "dedent", "DDL", "quoted_name"}:
        return literal_text(argument(node, 0), constants)
    if isinstance(node, ast.Call) and called(node) in {"bindparams", "strip", "format"}:
        text, _ = literal_text(getattr(node.func, "value", None), constants)
        return text, called(node) != "format"
    if isinstance(node, ast.JoinedStr):
        parts = [literal_text(one, constants)[0] or " x " for one in node.values]
        known = all(isinstance(one, ast.Constant) for one in node.values)
        return "".join(parts), known
    if isinstance(node, ast.FormattedValue):
        return literal_text(node.value, constants)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        left, whole = literal_text(node.left, constants)
        if isinstance(node.op, ast.Mod):
            return left, False
        right, rest = literal_text(node.right, constants)
        return (None if left is None else left + (right or " x ")), whole and rest
    return None, False


def name_of(node: ast.expr | None, constants: dict[str, str]) -> str:
    """A table's or column's name in lower case, without schema; "" where it is computed."""
    text, whole = literal_text(node, constants)
    return (text or "").rpartition(".")[2].lower() if whole else ""


def keyed(made: list[Operation], call: ast.Call, constants: dict[str, str]) -> list[Operation]:
    """The operation of a call with the foreign keys and indexes that stand in it."""
    references, leads = list[Reference](), list[str]()
    for part in (call, *call.args):
        if isinstance(part, ast.Starred):
            leads.append("")
        if not isinstance(part, ast.Call):
            continue
        name = called(part)
        first = argument(part, int(name == "Index"))
        if name == "ForeignKeyConstraint":
            references.append(_reference(part, first, constants))
        elif name == "create_foreign_key":
            lists = [one for one in part.args if isinstance(one, ast.List | ast.Tuple)]
            columns = argument(part, -1, "local_cols") or next(iter(lists), None)
            references.append(_reference(part, columns, constants))
        elif name in {"PrimaryKeyConstraint", "UniqueConstraint", "Index"}:
            leads.append(name_of(first, constants))
        elif name == "Column":
            keys = [one for one in part.args if called(one) == "ForeignKey"]
            references += [_reference(one, first, constants) for one in keys]
            if any(is_true(argument(part, -1, one)) for one in ("index", "unique", "primary_key")):
                leads.append(name_of(first, constants))
    return [replace(made[0], references=tuple(references), leads=tuple(leads))]


def _reference(key: ast.expr, columns: ast.expr | None, constants: dict[str, str]) -> Reference:
    """A foreign key on a column, or on several of which the first is meant."""
    first = columns.elts[0] if isinstance(columns, ast.List | ast.Tuple) else columns
    says = not {"ondelete", None}.isdisjoint(one.arg for one in getattr(key, "keywords", []))
    return Reference(column=name_of(first, constants), line=key.lineno, says=says)


def constants_of(tree: ast.Module) -> dict[str, str]:
    """Strings that the module gives a name, once."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for target, value in assignments(tree):
        if target in found:
            twice.add(target)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            found[target] = value.value
        elif target in found:
            twice.add(target)
    return {name: text for name, text in found.items() if name not in twice}


def assignments(tree: ast.Module | ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Each plain name that the body assigns, with the value."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value


def functions_of(tree: ast.Module) -> dict[str, Function]:
    """The functions of the module by name."""
    return {
        one.name: one
        for one in tree.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def reached(tree: ast.Module, name: str) -> list[Function]:
    """The function and those of the module that it names, directly or not."""
    functions = functions_of(tree)
    found: list[Function] = []
    waiting = [name]
    while waiting:
        one = functions.get(waiting.pop())
        if one is None or one in found:
            continue
        found.append(one)
        waiting += [sub.id for sub in ast.walk(one) if isinstance(sub, ast.Name)]
    return found


def undefined_names(tree: ast.Module, inside: Function) -> list[ast.Name]:
    """Names that the function reads and the file never binds, in whatever place."""
    bound = set(_ALWAYS_THERE)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(one.name == "*" for one in node.names):
            return []
        bound.update(_bound_by(node))
    hints = {id(sub) for node in ast.walk(inside) for sub in _annotations(node)}
    return [
        node
        for node in ast.walk(inside)
        if isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Load)
        and node.id not in bound
        and id(node) not in hints
    ]


def _bound_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(one.asname or one.name).partition(".")[0] for one in node.names]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return [node.id]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.Global | ast.Nonlocal):
        return node.names
    name = getattr(node, "name", None) or getattr(node, "rest", None)
    return [name] if isinstance(name, str) else []


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    for hint in (getattr(node, "annotation", None), getattr(node, "returns", None)):
        if isinstance(hint, ast.AST):
            yield from ast.walk(hint)


# ── digests ───────────────────────────────────────────────────────────────────────────────────


class _Bare(ast.NodeTransformer):
    """Takes away what does not run: docstrings and hints; and imports, which files move for."""

    def visit(self, node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            return None
        if isinstance(node, ast.AnnAssign):
            value = node.value or ast.Constant(value=None)
            return self.generic_visit(ast.Assign(targets=[node.target], value=value))
        if isinstance(node, ast.JoinedStr) and all(
            isinstance(one, ast.Constant) for one in node.values
        ):
            parts = [one.value for one in node.values if isinstance(one, ast.Constant)]
            return ast.Constant(value="".join(str(one) for one in parts))
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return None
        return self.generic_visit(node)


def digest_of(tree: ast.Module) -> str:
    """Equal for two files that do the same, however they are laid out and commented."""
    return _hash(_copy(tree))


def _hash(tree: ast.Module) -> str:
    _Bare().generic_visit(tree)
    return sha256(ast.dump(tree).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def digest_without(tree: ast.Module, unwanted: ast.NodeTransformer, kept: str) -> str:
    """The digest of what is left without some nodes and the functions that nobody then names.

    `kept`: a function or class that counts although nobody names it.
    """
    left = unwanted.visit(_copy(tree))
    named = {node.id for node in ast.walk(left) if isinstance(node, ast.Name)}
    left.body = [
        one
        for one in left.body
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        or one.name in named
        or one.name == kept
    ]
    return _hash(left)


def _copy(tree: ast.Module) -> ast.Module:
    return ast.parse(ast.unparse(tree))
