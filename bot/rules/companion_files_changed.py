"""Files that belong together changed together.

Why it matters       A change without its documentation, test or note is half a change.
What it looks at     How many non-blank lines changed in the named areas, white space aside. With
                     `mentions`, whether an added one names the path of a changed endpoint.
How to satisfy it    Change the companion files too, in more than their indentation.
What it cannot see   Whether what was written there is right, or about this change at all.
Examples             Ready: an endpoint and its page changed. Not ready: the endpoint alone.
"""

from collections import Counter
from dataclasses import dataclass

from bot.linking.mentions import names_endpoints
from bot.linking.route_changes import Places, route_needs
from bot.model.area import Area
from bot.model.facts import Change, ChangedFile, Changes, Facts, Line
from bot.model.known import Unknown
from bot.model.need import Need
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, failed, passed, skipped, undecided

UNTOUCHED = Kind(
    id="companion-untouched",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="The list of changed files is complete and too few of them are in the areas.",
)
_ANY_NUMBER = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Places):
    """`areas`: where enough must change. `of`: only then is it asked; empty: always. `mentions`:
    what an added line there must name, `changed-endpoints` or nothing."""

    areas: tuple[Area, ...]
    of: tuple[Area, ...] = ()
    kinds: tuple[Change, ...] = ()
    lines_at_least: int = 3
    if_missing: str = "fail"
    mentions: str = ""


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return route_needs(options, changes) if options.mentions else frozenset()


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    counted = [
        file
        for file in facts.changes
        if not all(options.generated.has(path) for path in file.paths)
    ]
    asking = _within(counted, options.of)
    if options.of and not asking:
        return skipped("nothing changed that needs a companion")
    files = [
        file
        for file in _within(counted, options.areas)
        if not options.kinds or file.change in options.kinds
    ]
    lines, hidden, unread = _changed_lines(files)
    names = ", ".join(area.name for area in options.areas)
    if files and lines - hidden >= options.lines_at_least:
        done = passed(f"{lines} changed line(s) in {names}")
        return _unnamed(facts, options, names) or done
    if unread is not None:
        return undecided(unread)
    note = _lacking(lines, options, names, asking)
    if options.if_missing == "unsure":
        return undecided(Unknown(f"can't tell: {note}. Change them, or say why not"))
    return failed(note, UNTOUCHED.at(note[:200]))


def _unnamed(facts: Facts, options: Options, names: str) -> Verdict | None:
    """What is open of the endpoints that must be named; a page may write a path in its own way."""
    said = names_endpoints(facts, options.areas, options) if options.mentions else True
    if said is True:
        return None
    why = f"can't tell: {names} - no added line there names a changed endpoint. Name it"
    return undecided(said or Unknown(why))


def _lacking(lines: int, options: Options, names: str, asking: list[ChangedFile]) -> str:
    wanted = f" of {options.lines_at_least} wanted" if options.lines_at_least > 1 else ""
    what = f"{lines}{wanted} line(s) changed in {names}" if lines else f"nothing changed in {names}"
    if not asking:
        return what
    more = f" and {len(asking) - 1} more" if len(asking) > 1 else ""
    return f"{what}, though {asking[0].path}{more} did"


def _within(files: list[ChangedFile], areas: tuple[Area, ...]) -> list[ChangedFile]:
    return [file for file in files if any(area.has(p) for area in areas for p in file.paths)]


def _changed_lines(files: list[ChangedFile]) -> tuple[int, int, Unknown | None]:
    """Lines whose text, white space aside, is new or gone: moving and indenting count nothing.

    And how many lines could not be read, each of which may be where a counted one was moved.
    """
    added: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    hidden, unread = 0, None
    for file in files:
        sides = (file.added, added, file.additions), (file.removed, removed, file.deletions)
        for lines, counter, number in sides:
            if isinstance(lines, Unknown):
                # Content that GitHub could not show has its counts all the same.
                hidden += number if lines.by_content else _ANY_NUMBER
                unread = lines
            else:
                counter.update(_texts(lines))
    return sum(((added - removed) | (removed - added)).values()), hidden, unread


def _texts(lines: tuple[Line, ...]) -> list[str]:
    folded = ["".join(line.text.split()) for line in lines]
    return [text for text in folded if text]


RULE = Rule(
    id="companion-files-changed",
    title="Companion files changed",
    word="changed",
    items=frozenset({"docs"}),
    watch=False,
    kinds=(UNTOUCHED,),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
