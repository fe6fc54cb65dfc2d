"""No added line says what must not be said, or one says what must be.

Why it matters       Some things are decided once for a code base and then forgotten in a hurry.
What it looks at     The lines that this pull request adds in the named areas, each by itself.
How to satisfy it    Remove or reword the line that is named; where a match is wanted, add it.
What it cannot see   Anything that spans two lines, and the meaning: it reads text, not code.
Examples             Ready: no added line matches. Not ready: `print(order)` beside a logger.
"""

from dataclasses import dataclass

from bot.model.area import Area
from bot.model.facts import ChangedFile, Changes, Facts, Line
from bot.model.known import Unknown
from bot.model.need import Need
from bot.model.pattern import finder
from bot.model.rule import Rule
from bot.model.verdict import (
    Evidence,
    Kind,
    Says,
    Tier,
    Verdict,
    failed,
    passed,
    skipped,
    undecided,
)

# More places help nobody; the rest is counted.
SHOWN = 20

FORBIDDEN = Kind(
    id="line-forbidden",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The policy's own pattern matches a line that this pull request adds.",
)
LACKING = Kind(
    id="line-lacking",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="Every added line was read and none matches the policy's own pattern.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`areas`: where to look. `must`: match or not-match. `except_pattern`: excused lines."""

    areas: tuple[Area, ...]
    pattern: str
    except_pattern: str | None = None
    must: str = "not-match"
    say: str = ""
    generated: Area = Area("generated", ())


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset()


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    files = [file for file in facts.changes if _counts(file, options)]
    hits: list[Evidence] = []
    unread: list[Unknown] = []
    lines = 0
    for file in files:
        if isinstance(file.added, Unknown):
            unread.append(file.added)
            continue
        lines += len(file.added)
        hits += _hits(file.path, file.added, options)
    if options.must == "match":
        return _wanted(hits, unread, lines, options)
    if hits:
        places = f"{len(hits)} added line(s) match what must not be added"
        return failed(f"{places}: {options.say or options.pattern}", *hits[:SHOWN])
    if unread:
        return undecided(unread[0])
    return passed(f"{lines} added line(s) read") if lines else skipped("no line was added there")


def _wanted(hits: list[Evidence], unread: list[Unknown], lines: int, options: Options) -> Verdict:
    if hits:
        return passed("an added line matches")
    if unread:
        return undecided(unread[0])
    if not lines:
        return skipped("no line was added there")
    what = options.say or "no added line matches what must be added"
    return failed(
        what, LACKING.at(f"{lines} added line(s) read, none matches {options.pattern}"[:200])
    )


def _counts(file: ChangedFile, options: Options) -> bool:
    if options.generated.has(file.path) or file.change == "removed":
        return False
    return any(area.has(file.path) for area in options.areas)


def _hits(path: str, lines: tuple[Line, ...], options: Options) -> list[Evidence]:
    matches = finder(options.pattern)
    excused = finder(options.except_pattern) if options.except_pattern else None
    return [
        FORBIDDEN.at((options.say or f"matches {options.pattern}")[:200], path, line.number)
        for line in lines
        if matches(line.text) and not (excused and excused(line.text))
    ]


RULE = Rule(
    id="added-lines-are-allowed",
    title="Added lines are allowed",
    word="added-lines",
    items=frozenset({"conventions"}),
    watch=True,
    kinds=(FORBIDDEN, LACKING),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
