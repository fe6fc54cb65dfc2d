"""Signals of Go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.model.signal import Sign, Signals
from bot.readers.signals.trees import Grammar, Reading, drafted, is_bare, never, span, text
from bot.readers.signals.words import Words, listed

if TYPE_CHECKING:
    from tree_sitter import Node

_RANDOM = listed("Int Intn Int31n Int63n Float64 Float32 Perm Shuffle IntN N Uint32")
_VERBS = ("Get", "Post", "Head", "PostForm")
WORDS = Words(
    sleeps=frozenset({"time.Sleep"}),
    randoms=frozenset({f"rand.{name}" for name in _RANDOM}),
    seeds=frozenset({"rand.Seed", "rand.NewSource", "rand.NewPCG"}),
    clocks=frozenset({"time.Now", "uuid.New", "uuid.NewString", "uuid.NewRandom"}),
    requests=frozenset({f"http.{verb}" for verb in _VERBS}),
    environment=listed(
        "os.Getenv os.LookupEnv viper.GetString viper.GetInt viper.GetBool viper.GetDuration"
        " viper.BindEnv"
    ),
    skips=frozenset({"t.Skip", "t.Skipf", "t.SkipNow", "b.Skip"}),
    prints=frozenset({"fmt.Println", "fmt.Printf", "fmt.Print", "println"}),
    endless=frozenset({f"http.{verb}" for verb in _VERBS}),
    timeouts=frozenset(),
    doubles=frozenset({"httpmock", "gock"}),
    frozen=frozenset({"clockwork", "clock", "faketime"}),
)
_QUESTION = """
(call_expression) @call (comment) @comment (ERROR) @hole (MISSING) @hole
(interpreted_string_literal) @string (raw_string_literal) @string
(function_declaration) @function (method_declaration) @function
(type_spec type: [(struct_type) (interface_type)]) @class
(if_statement) @if (assignment_statement) @discard (import_spec) @import
(assignment_statement) @assign (short_var_declaration) @assign (const_spec) @assign
(var_spec) @assign (keyed_element) @assign (field_declaration) @field
"""


def _callee(node: Node) -> tuple[Node | None, Node | None]:
    return node.child_by_field_name("function"), node.child_by_field_name("arguments")


def _public(node: Node, _before: bytes) -> bool:
    """A method is only where its receiver is."""
    receiver = re.findall(r"\w+", text(node.child_by_field_name("receiver")).partition("[")[0])
    names = [text(node.child_by_field_name("name")), *receiver[-1:]]
    return all(name[:1].isupper() for name in names)


_GRAMMAR = Grammar(
    words=WORDS,
    question=_QUESTION,
    callee=_callee,
    names=frozenset({"identifier"}),
    members={"selector_expression": "field"},
    through=frozenset({"binary_expression", "parenthesized_expression"}),
    keyed={
        "keyed_element": ("", ""),
        "const_spec": ("name", "value"),
        "var_spec": ("name", "value"),
    },
    strings=frozenset({"interpreted_string_literal", "raw_string_literal"}),
    quiet=frozenset({"import_spec", "field_declaration", "expression_case"}),
    public=_public,
)
_TAG = re.compile(r'(?:binding|validate):"([^"]{1,200})"')


def read(path: str, source: bytes) -> Signals:
    """The signals of a Go file."""
    reading = drafted("go", _GRAMMAR, path, source)
    tests = path.endswith("_test.go")
    reading.take(tests=lambda _node, name: tests and name.startswith(("Test", "Fuzz", "Example")))
    draft = reading.draft
    for node in reading.of("import"):
        draft.take_import(span(node), reading.plain(node.child_by_field_name("path") or node))
    for node in reading.of("if"):
        condition = "".join(text(node.child_by_field_name("condition")).split())
        if condition == "err!=nil" and is_bare(node.child_by_field_name("consequence"), never):
            draft.add(Sign.SWALLOWED, span(node))
    for node in reading.of("discard"):
        value = node.child_by_field_name("right")
        calls = value is not None and any(
            one.type == "call_expression" for one in value.named_children
        )
        if text(node.child_by_field_name("left")) == "_" and calls:
            draft.add(Sign.DISCARDED, span(node))
    for node in reading.of("field"):
        _field(reading, node)
    return draft.finished()


def _field(reading: Reading, node: Node) -> None:
    name = text(node.child_by_field_name("name"))
    if not name:
        return
    subject = f"{reading.draft.owner(node.start_byte)}.{name}"
    reading.draft.attributes.add(subject)
    match = _TAG.search(text(node.child_by_field_name("tag")))
    for constraint in match.group(1).split(",") if match else ():
        if constraint not in {"omitempty", "dive", "-", ""}:
            kept = constraint.partition("=")[0]
            reading.draft.add(Sign.VALIDATION, span(node), subject, kept)
