"""No added code catches every error and says nothing.

Why it matters
    An error that nobody hears of is found by a customer, and its cause is gone by then.
What it looks at
    Added lines outside tests: Python handlers of everything, of `Exception` and `BaseException`;
    `catch` of JavaScript and TypeScript; empty `catch` of Java and Kotlin, and such of `Exception`
    or wider that only answer a constant; `rescue` and `rescue StandardError` of Ruby;
    `if err != nil {}` of Go. Only where nothing is done but pass, continue or return a constant.
How to satisfy it
    Log the error, raise it again, catch only the one that is expected, or say why in a comment.
What it cannot see
    Whether a caller, a middleware or a wrapper logs it after all, and whether what is caught could
    matter. A handler that does anything else, however little, counts as done.
Examples
    Ready: `catch (e) { logger.error(e) }`, or in Python passing over a `KeyError` alone.
    Not ready: `catch {}`, or in Python passing over `Exception`.
"""

from bot.linking.news import Place, SourceOptions, answer, news, source_needs
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.signal import Sign
from bot.model.verdict import Evidence, Kind, Says, Tier, Verdict

SWALLOWED = Kind(
    id="error-swallowed",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="Few were found in thousands of real commits; every one of them hid failures.",
)
COMMENTED = Kind(
    id="error-swallowed-with-comment",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="A comment stands there and usually says why.",
)
CONSTANT = Kind(
    id="error-answered-by-constant",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="JavaScript cannot catch one kind alone: to answer null is how much good code asks.",
)
DISCARDED = Kind(
    id="error-discarded",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="Good Go code does it too: whether the value is an error cannot be seen in one file.",
)


def prove(facts: Facts, options: SourceOptions) -> Verdict:
    found = news(
        facts,
        (Sign.SWALLOWED, Sign.DISCARDED),
        options.generated,
        lambda path: not options.tests.has(path),
    )
    places = () if isinstance(found, Unknown) else found.places
    return answer(
        found,
        [_shown(place) for place in places],
        "no error is swallowed",
        "{n} place(s) where an error may get lost: log it, or say why not",
    )


def _shown(place: Place) -> Evidence:
    signal = place.signal
    if signal.sign is Sign.DISCARDED:
        return DISCARDED.at("drops what a call returns", place.path, signal.line)
    if signal.excused:
        return COMMENTED.at("hides every failure, with a comment", place.path, signal.line)
    if signal.detail == "constant":
        return CONSTANT.at("answers every failure by a constant", place.path, signal.line)
    return SWALLOWED.at("hides every failure", place.path, signal.line)


RULE = Rule(
    id="errors-are-not-swallowed",
    title="Errors are not swallowed",
    word=None,
    items=frozenset({"logging"}),
    watch=True,
    kinds=(SWALLOWED, COMMENTED, CONSTANT, DISCARDED),
    version=1,
    options=SourceOptions,
    needs=source_needs,
    prove=prove,
)
