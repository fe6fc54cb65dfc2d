"""Values that go together are declared once.

Why it matters       Columns that always travel together are one thing; written twice they drift.
What it looks at     Columns that this change adds to mapped classes of SQLAlchemy, SQLModel, Django
                     and Prisma: the same three or more names in two of them. Keys, names, times
                     and states of a record are left out, and what both inherit.
How to satisfy it    Give the group a type of its own: a composite, a mixin, or a table.
What it cannot see   Whether the names mean the same, and groups that stood there before.
Examples             Ready: one `Address` that both use. Not ready: street, city and zip in two.
"""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations

from bot.linking.columns import columns
from bot.model.area import Area
from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.need import Need
from bot.model.reading import BOTH, MODELS, Read
from bot.model.rule import Rule
from bot.model.verdict import Evidence, Kind, Says, Tier, Verdict, passed, skipped, undecided

REPEATED = Kind(
    id="value-group-repeated",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="The same names may mean different things.",
)
_OF_A_RECORD = re.compile(
    r"(?i)(\w+_)?(id|uuid|key|name|title|slug|type|kind|status|state|notes?|description|position"
    r"|version|active|enabled|metadata|at|on|by)|(?-i:\w+(Id|At|On|By))"
)
_LEAST, _SHOWN = 3, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`data`: where mapped classes live."""

    data: Area = Area("data", ())
    generated: Area = Area("generated", ())


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset({Read(reading=MODELS.id, area=options.data, sides=BOTH)})


def prove(facts: Facts, options: Options) -> Verdict:
    files = facts.changed_in(options.data)
    if isinstance(files, Unknown):
        return undecided(files)
    before, after, unread = columns(
        facts, tuple(one for one in files if not options.generated.has(one.path))
    )
    if unread:
        return undecided(unread[0])
    fresh = Counter(one.name for _, one in after) - Counter(one.name for one in before)
    models: dict[str, dict[str, tuple[str, int]]] = {}
    for path, one in after:
        if fresh[one.name] > 1 and not _OF_A_RECORD.fullmatch(one.name):
            models.setdefault(one.model, {})[one.name] = (path, one.line)
    if not after:
        return skipped("no mapped class was changed")
    shown = tuple(_repeated(models))[:_SHOWN]
    return passed(f"{len(shown)} group(s) of added columns stand in two classes", advice=shown)


def _repeated(models: dict[str, dict[str, tuple[str, int]]]) -> list[Evidence]:
    found = []
    for (first, one), (second, two) in combinations(models.items(), 2):
        # What both inherit stands at one place.
        both = [name for name in two if name in one and one[name] != two[name]]
        if len(both) >= _LEAST:
            note = f"{first} and {second} both have {', '.join(both)}"
            found.append(REPEATED.at(note[:200], *two[both[0]]))
    return found


RULE = Rule(
    id="value-groups-are-shared",
    title="Value groups are shared",
    watch=True,
    kinds=(REPEATED,),
    options=Options,
    needs=needs,
    prove=prove,
    guide="data-modelling",
)
