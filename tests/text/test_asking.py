"""What people who are asked read, and what the check says of a question."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.model.effect import AskReview, Ping, Send
from bot.text.asked import asked_line
from bot.text.clock import time_of
from bot.text.decisions import decision_rows, decisions_markdown
from tests.judge.test_questions import MONDAY, POLICY, REDIS, at, compose, instead, raised
from tests.support.room import Room

ANSWER = (
    "Answer with /handoff decide approve|redirect|decline because …, "
    "or /handoff ack if you need time. Due Tue 11:01.\n\n"
    "architect on duty · /handoff assign architect @…"
)
SAID = [
    ("new-dependency",
     "this adds the service redis \\(compose.yaml:3\\), which the design does not name. "
     "Is that wanted?"),
    ("data-model", "this changes stored data: service redis \\(compose.yaml:3\\). Is that wanted?"),
    ("contract-gap",
     "this breaks what clients were promised: service redis \\(compose.yaml:3\\). Is that wanted?"),
    ("performance", "this may cost time: service redis \\(compose.yaml:3\\). May it?"),
    ("cross-cutting",
     "this changes what everything rests on: service redis \\(compose.yaml:3\\). Is that wanted?"),
    ("refactor-too-wide",
     "this goes through several components: service redis \\(compose.yaml:3\\). Is that wanted?"),
    ("shared-logic", "shared\\-logic: service redis \\(compose.yaml:3\\). Is that wanted?"),
]  # fmt: skip


def under(trigger: str) -> str:
    """The policy in which that trigger sees what is new."""
    text = instead("new-dependency: { when: { adds: [service] }", "other: { when: { labelled: x }")
    kept = [line for line in text.splitlines() if "labelled" not in line]
    rule = f"  {trigger}: {{ when: {{ adds: [service] }}, ask: architect, block: until-decided }}"
    return "\n".join([*kept, rule, ""])


@pytest.mark.parametrize(("trigger", "question"), SAID)
def test_each_trigger_asks_its_own_question(trigger: str, question: str) -> None:
    assert raised(under(trigger)).effects == [
        Ping(repo_id=7, number=118, cause="ask:e1:1", body=f"@sam: {question} {ANSWER}")
    ]


def test_what_a_person_asks_is_said_in_their_words_and_mentions_nobody_else() -> None:
    room = Room.under(instead("pick: listed", "ask: 2"), MONDAY, compose())
    room.types("ana", "/handoff escalate performance because is @maria fine with *this*?")
    room.types("ana", "/handoff escalate because may it go out?")
    first, second = (one for one in room.effects if isinstance(one, Ping))
    assert first.body.startswith("@sam @pat: ana asks \\(performance\\): is ")
    assert re.findall(r"@(\w+)", first.body) == ["sam", "pat"]
    assert second.body.startswith(
        "@sam @pat: ana asks: may it go out? Answer with /handoff decide "
    )
    assert "/handoff decide e2 approve|redirect|decline because …, or /handoff ack e2 if" in (
        second.body
    )


def test_it_is_due_when_the_policy_says() -> None:
    room = raised(instead("ask: architect\n", "ask: architect\n  timing: { decide-within: 2d }\n"))
    (ping,) = room.effects
    assert isinstance(ping, Ping)
    assert "Due Wed 11:01" in ping.body


def test_a_role_may_be_asked_by_a_request_for_review() -> None:
    room = raised(instead("pick: listed", "ask: 2, ask-by: review"))
    assert room.effects == [
        AskReview(
            repo_id=7,
            number=118,
            cause=f"ask:e1:1:{login}",
            login=login,
            otherwise=f"@{login}: {SAID[0][1]} {ANSWER}",
        )
        for login in ("sam", "pat")
    ]
    assert len({one.key for one in room.effects}) == 2


def test_the_channel_hears_what_nobody_answered() -> None:
    room = raised()
    room.until(at(25, "10:01"))
    sent = room.effects[-1]
    assert isinstance(sent, Send)
    assert (sent.target, sent.cause) == ("design", "ask:e1:3")
    assert sent.message.subject == "acme/orders#118: architect is asked about redis"
    assert sent.message.link == "https://github.com/acme/orders/pull/118"
    assert sent.message.lines == (
        "this adds the service redis (compose.yaml:3), which the design does not name. "
        "Is that wanted?",
        "Nobody has answered yet.",
        "This channel is named by architect · answer on the pull request: "
        "/handoff decide, ack or assign",
    )
    assert sent.message.to == ()


TEAM = instead("people: [sam, pat]", "team: acme/architects, mention-team: true")
AT_MOST = {"architect": ("sam",)}


@pytest.mark.parametrize(
    ("text", "to"),
    [
        (TEAM, ("acme/architects",)),
        (TEAM.replace(", mention-team: true", ""), ()),
        (instead("pick: listed", "mention-team: true"), ()),
    ],
)
def test_a_whole_team_is_mentioned_at_last_and_only_where_the_policy_says_so(
    text: str, to: tuple[str, ...]
) -> None:
    room = raised(text, teams=AT_MOST)
    room.until(at(25, "10:01"))
    sent = [one for one in room.effects if isinstance(one, Send)]
    assert [one.message.to for one in sent] == [to]
    assert not any("@acme" in one.body for one in room.effects if isinstance(one, Ping))


def known(text: str = POLICY) -> Room:
    """sam and maria are known to the operator."""
    room = Room.under(text, MONDAY, REDIS)
    room.direct = {"sam": "slack", "maria": "slack"}
    room.waits(seconds=61)
    return room


def sends(room: Room) -> list[Send]:
    return [one for one in room.effects if isinstance(one, Send)]


def test_who_is_known_to_the_operator_is_also_written_to_alone() -> None:
    room = known(instead("pick: listed", "ask: 2"))
    (first,) = sends(room)
    assert (first.target, first.cause) == ("slack", "ask:e1:1:sam")
    message = first.message
    assert (message.kind, message.to) == ("raised", ("sam",))
    assert message.lines == (
        "this adds the service redis (compose.yaml:3), which the design does not name. "
        "Is that wanted?",
        *ANSWER.split("\n\n"),
    )
    room.until(at(24, "10:31"))
    assert [(one.message.kind, one.message.to) for one in sends(room)[1:]] == [
        ("widened", ("maria",))
    ]


def test_who_is_asked_by_review_is_written_to_alone_as_well() -> None:
    room = known(instead("pick: listed", "ask-by: review"))
    assert [type(one) for one in room.effects] == [Send, AskReview]


EDITS: list[tuple[tuple[tuple[str, str], ...], str, str]] = [
    ((("sam", "ack"),), "taken", "taken by sam until Tue 11:01"),
    ((("sam", "ack"), ("sam", "undo")), "taken", "nobody has answered yet"),
    ((("sam", "decide approve because it is *small* enough"),), "answered",
     "approve by sam: it is *small* enough"),
    ((("sam", "decide approve because it is small enough"), ("sam", "undo e1")), "taken",
     "taken by sam until Tue 11:01"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "kind", "said"), EDITS)
def test_an_answer_is_added_to_what_was_sent_and_calls_nobody(
    lines: tuple[tuple[str, str], ...], kind: str, said: str
) -> None:
    room = known()
    for login, line in lines:
        assert room.types(login, f"/handoff {line}") == "done"
    first, *edits = sends(room)
    assert len(edits) == len({one.key for one in edits}) == len(lines)
    newest = edits[-1]
    assert newest.edits == first.key == "message:slack:7#118:ask:e1:1:sam"
    assert newest.key.startswith("edit:slack:7#118:ask:e1:1:sam:comment:")
    assert (newest.message.kind, newest.message.lines, newest.message.to) == (kind, (said,), ())


def test_what_the_channel_was_sent_is_edited_when_it_is_answered_or_gone() -> None:
    room = raised()
    room.until(at(25, "10:01"))
    room.types("ben", "/handoff hold because it is late")
    assert len(sends(room)) == 1
    room.types("ben", "/handoff undo")
    room.pushes({"docs/a.md": "words\n"})
    sent, edit = sends(room)
    assert (edit.target, edit.edits, edit.message.kind) == ("design", sent.key, "answered")
    assert edit.message.lines == ("withdrawn: nobody has to answer any more",)


def test_the_whole_team_hears_it_last_where_the_policy_wants_that() -> None:
    people = "people: [sam, pat], then: lead, channel: design, pick: listed"
    team = "team: acme/architects, then: lead, mention-team: true, pick: listed"
    for role, last in ((team, ["Ping"]), (f"{team}, channel: design", ["Send"])):
        teams = {"architect": ("sam", "pat")}
        room = Room.under(instead(people, role), MONDAY, REDIS, teams=teams)
        room.until(at(30, "10:01"))
        assert [type(one).__name__ for one in room.effects] == ["Ping", "Ping", *last]
        final = room.effects[-1]
        if isinstance(final, Ping):
            assert final.body.startswith("@acme/architects: this adds the service redis")
        else:
            # Those of a channel are mentioned there.
            assert isinstance(final, Send)
            assert final.message.to == ("acme/architects",)
        assert room.report.escalations[0].person == "maria"


HEAD = "**Asked:** e1 new-dependency `service:redis` → "
LINES: list[tuple[tuple[tuple[str, str], ...], str]] = [
    ((), "architect `sam`, since Mon 11:01, due Tue 11:01"),
    ((("sam", "ack"),),
     "architect `sam`, since Mon 11:01, taken by `sam` until Tue 11:01, due Tue 11:01"),
    ((("pat", "snooze 2h"),),
     "architect `sam`, since Mon 11:01, taken by `pat` until Mon 13:01, due Tue 13:01"),
    ((("sam", "decide approve because one Redis per region"),),
     "architect `sam`, approve by `sam`: one Redis per region"),
    ((("sam", "assign architect @pat"),),
     "architect `pat`, since Mon 11:01, due Tue 11:01"),
    ((("sam", "hold because not today"),), "architect `sam`, since Mon 11:01"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "said"), LINES)
def test_one_line_says_who_has_it_and_until_when(
    lines: tuple[tuple[str, str], ...], said: str
) -> None:
    room = raised()
    for login, line in lines:
        assert room.types(login, f"/handoff {line}") == "done"
    (episode,) = room.report.escalations
    assert asked_line(episode, "Europe/Berlin") == HEAD + said


def test_one_line_says_why_nobody_has_it() -> None:
    room = Room.under(instead("[sam, pat], then: lead, channel: design", "[helper]"), MONDAY, REDIS)
    room.types("ben", "/handoff hold because not today")
    room.waits(seconds=60)
    (episode,) = room.report.escalations
    assert asked_line(episode, "UTC") == HEAD + "architect, not asked yet"
    room.types("ben", "/handoff resume")
    (episode,) = room.report.escalations
    assert asked_line(episode, "UTC") == (
        f"{HEAD}architect, nobody could be asked (nobody in architect can be asked: helper is a "
        "bot; the policy names no role to ask next; the role has no channel), due Tue 10:01"
    )


def test_one_line_says_why_the_one_who_was_named_is_not_asked() -> None:
    room = raised(instead("[sam, pat]", "[sam]").replace("people: [sam]", "team: acme/a"),
                  teams={"architect": ("sam",)})  # fmt: skip
    room.types("sam", "/handoff assign architect @li")
    (episode,) = room.report.escalations
    assert asked_line(episode, "Europe/Berlin") == (
        f"{HEAD}architect `sam`, since Mon 11:01, li is not in architect, due Tue 11:01"
    )


def test_what_a_person_asked_is_shown_in_their_words() -> None:
    room = Room.under(instead("mode: enforce", "mode: advise"), MONDAY, compose())
    room.types("ana", "/handoff escalate because may it go out?")
    (episode,) = room.report.escalations
    assert asked_line(episode, "UTC").startswith(
        "**Asked:** e1 question may it go out? → architect `sam`"
    )


def decided(line: str, text: str = POLICY) -> Room:
    room = raised(text)
    assert room.types("sam", f"/handoff decide {line}") == "done"
    return room


APPROVED = decided("approve because one Redis per region")
DECLINED = decided("decline because not *this* year")


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ({}, ""),
        ({117: APPROVED}, ", decided in \\#\u200b117: one Redis per region"),
        ({117: DECLINED}, ", decided in \\#\u200b117 \\(decline\\): not \\*this\\* year"),
        ({118: APPROVED}, ""),
        ({117: raised()}, ""),
        ({117: raised(POLICY, compose("kafka"))}, ""),
        ({117: decided("approve because it is small", under("data-model"))}, ""),
    ],
)
def test_what_was_decided_about_the_same_before_is_shown_and_decides_nothing(
    before: dict[int, Room], said: str
) -> None:
    room = Room.under(POLICY, MONDAY, REDIS)
    room.decided = {number: one.acts for number, one in before.items()}
    room.waits(seconds=61)
    (episode,) = room.report.escalations
    assert asked_line(episode, "Europe/Berlin") == (
        f"{HEAD}architect `sam`, since Mon 11:01, due Tue 11:01{said}"
    )
    assert episode.blocks


def test_the_newest_decision_about_the_same_is_shown() -> None:
    later = Room.under(POLICY, at(24, "11:00"), REDIS)
    later.waits(seconds=61)
    later.types("sam", "/handoff decide approve because two of them")
    room = Room.under(POLICY, at(25, "11:00"), REDIS)
    room.decided = {117: later.acts, 7: APPROVED.acts}
    room.waits(seconds=61)
    (episode,) = room.report.escalations
    assert asked_line(episode, "UTC").endswith(", decided in \\#\u200b117: two of them")


def test_a_time_is_said_by_the_clock_of_its_zone() -> None:
    assert time_of(MONDAY, "Europe/Berlin") == "11:00"


def test_what_was_decided_is_on_record_with_question_reason_and_times() -> None:
    room = raised()
    room.types("sam", "/handoff ack")
    room.types("ana", "/handoff escalate to product because are refunds in scope?")
    room.types("sam", "/handoff decide e1 approve because one Redis, cache *only*")
    (row,) = decision_rows({118: room.acts})
    assert row == {
        "number": 118,
        "episode": "e1",
        "trigger": "new-dependency",
        "subjects": ["service:redis"],
        "place": "compose.yaml:3",
        "question": "this adds the service redis (compose.yaml:3), which the design does not name. "
        "Is that wanted?",
        "decision": "approve",
        "reason": "one Redis, cache *only*",
        "by": "sam",
        "roles": ["architect"],
        "head": room.facts.head_sha,
        "raised_at": "2026-11-23T10:01:00+00:00",
        "asked_at": ["2026-11-23T10:01:00+00:00"],
        "acknowledged_at": ["2026-11-23T10:01:01+00:00"],
        "decided_at": "2026-11-23T10:01:01+00:00",
        "working_minutes": 0,
        "pauses": [],
    }
    assert decisions_markdown("acme/orders", [row]).splitlines()[2:] == [
        "## #118 e1 new\\-dependency: approve",
        "",
        "this adds the service redis \\(compose.yaml:3\\), which the design does not name. "
        "Is that wanted?",
        "",
        "one Redis, cache \\*only\\*",
        "",
        f"`sam` (architect), 2026-11-23T10:01, at {room.facts.head_sha[:7]}, "
        "after 0 working minutes",
    ]
    room.types("sam", "/handoff undo e1")
    assert decision_rows({118: room.acts}) == []


# What happens between the question and its answer, the working minutes, and why the clock stood.
TAKES = [
    ((), 60, []),
    (
        (("ben", "/handoff hold because pricing is open", 20), ("ben", "/handoff resume", 20)),
        20,
        [("hold by ben: pricing is open", "10:01", "10:21")],
    ),
    (
        (("sam", "/handoff ack", 30), ("sam", "/handoff snooze 1h", 60)),
        30,
        [("snoozed", "10:31", "11:31")],
    ),
    (
        (("ana", "draft", 10), ("ana", "undraft", 30)),
        30,
        [("draft", "10:01", "10:11")],
    ),
    (
        (
            ("sam", "/handoff decide approve because it is a cache", 15),
            ("sam", "/handoff undo e1", 30),
        ),
        30,
        [("decided", "10:01", "10:16")],
    ),
    # The hours between two days are nobody's, held or not.
    ((("ben", "/handoff hold because the day is over", 24 * 60), ("ben", "/handoff resume", 5)), 5,
     [("hold by ben: the day is over", "10:01", "10:01")]),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "minutes", "pauses"), TAKES)
def test_a_decision_says_how_long_it_took_and_why_its_clock_stood_still(
    steps: tuple[tuple[str, str, int], ...], minutes: int, pauses: list[tuple[str, str, str]]
) -> None:
    room = raised()
    for login, line, after in steps:
        if line.startswith("/"):
            assert room.types(login, line) == "done"
        else:
            room.becomes(draft=line == "draft")
        room.waits(minutes=after)
    while not steps and room.now < at(23, "12:01"):
        room.waits(minutes=1)
    assert room.types("sam", "/handoff decide approve because one Redis is enough") == "done"

    (row,) = decision_rows({118: room.acts})
    assert [
        (one["reason"], one["from"][11:16], one["to"][11:16]) for one in row["pauses"]
    ] == pauses
    assert row["working_minutes"] == minutes
    shown = decisions_markdown("acme/orders", [row])
    assert f"after {minutes} working minutes" in shown
    assert ("paused: " in shown) is bool(pauses)


def test_a_decision_that_nobody_was_asked_for_took_no_time() -> None:
    room = Room.under(POLICY, at(23, "18:00"), REDIS)
    room.waits(seconds=61)
    assert room.asked == []
    assert room.types("sam", "/handoff decide e1 approve because one Redis is enough") == "done"

    (row,) = decision_rows({118: room.acts})
    assert (row["working_minutes"], row["pauses"]) == (None, [])
    assert "working minutes" not in decisions_markdown("acme/orders", [row])


def test_many_long_questions_share_the_room_of_one_comment() -> None:
    room = Room.under(POLICY + "quiet: { pings-at-most: 20 }\n", at(23, "08:00"), compose())
    known = room.policy.roles
    more = {
        name: replace(known["product"], name=name, people=(who,))
        for name, who in (("web", "li"), ("ops", "kim"), ("all", "ben"))
    }
    room.policy = replace(room.policy, roles={**known, **more})
    for role in ("architect", "lead", "product", "web", "ops", "all"):
        room.types("ana", f"/handoff escalate to {role} because {'&' * 480}")
    room.until(at(23, "09:01"))

    (ping,) = [one for one in room.effects if isinstance(one, Ping)]
    assert (ping.body.count("/handoff decide"), ping.body.count("… Answer with")) == (6, 6)
    assert len(ping.body) < 12_000 - 200
