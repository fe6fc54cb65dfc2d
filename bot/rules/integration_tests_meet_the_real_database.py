"""Integration tests meet the database that production runs on.

Why it matters       SQLite and a mocked session accept what the real database refuses.
What it looks at     Added lines of tests whose path says integration: an address of SQLite, H2 or
                     HSQLDB, or a double of a session, an engine or an entity manager; where the
                     project's manifests name the driver of another database.
How to satisfy it    Start the real engine for the job: a service of the workflow, or a container.
What it cannot see   Addresses that are computed, and tests in a folder of another name.
Examples             Ready: an address read from `DATABASE_URL`. Not ready: `sqlite://` in
                     `tests/integration/conftest.py` beside `psycopg` in `pyproject.toml`.
"""

from bot.linking.libraries import LIBRARIES
from bot.linking.news import SourceOptions, answer, news, source_needs
from bot.model.area import Area
from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.manifest import family
from bot.model.need import Need
from bot.model.reading import MANIFEST, Read
from bot.model.rule import Rule
from bot.model.signal import Sign
from bot.model.verdict import Kind, Says, Tier, Verdict, undecided

STAND_IN = Kind(
    id="stand-in-database",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="Another test may run the same code on the real one.",
)
_WORDS = "{integration,Integration}"
_INTEGRATION = Area("integration tests", (f"**/*{_WORDS}*/**", f"**/*{_WORDS}*"))
_PACKAGES = tuple(family(one) for one in ("python", "node", "go", "jvm", "ruby"))


def _is_judged(path: str, options: SourceOptions) -> bool:
    return options.tests.has(path) and _INTEGRATION.has(path)


def needs(options: SourceOptions, changes: Changes) -> frozenset[Need]:
    files = () if isinstance(changes, Unknown) else changes
    if not any(_is_judged(one.path, options) for one in files):
        return frozenset()
    read = {Read(reading=MANIFEST.id, area=one, unchanged=True) for one in _PACKAGES}
    return source_needs(options, changes) | read


def prove(facts: Facts, options: SourceOptions) -> Verdict:
    found = news(facts, (Sign.STAND_IN,), options.generated, lambda path: _is_judged(path, options))
    places = () if isinstance(found, Unknown) else found.places
    listed = [facts.read_all(MANIFEST, one) for one in _PACKAGES] if places else []
    lost = [one for one in listed if isinstance(one, Unknown)]
    read = [one for each in listed if not isinstance(each, Unknown) for one in each.values()]
    lost += [one for one in read if isinstance(one, Unknown)]
    names = {name.name for one in read if not isinstance(one, Unknown) for name in one.names}
    driver = min(names & LIBRARIES["database-driver"], default="")
    if lost and not driver:
        return undecided(lost[0])
    shown = [
        STAND_IN.at(
            f"{one.signal.name} stands in, though {driver} is used"[:200], one.path, one.signal.line
        )
        for one in places
        if driver
    ]
    what = "{n} place(s) where another database stands in for the real one"
    return answer(found, shown, "no added line stands in for the real database", what)


RULE = Rule(
    id="integration-tests-meet-the-real-database",
    title="Integration tests meet the real database",
    items=frozenset({"integration-tests"}),
    watch=True,
    kinds=(STAND_IN,),
    options=SourceOptions,
    needs=needs,
    prove=prove,
)
