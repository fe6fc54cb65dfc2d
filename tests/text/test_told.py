"""What is said to those who are told, word for word, and the titles that go with it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from bot.judge.handover import due_tells
from bot.model.act import Act, ActKind
from bot.model.effect import Ping, Send
from bot.model.facts import Facts
from bot.model.notice import Answer, Draft, Field, Piece
from bot.model.report import Matter
from bot.text.edits import edits_of
from bot.text.escape import plain
from bot.text.handover import Telling, few, issues_of, so_far, told_effects
from bot.text.notice import rows_of
from bot.text.title import title_of
from tests.support.handed import (
    ACCEPTED,
    BODY,
    BOTH,
    FILES,
    HOLD,
    JO,
    POLICY,
    PUSHED,
    READY,
    RETURNED,
    STRICTER,
    TOLD,
    contract,
    facts_of,
    judged,
    later,
    matter_of,
    says,
    steps,
    telling,
    told_in,
)
from tests.support.judging import word
from tests.support.pulls import SAM, check, reviews

BERLIN = POLICY.replace("zone: UTC", "zone: Europe/Berlin")
LATER = POLICY.replace("[approved, list handoff]", "[approved, merged]").replace(
    "before-merge", "expected"
)
DONE = says(ActKind.ACCEPT, "qa", says(ActKind.ACCEPT, "frontend", telling(matter_of()), JO))
RED = (check("ci", "failure"),)
LIMITS = POLICY.replace(
    "limitations: { from: section }", "limitations: { from: [waived items, section] }"
)
RED_FACTS = facts_of(checks=RED, text=LIMITS)


def waiver(facts: Facts) -> Act:
    """sam waives the tests as they are."""
    return word(
        ActKind.WAIVE, "tests", facts, SAM, text=POLICY, key="w", roles=frozenset({"architect"})
    )


def only(matter: Matter, *names: str) -> Matter:
    """Under the same policy with these notices alone."""
    rules = matter.policy
    some = tuple(one for one in rules.notices if one.name in names)
    return replace(matter, policy=replace(rules, notices=some))


# ── titles ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("matter", "title"),
    [
        (
            matter_of(facts_of(reviews=reviews())),
            "1 of 1 · next: review approval, then QA answers before merge",
        ),
        (matter_of(facts_of(body="")), "1 of 1 · frontend notes, QA notes +1 left · ana"),
        (
            matter_of(facts_of(body="", checks=RED)),
            "0 of 1 · tests, frontend notes, QA notes +1 left · ana",
        ),
        (matter_of(facts_of(checks=())), "0 of 1 · waiting for ci · until 13:00"),
        (TOLD, "Told · waiting for frontend (jo), QA (li) · due Wed 12:00"),
        (telling(matter_of()), "Told · waiting for frontend, QA · due Wed 12:00"),
        (
            telling(matter_of(text=BERLIN), qa="li", frontend="jo"),
            "Told · waiting for frontend (jo), QA (li) · due Wed 13:00",
        ),
        (
            says(ActKind.ACCEPT, "frontend", TOLD, JO),
            "Told · frontend accepted · waiting for QA (li) · due Wed 12:00",
        ),
        (RETURNED, "Returned by QA: tests · a refund of 0 answers 500 · ana"),
        (
            says(ActKind.RETURN, "qa", TOLD, reason="the page is gone", detail="environment"),
            "Returned by QA: environment · the page is gone · ana",
        ),
        (
            says(ActKind.RETURN, "qa", TOLD, reason="I cannot find it"),
            "Returned by QA: the notice · I cannot find it · ana",
        ),
        (replace(RETURNED, acts=(*RETURNED.acts, HOLD)), "On hold by ana · not yet"),
        (later(BOTH, facts_of(checks=())), "0 of 1 · waiting for ci · until 13:00"),
        (DONE, "Handed over · accepted by frontend, QA · 1 of 1"),
        (
            matter_of(text=LATER),
            "Ready · 1 of 1 · frontend, QA, operations are told after merge",
        ),
        (only(matter_of(text=LATER), "qa"), "Ready · 1 of 1 · QA is told after merge"),
        (only(DONE, "operations"), "Handed over · operations · 1 of 1"),
        (
            later(RETURNED, replace(facts_of(), merged=True, open=False)),
            "Told · waiting for frontend (jo) · due Wed 12:00",
        ),
        (
            later(only(RETURNED, "qa"), replace(facts_of(), merged=True, open=False)),
            "Handed over · returned by QA · 1 of 1",
        ),
        (only(matter_of()), "Ready · 1 of 1"),
        (
            only(matter_of(), "qa", "frontend"),
            "1 of 1 · next: the telling, then QA answers before merge",
        ),
        (
            matter_of(facts_of(draft=True)),
            "Draft · 1 of 1 · next: the telling, then QA answers before merge",
        ),
        (
            matter_of(facts_of(body="", draft=True)),
            "Draft · 1 of 1 · nobody is asked while it is a draft",
        ),
        (
            matter_of(RED_FACTS, waiver(RED_FACTS), text=LIMITS),
            'Contradicted: QA known-limitations · "none", but tests is waived · 1 of 1',
        ),
    ],
)
def test_a_title_says_whose_turn_it_is(matter: Matter, title: str) -> None:
    assert title_of(judged(matter)) == title


def test_two_who_answer_before_merge_are_named_together() -> None:
    text = POLICY.replace("    to: frontend\n", "    to: frontend\n    answer: before-merge\n")
    matter = matter_of(facts_of(reviews=reviews()), text=text)

    assert title_of(judged(matter)) == (
        "1 of 1 · next: review approval, then frontend, QA answer before merge"
    )


def test_whose_word_a_field_waits_for_is_in_the_title() -> None:
    text = POLICY.replace(
        "rollback: { from: section", "rollback: { from: section, confirmed-by: qa"
    )

    assert title_of(judged(matter_of(text=text))) == "1 of 1 · operations notes left · qa"


def test_where_nothing_is_needed_an_answer_still_is() -> None:
    matter = matter_of(facts_of({"README.md": ("", "x\n")}, reviews=reviews()))
    none = only(matter, "operations")

    assert title_of(judged(matter)).startswith("0 of 0 · next: review approval")
    assert title_of(judged(none)) == "Not needed: no item applies"


# ── how far a notice is ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("matter", "notice", "said"),
    [
        (
            matter_of(facts_of(reviews=reviews(), body="")),
            "qa",
            "QA - not yet; first review approval, the handoff list, known-limitations",
        ),
        (matter_of(), "frontend", "frontend - not yet"),
        (TOLD, "qa", "QA - told at 1111111, answers by Wed 12:00"),
        (later(TOLD, hours=23), "qa", "QA - told at 1111111, answers by Wed 12:00"),
        (later(TOLD, days=1), "qa", "QA - told at 1111111, unanswered, was due Wed 12:00"),
        (TOLD, "operations", "operations - told at 1111111"),
        (ACCEPTED, "qa", "QA - told at 1111111, accepted by li"),
        (RETURNED, "qa", "QA - told at 1111111, returned by li: a refund of 0 answers 500"),
        (
            later(BOTH, PUSHED),
            "qa",
            "QA - told at 1111111, accepted by li; changed since: tests is to be looked at again",
        ),
    ],
)
def test_how_far_a_notice_is_takes_one_line(matter: Matter, notice: str, said: str) -> None:
    assert so_far(told_in(matter)[notice], "UTC") == said


def test_why_something_cannot_be_known_is_told() -> None:
    text = POLICY.replace("[approved, list handoff]", "[deployed-to preview]")

    assert so_far(told_in(matter_of(text=text))["qa"], "UTC") == (
        "QA - not yet; first deployment to preview (not asked for)"
    )


# ── messages ──────────────────────────────────────────────────────────────────────────────────


def told(matter: Matter, *, channel: bool = False, **asked: str) -> tuple[str, ...]:
    """What is said to those who are to be told now."""
    tells = due_tells(matter, judged(matter), asked)
    after = replace(matter, acts=(*matter.acts, *tells))
    return Telling(matter=after, report=judged(after), channel=channel).lines("told", tells)


def decision(detail: str) -> tuple[Act, ...]:
    """A question that was put and answered."""
    data = {"trigger": "question", "role": "operations", "block": "never"}
    raised = replace(READY, key="e", kind=ActKind.ESCALATE, subjects=("e1",), data=data)
    known: dict[str, Any] = {"reason": "one Redis per region", "detail": detail}
    return raised, replace(READY, key="d", kind=ActKind.DECIDE, by=SAM, subjects=("e1",), **known)


@pytest.mark.parametrize(
    ("detail", "decided"),
    [("approve", " · decided: one Redis per region \\(e1\\)"), ("decline", "")],
)
def test_all_that_are_due_are_told_in_one_message(detail: str, decided: str) -> None:
    matter = matter_of(facts_of(), *decision(detail), text=BERLIN)

    assert told(matter, qa="li", frontend="jo") == (
        "Refunds (#118) is ready for you, at 1111111.",
        "@jo (frontend): POST /refunds · Authentication: POST /refunds public · Deviations: none",
        "@li (QA): Seed data: none found · Known limitations: none",
        "operations, for information: Rollback: the image before" + decided,
        "1 of 1: 1 proved or attested. Answer: /handoff accept, or "
        "/handoff return frontend|qa because … · due Wed 13:00",
    )


def test_a_channel_is_told_in_plain_words() -> None:
    lines = told(matter_of(), channel=True, qa="li")

    assert lines[1].startswith("frontend: POST /refunds · ")
    assert lines[2].startswith("li (QA): ")
    assert "@" not in "".join(lines)


def test_a_waiver_is_among_the_limitations_and_a_base_url_speaks_for_itself() -> None:
    text = POLICY.replace("seed-data: {", "base-url: {")
    body = BODY.replace("limitations: none", "limitations: refunds of 0")
    facts = facts_of(checks=RED, body=body + "## Base URL\nhttps://preview.acme.dev\n")
    first = only(matter_of(facts, waiver(facts), text=text), "qa")

    assert told(first, qa="li")[1:] == (
        "@li (QA): Base URL `https://preview.acme.dev` · "
        "Known limitations: refunds of 0 (tests waived by sam)",
        "1 of 1: 0 proved or attested, 1 waived. Answer: /handoff accept, or "
        "/handoff return qa because … · due Wed 12:00",
    )


def test_those_who_only_hear_are_asked_for_nothing() -> None:
    rules = only(matter_of(), "operations")
    bare = replace(
        rules,
        policy=replace(
            rules.policy, notices=tuple(replace(one, fields=()) for one in rules.policy.notices)
        ),
    )

    assert told(bare)[1:] == (
        "operations, for information: there is nothing to note",
        "1 of 1: 1 proved or attested.",
    )


def test_those_who_are_told_again_hear_what_is_new() -> None:
    stricter = {"app/a.py": ("", "x = 2\n"), "openapi.yaml": (contract(), contract(STRICTER))}
    accepted = says(ActKind.ACCEPT, "frontend", RETURNED, JO)

    assert told(later(accepted, facts_of(stricter)), qa="li", frontend="jo") == (
        "@li: ready again at 1111111: you returned tests, a refund of 0 answers 500 "
        "\\(now tests proved\\); tests is to be looked at again. "
        "@jo: changed since you accepted: POST /refunds new answer 422. "
        "Everything else as before. Please /handoff accept or return · due Wed 12:04.",
    )


def test_who_has_not_answered_hears_what_left_what_they_were_told() -> None:
    assert told(later(TOLD, PUSHED), qa="li")[0] == (
        "@li: changed since you were told: tests is to be looked at again. "
        "Everything else as before. Please /handoff accept or return · due Wed 12:00."
    )


def test_who_does_not_answer_is_not_asked_to_when_told_again() -> None:
    other = facts_of(body=BODY.replace("the image before", "two images before"))

    assert told(later(TOLD, other)) == (
        "operations, for information: changed since you were told: "
        "rollback is now two images before. Everything else as before.",
    )


def test_a_return_of_the_notice_itself_is_told_so() -> None:
    back = says(ActKind.RETURN, "qa", TOLD, reason="I cannot find it")
    readme = facts_of({**FILES, "README.md": ("", "x\n")})

    assert told(later(back, readme), qa="li")[0].startswith(
        "@li: ready again at 1111111: you returned it, I cannot find it. "
    )


def test_one_line_says_what_changed_to_everybody_who_was_told() -> None:
    red = facts_of({**FILES, "openapi.yaml": (contract(), contract(STRICTER))}, checks=RED)
    seen, _ = steps(later(TOLD, red))
    remarks, keys = steps(later(seen, hours=4))
    said = [one for one in remarks.acts if one.detail == "changed"]
    both = (
        "@jo: changed since you were told: POST /refunds new answer 422 · "
        "@li: changed since you were told: tests is missing"
    )

    assert keys == ["changed:frontend:1", "changed:qa:1"]
    (ping,) = told_effects(said, remarks, judged(remarks), "https://github.com")
    assert isinstance(ping, Ping)
    assert (ping.key, ping.body) == ("ping:7#118:changed:frontend:1", both)
    nobody = replace(remarks, acts=tuple(_unaddressed(one) for one in remarks.acts))
    (ping,) = told_effects(said[1:], nobody, judged(nobody), "https://github.com")
    assert isinstance(ping, Ping)
    assert ping.body.startswith("QA: changed since")


def _unaddressed(act: Act) -> Act:
    return replace(act, data={name: said for name, said in act.data.items() if name != "pinged"})


def test_the_channel_of_a_role_hears_what_is_for_it() -> None:
    text = POLICY.replace("qa: { people: [li] }", "qa: { people: [li], channel: quality }")
    matter = matter_of(text=text)
    tells = due_tells(matter, judged(matter), {"qa": "li"})
    after = replace(matter, acts=(*matter.acts, *tells))
    ping, sent = told_effects(tells, after, judged(after), "https://github.com")

    assert ping.key == "ping:7#118:tell:frontend:1"
    assert isinstance(sent, Send)
    assert (sent.target, sent.key) == ("quality", "message:quality:7#118:tell:qa:1")
    message = sent.message
    assert (message.kind, message.to) == ("told", ("li",))
    assert message.subject == "acme/orders#118: QA, Refunds"
    assert message.link == "https://github.com/acme/orders/pull/118"
    assert message.lines[1] == "li (QA): Seed data: none found · Known limitations: none"

    late, keys = steps(later(after, days=1))
    (breach,) = told_effects(late.acts, replace(late, acts=()), judged(late), "")[2:]
    assert "unanswered:qa:1" in keys
    assert isinstance(breach, Send)
    assert breach.message.lines == ("QA has not answered yet.",)
    assert breach.message.to == ()

    answered = says(ActKind.ACCEPT, "qa", after)
    (edit,) = edits_of(answered.acts[-1:], answered, judged(answered), "https://github.com", {})
    assert (edit.edits, edit.message.kind, edit.message.to) == (sent.key, "answered", ())
    assert edit.message.lines == (so_far(told_in(answered)["qa"], "UTC"),)
    assert edits_of((), answered, judged(answered), "https://github.com", {}) == ()


def test_those_told_hear_in_one_line_that_it_will_not_come() -> None:
    shut, _ = steps(later(TOLD, replace(TOLD.facts, open=False), minutes=5))
    closed, _ = steps(later(shut, minutes=1))
    gone = [one for one in closed.acts if one.detail == "gone"]
    (ping,) = told_effects(closed.acts[len(TOLD.acts) :], closed, judged(closed), "")
    assert isinstance(ping, Ping)
    assert (ping.cause, ping.body) == (
        gone[0].key,
        "@jo (frontend), @li (QA), operations, for information: "
        "this was closed without being merged; what you were told will not come.",
    )


def test_who_is_away_is_not_written_to_about_what_they_were_told() -> None:
    today = TOLD.facts.taken_at.date()
    away = replace(TOLD, policy=replace(TOLD.policy, away={"Jo": ((today, today),)}))
    red = facts_of({**FILES, "openapi.yaml": (contract(), contract(STRICTER))}, checks=RED)
    seen, _ = steps(later(away, red))
    changed, _ = steps(later(seen, hours=4))
    shut, _ = steps(later(away, replace(TOLD.facts, open=False), minutes=5))
    closed, _ = steps(later(shut, minutes=1))

    def says(matter: Matter, sort: str) -> str:
        acts = [one for one in matter.acts if one.detail == sort]
        (ping,) = told_effects(acts, matter, judged(matter), "")
        assert isinstance(ping, Ping)
        return ping.body

    assert says(changed, "changed").startswith("frontend: changed since you were told: ")
    assert "@li: changed since you were told" in says(changed, "changed")
    assert says(closed, "gone").startswith("frontend, @li (QA), operations, for information: ")


def test_silent_remarks_say_nothing_and_a_role_that_is_gone_has_no_channel() -> None:
    silent = replace(READY, kind=ActKind.REMARK, detail="drifted", subjects=("qa",))
    gone = replace(TOLD, policy=replace(TOLD.policy, roles={}))

    assert told_effects([silent, *BOTH.acts[-1:]], TOLD, judged(TOLD), "") == ()
    assert len(told_effects(TOLD.acts, gone, judged(TOLD), "")) == 1


# ── a return after the merge ──────────────────────────────────────────────────────────────────


def test_a_return_after_the_merge_becomes_an_issue_of_the_author() -> None:
    text = POLICY.replace("seed-data: {", "environment: {")
    body = BODY + "## Environment\npreview 118\n"
    merged = matter_of(facts_of(body=body, merged=True, open=False), text=text)
    back = says(
        ActKind.RETURN,
        "qa",
        telling(merged),
        items=("tests",),
        detail="bug",
        reason="@all a refund of 0 answers 500",
    )
    (issue,) = issues_of(back.acts[-1:], judged(back), back)

    assert (issue.number, issue.assignee, issue.cause) == (118, "ana", back.acts[-1].key)
    assert issue.key == f"issue:7#118:{back.acts[-1].key}"
    assert issue.title == "QA returned Refunds: @\u200ball a refund of 0 answers 500"
    assert issue.body == (
        "li (QA) returned Refunds, pull request 118, revision 1 at 1111111.\n\n"
        "Bug in tests: @\u200ball a refund of 0 answers 500\n\n"
        "Environment: preview 118"
    )


def test_nothing_else_becomes_an_issue() -> None:
    report = judged(RETURNED)
    merged = replace(RETURNED, facts=replace(RETURNED.facts, merged=True, open=False))
    (bare,) = issues_of([replace(RETURNED.acts[-1], detail="", subjects=("qa",))], report, merged)

    assert issues_of(RETURNED.acts, report, RETURNED) == ()
    none = replace(merged, policy=replace(merged.policy, returns="none"))
    assert issues_of(RETURNED.acts, report, none) == ()
    assert issues_of(ACCEPTED.acts, judged(ACCEPTED), merged) == ()
    gone = replace(RETURNED.acts[-1], subjects=("docs",))
    assert issues_of([gone], report, merged) == ()
    assert bare.body.splitlines()[2] == "Return: a refund of 0 answers 500"


MONSTER = "&" * 2_000


def monstrous(sort: str) -> str:
    """What is said where everything that can be long is: four notices in one comment."""
    report = judged(matter_of())
    names = [f"POST /a{n}/{MONSTER[:40]}" for n in range(99)]
    parts = {"operations": dict.fromkeys(names, "")}
    field = report.told[0].fields[0]
    told = tuple(
        replace(one, notice=f"n{at}", fields=(replace(field, said=MONSTER),) * 10)
        for at, one in enumerate((report.told * 4)[:4])
    )
    first = {"revision": "1", "parts": json.dumps(parts), "changed": "[]", "pinged": "jo"}
    again = {"revision": "2", "changed": json.dumps(names), "before": "return", "back": "",
             "because": MONSTER[:200]}  # fmt: skip
    data = {"told": first, "again": again, "changed": again}[sort]
    kind = ActKind.REMARK if sort == "changed" else ActKind.TELL
    acts = [
        replace(TOLD.acts[-1], kind=kind, subjects=(one.notice,), key=f"k{at}", data=data,
                detail="changed" if sort == "changed" else "")
        for at, one in enumerate(told)
    ]  # fmt: skip
    facts = replace(facts_of(), title=MONSTER[:256])
    (ping,) = [
        one
        for one in told_effects(
            acts, replace(matter_of(), facts=facts), replace(report, told=told), "https://x"
        )
        if isinstance(one, Ping)
    ]
    return ping.body


@pytest.mark.parametrize("sort", ["told", "again", "changed"])
def test_a_monstrous_notice_is_cut_between_its_items_and_says_so(sort: str) -> None:
    body = monstrous(sort)

    assert len(body) <= 12_000 - 200
    assert " more" in body
    # Each of what is shown is whole: as it would be alone.
    rows = re.findall(r"POST /a[0-9]+/[&amp;]+", body)
    assert {plain(row.replace("&amp;", "&"), 500) for row in rows} == {*rows}
    assert {row.count("&amp;") for row in rows} == {40}
    assert body.count("@jo") == (3 if sort == "told" else 0)


@pytest.mark.parametrize(
    ("room", "said"),
    [(4, "… 3 more"), (5, "aaa, … 2 more"), (14, "aaa, bbb, … 1 more"), (15, "aaa, bbb, ccc")],
)
def test_whole_items_are_kept_while_there_is_room(room: int, said: str) -> None:
    assert few(["aaa", "bbb", "ccc"], room, ", ") == said


def test_a_draft_that_nobody_has_confirmed_is_a_row_with_what_to_type() -> None:
    drafted = Draft(pieces=(Piece(note="none"),))
    field = Field(
        name="deviations", confirmed_by="author", asked=True, draft=drafted, answer=Answer.ABSENT
    )
    one = replace(judged(matter_of()).told[0], fields=(field,))

    assert rows_of((one,)) == [
        "| – | frontend: deviations | drafted | drafted "
        "| author: /handoff confirm frontend.deviations |"
    ]
