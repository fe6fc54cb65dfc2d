"""No added question to a database stands in a loop over rows.

Why it matters       A question for each row makes a page of fifty rows fifty-one questions long.
What it looks at     Added calls outside tests, migrations, scripts and pages that are named like
                     questions to a session, model or repository, in a `for`, `map`, `forEach` or
                     `each`. Loops over numbers, written lists and parts of many are left out.
How to satisfy it    Ask once for all of them, with a join or a list of keys.
What it cannot see   Questions that a called function asks, and whether the loop is ever long.
Examples             Ready: `id IN (...)` before the loop. Not ready: `session.scalar(...)` in it.
"""

from bot.linking.news import ServedOptions, advise, source_needs
from bot.model.facts import Facts
from bot.model.rule import Rule
from bot.model.signal import Sign
from bot.model.verdict import Kind, Says, Tier, Verdict

LOOPED = Kind(
    id="query-in-loop",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="That a call asks a database is told by its name alone.",
)


def prove(facts: Facts, options: ServedOptions) -> Verdict:
    what = "{n} added question(s) stand in a loop: ask once"
    words = ("is asked in a loop", "no added question stands in a loop", what)
    return advise(facts, options, Sign.QUERY_IN_LOOP, LOOPED, words)


RULE = Rule(
    id="queries-stay-out-of-loops",
    title="Queries stay out of loops",
    watch=True,
    kinds=(LOOPED,),
    options=ServedOptions,
    needs=source_needs,
    prove=prove,
    guide="data-modelling",
)
