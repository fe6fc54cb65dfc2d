"""Lines about questions and notices, each with our reaction and what we answer below it."""

from __future__ import annotations

from pathlib import Path

from tests.flows.test_handed_over import BODY, FILES
from tests.flows.test_handed_over import POLICY as NOTICES
from tests.flows.test_questions import POLICY, REDIS
from tests.support.crew import Crew, crew

DONE, REFUSED = ("+1",), ("confused",)
ASKED = POLICY.replace("roles:\n", "roles:\n  product: { people: [ben] }\n")
TOLD = NOTICES.replace(
    "  operations: { people", "  frontend: { people: [jo] }\n  operations: { people"
)
TOLD = TOLD.replace("  qa: { to", "  frontend: { to: frontend }\n  qa: { to")

# Who, what, our reaction, and what our newest comment says afterwards.
Row = tuple[str, str, tuple[str, ...], str]
QUESTIONS: tuple[Row, ...] = (
    ("ana", "````\n```\n/handoff ready\n````\n/handoff ack", REFUSED,
     "- `/handoff ack`: e1 is asked of architect (sam). Nothing was done."),
    ("jo", "/handoff ack", REFUSED, "e1 is asked of architect (sam)"),
    ("sam", "/handoff snooze 2d", DONE, ""),
    ("sam", "/handoff snooze 2d", DONE, ""),
    ("sam", "/handoff snooze 2d", REFUSED, "twice is the limit"),
    ("ana", "/handoff decide approve because it is fine now", REFUSED,
     "a decision is not for the author"),
    ("sam", "/handoff decide yes because it is fine now", REFUSED, "approve, redirect or decline?"),
    ("sam", "/handoff decide approve -- one Redis per region, cache only", DONE, ""),
    ("sam", "/handoff ack", DONE, ""),
    ("sam", "/handoff decide e1 decline because not after all", REFUSED,
     "e1 was decided: approve. To change it: /handoff undo e1 first"),
    ("ana", "/handoff escalate performance because the list needs a full scan", DONE,
     "@sam: ana asks (performance): the list needs a full scan"),
    ("ana", "/handoff escalate to product because are partial refunds in scope?", DONE,
     "@ben: ana asks: are partial refunds in scope?"),
)  # fmt: skip
ANSWERS: tuple[Row, ...] = (
    ("li", "/handoff accept frontend", REFUSED, "this is for frontend (jo)"),
    ("li", "/handoff accept", DONE, ""),
    ("jo", "/handoff return notes because the refund of 0 is not said", DONE, ""),
)


async def played(acme: Crew, rows: tuple[Row, ...]) -> None:
    for who, body, reaction, says in rows:
        before = len(acme.said)
        assert (body, await acme.types(who, body)) == (body, reaction)
        new = " ".join(acme.said[before:]).replace("\\", "")
        assert says in new, (body, new)
        assert bool(says) == bool(new), (body, new)
        await acme.waits(seconds=11)


async def test_questions(tmp_path: Path) -> None:
    async with crew(tmp_path, ASKED) as acme:
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        await played(acme, QUESTIONS)
        assert "e2 performance" in acme.summary
        assert "e3 question" in acme.summary


async def test_notices(tmp_path: Path) -> None:
    async with crew(tmp_path, TOLD) as acme:
        await acme.opens(FILES, BODY)
        await acme.waits(minutes=2)
        await played(acme, ANSWERS)
        assert acme.title.startswith("Returned by frontend: notes · the refund of 0 is not said")
        assert "QA - told" in acme.summary.replace("\\", "")
