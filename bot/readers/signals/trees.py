"""How a syntax tree of any grammar becomes signals; a language says only how it spells things."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.readers.languages import captures, tree
from bot.readers.signals.literals import STAND_IN, judged
from bot.readers.signals.shape import Call, Draft, Piece
from bot.readers.signals.words import Words, is_log, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tree_sitter import Node

CALLEE_AT_MOST = 200
_HIDDEN = re.compile(rb"\b(private|protected|internal)\b")
_INSIDE_CALL = re.compile(r"\([^()]*\)")
_COMPARES = frozenset({"==", "===", "!=", "!==", "=~"})
_TESTING = listed(
    "startsWith endsWith includes indexOf replace replaceAll match matches test contains equals"
    " HasPrefix HasSuffix Contains TrimPrefix start_with? end_with? include? gsub sub split"
    " equalsIgnoreCase removePrefix"
)


def _not_hidden(_node: Node, before: bytes) -> bool:
    return _HIDDEN.search(before) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """How one language spells things.

    `question`: captures `call`, `comment`, `string`, `function`, `class`, `hole`, and whatever the
    language looks at itself. `names`: kinds of node that are a plain name; `members`: kinds whose
    last part is the name; `through`: kinds whose parts are shown when they are. `arguments`:
    where a call keeps its arguments. `quiet`: kinds in which literals are only words. `public`:
    whether other files may call a function, by its node and what stands before its name.
    """

    words: Words
    question: str
    callee: Callable[[Node], tuple[Node | None, Node | None]]
    names: frozenset[str]
    members: Mapping[str, str]
    through: frozenset[str]
    keyed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    strings: frozenset[str]
    quiet: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset({"call_expression"})
    public: Callable[[Node, bytes], bool] = _not_hidden


@dataclass(slots=True)
class Reading:
    """One file's tree with the draft that it fills."""

    grammar: Grammar
    draft: Draft
    found: dict[str, list[Node]]

    def of(self, name: str) -> list[Node]:
        """The nodes captured under a name."""
        return self.found.get(name, [])

    def take(self, *, tests: Callable[[Node, str], bool]) -> None:
        """Note what all languages have in common."""
        draft = self.draft
        draft.comments = [span(node) for node in self.of("comment")]
        draft.strings = [span(node) for node in self.of("string")]
        draft.holes = [
            (node.start_point.row + 1, node.end_point.row + 1) for node in self.of("hole")
        ]
        for node in self.of("class"):
            self._take_piece(node, holds=True, test=False)
        for node in self.of("function"):
            name = text(node.child_by_field_name("name"))
            self._take_piece(node, holds=False, test=tests(node, name))
        for node in self.of("call"):
            self.take_call(node)
        for node in self.of("loop"):
            self._take_loop(node, node.child_by_field_name("body"))
        for node in self.of("string"):
            plain = self.plain(node)
            if (judged(plain) or STAND_IN.match(plain)) and not self._quiet(node):
                draft.take_literal(span(node), plain)
        for node in self.of("assign"):
            self._take_assigned(node)

    def _take_piece(self, node: Node, *, holds: bool, test: bool) -> None:
        named = node.child_by_field_name("name")
        if named is None:
            return
        name = text(named)
        start, end = span(node)
        body = next((one for one in node.children if "body" in one.type), None)
        heritage = self.draft.source[named.end_byte : body.start_byte] if body else b""
        given = heritage.decode(errors="replace") if holds else text(_parameters(node))[1:-1]
        owner = "" if holds else self.draft.owner(start)
        self.draft.pieces.append(
            Piece(
                name=f"{owner}.{name}" if owner else name,
                start=start,
                end=end,
                signature=given,
                public=self.grammar.public(node, self.draft.source[start : named.start_byte]),
                test=test,
                holds=holds,
            )
        )

    def callee(self, node: Node) -> tuple[str, Node | None]:
        """What is called, as it is written without white space, and its arguments."""
        last, arguments = self.grammar.callee(node)
        if last is None:
            return "", arguments
        start = max(node.start_byte, last.end_byte - CALLEE_AT_MOST)
        return plain_callee(self.draft.source[start : last.end_byte]), arguments

    def take_call(self, node: Node) -> None:
        """Note everything that a call means."""
        callee, arguments = self.callee(node)
        if not callee:
            return
        given = arguments.named_children if arguments is not None else []
        first = self._value(given[0]) if given else None
        call = Call(callee=callee, start=node.start_byte, end=node.end_byte)
        if first is not None:
            call.first = self.leading(first)
            call.zero = first.text == b"0"
            call.default = len(given) > 1
        if re.search(r"\.(each|forEach|find_each|map)$", callee):
            self._take_loop(node, node.child_by_field_name("block") or arguments)
        words = self.grammar.words
        if arguments is not None and is_log(callee, words.prints):
            call.shown = tuple(self.shown(arguments))
        elif arguments is not None and callee in words.endless:
            call.keywords = frozenset(re.findall(r"\w+", text(arguments)[:2000]))
        self.draft.take_call(call)

    def _take_loop(self, node: Node, body: Node | None) -> None:
        if body is not None:
            self.draft.take_loop((node.start_byte, body.start_byte), span(body))

    def _value(self, node: Node) -> Node | None:
        return (
            node.named_children[0]
            if node.type == "value_argument" and node.named_children
            else node
        )

    def _take_assigned(self, node: Node) -> None:
        name, value = parts(node, self.grammar.keyed.get(node.type, ("left", "right")))
        if name is None or value is None:
            return
        if value.type == "expression_list" and value.named_children:
            value = value.named_children[0]
        if value.type in self.grammar.strings:
            last = re.split(r"[^\w-]+", text(name).strip("\"':@ "))[-1]
            self.draft.take_named(span(value), last, self.plain(value))

    # ── strings ───────────────────────────────────────────────────────────────────────────────

    def plain(self, node: Node) -> str:
        """What a string literal says, without its quotes."""
        return text(node).strip("\"'`")

    def leading(self, node: Node) -> str | None:
        """What a string begins with, up to the first part that is put in; None for no string."""
        if node.type not in self.grammar.strings:
            return None
        return re.split(r"[$#]\{", self.plain(node))[0]

    def _quiet(self, node: Node) -> bool:
        """Whether a literal is only words, compared with, or the default of a setting."""
        at = node.parent
        for _ in range(5):
            if at is None:
                return False
            if at.type in self.grammar.quiet:
                return True
            if at.type in self.grammar.calls and self._only_words(at):
                return True
            operator = at.child_by_field_name("operator")
            if operator is not None and text(operator) in _COMPARES:
                return True
            if operator is not None and re.search(rb"\benv\b|getenv|Getenv|ENV", at.text or b""):
                return True
            at = at.parent
        return False

    def _only_words(self, call: Node) -> bool:
        callee = self.callee(call)[0]
        last = callee.rpartition(".")[2]
        words = self.grammar.words
        return is_log(callee, words.prints) or last in _TESTING or callee in words.environment

    # ── what a call shows ─────────────────────────────────────────────────────────────────────

    def shown(self, arguments: Node) -> Iterator[str]:
        """Names of what arguments show; what another call makes of something is not shown."""
        grammar, stack = self.grammar, [arguments]
        while stack:
            node = stack.pop()
            if node.type in grammar.names:
                yield text(node)
            elif node.type in grammar.members:
                yield text(last_part(node, grammar.members[node.type]))
            elif node.type in grammar.keyed:
                key, value = parts(node, grammar.keyed[node.type])
                simple = value is not None and (
                    value.type in grammar.names or value.type in grammar.members
                )
                if simple:
                    yield text(key).strip("\"': ")
                stack += [value] if value is not None else []
            elif node.type in grammar.through or node is arguments:
                stack += node.named_children
            elif node.type in grammar.calls:
                stack += self._fields(node)
        yield from ()

    def _fields(self, call: Node) -> list[Node]:
        """The value of a structured field: `zap.String("token", token)`."""
        callee, arguments = self.callee(call)
        if callee.partition(".")[0] in {"zap", "slog", "kv"} and arguments is not None:
            return arguments.named_children[1:2]
        return []


