"""No added code ends a transaction bit by bit, or waits for others while one is open.

Why it matters       A loop that stops leaves half of its work; who waits holds what it has locked.
What it looks at     Added Python, without tests, migrations and scripts: `session.commit()` and its
                     like for each step of a `for`; calls of `requests`, `httpx`, `aiohttp` or
                     `urlopen` in `with session.begin()`, `transaction.atomic` and their like.
How to satisfy it    Commit once, where the transaction was begun; call others before or after it.
What it cannot see   What a called function does, other languages, and steps that are to last.
Examples             Ready: one `commit()` after the loop. Not ready: one after each order.
"""

from bot.linking.news import MIGRATIONS, SourceOptions, answer, news, source_needs
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.signal import Sign
from bot.model.verdict import Kind, Says, Tier, Verdict

BIT_BY_BIT = Kind(
    id="commit-in-loop",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The call stands in the loop, but each step may be meant to last.",
)
WAITS = Kind(
    id="call-in-transaction",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The call stands in the block, but what the block begins is told by its name.",
)
_SAYS = {
    Sign.COMMIT_IN_LOOP: (BIT_BY_BIT, "for each of many"),
    Sign.CALL_IN_TRANSACTION: (WAITS, "in a transaction"),
}
_ASIDE = Area("aside", (*MIGRATIONS.globs, "**/{scripts,tools,bin,examples}/**"))


def prove(facts: Facts, options: SourceOptions) -> Verdict:
    def judged(path: str) -> bool:
        return path.endswith(".py") and not options.tests.has(path) and not _ASIDE.has(path)

    found = news(facts, _SAYS, options.generated, judged)
    shown = [
        kind.at(f"{one.signal.name} {where}", one.path, one.signal.line)
        for one in (() if isinstance(found, Unknown) else found.places)
        for kind, where in [_SAYS[one.signal.sign]]
    ]
    clean, what = "no transaction is cut or held", "{n} place(s) cut a transaction or hold it open"
    return answer(found, shown, clean, what)


RULE = Rule(
    id="transactions-have-one-owner",
    title="Transactions have one owner",
    watch=True,
    kinds=(BIT_BY_BIT, WAITS),
    options=SourceOptions,
    needs=source_needs,
    prove=prove,
    guide="service-layer",
)
