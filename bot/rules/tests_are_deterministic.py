"""Added tests depend on no clock, chance, order or foreign host.

Why it matters
    A test that fails now and then teaches everybody to ignore red.
What it looks at
    Added lines of tests: sleeping, random numbers without a seed in the same file, requests to a
    real host, and as hints the current time, random identifiers and marks of order.
How to satisfy it
    Wait for a condition instead of a time, set a seed, freeze the clock, answer requests by a
    double or a local server.
What it cannot see
    Seeds, frozen clocks and network doubles that are set up in another file, state that one test
    leaves for the next, and addresses that are computed.
Examples
    Ready: `await until(lambda: done)`. Not ready: `time.sleep(2)`.
"""

from bot.linking.news import Place, SourceOptions, answer, news, source_needs
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.signal import Sign
from bot.model.verdict import Evidence, Kind, Says, Tier, Verdict


def _kind(name: str, tier: Tier, because: str) -> Kind:
    return Kind(id=name, tier=tier, says=Says.BROKEN, because=because)


KINDS = {
    Sign.SLEEP: _kind("test-sleeps", Tier.LIKELY, "Some tests are about waiting itself."),
    Sign.RANDOM: _kind("test-uses-chance", Tier.LIKELY, "The seed may be set in another file."),
    Sign.NETWORK: _kind("test-calls-real-host", Tier.LIKELY, "A double may stand in elsewhere."),
    Sign.NOW: _kind("test-reads-clock", Tier.HINT, "Most tests that do so never fail for it."),
    Sign.ORDER: _kind("test-has-order", Tier.HINT, "An order may only make the report readable."),
}
_NOTES = {
    Sign.SLEEP: "sleeps",
    Sign.RANDOM: "uses chance without a seed in this file",
    Sign.NETWORK: "calls",
    Sign.NOW: "reads the clock or makes a random identifier",
    Sign.ORDER: "says in which order tests run",
}


def prove(facts: Facts, options: SourceOptions) -> Verdict:
    found = news(facts, KINDS, options.generated, options.tests.has)
    places = () if isinstance(found, Unknown) else found.places
    return answer(
        found,
        [_shown(place) for place in places if not place.signal.excused],
        "nothing there depends on time, chance or a foreign host",
        "{n} place(s) where an added test may not always end the same",
    )


def _shown(place: Place) -> Evidence:
    signal = place.signal
    return KINDS[signal.sign].at(f"{_NOTES[signal.sign]}: {signal.name}", place.path, signal.line)


RULE = Rule(
    id="tests-are-deterministic",
    title="Tests are deterministic",
    word=None,
    items=frozenset({"deterministic-tests"}),
    watch=True,
    kinds=tuple(KINDS.values()),
    version=1,
    options=SourceOptions,
    needs=source_needs,
    prove=prove,
)
