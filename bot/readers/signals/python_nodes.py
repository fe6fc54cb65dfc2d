"""What single nodes of Python's syntax tree say by themselves."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from typing import TYPE_CHECKING

from bot.readers.signals.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

_STRING_OR_COMMENT = re.compile(
    rb'"""(?:\\.|[^\\])*?"""'
    rb"|'''(?:\\.|[^\\])*?'''"
    rb'|"(?:\\.|[^"\\\n])*"'
    rb"|'(?:\\.|[^'\\\n])*'|#[^\n]*",
    re.DOTALL,
)
_STORE = r"(?i)(?:^|[._])(?:session|db|database|conn|connection|engine|transaction|tx|uow)"
COMMITS = re.compile(_STORE + r"(?:\(\))?\.commit$")
BEGINS = re.compile(
    _STORE + r"(?:maker)?(?:\(\))?\.(?:begin|begin_nested|atomic|transaction)(?:\(\))?$|^atomic\b"
)
# What a node leaves of the flags around it; `X`: the function is one transaction as a whole.
_LATER = str.maketrans("X", "x", "clx")
# What a loop over parts of a whole calls them.
IN_PARTS = re.compile(r"(?i)batch|chunk|page|part|shard|tenant")
# Calls that show what they are given as it is.
_SHOWS = frozenset({"format", "str", "repr", "dict"})
MESSAGES = listed(
    "description title summary help example examples doc openapi_examples verbose_name help_text"
    " docs_url epilog usage metavar"
)
TESTING = listed(
    "startswith endswith find index count replace split match search fullmatch compile sub"
    " removeprefix removesuffix"
)


def comments_and_strings(source: bytes) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Where the comments are, and the strings."""
    spans = [match.span() for match in _STRING_OR_COMMENT.finditer(source)]
    comments = [one for one in spans if source[one[0]] == ord("#")]
    return comments, [one for one in spans if source[one[0]] != ord("#")]


def text_of(node: ast.AST) -> str | None:
    """The string of a plain literal, None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def leading(node: ast.expr) -> str | None:
    """A plain string, or what an f-string begins with."""
    if isinstance(node, ast.JoinedStr) and node.values:
        return text_of(node.values[0])
    return text_of(node)


def name_of(node: ast.AST) -> str:
    """The last name of a target: of a variable, a field or a key."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return (text_of(node.slice) or "") if isinstance(node, ast.Subscript) else ""


def shown(call: ast.Call) -> Iterator[str]:
    """Names of what the arguments of a log call show; what another call makes of it is not."""
    stack: list[ast.AST] = [*call.args]
    for one in call.keywords:
        if one.arg and not isinstance(one.value, ast.Constant | ast.Call | ast.Dict):
            yield one.arg
        stack.append(one.value)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            yield name_of(node)
        elif isinstance(node, ast.Dict):
            pairs = [
                (key, one)
                for key, one in zip(node.keys, node.values, strict=True)
                if not isinstance(one, ast.Constant | ast.Call | ast.Dict)
            ]
            yield from ((key and text_of(key)) or "" for key, _ in pairs)
            stack += node.values
        elif isinstance(node, ast.Call) and name_of(node.func) in _SHOWS:
            stack += [*node.args, *(one.value for one in node.keywords)]
        elif isinstance(
            node, ast.JoinedStr | ast.FormattedValue | ast.BinOp | ast.Tuple | ast.List
        ):
            stack += [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]


def types_of(node: ast.expr) -> list[ast.expr]:
    """The types that a handler catches."""
    return node.elts if isinstance(node, ast.Tuple) else [node]


def says_nothing(node: ast.stmt) -> bool:
    """Whether a statement only passes, continues or answers a constant."""
    if isinstance(node, ast.Pass | ast.Continue):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and node.value.value is Ellipsis
    if not isinstance(node, ast.Return):
        return False
    value = node.value
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return not value.elts
    return (
        value is None
        or isinstance(value, ast.Constant)
        or (isinstance(value, ast.Dict) and not value.keys)
    )


def arguments(node: ast.arguments) -> list[ast.arg]:
    """Everything that a function takes."""
    extra = [one for one in (node.vararg, node.kwarg) if one]
    return [*node.posonlyargs, *node.args, *node.kwonlyargs, *extra]


def resolved(path: str, node: ast.ImportFrom) -> str:
    """The dotted module of an import; a relative one counted from the file's own folder."""
    if not node.level:
        return node.module or ""
    folders = path.split("/")[: -node.level]
    return ".".join([*folders, *([node.module] if node.module else [])])


def prefix_of(node: ast.ClassDef) -> str | None:
    """What names of environment variables begin with; None where that is computed."""
    for one in ast.walk(node):
        if isinstance(one, ast.keyword) and one.arg == "env_prefix":
            return text_of(one.value)
        if isinstance(one, ast.Assign) and name_of(one.targets[0]) == "env_prefix":
            return text_of(one.value)
    return ""


def alias_of(value: ast.expr | None) -> str | None:
    """The variable that a settings field names itself, None for none."""
    if not isinstance(value, ast.Call):
        return None
    named = {one.arg: one.value for one in value.keywords}
    alias = named.get("validation_alias") or named.get("alias") or named.get("env")
    return text_of(alias) if alias is not None else None


def is_python_own(name: str) -> bool:
    """Whether a dotted name is one of Python itself or of its library."""
    first = name.partition(".")[0]
    return hasattr(builtins, first) or first in sys.stdlib_module_names


def quiet(_node: ast.AST, owner: str, flags: str) -> tuple[str, str]:
    """Literals in it are not noted."""
    return owner, flags + "q"


def choice(_node: ast.AST, owner: str, flags: str) -> tuple[str, str]:
    """It is not done for each element, or each has a block of its own."""
    return owner, flags.replace("l", "")


def later(_node: ast.AST, owner: str, flags: str) -> tuple[str, str]:
    """It runs when it is called, not where it stands."""
    return owner, flags.translate(_LATER)
