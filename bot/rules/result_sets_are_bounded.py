"""What is asked of a table has an end.

Why it matters       What is fast on ten rows takes the service down on ten million.
What it looks at     Added lines outside tests, migrations, scripts and pages that bring every row:
                     SQLAlchemy's `.all()`, Django's `objects.all()` in a loop or list, `find({})`,
                     `find()` and `findMany()` of JavaScript, `findAll()` of a Java repository,
                     `.all` of a Rails model, shown or walked; each without condition or limit.
How to satisfy it    Ask for a page, or for those that are needed.
What it cannot see   Statements that are put together elsewhere, and tables that stay small.
Examples             Ready: `Order.find({}).limit(50)`. Not ready: `Order.find({})`.
"""

from bot.linking.news import ServedOptions, advise, source_needs
from bot.model.facts import Facts
from bot.model.rule import Rule
from bot.model.signal import Sign
from bot.model.verdict import Kind, Says, Tier, Verdict

EVERY = Kind(
    id="result-set-without-end",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="Nothing in the statement bounds it, but the table may always be small.",
)


def prove(facts: Facts, options: ServedOptions) -> Verdict:
    what = "{n} added question(s) bring every row: ask for a page"
    words = ("brings every row", "every added question has an end", what)
    return advise(facts, options, Sign.UNBOUNDED, EVERY, words)


RULE = Rule(
    id="result-sets-are-bounded",
    title="Result sets are bounded",
    watch=True,
    kinds=(EVERY,),
    options=ServedOptions,
    needs=source_needs,
    prove=prove,
    guide="data-modelling",
)
