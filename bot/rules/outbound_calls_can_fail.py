"""No added call to another service waits for ever.

Why it matters
    A service that waits without an end for another one hangs with it, and so do all that wait for
    it.
What it looks at
    Added lines outside tests, pages of a browser and scripts: calls of Python's `requests` and
    `urlopen` without `timeout`, of `axios` without `timeout` or `signal`, of Go's `http.Get` and
    its like on the default client, and `new RestTemplate()` of Java.
How to satisfy it
    Give the call a time limit, or make it on a client that has one.
What it cannot see
    Limits that are set for all calls elsewhere, calls through a wrapper or a client of your own,
    and whether what happens after the limit is any good.
Examples
    Ready: `requests.get(url, timeout=5)`. Not ready: `requests.get(url)`.
"""

from bot.linking.news import ServedOptions, advise, source_needs
from bot.model.facts import Facts
from bot.model.rule import Rule
from bot.model.signal import Sign
from bot.model.verdict import Kind, Says, Tier, Verdict

ENDLESS = Kind(
    id="call-without-timeout",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="These clients wait for ever by default, but a default may be set elsewhere.",
)


def prove(facts: Facts, options: ServedOptions) -> Verdict:
    what = "{n} added call(s) may wait for ever: limit them"
    words = ("has no time limit", "no added call waits for ever", what)
    return advise(facts, options, Sign.NO_TIMEOUT, ENDLESS, words)


RULE = Rule(
    id="outbound-calls-can-fail",
    title="Outbound calls can fail",
    watch=True,
    kinds=(ENDLESS,),
    options=ServedOptions,
    needs=source_needs,
    prove=prove,
    guide="api-implementation",
)
