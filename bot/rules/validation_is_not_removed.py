"""No input loses a check that it had.

Why it matters
    Data that was refused yesterday is stored tomorrow, and everything behind relies on it.
What it looks at
    Constraints and validators of fields and parameters that were there at the base, are gone at
    the head, and whose field or parameter is still there: Pydantic and marshmallow fields and
    validators, DRF `validate_…`, class-validator decorators, `@Valid` and Bean Validation, Go
    `binding` and `validate` tags, Rails `validates`. Also a validator that answers None where it
    fails.
How to satisfy it
    Keep the check, or put another on the same field; say why where none is needed.
What it cannot see
    A check that moved into a type, the database, a gateway or the handler; schemas that are built
    at run time; zod, joi and other schemas that are values.
Examples
    Ready: `max_length=80` became `max_length=120`. Not ready: `max_length` is gone.
"""

import re
from collections import Counter

from bot.linking.news import (
    Head,
    News,
    SourceOptions,
    answer,
    bases,
    heads,
    news,
    source_needs,
)
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.reading import SIGNALS, Side
from bot.model.rule import Rule
from bot.model.signal import Sign, Signals
from bot.model.verdict import Evidence, Kind, Says, Tier, Verdict, undecided

REMOVED = Kind(
    id="validation-removed",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The check may have moved into a type or to another place.",
)
SWALLOWS = Kind(
    id="validator-swallows",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="What a validator cannot read becomes a missing value instead of an error.",
)
# What is noted beside checks and refuses nothing by itself.
_NO_CHECKS = frozenset({"inherited", "IsOptional", "Allow"})


def prove(facts: Facts, options: SourceOptions) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)

    def judged(path: str) -> bool:
        return not options.tests.has(path)

    found, unread = heads(facts, options.generated, judged)
    before, blurred = bases(facts, options.generated)
    gone = Counter(_keys(before))
    gone.subtract(_keys([head.value for head in found]))
    shown = [piece for head in found for piece in _removed(facts, head, gone)]
    swallowed = news(facts, (Sign.SWALLOWED,), options.generated, judged)
    shown += [
        SWALLOWS.at("a validator hides what it cannot read", place.path, place.signal.line)
        for place in (() if isinstance(swallowed, Unknown) else swallowed.places)
        if place.signal.detail == "validator" and not place.signal.excused
    ]
    return answer(
        News(files=len(found) + len(unread), open=(*unread, *blurred)),
        shown,
        "no check of an input is gone",
        "{n} check(s) of inputs are gone or hide what they find: keep them, or say why",
    )


def _keys(values: list[Signals]) -> list[tuple[str, str]]:
    return [
        (one.name, one.detail)
        for value in values
        for one in value.signals
        if one.sign is Sign.VALIDATION
    ]


def _removed(facts: Facts, head: Head, gone: Counter[tuple[str, str]]) -> list[Evidence]:
    path = head.file.previous_path or head.file.path
    base = facts.read(SIGNALS, path, Side.BASE)
    if isinstance(base, Unknown):
        return []
    added = [key for key in gone if gone[key] < 0]
    # Another check of the same field, or the same check of a field of that name, took its place.
    replaced = {name for name, _ in added}
    moved = {(_bare(name), detail) for name, detail in added}
    return [
        REMOVED.at(f"{name}: {detail} is gone"[:200], head.file.path)
        for name, detail in dict.fromkeys(_keys([base]))
        if gone[name, detail] > 0
        and detail not in _NO_CHECKS
        and name not in replaced
        and (_bare(name), detail) not in moved
        and _stands(head.value, name)
    ]


def _bare(name: str) -> str:
    return name.rpartition(".")[2]


def _stands(value: Signals, subject: str) -> bool:
    """Whether the field or parameter that was checked is still there."""
    if subject in value.attributes:
        return True
    functions = {one.name: one for one in value.functions}
    parameter = re.fullmatch(r"(.+)\((\w+)\)", subject)
    if parameter:
        method = functions.get(parameter.group(1))
        words = re.findall(r"\w+", method.signature) if method else []
        return parameter.group(2) in words
    if value.language == "ruby":
        # Fields are not declared there: one that is still checked for something else is one.
        return any(one.sign is Sign.VALIDATION and one.name == subject for one in value.signals)
    owner, _, name = subject.rpartition(".")
    return owner in functions and name == "*"


RULE = Rule(
    id="validation-is-not-removed",
    title="Validation is not removed",
    word=None,
    items=frozenset({"input-validation"}),
    watch=True,
    kinds=(REMOVED, SWALLOWS),
    version=1,
    options=SourceOptions,
    needs=source_needs,
    prove=prove,
)
