"""Every verb that needs more than authorship, said by somebody of whom GitHub tells nothing."""

from __future__ import annotations

from itertools import product

import pytest

from bot.judge.hear import AllHeard
from bot.model.command import Asker
from bot.model.facts import Person, Standing
from bot.model.known import Known, Unknown
from bot.model.report import Matter
from bot.model.verbs import VERBS
from bot.wiring.catalogue import all_commands
from tests.commands.test_answers import heard
from tests.judge.test_questions import raised
from tests.support.handed import JO, TOLD
from tests.support.pulls import BEN, SAM
from tests.support.room import PEOPLE
from tests.support.saying import Room

# Nobody is asked who they are, or having written or said something is enough.
FREE = {"status", "why", "help", "confirm", "undo"}
ITEMS, QUESTION = Room().matter, raised().matter
HELD = Room()
HELD.says("ben", "/handoff hold because pricing is open")
LINES: dict[str, tuple[str, Matter, Person]] = {
    "attest": ("conventions", ITEMS, BEN),
    "n/a": ("logging because of it", ITEMS, BEN),
    "ready": ("", ITEMS, BEN),
    "recheck": ("", ITEMS, BEN),
    "hold": ("because pricing is open", ITEMS, BEN),
    "resume": ("h1 because it is settled", HELD.matter, PEOPLE["maria"]),
    "waive": ("docs because it is written elsewhere", ITEMS, SAM),
    "escalate": ("to lead because pricing is open", QUESTION, BEN),
    "ack": ("e1", QUESTION, SAM),
    "snooze": ("e1 2h", QUESTION, SAM),
    "decide": ("e1 approve because one for each region", QUESTION, SAM),
    "assign": ("architect @pat", QUESTION, SAM),
    "accept": ("frontend", TOLD, JO),
    "return": ("frontend notes because it lacks an address", TOLD, JO),
}
SILENCE = ("GitHub answered 403", "GitHub answered 500", "GitHub did not answer")


def said_by(verb: str, known: Known[bool], standing: Known[Standing]) -> AllHeard:
    """What comes of the verb when every question about the person has this answer."""
    words, matter, who = LINES[verb]
    roles = dict.fromkeys(matter.policy.roles, known)
    asker = Asker(person=who, standing=standing, is_author=False, is_reviewer=known, roles=roles)
    return heard(f"/handoff {verb} {words}", matter, asker, stood=(), heads=())[0]


def test_every_verb_is_looked_at() -> None:
    assert {one.verb for one in all_commands()} == set(VERBS) == FREE | set(LINES)
    assert FREE.isdisjoint(LINES)


@pytest.mark.parametrize(("verb", "reason"), list(product(LINES, SILENCE)))
def test_who_cannot_be_looked_up_leaves_no_act(verb: str, reason: str) -> None:
    found = said_by(verb, Unknown(reason), Unknown(reason))

    assert (found.acts, found.recheck, found.unchecked) == ((), False, True)
    (answer,) = found.answers
    assert "I could not check whether you are " in answer.said
    assert f"({reason}). Nothing was done." in answer.said


@pytest.mark.parametrize("verb", sorted(LINES))
def test_who_can_be_looked_up_is_heard_with_the_same_words(verb: str) -> None:
    found = said_by(verb, True, Standing.WRITE)

    assert found.acts or found.recheck
    assert not found.refused
