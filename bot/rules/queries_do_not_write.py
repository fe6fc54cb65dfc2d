"""No added function that is named like a question changes what is stored.

Why it matters
    Who calls `get_total` in a loop, twice or from a report trusts that nothing happens by it.
What it looks at
    Added functions outside tests and migrations whose name begins with get, list, find, is, has,
    count or the like, and which call something that saves, deletes or commits. Names that say
    both, such as `get_or_create`, and those that only hand out a session are left out.
How to satisfy it
    Move the writing into a function of its own, or name it for what it does.
What it cannot see
    What a called function stores, and whether a call of that name stores anything: it is a hint.
Examples
    Ready: `find_order` reads. Not ready: `get_total` saves the order that it adds up.
"""

import re

from bot.linking.news import (
    MIGRATIONS,
    News,
    SourceOptions,
    answer,
    judged_files,
    new_functions,
    source_needs,
)
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, undecided

WRITES = Kind(
    id="query-writes",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="What a call does is told by its name alone.",
)
_ASKS = re.compile(
    r"^_*(get|list|find|is|has|count|load|search|lookup|fetch|read|exists)(_|(?<=[a-z])(?=[A-Z]))"
    r"|^_*(Get|List|Find|Is|Has|Count|Load|Search|Lookup|Fetch|Read|Exists)(?=[A-Z])"
)
_SAYS_BOTH = re.compile(
    r"(?i)(_or_|_and_|[a-z]Or[A-Z]|[a-z]And[A-Z])|(session|db|database|transaction|connection)$"
)


def prove(facts: Facts, options: SourceOptions) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)

    def judged(path: str) -> bool:
        return not options.tests.has(path) and not MIGRATIONS.has(path)

    found, unread = new_functions(facts, options.generated, judged)
    shown = [
        WRITES.at(f"{one.name} is named like a question, and stores", head.file.path, one.line)
        for head, one in found
        if one.writes and not one.test and _is_question(one.name)
    ]
    return answer(
        News(files=judged_files(facts, options.generated, judged), open=tuple(unread)),
        shown,
        "no added function that asks also writes",
        "{n} added function(s) are named like a question and store something",
    )


def _is_question(name: str) -> bool:
    own = name.rpartition(".")[2]
    return _ASKS.match(own) is not None and _SAYS_BOTH.search(own) is None


RULE = Rule(
    id="queries-do-not-write",
    title="Queries do not write",
    watch=True,
    kinds=(WRITES,),
    options=SourceOptions,
    needs=source_needs,
    prove=prove,
    guide="service-layer",
)
