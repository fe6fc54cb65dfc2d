"""Whatever happens to a pull request that is handed over: who is told is told rightly, and once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.judge.episodes import hours_of
from bot.judge.hours import day_of, is_open
from bot.model.act import Act, ActKind
from bot.model.effect import Ping, Send
from tests.judge.test_questions import MONDAY, compose
from tests.properties.test_streams import CALM, Becomes, Says, Waits
from tests.support.room import PEOPLE, Room

RULES = """
version: 1
mode: enforce
areas: { code: ["app/**"], docs: ["docs/**"] }
roles:
  architect: { people: [sam] }
  qa: { people: [li, pat, ana], channel: quality, hours: { zone: Asia/Tokyo } }
  operations: { people: [jo], channel: running }
hours: { days: mon-fri, from: "09:00", to: "17:30", zone: Europe/Berlin }
away: { li: 2026-11-25 to 2026-12-01, pat: until 2026-11-24 }
checklist:
  docs:
    title: Docs
    when: { changed: [code] }
    proof: { changed: { areas: [docs], lines-at-least: 1 } }
lists: { handoff: [docs], quality: [docs] }
escalate:
  ask: architect
  new-dependency: { when: { adds: [service] }, block: until-decided }
handoff:
  after: [list handoff]
  qa: { to: qa, answer: expected }
  operations: { to: operations, after: [list handoff, merged], answer: none }
"""
CODE = {"app/a.py": "x = 1\n"}
DOCS = {"docs/a.md": "words\n"}
LINES = [
    *("accept", "accept qa", "undo", "undo qa", "hold because it is late", "resume"),
    *("return qa bug docs because a refund of 0 answers 500", "recheck"),
    *("return notes because the notes are old", "decide approve because it is small enough"),
]


@dataclass(frozen=True)
class Pushes:
    files: tuple[str, ...]
    salt: int

    def happens(self, room: Room) -> None:
        known = {"code": CODE, "docs": DOCS, "redis": compose("redis")}
        files = {path: text for one in self.files for path, text in known[one].items()}
        room.pushes({path: text + "# again\n" * self.salt for path, text in files.items()})


@dataclass(frozen=True)
class Ends:
    open: bool
    merged: bool

    def happens(self, room: Room) -> None:
        room.becomes(open=self.open, merged=self.merged)


ENDS = st.sampled_from([Ends(True, False), Ends(False, False), Ends(False, True)])
FILES = st.sampled_from([("code", "docs"), ("code",), ("docs",), ("code", "docs", "redis")])
ANYTHING = st.one_of(
    st.builds(Says, st.sampled_from(["li", "pat", "sam", "ben"]), st.sampled_from(LINES)),
    st.builds(Waits, st.sampled_from([1, 5, 60, 240, 480, 1440, 4000])),
    st.builds(Waits, st.sampled_from([60, 1440])),
    st.builds(Pushes, FILES, st.integers(0, 2)),
    st.builds(Becomes, st.just("draft"), st.booleans()),
    ENDS,
)


def played(events: list[Any]) -> Room:
    room = Room.under(RULES, MONDAY, {**CODE, **DOCS})
    room.direct = {"sam": "slack"}
    for event in events:
        before = len(room.acts)
        room.waits(seconds=1)
        event.happens(room)
        for act in room.acts[before:]:
            _told_rightly(act, room)
    return room


def _told_rightly(act: Act, room: Room) -> None:
    loud = act.kind is ActKind.TELL or act.detail in {"gone", "changed", "unanswered"}
    if not loud:
        return
    role = act.subjects[0]
    assert (
        act.detail == "unanswered"
        or role != "qa"
        or is_open(act.said_at, hours_of(role, room.policy))
    ), "outside hours"
    today = day_of(act.said_at, room.policy.hours)
    for login in act.data.get("pinged", "").split() if act.kind is ActKind.TELL else ():
        spans = room.policy.away.get(login, ())
        assert not any(first <= today <= last for first, last in spans), "away"
        assert PEOPLE[login].id not in {*room.wrote, PEOPLE["ana"].id}, "takes part"


@CALM
@given(st.lists(ANYTHING, min_size=15, max_size=40))
def test_no_stream_of_events_tells_too_much(events: list[Any]) -> None:
    room = played(events)

    for keys in ([one.key for one in room.effects], [one.key for one in room.acts]):
        assert len(keys) == len(set(keys)), "a key twice"
    asked = [one for one in room.acts if "pinged" in one.data and one.kind is not ActKind.REMARK]
    people = {(login, one.said_at) for one in asked for login in one.data["pinged"].split()}
    assert len(people) <= 6, "over the budget of a pull request"
    gone = Counter(one.subjects for one in room.acts if one.detail == "gone")
    told = Counter(one.subjects for one in room.acts if one.kind is ActKind.TELL)
    assert all(gone[name] <= told[name] for name in gone), "more than once a telling"
    for one in room.effects:
        if isinstance(one, Send) and one.edits:
            assert one.message.to == ()
        if isinstance(one, Ping):
            assert "@ana" not in one.body
