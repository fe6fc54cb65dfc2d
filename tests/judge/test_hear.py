"""Which comments count at all, and what comes of their lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.acts.force import noted
from bot.judge.evaluate import evaluate
from bot.judge.hear import (
    AllHeard,
    Answered,
    Court,
    hear,
    hear_again,
    may_be_heard,
    overtaken,
    remark_of,
)
from bot.model.act import Act, ActKind
from bot.model.arrival import Said
from bot.model.command import Asker, Command, CommandLine, Heard, Misread, Scene
from bot.model.facts import Standing
from bot.model.report import Matter
from bot.readers.command_lines import read_commands
from bot.wiring.catalogue import registry
from tests.support.judging import BASIC, policy
from tests.support.pulls import BEN, HEAD, NOW, pull
from tests.support.saying import Room, asks

MATTER = Matter(facts=pull(), policy=policy(BASIC))
JUDGED = (MATTER, evaluate(MATTER, registry(), "1"))
BEN_ASKS = Asker(person=BEN, standing=Standing.READ, is_author=False)
NEW = Said(
    key="comment:9",
    node_id="n",
    body="/handoff go",
    by_id=2,
    by_login="ben",
    by_type="User",
    created_at=NOW,
    updated_at=NOW,
)
EDITED = replace(NEW, before="", sender_id=2, updated_at=NOW + timedelta(minutes=10))


def go(_scene: Scene) -> Heard:
    return Heard(answer="went", recheck=True, show=True)


COMMANDS = {
    "go": Command(
        id="go",
        verb="go",
        usage="/handoff go",
        who="anyone",
        does="go",
        examples=(),
        edits=False,
        decide=go,
    )
}


def heard_of(
    lines: Sequence[CommandLine | Misread], said: Said, commands: dict[str, Command]
) -> AllHeard:
    court = Court(said=said, asker=BEN_ASKS, commands=commands, judge=lambda _: JUDGED[1])
    return hear(lines, court, *JUDGED)


GO = CommandLine(number=1, text="/handoff go", verb="go")


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        (NEW, True),
        (replace(NEW, by_type="Bot"), False),
        (EDITED, True),
        (replace(EDITED, sender_id=0), True),
        (replace(EDITED, sender_id=3), False),
        (replace(EDITED, updated_at=NOW + timedelta(minutes=10, seconds=1)), False),
    ],
)
def test_only_a_persons_own_words_count_and_edits_only_soon(said: Said, counts: bool) -> None:
    assert may_be_heard(said) is counts


@pytest.mark.parametrize(
    ("said", "did", "becomes"),
    [
        (NEW, True, ""),
        (replace(EDITED, before="words", body="other words"), False, ""),
        (replace(EDITED, before="words", body="other words"), True, "edited"),
        (EDITED, False, "edited"),
        (replace(EDITED, before="words", body="", gone=True, changed_by="kim"), True, "deleted"),
        (replace(EDITED, before="words", body="", gone=True), False, ""),
    ],
)
def test_what_becomes_of_a_comment_is_kept_where_it_did_something_or_may_have(
    said: Said, did: bool, becomes: str
) -> None:
    act = Act(
        key="comment:9:1-aa/docs",
        kind=ActKind.ATTEST,
        by=BEN,
        subjects=("docs",),
        head_sha=HEAD,
        said_at=NOW,
    )
    acts = (act,) * did

    found = remark_of(said, replace(MATTER, acts=acts))

    assert [one.detail for one in found] == [becomes] * bool(becomes)
    assert [one.by.login for one in found] == [said.changed_by or "somebody"] * bool(becomes)
    since = {"edited": " (comment edited by somebody)", "deleted": " (comment deleted)"}
    shown = [one.speaker for one in noted((*acts, *found)) if one.kind is ActKind.ATTEST]
    assert shown == [f"ben{since.get(becomes, '')}"] * did


def test_a_line_that_is_done_says_so() -> None:
    heard = heard_of([GO], NEW, COMMANDS)

    assert heard.answers == (Answered(line="/handoff go", done=True, said="went"),)
    assert (heard.recheck, heard.show, heard.refused, heard.alone) == (True, True, False, True)


def test_the_first_refusal_stops_the_rest() -> None:
    misread = Misread(number=2, text="/handoff x", what="it is part of the quote above it")

    heard = heard_of([GO, misread, GO], NEW, COMMANDS)

    assert [(one.done, one.said) for one in heard.answers] == [
        (True, "went"),
        (False, "it is part of the quote above it. Nothing was done."),
        (False, "not run"),
    ]
    assert (heard.refused, heard.alone) == (True, False)


def test_a_verb_that_is_not_for_edits_asks_for_a_new_comment() -> None:
    (answer,) = heard_of([GO], EDITED, COMMANDS).answers

    assert answer.said == "not from an edited comment. Write a new one."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/handoff g0 a b because so", 'I do not know "g0". Type /handoff help. Nothing was done.'),
        (
            "/handoff goo a, b because goo it is",
            'I do not know "goo". Did you mean /handoff go a, b because goo it is? '
            "Nothing was done.",
        ),
        ("/HandOff Goo!", 'I do not know "goo". Did you mean /HandOff go!? Nothing was done.'),
        ("/handoff: gg.o", 'I do not know "gg.o". Did you mean /handoff: go? Nothing was done.'),
    ],
)
def test_the_nearest_verb_is_shown_and_never_run(text: str, said: str) -> None:
    heard = heard_of(read_commands(text), NEW, COMMANDS)

    assert [(one.done, one.said) for one in heard.answers] == [(False, said)]
    assert heard.recheck is False


def test_a_view_that_comes_late_shows_what_is_the_case_now() -> None:
    room = Room()
    room.heard("/handoff attest logging", asks("ana"), created_at=NOW)
    room.heard("/handoff n/a logging because it is small", asks("ana"))

    late = {"key": "comment:0", "created_at": NOW - timedelta(minutes=1)}
    view = room.heard("/handoff why logging", asks("kim"), **late)
    undo = room.heard("/handoff undo", asks("ana"), **late)

    assert "logging (block) is attested" in view.answers[0].said
    assert undo.answers[0].said.startswith("there is nothing of yours to take back")
    room.acts += undo.refusals
    assert undo.report == room.judged()


@pytest.mark.parametrize(
    ("body", "known", "kept"),
    [
        ("/handoff undo", {}, "/handoff undo"),
        ("Well:\n\n/handoff undo\n/handoff ready", {}, "\n\n/handoff undo\n/handoff ready"),
        ("\n" * 500 + "/handoff undo", {}, ""),
        ("/handoff undo\n\n> so\n/handoff ready", {}, ""),
        ("/handoff undo", {"before": ""}, ""),
        ("/handoff undo", {"node_id": ""}, ""),
        ("/handoff why nothing", {}, None),
        ("/handoff undoo", {}, None),
        ("> so\n/handoff undo", {}, None),
    ],
)
def test_what_is_refused_is_kept_and_heard_again_where_that_can_help(
    body: str, known: dict[str, str], kept: str | None
) -> None:
    room = Room()

    heard = room.heard(body, asks("ana"), **known)
    room.acts = heard.refusals

    assert heard.acts == ()
    assert len(heard.refusals) == (kept is not None)
    assert [one.body for one in overtaken(room.acts, [NEW])] == [kept] * bool(kept)
    assert overtaken(room.acts, []) == overtaken(room.acts, [room_said(room)]) == ()
    assert len(room.judged().refused) == len(heard.refusals)


def test_what_is_done_without_what_came_late_is_not_heard_again() -> None:
    court = Court(said=NEW, asker=BEN_ASKS, commands=COMMANDS, judge=lambda _: JUDGED[1])

    assert hear_again((GO,), court, *JUDGED, late=()) is None


def room_said(room: Room) -> Said:
    """The comment that was said last, once more."""
    return replace(NEW, key="comment:1", created_at=room.now, updated_at=room.now)
