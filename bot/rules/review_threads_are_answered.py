"""Every open thread of the review has an answer of the author.

Why it matters       A question to which nobody says anything is asked again, or forgotten.
What it looks at     Threads on lines that are not resolved and in which somebody else wrote last.
How to satisfy it    Answer, or mend the line and resolve the thread.
What it cannot see   Whether an answer answers; that a thread was resolved, until the next push,
                     comment or `/handoff recheck`.
Examples             Ready: "Done" below the question. Not ready: the question stands alone.
"""

from bot.linking.touched import spot
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.need import Part
from bot.model.rule import NoOptions, Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, passed, undecided

WAITING = Kind(
    id="thread-not-answered",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The last word is a fact, but it may ask for nothing.",
)
SHOWN = 20


def prove(facts: Facts, options: NoOptions) -> Verdict:
    if isinstance(facts.threads, Unknown):
        return undecided(facts.threads)
    shown = [
        WAITING.at(f"{one.last_by.login} waits for an answer", *spot(facts, one.path, 0))
        for one in facts.threads
        if not one.resolved and one.last_by.id != facts.author.id
    ]
    if shown:
        what = f"{len(shown)} thread(s) of the review wait for the author: answer or resolve them"
        return passed(what, advice=tuple(shown[:SHOWN]))
    return passed("no thread of the review waits for the author")


RULE = Rule(
    id="review-threads-are-answered",
    title="Review threads are answered",
    watch=True,
    kinds=(WAITING,),
    options=NoOptions,
    needs=lambda _options, _changes: frozenset({Part.THREADS}),
    prove=prove,
    guide="review",
)
