"""No added code has a form that it must not have, or some has the form that it must have.

Why it matters       A team agrees on a way to write things once; a review forgets it in a hurry.
What it looks at     The policy's own ast-grep rule, in the changed files of the named areas that
                     are of its language: matches that an added line is part of.
How to satisfy it    Rewrite the place that is named; where a match is wanted, write it.
What it cannot see   More than one file, and types: it knows forms, not meanings. What only moves
                     within the areas is nothing new, however it is laid out. A file that its
                     language cannot make sense of is not judged.
Examples             Ready: no added call of `eval`. Not ready: `eval(text)` in a new handler.
"""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bot.linking.news import without
from bot.model.area import Area
from bot.model.facts import ChangedFile, Changes, Facts
from bot.model.known import Known, Unknown
from bot.model.need import Need
from bot.model.reading import BOTH, SYNTAX, Read, Reading, Side, told
from bot.model.rule import Rule
from bot.model.syntax import Match, Matches, written_in
from bot.model.verdict import (
    Kind,
    Says,
    Tier,
    Verdict,
    clip,
    failed,
    passed,
    skipped,
    undecided,
)

# More places help nobody; the rest is counted.
SHOWN = 20

FORBIDDEN = Kind(
    id="syntax-forbidden",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The policy's own rule matches code that this pull request adds.",
)
LACKING = Kind(
    id="syntax-lacking",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="Every file was read and the policy's own rule matches nothing that is added.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`areas`: where to look. `rule`: language and rule object, as JSON. `must`: match or
    not-match. `on`: added-lines, or changed-files for all that they hold."""

    areas: tuple[Area, ...]
    language: str
    rule: str
    must: str = "not-match"
    say: str = ""
    on: str = "added-lines"
    generated: Area = Area("generated", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    path: str
    match: Match
    added: bool
    begins: bool


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    reading = _reading(options)
    return frozenset(
        Read(
            reading=reading.id,
            area=without(area, options.generated),
            sides=BOTH,
            options=options.rule,
        )
        for area in options.areas
    )


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    places, unread, lines = list[_Place](), list[Unknown](), 0
    for file in facts.changes:
        if file.change == "removed" or not _counts(file.path, options):
            continue
        read = _places(file, facts, options)
        if isinstance(read, Unknown):
            unread.append(read)
        else:
            places += read
            lines += 0 if isinstance(file.added, Unknown) else len(file.added)
    if options.must == "match":
        return _wanted(places, unread, lines, options)
    return _forbidden(places, unread, lines, facts, options)


def _wanted(places: list[_Place], unread: list[Unknown], lines: int, options: Options) -> Verdict:
    if any(one.added for one in places):
        return passed("added code matches")
    if unread:
        return undecided(unread[0])
    if not lines:
        return skipped("no line was added there")
    what = options.say or "no added code matches what must be added"
    return failed(what, LACKING.at(f"{lines} added line(s) read, none matches {_form(options)}"))


def _forbidden(
    places: list[_Place], unread: list[Unknown], lines: int, facts: Facts, options: Options
) -> Verdict:
    hits = [one for one in places if one.added]
    if hits and options.on == "added-lines":
        before = _before(facts, options)
        if isinstance(before, Unknown):
            # Without its base, a place may have been there all along.
            return undecided(before)
        hits = _new(places, before)
    if hits:
        say = options.say or f"matches {_form(options)}"
        shown = (FORBIDDEN.at(say, one.path, one.match.line) for one in hits[:SHOWN])
        what = f"{len(hits)} place(s) match what must not be added: {say}"
        return failed(what, *shown)
    if unread:
        return undecided(unread[0])
    return passed(f"{lines} added line(s) read") if lines else skipped("no line was added there")


def _new(places: list[_Place], before: list[Match]) -> list[_Place]:
    """The places of added lines that the base had nowhere in the same code.

    One that begins in an old line is old code with a new part, unless there is one more than the
    base had.
    """
    more = Counter(one.match.digest for one in places)
    more.subtract(one.digest for one in before)
    fresh = list[_Place]()
    for one in sorted(places, key=lambda one: not one.begins):
        room = one.begins or len(places) - len(before) > len(fresh)
        if one.added and room and more[one.match.digest] > 0:
            more[one.match.digest] -= 1
            fresh.append(one)
    return sorted(fresh, key=lambda one: (one.path, one.match.line))


def _before(facts: Facts, options: Options) -> Known[list[Match]]:
    """Every match of the base in the files that are judged, or that were before."""
    found = list[Match]()
    for file in () if isinstance(facts.changes, Unknown) else facts.changes:
        path = file.previous_path or file.path
        if file.change == "added" or not any(_counts(one, options) for one in file.paths):
            continue
        read = facts.read(_reading(options), path, Side.BASE)
        if isinstance(read, Unknown):
            return read
        found += read.found
    return found


def _places(file: ChangedFile, facts: Facts, options: Options) -> Known[list[_Place]]:
    if isinstance(file.added, Unknown):
        return file.added
    read = facts.read(_reading(options), file.path)
    if isinstance(read, Unknown):
        return read
    lines = [line.number for line in file.added]
    if options.on == "changed-files":
        lines = [one.line for one in read.found]
    return list(_among(file.path, read.found, lines))


def _among(path: str, found: Iterable[Match], lines: list[int]) -> Iterable[_Place]:
    for one in found:
        at = bisect_left(lines, one.line)
        first = lines[at] if at < len(lines) else one.end + 1
        yield _Place(path=path, match=one, added=first <= one.end, begins=first == one.line)


def _counts(path: str, options: Options) -> bool:
    if options.generated.has(path) or not written_in(options.language, path):
        return False
    return any(area.has(path) for area in options.areas)


def _reading(options: Options) -> Reading[Matches]:
    return told(SYNTAX, options.rule)


def _form(options: Options) -> str:
    rule = json.loads(options.rule)["rule"]
    alone = rule.keys() == {"pattern"} and isinstance(rule["pattern"], str)
    return clip(rule["pattern"] if alone else json.dumps(rule), 60)


RULE = Rule(
    id="syntax-is-allowed",
    title="Syntax is allowed",
    word="ast-grep",
    items=frozenset({"conventions"}),
    watch=True,
    kinds=(FORBIDDEN, LACKING),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
