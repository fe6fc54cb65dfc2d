"""The one door to grammars: source text of a language as a syntax tree, and questions to it."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from tree_sitter import Language, Parser, Query, QueryCursor

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

# Where each grammar is: its module and the function that gives it.
_GRAMMARS = {
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "java": ("tree_sitter_java", "language"),
    "kotlin": ("tree_sitter_kotlin", "language"),
    "go": ("tree_sitter_go", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
}


@lru_cache(maxsize=1)
def tree(language: str, source: bytes) -> Tree:
    """The syntax tree; several readers of one file one after the other share it."""
    return _parser(language).parse(source)


def captures(language: str, question: str, node: Node) -> dict[str, list[Node]]:
    """Nodes below `node` by the names that the question gives them, in order of the text."""
    found = QueryCursor(_query(language, question)).captures(node)
    # The library hands them out in the order of a set, which differs from run to run.
    return {name: sorted(some, key=lambda one: one.start_byte) for name, some in found.items()}


@lru_cache(maxsize=16)
def _parser(language: str) -> Parser:
    return Parser(_language(language))


@lru_cache(maxsize=16)
def _language(language: str) -> Language:
    module, name = _GRAMMARS[language]
    return Language(getattr(import_module(module), name)())


@lru_cache(maxsize=256)
def _query(language: str, question: str) -> Query:
    return Query(_language(language), question)
