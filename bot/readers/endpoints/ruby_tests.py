"""What Ruby tests call, by RSpec or minitest, and the statuses that they assert."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.model.endpoint import TestCall
from bot.readers.endpoints.paths import template
from bot.readers.endpoints.ruby_nodes import (
    controller,
    given,
    line,
    name_of,
    named_status,
    status_of,
    underscored,
    word,
)
from bot.readers.languages import captures
from bot.readers.signals.trees import text
from bot.readers.signals.words import listed

if TYPE_CHECKING:
    from tree_sitter import Node

_QUESTION = "(call) @node (method) @node (class) @node"
_VERBS = listed("get post put patch delete head options")
_GROUPS = listed(
    "describe context feature shared_examples shared_examples_for shared_context it specify test"
    " scenario example let let!"
)
_ANSWER = re.compile(r"is_expected|expect\(?\s*(?:(?:last_)?response|get|post|put|patch|delete)\b")
_ANSWER_AT_MOST = 80
_FORMAT = re.compile(r"\.(?:json|rss|xml|html|js|csv|atom)$")
_NAMED = re.compile(r"(\w+)_(?:path|url)")


@dataclass(slots=True)
class Examples:
    """Calls of one test file; `current` is the one whose answer is asserted next."""

    source: bytes
    calls: list[TestCall] = field(default_factory=list)
    described: str = ""
    current: int | None = None
    _open: list[tuple[int, str, int | None]] = field(default_factory=list)

    def take(self, root: Node) -> None:
        """Every call in the order in which they run; what a group called ends with it."""
        for node in sorted(captures("ruby", _QUESTION, root).get("node", ()), key=_place):
            while self._open and self._open[-1][0] <= node.start_byte:
                _, _, self.current = self._open.pop()
            name, places = name_of(node), given(node)[0]
            if node.type == "class":
                self.described = text(node.child_by_field_name("name")).removesuffix("Test")
            elif node.type == "method":
                self._enter(node, text(node.child_by_field_name("name")))
            elif name in _GROUPS and node.child_by_field_name("block") is not None:
                said = text(places[0]) if places and not name.startswith("let") else ""
                self.described = said if said[:1].isupper() else self.described
                self._enter(node, word(places[0]) or said if said else "")
            elif name == "follow_redirect!":
                self.current = None
            elif name in _VERBS and places and node.child_by_field_name("receiver") is None:
                self._call(node, places[0])
            else:
                receiver = node.child_by_field_name("receiver") or node
                answer = self.source[receiver.start_byte : receiver.end_byte][:_ANSWER_AT_MOST]
                self._assert(_asserted(name, places, answer.decode(errors="replace")))

    def _enter(self, node: Node, said: str) -> None:
        if said != "setup":
            self._open.append((node.end_byte, said[:200], self.current))

    def _call(self, node: Node, place: Node) -> None:
        target, handler = _target(place), ""
        if self.described.endswith("Controller") and re.fullmatch(r"\w+", target):
            router = controller(underscored(self.described).removesuffix("_controller"))
            target, handler = "", f"{router.partition('#')[0]}#{target}"
        elif not target or place.type == "simple_symbol":
            return
        self.current = len(self.calls)
        self.calls.append(
            TestCall(
                test=" ".join(said for _, said, _ in self._open if said),
                line=line(node),
                method=name_of(node).upper(),
                path=target,
                handler=handler,
            )
        )

    def _assert(self, status: int | None) -> None:
        if status is not None and self.current is not None:
            call = self.calls[self.current]
            statuses = (call.statuses or frozenset()) | {status}
            self.calls[self.current] = replace(call, statuses=statuses)


def _place(node: Node) -> int:
    """Where a node has its say: after what it is said of."""
    receiver = node.child_by_field_name("receiver") if node.type == "call" else None
    return receiver.end_byte if receiver is not None else node.start_byte


def _target(node: Node) -> str:
    """A path, `@name` for that of a route, or an action; empty where it cannot be read."""
    if node.type in {"call", "identifier"}:
        named = _NAMED.fullmatch(name_of(node))
        return f"@{named[1]}" if named else f"${{#{text(node)[:80]}}}"
    said = word(node) or ""
    if node.type == "binary" and "+" in text(node.child_by_field_name("operator")):
        said = word(node.child_by_field_name("left")) or ""
        end = word(node.child_by_field_name("right"))
        said = said and said + ("{}" if end is None else end)
    if node.type == "simple_symbol" or "/" not in said:
        return said
    path = re.sub(r"^https?://[^/]+", "", said).partition("?")[0]
    return template(_FORMAT.sub("", path)) or "/"


def _asserted(name: str, places: list[Node], receiver: str) -> int | None:
    """The status that a call asserts of the last answer."""
    if name == "assert_redirected_to":
        return 302
    if name == "assert_response" and places:
        return status_of(places[0])
    if name == "assert_equal" and len(places) > 1 and text(places[1]).endswith("response.status"):
        return status_of(places[0])
    if name != "to" or not places or not _ANSWER.match(receiver):
        return None
    matcher, asked = name_of(places[0]), given(places[0])[0]
    if matcher in {"have_http_status", "eq", "be", "eql"} and asked:
        return status_of(asked[0])
    if matcher == "redirect_to":
        return 302
    return named_status(matcher.removeprefix("be_")) if matcher.startswith("be_") else None
