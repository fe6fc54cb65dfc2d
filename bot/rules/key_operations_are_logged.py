"""Added functions that store something also log it, or a person has seen that they need not.

Why it matters
    What was changed, by whom and when is asked in the first minute of every incident.
What it looks at
    Functions that this pull request adds in the areas endpoints and logic (anywhere outside tests
    where the policy has none of them), that call something which stores: `commit`, `save`,
    `bulk_create`, `session.add`, `repository.save`, `prisma.user.create` and the like, and that
    call no logger.
How to satisfy it
    Log the operation, or look at the list and say that it is logged elsewhere.
What it cannot see
    Logging in middleware, in a called function, an audit table or an event. It only lists what a
    person should look at, and never fails.
Examples
    Ready: `db.commit()` and `log.info("refund %s", refund.id)`. Not ready: `db.commit()` alone.
"""

from dataclasses import dataclass

from bot.linking.news import (
    MIGRATIONS,
    TESTS,
    News,
    answer,
    judged_files,
    new_functions,
    source_needs,
)
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, undecided

UNLOGGED = Kind(
    id="key-operation-unlogged",
    tier=Tier.HINT,
    says=Says.ABSENT,
    because="It is a list for a person: much good code is logged in one place for all.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`endpoints`, `logic`: where key operations are. The others: where none are."""

    endpoints: Area = Area("endpoints", ())
    logic: Area = Area("logic", ())
    tests: Area = TESTS
    migrations: Area = MIGRATIONS
    generated: Area = Area("generated", ())


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    areas = [one for one in (options.endpoints, options.logic) if one.globs]

    def judged(path: str) -> bool:
        if options.tests.has(path) or options.migrations.has(path):
            return False
        return not areas or any(one.has(path) for one in areas)

    found, unread = new_functions(facts, options.generated, judged)
    shown = [
        UNLOGGED.at(f"{one.name} stores something and logs nothing", head.file.path, one.line)
        for head, one in found
        if one.writes and not one.logs and not one.test
    ]
    files = judged_files(facts, options.generated, judged)
    return answer(
        News(files=files, open=tuple(unread)),
        shown,
        "no added function stores something unlogged",
        "{n} added function(s) store something and log nothing: look whether they should",
    )


RULE = Rule(
    id="key-operations-are-logged",
    title="Key operations are logged",
    word=None,
    items=frozenset({"logging"}),
    watch=True,
    kinds=(UNLOGGED,),
    version=1,
    options=Options,
    needs=source_needs,
    prove=prove,
)
