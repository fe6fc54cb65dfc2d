"""No added comment or mark switches off what checks the code.

Why it matters
    Each exception is small; together they decide what the linter and the types still prove.
What it looks at
    Added `noqa`, `type: ignore`, `pylint: disable`, `eslint-disable`, `@ts-ignore`, `nolint`,
    `rubocop:disable`, `@SuppressWarnings`, `pragma: no cover` and the like, in every source file.
    One that only moved is not new.
How to satisfy it
    Mend what the tool says. Where it is wrong, keep the exception to one line and one finding.
What it cannot see
    Whether an exception is right, and lists of exceptions in the tool's own settings: those count
    as weakened evidence.
Examples
    Ready: no exception is added. Not ready: `# type: ignore` on a new line.
"""

from dataclasses import dataclass

from bot.linking.news import Place, answer, news, source_needs
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.signal import COVERAGE, Sign
from bot.model.verdict import Evidence, Kind, Says, Tier, Verdict

SUPPRESSED = Kind(
    id="finding-suppressed",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="Good code has such exceptions too; it is their number that tells.",
)
UNCOVERED = Kind(
    id="coverage-excluded",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The line leaves the coverage figure that this pull request is measured by.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`generated`: where it is not looked for."""

    generated: Area = Area("generated", ())


def prove(facts: Facts, options: Options) -> Verdict:
    found = news(facts, (Sign.SUPPRESSED,), options.generated, bool)
    places = () if isinstance(found, Unknown) else found.places
    return answer(
        found,
        [_shown(place) for place in places],
        "nothing that checks the code is switched off",
        "{n} finding(s) are switched off by added comments or marks",
    )


def _shown(place: Place) -> Evidence:
    signal = place.signal
    kind = UNCOVERED if signal.name in COVERAGE else SUPPRESSED
    return kind.at(signal.name, place.path, signal.line)


RULE = Rule(
    id="conventions-are-not-loosened",
    title="Conventions are not loosened",
    word=None,
    items=frozenset({"conventions"}),
    watch=True,
    kinds=(SUPPRESSED, UNCOVERED),
    version=1,
    options=Options,
    needs=source_needs,
    prove=prove,
)
