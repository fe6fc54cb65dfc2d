"""Python source text as a syntax tree, which the readers of one file share."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Any

# Fields that hold no node, or only say how a name is used.
_PLAIN = {
    *("arg", "asname", "attr", "conversion", "ctx", "id"),
    *("is_async", "kind", "level", "module", "simple"),
}


@lru_cache(maxsize=1)
def parsed(text: str) -> ast.Module:
    """The tree, to be left as it is; raises what the parser raises."""
    return ast.parse(text)


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below that say more than how a name is used, in the order of the file."""
    # Kept at the node, since a file is walked several times.
    below: list[ast.AST] | None = node.__dict__.get("below")
    if below is None:
        below = node.__dict__["below"] = []
        kind: Any = type(node)
        for name in _fields(kind):
            value = getattr(node, name, None)
            if isinstance(value, list):
                below += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST):
                below.append(value)
    return below


@lru_cache(maxsize=256)
def _fields(kind: Any) -> tuple[str, ...]:
    return tuple(name for name in kind._fields if name not in _PLAIN and kind is not ast.Constant)
