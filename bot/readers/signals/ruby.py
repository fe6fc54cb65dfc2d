"""Signals of Ruby."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from bot.model.signal import Sign, Signals
from bot.readers.signals.shape import Call
from bot.readers.signals.trees import Grammar, Reading, drafted, is_bare, span, text
from bot.readers.signals.words import Words, listed

if TYPE_CHECKING:
    from tree_sitter import Node

WORDS = Words(
    sleeps=frozenset({"sleep", "Kernel.sleep"}),
    randoms=frozenset({"rand", "Random.rand", "Kernel.rand", "SecureRandom.hex"}),
    seeds=frozenset({"srand", "Random.srand", "Random.new"}),
    clocks=listed(
        "Time.now Time.zone.now Time.current Date.today Date.current DateTime.now SecureRandom.uuid"
    ),
    requests=frozenset(
        {"Net.HTTP.get", "Net.HTTP.get_response", "URI", "URI.open", "HTTParty.get"}
    ),
    environment=frozenset({"ENV.fetch"}),
    skips=frozenset(
        {"skip", "pending", "xit", "xdescribe", "xcontext", "xspecify", "fit", "fdescribe"}
    ),
    prints=frozenset({"puts", "p", "pp", "print", "warn"}),
    doubles=frozenset({"webmock", "vcr"}),
    frozen=frozenset({"timecop"}),
)
_QUESTION = """
(call) @call (comment) @comment (ERROR) @hole (MISSING) @hole (string) @string
(method) @function (singleton_method) @function (class) @class (module) @class
(rescue) @rescue (rescue_modifier) @modifier (element_reference) @element
(assignment) @assign (pair) @assign
(body_statement (identifier) @bare) (then (identifier) @bare) (block_body (identifier) @bare)
(assignment right: (identifier) @bare)
"""
_CONSTANTS = frozenset({"nil", "true", "false", "string", "integer", "symbol", "simple_symbol"})
_BROAD = frozenset({"", "StandardError", "Exception", "StandardError, Exception"})


def _callee(node: Node) -> tuple[Node | None, Node | None]:
    return node.child_by_field_name("method"), node.child_by_field_name("arguments")


_GRAMMAR = Grammar(
    words=WORDS,
    question=_QUESTION,
    callee=_callee,
    names=frozenset({"identifier", "instance_variable"}),
    members={"element_reference": ""},
    through=listed("argument_list string interpolation binary hash parenthesized_statements"),
    keyed={"pair": ("key", "value")},
    strings=frozenset({"string"}),
    quiet=frozenset({"when", "regex"}),
    calls=frozenset({"call"}),
)


def read(path: str, source: bytes) -> Signals:
    """The signals of a Ruby file."""
    reading = drafted("ruby", _GRAMMAR, path, source)
    reading.take(tests=lambda _node, name: name.startswith("test_"))
    draft = reading.draft
    _hide(reading)
    for node in reading.of("rescue"):
        broad = text(node.child_by_field_name("exceptions")).strip() in _BROAD
        if broad and is_bare(node.child_by_field_name("body"), _says_nothing):
            draft.add(Sign.SWALLOWED, span(node))
    for node in reading.of("modifier"):
        handler = node.child_by_field_name("handler")
        if handler is not None and handler.type in {"nil", "false"}:
            draft.add(Sign.SWALLOWED, span(node))
    for node in reading.of("element"):
        _environment(reading, node)
    for node in reading.of("bare"):
        # A call without arguments looks like a variable: only these names are taken for one.
        if text(node) in {"rand", "skip", "pending"}:
            draft.take_call(Call(callee=text(node), start=node.start_byte, end=node.end_byte))
    for node in reading.of("call"):
        _judge_call(reading, node)
    return draft.finished()


def _hide(reading: Reading) -> None:
    """What stands below a bare `private` is called from inside alone."""
    words = [node for node in reading.of("bare") if text(node) in {"private", "protected"}]
    spans = sorted((one.end_byte, one.parent.end_byte) for one in words if one.parent)
    starts = [start for start, _ in spans]
    for piece in reading.draft.pieces:
        at = bisect_left(starts, piece.start) - 1
        piece.public = piece.public and not (at >= 0 and piece.start < spans[at][1])


def _says_nothing(node: Node) -> bool:
    if node.type in _CONSTANTS or node.type == "next":
        return True
    if node.type != "return":
        return False
    given = [one for arguments in node.named_children for one in arguments.named_children]
    return all(one.type in _CONSTANTS for one in given)


def _environment(reading: Reading, node: Node) -> None:
    key = node.named_children[-1] if node.named_children else None
    above = node.parent
    assigned = (
        above is not None
        and above.type in {"assignment", "operator_assignment"}
        and above.child_by_field_name("left") == node
    )
    if key is None or key.type != "string" or assigned:
        return
    if text(node.child_by_field_name("object")) == "ENV":
        reading.draft.add(Sign.ENVIRONMENT, span(node), reading.plain(key))


def _judge_call(reading: Reading, node: Node) -> None:
    callee, arguments = reading.callee(node)
    draft = reading.draft
    given = arguments.named_children if arguments is not None else []
    if callee in {"require", "require_relative"} and given and given[0].type == "string":
        draft.take_import(span(node), reading.plain(given[0]))
    elif callee in {"travel_to", "freeze_time", "Timecop.freeze"}:
        draft.frozen = True
    elif callee in {"validates", "validate", "validates_presence_of"}:
        owner = draft.owner(node.start_byte)
        kinds = [text(one.child_by_field_name("key")) for one in given if one.type == "pair"]
        for one in given:
            if one.type == "simple_symbol":
                for kind in [kind for kind in kinds if kind not in {"if", "on"}] or [callee]:
                    subject = f"{owner}.{text(one).removeprefix(':')}"
                    draft.add(Sign.VALIDATION, span(node), subject, kind)
