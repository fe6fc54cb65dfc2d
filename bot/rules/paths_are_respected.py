"""Files were added or touched only where they may be, or where they must be.

Why it matters       Some folders are frozen, generated elsewhere, or the only right place.
What it looks at     The paths of the changed files, a rename by its old and its new path.
How to satisfy it    Move the file, or leave the folder alone.
What it cannot see   What stands in the files.
Examples             Ready: nothing new under `legacy/`. Not ready: `legacy/new.py` was added.
"""

from dataclasses import dataclass

from bot.model.area import Area
from bot.model.facts import Change, Changes, Facts
from bot.model.known import Unknown
from bot.model.need import Need
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, failed, passed, skipped, undecided

SHOWN = 20

TOUCHED = Kind(
    id="path-touched",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The list of changed files names it.",
)
UNTOUCHED = Kind(
    id="path-untouched",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="The list of changed files is complete and none is there.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`must`: touch or not-touch. `kinds`: which changes count, e.g. only added files."""

    areas: tuple[Area, ...]
    kinds: tuple[Change, ...] = ()
    must: str = "not-touch"
    generated: Area = Area("generated", ())


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset()


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    if not facts.changes:
        return skipped("no file changed")
    hits = [
        file
        for file in facts.changes
        if (not options.kinds or file.change in options.kinds)
        and any(
            area.has(path) and not options.generated.has(path)
            for area in options.areas
            for path in file.paths
        )
    ]
    names = ", ".join(area.name for area in options.areas)
    if options.must == "touch":
        if hits:
            return passed(f"{len(hits)} file(s) in {names}")
        return failed(f"no file in {names}", UNTOUCHED.at(f"no changed file is in {names}"[:200]))
    if hits:
        shown = [TOUCHED.at(f"{file.change} in {names}"[:200], file.path) for file in hits[:SHOWN]]
        return failed(f"{len(hits)} file(s) in {names}", *shown)
    return passed(f"nothing in {names}")


RULE = Rule(
    id="paths-are-respected",
    title="Paths are respected",
    word="paths",
    items=frozenset(),
    watch=True,
    kinds=(TOUCHED, UNTOUCHED),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
