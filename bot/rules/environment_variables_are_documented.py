"""Every environment variable that the code newly reads is named in the documentation.

Why it matters
    A variable that nobody is told of is missing on the day of the release.
What it looks at
    Variables newly read outside tests: `os.environ`, `getenv` and settings classes in Python,
    `process.env` and `import.meta.env`, `System.getenv` and `@Value`, `os.Getenv` and viper,
    `ENV`. Each is looked for, as a whole word, in the area docs and in samples such as
    `.env.example` and compose files, changed or not.
How to satisfy it
    Name the variable where the others are described.
What it cannot see
    Documentation in another repository, names that are put together at run time, and whether what
    is written there is right.
Examples
    Ready: `os.environ["RATE_URL"]` and a line on `RATE_URL` in `docs/settings.md`.
    Not ready: the variable alone.
"""

import re
from dataclasses import dataclass

from bot.linking.names import turnover
from bot.linking.news import TESTS, News, answer, counts, source_needs
from bot.model.area import Area
from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.need import Need
from bot.model.reading import SIGNALS, Read
from bot.model.rule import Rule
from bot.model.signal import Sign
from bot.model.verdict import Kind, Says, Tier, Verdict, undecided

UNDOCUMENTED = Kind(
    id="variable-undocumented",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="It may be described where only people look, or not be meant for others.",
)
# Where variables are listed besides the documentation.
_SAMPLES = (
    "**/{.env.*,*.env,env.example,env.sample,*.env.example}",
    "**/{docker-compose,compose}*.{yml,yaml}",
    "README*",
)
# What lies among the documentation and is not written by hand, or not as text.
_NOT_PROSE = (
    "!**/*.{png,jpg,jpeg,gif,svg,webp,ico,pdf,mp4,webm,woff,woff2,zip,lock}",
    "!**/*.{html,htm,css,js,ts,map,json,po,pot,csv,ipynb}",
)
_PERHAPS = re.compile(r"environ|getenv|Getenv|LookupEnv|\benv\b|\bENV\b|viper|[Ss]ettings|@Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`docs`: where variables are described. `tests`, `generated`: not looked at."""

    docs: Area = Area("docs", ("docs/**", "**/*.{md,rst,adoc}"))
    tests: Area = TESTS
    generated: Area = Area("generated", ())


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    wanted: set[Need] = set(source_needs(options, changes))
    if _may_read(options, changes):
        wanted.add(Read(reading=SIGNALS.id, area=_described(options), unchanged=True))
    return frozenset(wanted)


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    read = turnover(facts, Sign.ENVIRONMENT, options.tests, options.generated)
    fresh = {one.name: (one.path, one.line) for one in read.new}
    named, unnamed = _named(facts, options) if fresh else (set(), [])
    lacking = {name: place for name, place in fresh.items() if name not in named}
    if lacking and unnamed:
        return undecided(unnamed[0])
    return answer(
        News(
            files=read.files,
            open=(*read.open, *(read.blurred if lacking else ())),
        ),
        [
            UNDOCUMENTED.at(f"{name} is described nowhere", *place)
            for name, place in lacking.items()
        ],
        f"{len(fresh)} new variable(s), all described",
        "{n} new environment variable(s) are described nowhere: " + ", ".join(lacking),
    )


def _named(facts: Facts, options: Options) -> tuple[set[str], list[Unknown]]:
    """Every capital word of the documentation at the head, and what of it could not be read."""
    texts = facts.read_all(SIGNALS, _described(options))
    if isinstance(texts, Unknown):
        return set(), [texts]
    read = [value for value in texts.values() if not isinstance(value, Unknown)]
    unread = [value for value in texts.values() if isinstance(value, Unknown)]
    return {name for value in read for name in value.names}, unread


def _described(options: Options) -> Area:
    return Area("described", (*options.docs.globs, *_SAMPLES, *_NOT_PROSE))


def _may_read(options: Options, changes: Changes) -> bool:
    """Whether an added line may read a variable: only then is the documentation fetched."""
    if isinstance(changes, Unknown):
        return False
    for file in changes:
        if counts(file.path, options.generated) and not options.tests.has(file.path):
            lines = () if isinstance(file.added, Unknown) else file.added
            if _PERHAPS.search(file.path) or any(_PERHAPS.search(line.text) for line in lines):
                return True
    return False


RULE = Rule(
    id="environment-variables-are-documented",
    title="Environment variables are documented",
    word=None,
    items=frozenset({"docs"}),
    watch=True,
    kinds=(UNDOCUMENTED,),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
