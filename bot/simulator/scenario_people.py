"""The demo's second part: people are asked, answer, accept a gap, are told, and give it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.simulator.scenario import POLICY, REFUNDS, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.simulator.scenario import Act, Stage

NUMBER = 120
# By the clock on the wall: roles keep their hours, and the demo may begin at any time.
PEOPLE = (
    POLICY
    + """\
hours: always
roles:
  architect: { people: [sam], then: lead }
  lead: { people: [maria] }
  qa: { people: [li] }
escalate:
  ask: architect
  new-dependency: { when: { adds: [service] }, block: until-decided }
handoff:
  after: [list handoff]
  qa:
    when: { changed: [endpoints] }
    to: qa
    answer: before-merge
    tell: { known-limitations: { from: [waived items, section] } }
"""
)
BODY = "## QA handoff\nKnown limitations: the page about refunds follows (docs waived)\n"
FILES = {
    "app/api/refunds.py": REFUNDS,
    "compose.yaml": "services:\n  redis:\n    image: redis:7\n",
}
_DAY, _MINUTE = 86_400, 70


def people() -> Iterator[Step]:
    """The script; it plays on the stage that the first part leaves."""
    yield from _asked()
    yield from _waived()
    yield from _handed_over()


def _asked() -> Iterator[Step]:
    left = "2 of 3 · docs left · ana"
    yield _step("maria", "names roles in the policy; ana opens #120 with Redis", _open, left)
    yield _step(
        "ana",
        "waits a minute: the architect is asked, one person, once",
        _nothing,
        left,
        wait=_MINUTE,
        says="@sam: this adds the service redis",
    )
    taken = "taken by `sam` until"
    yield _step("sam", "types /handoff ack", _types("sam", "/handoff ack"), left, shows=taken)
    yield _step(
        "sam",
        "forgets it: a day later it is open again, and the lead is asked",
        _nothing,
        left,
        wait=_DAY + 9 * 3600,
        says="@maria: this adds the service redis",
    )
    decided = "/handoff decide approve because one Redis per region, cache only"
    yield _step("maria", "decides", _types("maria", decided), left, shows="approve by `maria`")


def _waived() -> Iterator[Step]:
    waive = _types("maria", "/handoff waive docs because the page about refunds follows next week")

    def pushed(stage: Stage) -> None:
        files = {"app/api/refunds.py": REFUNDS.replace("{}", "{'refunds': []}")}
        stage.world.push(stage.pulls[NUMBER], stage.people["ana"], files)
        stage.world.run_ci(stage.pulls[NUMBER], "ci / unit", "success")

    yield _step(
        "maria",
        "waives docs: the list is true, and QA is told all that it needs",
        waive,
        "Told · waiting for QA",
        says="@li (QA): Known limitations: the page about refunds follows",
    )
    yield _step(
        "ana",
        "pushes the endpoint: the waiver was about other code and lapses",
        pushed,
        "2 of 3 · docs left · ana",
        shows="its files changed since",
    )
    again = "Told · waiting for QA"
    yield _pause("2 of 3 · docs left · ana")
    yield _step("maria", "has looked, and waives it again", waive, again)


def _handed_over() -> Iterator[Step]:
    def mended(stage: Stage) -> None:
        pull, ana = stage.pulls[NUMBER], stage.people["ana"]
        stage.world.push(pull, ana, {"docs/refunds.md": "A refund of 0 is refused.\n"})
        stage.world.run_ci(pull, "ci / unit", "success")

    back = "/handoff return qa bug docs because nobody says what a refund of 0 does"
    given = "Returned by QA: docs"
    yield _pause("Told · waiting for QA")
    yield _step("li", "gives it back", _types("li", back), given)
    yield _step("ana", "writes the page", mended, "3 of 3 · next: the telling")
    yield _step(
        "ana",
        "waits a minute: QA hears what is new",
        _nothing,
        "Told · waiting for QA",
        wait=_MINUTE,
        says="you returned docs",
    )
    accept, done = _types("li", "/handoff accept"), "Handed over · accepted by QA · 3 of 3"
    yield _pause("Told · waiting for QA")
    yield _step("li", "accepts", accept, done, ends="success")


def _pause(title: str) -> Step:
    """Who answers within half a minute of a push or a telling may not have seen it."""
    return _step("ana", "lets a minute pass", _nothing, title, wait=_MINUTE)


def _open(stage: Stage) -> None:
    world, repo = stage.world, stage.repo
    for name, role in (("sam", "maintain"), ("li", "read")):
        stage.people[name] = world.person(name)
        world.grant(repo, stage.people[name], role)
    world.push_default(repo, stage.people["maria"], {".github/handoff.yml": PEOPLE})
    stage.pulls[NUMBER] = world.open_pull_request(
        repo, stage.people["ana"], number=NUMBER, title="Refunds", files=dict(FILES), body=BODY
    )
    world.run_ci(stage.pulls[NUMBER], "ci / unit", "success")


def _types(login: str, line: str) -> Act:
    def act(stage: Stage) -> None:
        stage.world.comment(stage.pulls[NUMBER], stage.people[login], line)

    return act


def _step(  # noqa: PLR0913  the fields of a Step that differ here
    who: str,
    what: str,
    act: Act,
    title: str,
    *,
    says: str = "",
    shows: str = "",
    wait: int = 0,
    ends: str = "failure",
) -> Step:
    return Step(
        who=who,
        what=what,
        act=act,
        number=NUMBER,
        conclusion=ends,
        title=title,
        says=says,
        shows=shows,
        wait=wait,
    )


def _nothing(_stage: Stage) -> None:
    """Time passes."""
