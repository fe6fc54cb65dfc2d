"""What receivers answer and authors confirm: who may, about which notice, and with what words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.acts.force import in_order
from bot.judge.evaluate import evaluate
from bot.judge.handover import due_tells
from bot.judge.hear import AllHeard, Court, hear
from bot.model.act import Act, ActKind
from bot.model.arrival import Said
from bot.model.command import Asker, Stood
from bot.model.facts import Facts, Person, Standing
from bot.model.handover import HandoverState
from bot.model.known import Known, Unknown
from bot.model.report import Matter
from bot.readers.command_lines import read_commands
from bot.wiring.catalogue import all_commands, registry
from tests.support.handed import (
    ACCEPTED,
    BOTH,
    JO,
    LI,
    POLICY,
    PUSHED,
    RETURNED,
    TOLD,
    facts_of,
    later,
    matter_of,
    told_in,
)
from tests.support.pulls import ANA, NOW, SAM

COMMANDS = {command.verb: command for command in all_commands()}
MARIA = Person(id=9, login="maria")


def asker(person: Person, *roles: str, **known: Known[bool]) -> Asker:
    return Asker(
        person=person,
        standing=Standing.WRITE,
        is_author=person == ANA,
        roles=dict.fromkeys(roles, True) | known,
    )


JO_ASKS, LI_ASKS = asker(JO, "frontend"), asker(LI, "qa")
ANA_ASKS, SAM_ASKS = asker(ANA), asker(SAM)


def heard(
    line: str, matter: Matter, who: Asker, at: datetime | None = None, **known: Any
) -> tuple[AllHeard, Matter]:
    """What comes of a line, and the matter with it; said a minute after everything else."""
    moment = at or matter.facts.taken_at + timedelta(minutes=1)
    said = Said(
        key="comment:9",
        node_id="n",
        body=line,
        by_id=who.person.id,
        by_login=who.person.login,
        by_type="User",
        created_at=moment,
        updated_at=moment,
    )

    def judge(one: Matter) -> Any:
        return evaluate(one, registry(), "1")

    court = Court(said=said, asker=who, commands=COMMANDS, judge=judge, **known)
    found = hear(read_commands(line), court, matter, judge(matter))
    return found, replace(matter, acts=(*matter.acts, *found.acts))


def refused(line: str, matter: Matter, who: Asker, **known: Any) -> str:
    """The refusal; nothing else may have come of the line."""
    found, _ = heard(line, matter, who, **known)
    (answer,) = found.answers
    assert not answer.done
    assert found.acts == ()
    return answer.said


def state_of(matter: Matter, notice: str) -> HandoverState:
    return told_in(matter)[notice].state


MERGED = replace(TOLD, facts=replace(TOLD.facts, merged=True, open=False))
CLOSED = replace(TOLD, facts=replace(TOLD.facts, open=False))


# ── accept ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "who", "notice"),
    [
        ("/handoff accept", LI_ASKS, "qa"),
        ("/handoff accept frontend", JO_ASKS, "frontend"),
        ("/handoff accept qa because it works", LI_ASKS, "qa"),
    ],
)
@pytest.mark.parametrize("matter", [TOLD, MERGED, CLOSED])
def test_the_role_that_was_told_accepts(line: str, who: Asker, notice: str, matter: Matter) -> None:
    found, after = heard(line, matter, who)

    (act,) = found.acts
    assert (act.kind, act.subjects, act.roles) == (ActKind.ACCEPT, (notice,), frozenset({notice}))
    assert act.data["revision"] == "1"
    assert state_of(after, notice) is HandoverState.ACCEPTED


def test_a_yes_to_what_is_again_as_it_was_counts() -> None:
    changed = replace(TOLD.acts[-1], kind=ActKind.REMARK, key="changed:qa:1", detail="changed")
    heard_of = replace(changed, subjects=("qa",), said_at=ACCEPTED.facts.taken_at)
    back = later(replace(ACCEPTED, acts=(*ACCEPTED.acts, heard_of)), minutes=1)
    assert state_of(back, "qa") is HandoverState.REOPENED

    _, after = heard("/handoff accept", back, LI_ASKS)
    assert state_of(after, "qa") is HandoverState.ACCEPTED


def test_a_second_yes_does_nothing() -> None:
    found, _ = heard("/handoff accept", ACCEPTED, LI_ASKS)

    assert in_order((*ACCEPTED.acts, *found.acts)) == in_order(ACCEPTED.acts)
    assert found.refused is False


NOBODY_TOLD = matter_of()
ROLE_OF_BOTH = asker(LI, "qa", "frontend")
BLIND = asker(LI, qa=Unknown("GitHub answered 403"))


@pytest.mark.parametrize(
    ("line", "matter", "who", "said"),
    [
        ("/handoff accept", NOBODY_TOLD, LI_ASKS, "nobody was told yet. Nothing was done."),
        (
            "/handoff accept qa",
            matter_of(facts_of(reviews=Unknown("no answer"))),
            LI_ASKS,
            "qa was not told yet. First comes review approval (no answer).",
        ),
        (
            "/handoff accept qa",
            NOBODY_TOLD,
            LI_ASKS,
            "qa was not told yet. First comes the author.",
        ),
        (
            "/handoff accept docs",
            TOLD,
            LI_ASKS,
            'there is no notice "docs". There is frontend, qa or operations.',
        ),
        (
            "/handoff accept",
            matter_of(text=POLICY[: POLICY.index("handoff:\n")]),
            LI_ASKS,
            "nobody was told yet. Nothing was done.",
        ),
        (
            "/handoff accept qa",
            matter_of(text=POLICY[: POLICY.index("handoff:\n")]),
            LI_ASKS,
            'there is no notice "qa". There is none here.',
        ),
        (
            "/handoff accept frontend",
            TOLD,
            LI_ASKS,
            "this is for frontend (jo). Nothing was done.",
        ),
        (
            "/handoff accept",
            TOLD,
            SAM_ASKS,
            "this is for frontend (jo), operations (kim) or qa (li). Nothing was done.",
        ),
        (
            "/handoff accept",
            TOLD,
            ROLE_OF_BOTH,
            "more than one notice is yours. Type /handoff accept frontend or /handoff accept qa.",
        ),
        (
            "/handoff accept qa",
            TOLD,
            BLIND,
            "I could not check whether you are in qa (GitHub answered 403). Nothing was done.",
        ),
        ("/handoff accept qa thanks", TOLD, LI_ASKS, 'I do not know "thanks". Nothing was done.'),
        (
            "/handoff accept to qa",
            TOLD,
            LI_ASKS,
            '"to qa" does not belong here. Nothing was done.',
        ),
        (
            "/handoff accept frontend",
            later(BOTH, facts_of(body="## Frontend handoff\nDeviations: one\n")),
            JO_ASKS,
            "it is not any more what you were told: deviations is now one. "
            "You are told again when it is ready.",
        ),
    ],
)
def test_a_yes_that_cannot_count_says_why(line: str, matter: Matter, who: Asker, said: str) -> None:
    assert refused(line, matter, who) == said


def test_nobody_answers_what_was_told_after_they_wrote() -> None:
    second = replace(later(RETURNED, PUSHED), acts=(*RETURNED.acts, *_second()))
    told_at = second.acts[-1].said_at
    before, soon, well = (told_at + timedelta(seconds=one) for one in (-1, 20, 31))

    for moment in (before, soon):
        said = refused("/handoff accept", second, LI_ASKS, at=moment)
        assert said == "qa was told while you wrote, at 1111111. Look and say it again."
    assert heard("/handoff accept", second, LI_ASKS, at=well)[0].acts
    early = refused("/handoff accept", TOLD, LI_ASKS, at=NOW - timedelta(seconds=1))
    assert early.startswith("qa was told while you wrote")


def _second() -> tuple[Act, ...]:
    again = later(RETURNED, PUSHED)
    return due_tells(again, evaluate(again, registry(), "1"))


# ── return ────────────────────────────────────────────────────────────────────────────────────

BECAUSE = " because a refund of 0 answers 500"


@pytest.mark.parametrize(
    ("line", "subjects", "detail", "scopes"),
    [
        ("qa bug tests", ("qa", "tests"), "bug", {"*"}),
        ("bug tests docs", ("qa", "tests", "docs"), "bug", {"*"}),
        ("qa regression 1", ("qa", "tests"), "regression", {"*"}),
        ("", ("qa",), "", {"*"}),
        ("qa environment", ("qa",), "environment", {"*"}),
        (
            "qa notes",
            ("qa", "qa.seed-data", "qa.known-limitations"),
            "notes",
            {"qa.seed-data", "qa.known-limitations"},
        ),
        ("qa notes seed-data", ("qa", "qa.seed-data"), "notes", {"qa.seed-data"}),
        ("qa qa.seed-data tests", ("qa", "tests", "qa.seed-data"), "", {"*", "qa.seed-data"}),
    ],
)
def test_the_role_gives_back_what_it_names(
    line: str, subjects: tuple[str, ...], detail: str, scopes: set[str]
) -> None:
    found, after = heard(f"/handoff return {line}{BECAUSE}", TOLD, LI_ASKS)

    (act,) = found.acts
    assert (act.kind, act.subjects, act.detail) == (ActKind.RETURN, subjects, detail)
    assert act.scopes.keys() == scopes
    assert act.reason == "a refund of 0 answers 500"
    assert state_of(after, "qa") is HandoverState.RETURNED


def test_an_environment_is_given_back_by_its_field() -> None:
    text = POLICY.replace("{ seed-data: {", "{ environment: {")
    first = matter_of(text=text)
    told = replace(first, acts=(replace(TOLD.acts[1], data=_parts_of(first)),))

    (act,) = heard(f"/handoff return environment{BECAUSE}", told, LI_ASKS)[0].acts
    assert act.subjects == ("qa", "qa.environment")
    assert set(act.scopes) == {"qa.environment"}


def _parts_of(matter: Matter) -> dict[str, str]:
    tells = due_tells(matter, evaluate(matter, registry(), "1"))
    return dict(next(one for one in tells if one.subjects == ("qa",)).data)


@pytest.mark.parametrize(
    ("line", "matter", "who", "said"),
    [
        ("qa bug tests", TOLD, LI_ASKS, "it needs a reason. Type /handoff return NOTICE bug ITEM"),
        ("bug because no", TOLD, LI_ASKS, "a reason has at least 10 characters. Type /handoff ret"),
        (f"qa bug logging{BECAUSE}", TOLD, LI_ASKS, 'I do not know the item "logging". Type /hand'),
        (f"frontend bug{BECAUSE}", TOLD, LI_ASKS, "this is for frontend (jo). Nothing was done"),
        (f"qa bug{BECAUSE}", NOBODY_TOLD, LI_ASKS, "qa was not told yet. First comes the author"),
        (f"qa for tests{BECAUSE}", TOLD, LI_ASKS, '"for tests" does not belong here. Nothing was'),
        (
            f"qa bug{BECAUSE}",
            replace(TOLD, facts=replace(TOLD.facts, changes=Unknown("too many files"))),
            LI_ASKS,
            "I cannot see the whole diff (too many files). Nothing was done",
        ),
    ],
)
def test_a_no_that_cannot_count_says_why(line: str, matter: Matter, who: Asker, said: str) -> None:
    assert refused(f"/handoff return {line}", matter, who).startswith(said)


# ── undo, after the merge as well ─────────────────────────────────────────────────────────────


def test_an_answer_is_taken_back_after_the_merge() -> None:
    _, returned = heard(f"/handoff return qa bug{BECAUSE}", MERGED, LI_ASKS)
    returned = later(returned, minutes=2)

    found, undone = heard("/handoff undo", returned, LI_ASKS)
    assert found.acts[0].subjects == (returned.acts[-1].key,)
    assert state_of(undone, "qa") is HandoverState.TOLD
    lines = "/handoff undo qa because li looked at an old environment"
    other = asker(MARIA, "qa")
    assert heard(lines, returned, other)[0].acts
    assert refused(lines, returned, SAM_ASKS) == "this is for qa (li). Nothing was done."


# ── confirm ───────────────────────────────────────────────────────────────────────────────────

DRAFTED: Facts = facts_of(body="## QA handoff\nKnown limitations: none\n")
UNCONFIRMED = matter_of(DRAFTED)


@pytest.mark.parametrize(
    ("line", "subjects"),
    [
        ("frontend", ["frontend.authentication", "frontend.deviations"]),
        ("frontend.deviations", ["frontend.deviations"]),
        ("qa", ["qa.known-limitations"]),
    ],
)
def test_a_draft_is_confirmed_as_it_stands(line: str, subjects: list[str]) -> None:
    found, after = heard(f"/handoff confirm {line}", UNCONFIRMED, ANA_ASKS)

    assert [act.subjects for act in found.acts] == [(one,) for one in subjects]
    fields = {f"{h.notice}.{f.name}": f for h in told_in(after).values() for f in h.fields}
    assert all(fields[one].confirmed for one in subjects)
    again, _ = heard(f"/handoff confirm {line}", replace(after, facts=DRAFTED), ANA_ASKS)
    assert again.acts == ()


def test_a_confirmation_ends_with_the_value() -> None:
    _, after = heard("/handoff confirm frontend.deviations", UNCONFIRMED, ANA_ASKS)
    said = facts_of(body="## Frontend handoff\nDeviations: two\n")
    lead = POLICY.replace("confirmed-by: author", "confirmed-by: qa")

    moved = matter_of(said, *after.acts, text=lead)
    assert not told_in(moved)["frontend"].fields[1].confirmed


@pytest.mark.parametrize(
    ("line", "who", "known", "said"),
    [
        ("frontend", SAM_ASKS, {}, "this is for author. Nothing was done"),
        ("", ANA_ASKS, {}, "name a notice, or one of its fields. There is frontend.authenticati"),
        ("docs", ANA_ASKS, {}, "name a notice, or one of its fields. There is frontend.authenti"),
        ("qa.rollback", ANA_ASKS, {}, "name a notice, or one of its fields. There is frontend."),
        ("frontend thanks", ANA_ASKS, {}, 'I do not know "thanks". Nothing was done'),
        ("frontend for now", ANA_ASKS, {}, '"for now" does not belong here. Nothing was done'),
        (
            "frontend",
            ANA_ASKS,
            {"stood": (Stood(sha="2" * 40, matter=None),)},
            "1111111 was pushed while you wrote. Look again and repeat with at 1111111",
        ),
    ],
)
def test_a_confirmation_that_cannot_count_says_why(
    line: str, who: Asker, known: dict[str, Any], said: str
) -> None:
    assert refused(f"/handoff confirm {line}", UNCONFIRMED, who, **known).startswith(said)


# ── help ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("who", "verb", "offered"),
    [(LI_ASKS, "accept", True), (SAM_ASKS, "return", False), (ANA_ASKS, "confirm", True)],
)
def test_help_offers_an_answer_to_those_who_were_told(
    who: Asker, verb: str, *, offered: bool
) -> None:
    (answer,) = heard("/handoff help", TOLD, who)[0].answers

    assert (f"/handoff {verb} " in answer.said) is offered


FREE, HOLDS = "it does not hold the check", "it holds the check"


@pytest.mark.parametrize(
    ("name", "body", "answer"),
    [
        ("frontend.deviations", None, f"confirmed: none\n{FREE}"),
        (
            "frontend.deviations",
            "",
            "drafted: harmless: POST /refunds: an operation is new (/refunds)\n"
            f"{HOLDS}\nauthor: /handoff confirm frontend.deviations",
        ),
        (
            "qa.known-limitations",
            "",
            f"missing: nothing was found\n{HOLDS}\nauthor: say it in the description",
        ),
        ("operations.rollback", None, f"answered: the image before\n{FREE}"),
    ],
)
def test_why_a_field_is_as_it_is_is_said(name: str, body: str | None, answer: str) -> None:
    facts = facts_of() if body is None else facts_of(body=body)
    (said,) = heard(f"/handoff why {name}", matter_of(facts), SAM_ASKS)[0].answers
    assert said.said == f"{name} is {answer}"
