"""No added code has a form that it must not have, or some has the form that it must have.

Why it matters       A team agrees on a way to write things once; a review forgets it in a hurry.
What it looks at     The policy's own ast-grep rule, in the changed files of the named areas that
                     are of its language: matches that an added line is part of.
How to satisfy it    Rewrite the place that is named; where a match is wanted, write it.
What it cannot see   More than one file, and types: it knows forms, not meanings. What only moves
                     within the areas is nothing new, however it is laid out. A file that its
                     language cannot make sense of is not judged. A pattern means what ast-grep
                     makes of it, so `_ = $X` takes in `_, err = f()` of Go: try a rule on the
                     code that is there before it may block.
Examples             Ready: no added call of `eval`. Not ready: `eval(text)` in a new handler.
"""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bot.linking.news import without
from bot.model.area import Area
from bot.model.facts import Changes, Facts
from bot.model.known import Known, Unknown
from bot.model.need import Need
from bot.model.reading import BOTH, SYNTAX, Read, Side, told
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
    """A match that an added line is part of, or is the first line of."""

    path: str
    match: Match
    begins: bool


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    name = told(SYNTAX, options.rule).id
    areas = (without(area, options.generated) for area in options.areas)
    return frozenset(
        Read(reading=name, area=area, sides=BOTH, options=options.rule) for area in areas
    )


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    hits, unread, lines, found = list[_Place](), list[Unknown](), 0, Counter[str]()
    for file in facts.changes:
        if file.change == "removed" or not _counts(file.path, options):
            continue
        read = facts.read(told(SYNTAX, options.rule), file.path)
        if isinstance(read, Unknown) or isinstance(file.added, Unknown):
            unread += [one for one in (read, file.added) if isinstance(one, Unknown)]
            continue
        lines += len(file.added)
        found.update(one.digest for one in read.found)
        hits += _hits(file.path, read, [line.number for line in file.added], options)
    if hits and options.must == "match":
        return passed("added code matches")
    if hits and options.on == "added-lines":
        before = _before(facts, options)
        # Without its base, a place may have been there all along.
        unread += [before] if isinstance(before, Unknown) else []
        hits = [] if isinstance(before, Unknown) else _new(hits, found, before)
    if hits:
        return _forbidden(hits, options)
    return undecided(unread[-1]) if unread else _none(lines, options)


def _none(lines: int, options: Options) -> Verdict:
    if not lines:
        return skipped("no line was added there")
    if options.must == "not-match":
        return passed(f"{lines} added line(s) read")
    what = options.say or "no added code matches what must be added"
    return failed(what, LACKING.at(f"{lines} added line(s) read, none matches {_form(options)}"))


def _hits(path: str, read: Matches, lines: list[int], options: Options) -> Iterator[_Place]:
    for one in read.found:
        at = bisect_left(lines, one.line)
        first = lines[at] if at < len(lines) else one.end + 1
        if first <= one.end or options.on == "changed-files":
            yield _Place(path=path, match=one, begins=first == one.line)


def _new(hits: list[_Place], found: Counter[str], before: Counter[str]) -> list[_Place]:
    """The places that the base had nowhere in the same code.

    One that begins in an old line is old code with a new part, unless there is one more than the
    base had.
    """
    more, surplus = found - before, found.total() - before.total()
    fresh = list[_Place]()
    for one in sorted(hits, key=lambda one: not one.begins):
        if more[one.match.digest] > 0 and (one.begins or surplus > len(fresh)):
            more[one.match.digest] -= 1
            fresh.append(one)
    return sorted(fresh, key=lambda one: (one.path, one.match.line))


def _before(facts: Facts, options: Options) -> Known[Counter[str]]:
    """How often the base had which code, in the files that are judged or were before."""
    found = Counter[str]()
    for file in () if isinstance(facts.changes, Unknown) else facts.changes:
        if file.change == "added" or not any(_counts(one, options) for one in file.paths):
            continue
        path = file.previous_path or file.path
        read = facts.read(told(SYNTAX, options.rule), path, Side.BASE)
        if isinstance(read, Unknown):
            return read
        found.update(one.digest for one in read.found)
    return found


def _forbidden(hits: list[_Place], options: Options) -> Verdict:
    say = options.say or f"matches {_form(options)}"
    shown = (FORBIDDEN.at(say, one.path, one.match.line) for one in hits[:SHOWN])
    return failed(f"{len(hits)} place(s) match what must not be added: {say}", *shown)


def _counts(path: str, options: Options) -> bool:
    if options.generated.has(path) or not written_in(options.language, path):
        return False
    return any(area.has(path) for area in options.areas)


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
