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


def after(base: Shelf | None, *archives: dict[str, str], **about: Any) -> Shelf:
    """The archives, with what the merge base left."""
    made = shelf(*archives, **about)
    made.base = base
    return made


def before(*archives: dict[str, str], jobs: Any = None, name: str = NAME, **about: Any) -> Shelf:
    """What the merge base left; its ids are others."""
    made = Shelf()
    for run, archive in enumerate(archives):
        made.put(name, packed(archive), **{"id": 100 + run, "run": 50 + run, **about})
    made.jobs = made.jobs if jobs is None else jobs
    return made


def ran(many: int, skipped: int = 0) -> dict[str, str]:
    """A report of so many cases that ran, and others that did not."""
    names = [f"test_{at}" for at in range(many)] + [f"idle_{at}?" for at in range(skipped)]
    return {"r.xml": suite(*names)}


def shards(first: int, *counts: int) -> Shelf:
    """One run whose jobs share the cases; `first`: the id of the first artifact."""
    made = Shelf()
    for at, many in enumerate(counts):
        made.put(f"unit-{at + 1}", packed(ran(many)), id=first + at)
    return made


def sharded(was: tuple[int, ...], now: tuple[int, ...]) -> Shelf:
    made = shards(1, *now)
    made.base = shards(100, *was)
    return made


BIG = Shelf()
BIG.put(NAME, b"", size=21_000_000)
DONE, RUNNING = check("ci / unit", run=1), check("ci / unit", run=1, run_over=False)
ELSE = check("slow", run=2, run_over=False, workflow=OTHER)
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
    row("a fifth fewer", after(before(ran(10)), ran(8)), P),
    row("nearly a fifth fewer", after(before(ran(100)), ran(81)), P),
    row("as many", after(before(ran(10)), ran(10)), P),
    row("more", after(before(ran(10)), ran(20)), P),
    row("none then either", after(before(ran(0, 3)), ran(0, 3)), F),
    row("far fewer, one fails", after(before(ran(10)), {"r.xml": suite("a!", "b")}), F),
    row("skipped cases did not run then", after(before(ran(8, 9)), ran(8)), P),
    row("skipped cases do not run now", after(before(ran(10)), ran(6, 4)), P),
    row("the merge base is not known", after(None, ran(1)), P),
    row("it left nothing", after(before(), ran(1)), P),
    row("it left another name", after(before(ran(10), name="x"), ran(1)), P, artifact="*"),
    row("of another workflow", after(before(ran(10), workflow=OTHER), ran(1)), P),
    row("its CI goes on", after(before(ran(10), jobs=(RUNNING,)), ran(1)), P),
    row(
        "only another workflow of it goes on", after(before(ran(10), jobs=(DONE, ELSE)), ran(1)), P
    ),
    row("its report is not whole", after(before({"r.xml": OK[:-20]}), ran(1)), P),
    row("it holds no such report", after(before({"log.txt": "no XML"}), ran(1)), P),
    row("two runs of it differ", after(before(ran(10), ran(9)), ran(1)), P),
    row("two runs of it agree", after(before(ran(10), ran(10)), ran(1)), P),
    row("two runs of the head differ", after(before(ran(10)), ran(1), ran(2)), P),
    row("cases that count", after(before(ran(10)), ran(1)), F, cases=("nothing/*",)),
    row("shards alike", sharded((6, 4), (5, 1)), P, artifact="unit-*"),
    row("moved between shards", sharded((6, 4), (1, 9)), P, artifact="unit-*"),
    row("fewer shards", sharded((6, 4), (5,)), P, artifact="unit-*"),
    row("more shards", sharded((10,), (2, 2)), P, artifact="unit-*"),
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
