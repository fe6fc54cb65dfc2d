"""Integration tests meet the database that production runs on.

Why it matters       SQLite and a mocked session accept what the real database refuses.
What it looks at     Added lines of tests whose path says integration: an address of SQLite, H2 or
                     HSQLDB, or a double of a session, an engine or an entity manager; where the
                     project's manifests name the driver of another database. And columns of mapped
                     classes that are new or have another type, where no test was changed at all.
How to satisfy it    Start the real engine for the job: a service of the workflow, or a container.
What it cannot see   Addresses that are computed, tests in a folder of another name, and whether a
                     test that was there covers a new column.
Examples             Ready: an address read from `DATABASE_URL`. Not ready: `sqlite://` in
                     `tests/integration/conftest.py` beside `psycopg` in `pyproject.toml`.
"""

from dataclasses import dataclass

from bot.linking.columns import columns, differing
from bot.linking.libraries import LIBRARIES
from bot.linking.news import News, SourceOptions, answer, news, source_needs, without
from bot.model.area import Area
from bot.model.facts import ChangedFile, Changes, Facts
from bot.model.known import Unknown
from bot.model.manifest import family
from bot.model.need import Need
from bot.model.reading import BOTH, MANIFEST, MODELS, Read
from bot.model.rule import Rule
from bot.model.signal import Sign
from bot.model.verdict import Kind, Says, Tier, Verdict, undecided

STAND_IN = Kind(
    id="stand-in-database",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="Another test may run the same code on the real one.",
)
UNTESTED = Kind(
    id="column-without-test",
    tier=Tier.LIKELY,
    says=Says.ABSENT,
    because="No test was changed with the column; one that was there may cover it.",
)
_WORDS = "{integration,Integration}"
_INTEGRATION = Area("integration tests", (f"**/*{_WORDS}*/**", f"**/*{_WORDS}*"))
_PACKAGES = tuple(family(one) for one in ("python", "node", "go", "jvm", "ruby"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(SourceOptions):
    """`data`: where mapped classes are. `tests`: where tests are."""

    data: Area = Area("data", ())


def _is_judged(path: str, options: Options) -> bool:
    return options.tests.has(path) and _INTEGRATION.has(path)


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    files = () if isinstance(changes, Unknown) else changes
    if not _tests(files, options):
        return frozenset({Read(reading=MODELS.id, area=options.data, sides=BOTH)})
    if not any(_is_judged(one.path, options) for one in files):
        return frozenset()
    read = {Read(reading=MANIFEST.id, area=one, unchanged=True) for one in _PACKAGES}
    return source_needs(options, changes) | read


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    if _tests(facts.changes, options):
        return _stood_in(facts, options)
    inside = without(options.data, options.generated)
    models = [one for one in facts.changes if any(inside.has(path) for path in one.paths)]
    before, after, unread = columns(facts, tuple(models))
    shown = [
        UNTESTED.at(f"{note}, no test was changed"[:200], path, line)
        for note, path, line in differing(before, after)
        if path and not unread
    ]
    judged = News(files=bool(shown), open=tuple(unread))
    return answer(judged, shown, "", "{n} column(s) differ and no test was changed")


def _tests(files: tuple[ChangedFile, ...], options: Options) -> bool:
    """Whether any test was changed."""
    return any(options.tests.has(path) for one in files for path in one.paths)


def _stood_in(facts: Facts, options: Options) -> Verdict:
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
    kinds=(STAND_IN, UNTESTED),
    options=Options,
    needs=needs,
    prove=prove,
)
