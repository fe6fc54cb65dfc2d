"""What `tests-ran` answers, written as the reports that CI uploads."""

from __future__ import annotations

from typing import Any

from bot.model.known import Unknown
from bot.rules.tests_ran import Options, needs
from bot.worker.reports import ReportDesk
from tests.rules.tables import LATER, UNREAD, Case, F, P, S, U, W, case, table, verdicts, words
from tests.support.pulls import check, pull
from tests.support.reports import Shelf, filled, packed, suite

NAME = "unit-results"
OK = suite("test_one", "test_two")
OTHER = ".github/workflows/other.yml"


def shelf(*archives: dict[str, str] | bytes, name: str = NAME, **about: Any) -> Shelf:
    """Each archive as one artifact of a run of its own."""
    made = Shelf()
    for run, archive in enumerate(archives):
        body = archive if isinstance(archive, bytes) else packed(archive)
        made.put(name, body, **{"run": run, **about})
    return made


def row(why: str, made: Shelf, outcome: Any, known: Any = (), **options: Any) -> Case:
    """A row; `known`: what else is known of the pull request."""
    asked = needs(Options(**{"artifact": NAME, **options}), ())
    facts = pull(**{"checks": (check("ci / unit"),), **dict(known)})
    return case(why, filled(facts, asked, made), outcome, **options)


def refused(why: Unknown) -> Shelf:
    return Shelf(refused=why)


def attempts(*texts: str) -> Shelf:
    """The same artifact of one run, once an attempt."""
    made = Shelf()
    for text in texts:
        made.put(NAME, packed({"r.xml": text}))
    return made


BIG = Shelf()
BIG.put(NAME, b"", size=21_000_000)
NO_XML = {"coverage.xml": "<coverage/>", "log.txt": "no XML"}
CUT = {"r.xml": OK[:-20]}

TABLE = table(
    "tests-ran",
    row("all ran", shelf({"r.xml": OK}), P),
    row("one failed", shelf({"r.xml": suite("test_one", "test_two!")}), F),
    row("one errored", shelf({"r.xml": OK.replace("</testcase>", "<error/></testcase>", 1)}), F),
    row("as many as may fail", shelf({"r.xml": suite("a", "b!")}), P, failed_at_most=1),
    row("all skipped", shelf({"r.xml": suite("test_one?", "test_two?")}), F),
    row("no case at all", shelf({"r.xml": suite()}), F),
    row("says ten, lists none", shelf({"r.xml": suite(tests=10)}), F),
    row("says ten, lists two", shelf({"r.xml": suite("a", "b", tests=10)}), P),
    row("fewer than asked", shelf({"r.xml": OK}), F, ran_at_least=3),
    row("some skipped", shelf({"r.xml": suite("a", "b?")}), P),
    row("none may be skipped", shelf({"r.xml": suite("a", "b?")}), F, skipped_at_most=0),
    row("cases that count fail", shelf({"r.xml": suite("a!")}), F, cases=("tests/test_re*",)),
    row("others fail", shelf({"r.xml": suite("a!")}), F, cases=("*integration*",)),
    row("cases by suite", shelf({"r.xml": OK}), P, cases=("unit",)),
    row("two runs, one fails", shelf({"r.xml": OK}, {"r.xml": suite("a!")}), F),
    row("failed, then passed", attempts(suite("a!"), suite("a")), P),
    row("passed, then failed", attempts(suite("a"), suite("a!")), F),
    row("passed on the second try", shelf({"r.xml": suite("a~")}), P),
    row("one name, both results", shelf({"r.xml": suite("a!", "a", "b")}), U),
    row("another name", shelf({"r.xml": OK}, name="unit-result"), W),
    row("by a glob", shelf({"r.xml": OK}), P, artifact="*-results"),
    row("another workflow", shelf({"r.xml": OK}, workflow=OTHER), W, workflow=".github/x.yml"),
    row("absent", Shelf(), W),
    row("never came", Shelf(), U, {"taken_at": LATER}),
    row("never came, skip", Shelf(), S, {"taken_at": LATER}, if_absent="skip"),
    row("no report in it", shelf(NO_XML), U, {"taken_at": LATER}),
    row("no report in it, skip", shelf(NO_XML), S, if_absent="skip"),
    row("the run goes on", shelf({"r.xml": suite("a!")}, over=False), W),
    row("never ended", shelf({"r.xml": OK}, over=False), U, {"taken_at": LATER}),
    row("not whole", shelf(CUT), U),
    row("not whole, skip", shelf(CUT), S, if_absent="skip"),
    row("one of two not whole", shelf({"r.xml": OK}, CUT), U),
    row("one fails, one not whole", shelf({"r.xml": suite("a!")}, CUT), F),
    row("no archive", shelf(b"PK\x03\x04 and so on"), U),
    row("too large", BIG, U),
    row("not permitted", refused(Unknown("the app may not read artifacts")), U),
    row("files not known", shelf({"r.xml": suite("z!")}), F, {"changes": UNREAD}),
    artifact=NAME,
)
test_verdict = verdicts(TABLE)
test_words = words(TABLE)


def test_what_nobody_asked_for_is_not_read() -> None:
    made = shelf({"r.xml": OK})
    made.put("screenshots", packed({"a.png": "x"}))

    filled(pull(), needs(Options(artifact=NAME), ()), made)

    assert made.fetched == [1]


async def test_an_artifact_is_read_once() -> None:
    made = shelf({"r.xml": OK})
    desk = ReportDesk(made, made)
    asked = needs(Options(artifact=NAME), ())

    first = await desk.fill(None, pull(), asked)
    again = await desk.fill(None, pull(), asked)

    assert first.artifacts == again.artifacts != {}
    assert made.fetched == [1]