def drafted(language: str, grammar: Grammar, path: str, source: bytes, name: str = "") -> Reading:
    """The file's tree, asked what the grammar asks."""
    root = tree(language, source).root_node
    found = captures(language, grammar.question, root)
    return Reading(grammar, Draft(name or language, path, source, grammar.words), found)


def span(node: Node) -> tuple[int, int]:
    """The node's first byte and the one after its last."""
    return node.start_byte, node.end_byte


def text(node: Node | None) -> str:
    """The node's source text; "" for none."""
    return (node.text or b"").decode(errors="replace") if node is not None else ""


def plain_callee(source: bytes) -> str:
    """A callee without white space, arguments of inner calls and marks of optional links."""
    callee = b"".join(source.split()).decode(errors="replace")
    if "(" in callee:
        callee = _INSIDE_CALL.sub("()", callee)
    return callee.replace("?.", ".").replace("!!.", ".").replace("&.", ".").replace("::", ".")


def last_part(node: Node, name: str) -> Node | None:
    """The part of a node under a field, or its last one where the grammar names none."""
    if name:
        return node.child_by_field_name(name)
    return node.named_children[-1] if node.named_children else None


def _parameters(node: Node) -> Node | None:
    """Where a function, or one that is given a name, lists what it takes."""
    whole = node.child_by_field_name("value") or node
    given = whole.child_by_field_name("parameters")
    return given or next((one for one in whole.children if one.type.endswith("parameters")), None)


def parts(node: Node, names: tuple[str, str]) -> tuple[Node | None, Node | None]:
    """Two parts of a node by their fields; first and last where the grammar names none."""
    if names == ("", ""):
        children = node.named_children
        return (children[0], children[-1]) if len(children) > 1 else (None, None)
    return node.child_by_field_name(names[0]), node.child_by_field_name(names[1])


def is_bare(body: Node | None, allowed: Callable[[Node], bool]) -> bool:
    """Whether a block holds nothing, or one statement that `allowed` lets through, besides
    comments."""
    if body is None:
        return True
    inside = [one for one in body.named_children if "comment" not in one.type]
    while len(inside) == 1 and inside[0].type in {"statement_list", "then"}:
        inside = [one for one in inside[0].named_children if "comment" not in one.type]
    return not inside or (len(inside) == 1 and allowed(inside[0]))


def never(node: Node) -> bool:
    """No statement is let through."""
    return node is None
