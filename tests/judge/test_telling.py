"""Who is addressed when roles are told, and when that is left."""

from __future__ import annotations

from dataclasses import replace

from bot.judge.follow import Reach, Step, step
from bot.judge.plan import GRACE
from bot.model.act import ActKind
from bot.model.known import Unknown
from bot.model.report import Matter
from tests.support.handed import JO, LI, READY, judged, later, matter_of

ROSTERS = Reach(rosters={"qa": (LI,), "frontend": (JO,)})
NOW = later(matter_of(), minutes=2)


def stepped(matter: Matter, reach: Reach) -> Step:
    return step(matter, judged(matter), reach)


def pinged(found: Step) -> dict[str, str]:
    return {act.subjects[0]: act.data.get("pinged", "") for act in found.acts}


def test_one_person_of_each_role_that_answers_is_addressed() -> None:
    assert stepped(NOW, Reach()).wants == {"qa", "frontend"}
    assert pinged(stepped(NOW, ROSTERS)) == {"qa": "li", "frontend": "jo", "operations": ""}


def test_nobody_is_told_within_the_grace_of_a_push() -> None:
    early = replace(NOW, facts=replace(NOW.facts, head_since=NOW.facts.taken_at))

    found = stepped(early, ROSTERS)

    assert (found.acts, found.again_at) == ((), NOW.facts.taken_at + GRACE)


def test_who_cannot_be_learnt_is_told_without_a_mention() -> None:
    unread = Reach(rosters={"qa": Unknown("GitHub answered 403")}, unread=frozenset({"frontend"}))

    assert pinged(stepped(NOW, unread)) == {"qa": "", "frontend": "", "operations": ""}


def test_what_a_pull_request_may_cost_is_not_spent_twice() -> None:
    many = tuple(
        replace(READY, key=f"k{at}", kind=ActKind.REMARK, data={"pinged": f"p{at}"})
        for at in range(6)
    )

    assert pinged(stepped(replace(NOW, acts=many), ROSTERS))["qa"] == ""


def test_a_role_that_answers_is_told_within_its_hours() -> None:
    hours = replace(NOW.policy.hours, always=False, days=(6,), start="03:00", end="03:01")

    found = stepped(replace(NOW, policy=replace(NOW.policy, hours=hours)), ROSTERS)

    assert pinged(found) == {"operations": ""}
