"""Pull requests of source text for the rules that look at single places of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.reading import BOTH, Read
from bot.model.rule import AnyRule
from bot.model.verdict import Outcome, Verdict
from tests.support.pulls import pull
from tests.support.sources import written

EVERYTHING = frozenset(
    {Read(reading="signals", area=Area("all", ("**",)), sides=BOTH, unchanged=True)}
)
GENERATED = Area("generated", ("**/*.gen.*",))
GIVEN: dict[str, Any] = {"generated": GENERATED}
UNREAD = Unknown("not visible")
P, F, U, S = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.SKIP

# Why, the facts, the outcome, and what is shown as `kind path:line`.
Row = tuple[str, Facts, Outcome, list[str]]


def change(*files: tuple[str, str, str], **known: Any) -> Facts:
    """A pull request of (path, before, after), read on both sides."""
    return written(EVERYTHING, {path: (before, after) for path, before, after in files}, **known)


def verdict_of(rule: AnyRule, facts: Facts, **options: Any) -> Verdict:
    """What the rule says, knowing only what it asks for."""
    chosen = rule.options(**{**GIVEN, **options})
    return rule.prove(facts.only(rule.needs(chosen, facts.changes)), chosen)


def shown(verdict: Verdict) -> list[str]:
    """Every piece of evidence and advice as `kind path:line`."""
    return [
        f"{one.kind.id} {one.file}:{one.line}" if one.line else f"{one.kind.id} {one.file}"
        for one in verdict.evidence + verdict.advice
    ]


def unseen(facts: Facts) -> Facts:
    """The same, with no changed line visible."""
    assert not isinstance(facts.changes, Unknown)
    rows = tuple(replace(one, added=UNREAD, removed=UNREAD) for one in facts.changes)
    return replace(facts, changes=rows)


def near_misses(path: str, bad: str, good: str) -> list[Row]:
    """What every such rule must answer where `bad` is not new, or cannot be seen."""
    folder, _, name = path.rpartition("/")
    other, generated = f"{folder}/other_{name}", path.replace(".", ".gen.", 1)
    comment = ("# " if path.endswith((".py", ".rb")) else "// ") + "x" * 200_000 + "\n"
    return [
        ("already at base", change((path, bad, bad + good)), P, []),
        ("moved within the file", change((path, bad + good, good + bad)), P, []),
        ("moved to another file", change((path, bad, ""), (other, "", bad)), P, []),
        ("moved with a rename", change((path, bad, good + bad), renamed={path: other}), P, []),
        ("renamed alone", change((path, bad, bad), renamed={path: other}), S, []),
        ("removed", change((path, bad, "")), S, []),
        ("generated", change((generated, "", bad)), S, []),
        ("no source file", change(("docs/a.md", "", bad)), S, []),
        ("lines not visible", unseen(change((path, "", bad))), U, []),
        ("larger than is read", change((path, "", comment + bad)), U, []),
        ("not text", change((path, "", "\0" + bad)), U, []),
        ("nothing changed", pull(), S, []),
        ("files not known", pull(changes=UNREAD), U, []),
    ]
