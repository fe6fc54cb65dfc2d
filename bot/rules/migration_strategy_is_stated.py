"""The description says how the tables get from here to there.

Why it matters       For a time old and new code both run: in which order, and what is lost?
What it looks at     Migrations of this change that drop, narrow, rename or fill what was there
                     before, and then the section "Migration strategy" of the description.
How to satisfy it    Write in which order code and tables change, and how to stop half-way.
What it cannot see   Whether the strategy is a good one, and what unreadable statements do.
Examples             Ready: a dropped column, and "release 12 no longer reads it". Not ready: the
                     dropped column alone.
"""

from dataclasses import dataclass

from bot.linking.description import lack
from bot.linking.migrations import MigrationOptions, does, gather, judged, migration_needs, told
from bot.linking.news import answer
from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.migration import Destroys
from bot.model.need import Need, Part
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, undecided

UNSAID = Kind(
    id="migration-strategy-missing",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="The description was read, but the strategy may stand elsewhere.",
)
_WORDS = frozenset(one.value for one in Destroys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(MigrationOptions):
    """`heading`: the section to look for."""

    heading: str = "Migration strategy"


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    found = migration_needs(options, changes)
    return found | {Part.BODY} if found else found


def prove(facts: Facts, options: Options) -> Verdict:
    gathered = gather(facts, options.migrations, options.generated)
    if isinstance(gathered, Unknown):
        return undecided(gathered)
    destroys = does(gathered, _WORDS)
    if isinstance(destroys, Unknown):
        return undecided(destroys)
    note = lack(facts, options.heading) if destroys else ""
    if isinstance(note, Unknown):
        return undecided(note)
    places = [(path, line) for word, _, path, line in told(gathered) if word in _WORDS]
    shown = [UNSAID.at(note, *place) for place in places[:1]] if note else []
    what = f"{note}: say how the tables get there"
    return answer(judged(gathered), shown, "nothing is lost or changed without a strategy", what)


RULE = Rule(
    id="migration-strategy-is-stated",
    title="The migration strategy is stated",
    watch=True,
    kinds=(UNSAID,),
    options=Options,
    needs=needs,
    prove=prove,
    guide="data-modelling",
)
