"""No value of one environment is written into the code.

Why it matters
    A host or account in the code is right in one place and wrong in all others.
What it looks at
    Added string literals outside tests, docstrings, documentation, settings, migrations and
    scripts: addresses of this machine or a private network, hosts that end in .internal, .local or
    .corp, staging, qa and production hosts, cloud endpoints, ARNs with an account, home folders;
    credentials in an address; as hints, other foreign hosts. Defaults of settings that can be
    changed, log messages, descriptions and comparisons are left out.
How to satisfy it
    Read the value from settings or the environment.
What it cannot see
    Values that are put together at run time, and names of hosts that look like any other word.
Examples
    Ready: `settings.database_url`. Not ready: `"http://localhost:3000/login"` in a handler.
"""

from dataclasses import dataclass

from bot.linking.news import MIGRATIONS, TESTS, Place, answer, news, source_needs
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.rule import Rule
from bot.model.signal import Sign
from bot.model.verdict import Evidence, Kind, Says, Tier, Verdict

ENVIRONMENT = Kind(
    id="environment-value-added",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The address can only be reached in one place; too few were seen to be sure.",
)
CREDENTIALS = Kind(
    id="credentials-in-address",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="A user with a password stands before the host and is no placeholder.",
)
EXTERNAL = Kind(
    id="foreign-host-added",
    tier=Tier.HINT,
    says=Says.BROKEN,
    because="Much good code names hosts that never change.",
)
_KINDS = {"environment": ENVIRONMENT, "credentials": CREDENTIALS, "external": EXTERNAL}
_NOTES = {
    "environment": "belongs to one environment",
    "credentials": "credentials in an address of",
    "external": "names a foreign host",
}
# Code that is run by hand, or describes a place on purpose.
_APART = Area(
    "apart",
    (
        "**/{scripts,script,bin,tools,examples,example,docs,dev,fixtures,seeds,seed,demo,benchmarks}/**",
        "**/{settings,config,configuration}/**",
        "**/{settings,config,conf,constants}.{py,js,ts,go,rb,java,kt}",
        "**/*{.config,.conf,-config,_config}.{js,cjs,mjs,ts,mts}",
        "**/{*.stories.{ts,tsx,js,jsx},*.gradle.kts,setup.py}",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`except_in`: areas where it is allowed; none said: `settings`, `tests` and `docs`."""

    except_in: tuple[Area, ...] = ()
    settings: Area = Area("settings", ())
    tests: Area = TESTS
    docs: Area = Area("docs", ())
    migrations: Area = MIGRATIONS
    generated: Area = Area("generated", ())


def prove(facts: Facts, options: Options) -> Verdict:
    apart = options.except_in or (options.settings, options.tests, options.docs)
    apart = (*apart, options.migrations, _APART)
    found = news(
        facts,
        (Sign.LITERAL,),
        options.generated,
        lambda path: not any(one.has(path) for one in apart),
    )
    places = () if isinstance(found, Unknown) else found.places
    return answer(
        found,
        [_shown(place) for place in places],
        "no added literal belongs to one environment",
        "{n} added literal(s) name a host or place: read them from settings",
    )


def _shown(place: Place) -> Evidence:
    signal = place.signal
    return _KINDS[signal.detail].at(
        f"{_NOTES[signal.detail]}: {signal.name}", place.path, signal.line
    )


RULE = Rule(
    id="no-environment-values-added",
    title="No environment values were added",
    word=None,
    items=frozenset({"no-hardcoded-values"}),
    watch=True,
    kinds=(ENVIRONMENT, CREDENTIALS, EXTERNAL),
    version=1,
    options=Options,
    needs=source_needs,
    prove=prove,
)
