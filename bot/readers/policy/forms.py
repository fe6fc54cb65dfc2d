"""Rule objects of ast-grep, as far as the policy has them; whether they compile is asked elsewhere.

Every key is named here, because the engine takes a misspelt one for nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.readers.policy.shape import BAD, Kind, Text, Whole, Word
from bot.readers.policy.structure import Again, Either, Key, ListOf, Obj
from bot.readers.policy.words import Pattern

if TYPE_CHECKING:
    from bot.readers.policy.shape import Context
    from bot.readers.yaml_loader import Node

FORM_AT_MOST = 4 * 1024
# Without one of these a rule looks at every node there is.
_SELECTS = ("pattern", "kind", "all", "any")


@cache
def form() -> Kind:
    """A rule object."""
    return Obj("a rule object", _keys(), whole=True)


@cache
def near() -> Kind:
    """A rule object about a node near by, and how far to look for it."""
    bound = Word("a bound: to the end takes quadratic time", ("neighbor",), code="E206")
    keys = {
        "stopBy": Key(Either("a bound", scalar=bound, mapping=form()), "How far.", "neighbor"),
        "field": Key(Text("a field of the grammar", r"[a-z_]+"), "Which child."),
    }
    return Obj("a rule object near by", _keys() | keys, whole=True)


def _keys() -> dict[str, Key]:
    again, by = Again("form", form), Key(Again("near", near), "A node near by.")
    several = Key(ListOf(again, at_least=1, at_most=50), "Rule objects.")
    code = Text("a piece of code", limit=FORM_AT_MOST)
    kind = Text("a kind of node", r"[A-Za-z_]+", example="call_expression")
    within = {
        "context": Key(code, "Code around it.", required=True),
        "selector": Key(kind, "The kind of node that is meant.", required=True),
    }
    pattern = Either("code", scalar=code, mapping=Obj("a pattern", within, whole=True))
    return {
        "pattern": Key(pattern, "Code with $X for one node, $$$X for several."),
        "kind": Key(kind, "A kind of node of the language's grammar."),
        "regex": Key(Pattern(), "A pattern that its text has."),
        "nthChild": Key(Whole(1, 10_000), "Its place among its siblings."),
        **dict.fromkeys(("inside", "has", "precedes", "follows"), by),
        **dict.fromkeys(("all", "any"), several),
        "not": Key(again, "Not this."),
    }


@dataclass(frozen=True)
class AstGrep(Obj):
    """`ast-grep`: its rule object reads to JSON with the language, and has to compile."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The dict of its keys."""
        before = len(context.problems)
        read = super().read(node, context, key)
        if read is BAD or len(context.problems) > before or not read.keys() >= {"language", "rule"}:
            return BAD
        told = {"language": read["language"], "rule": read["rule"]}
        text = json.dumps(told, sort_keys=True, ensure_ascii=False)
        place, at = node.entries["rule"].place, f"{key}.rule"  # type: ignore[union-attr]  # it was read
        if not read["rule"].keys() & set(_SELECTS):
            what = f"a rule object needs at least one of {', '.join(_SELECTS)}"
            return context.say(place, what, "E204", key=at)
        if len(text) > FORM_AT_MOST:
            what = f"the rule has more than {FORM_AT_MOST} characters"
            return context.say(place, what, "E206", key=at)
        context.forms.append((text, place, at))
        return {**read, "rule": text}
