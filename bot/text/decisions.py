"""Decision records, from the ledger alone: question, answer, reason, who gave it and when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bot.acts.force import in_force
from bot.model.act import Act, ActKind
from bot.text.escape import code, plain
from bot.text.ping import question_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Row = dict[str, Any]
_OPENS = (ActKind.RAISE, ActKind.ESCALATE)


def decision_rows(acts: Mapping[int, tuple[Act, ...]]) -> list[Row]:
    """The decisions in force, in schema `handoff.decisions/1`, from all acts of each number."""
    rows: list[Row] = []
    for number, some in acts.items():
        standing = in_force(some, "")
        opened = {one.subjects[0]: one for one in standing if one.kind in _OPENS}
        rows += [
            _row(number, one, opened[one.subjects[0]], standing)
            for one in standing
            if one.kind is ActKind.DECIDE and one.subjects[0] in opened
        ]
    return rows


def _row(number: int, decided: Act, raised: Act, standing: tuple[Act, ...]) -> Row:
    def moments(kind: ActKind) -> list[str]:
        about = (one for one in standing if one.subjects[:1] == raised.subjects[:1])
        return [one.said_at.isoformat() for one in about if one.kind is kind]

    return {
        "number": number,
        "episode": raised.subjects[0],
        "trigger": raised.data["trigger"],
        "subjects": list(raised.subjects[1:]),
        "place": raised.data.get("place", ""),
        "question": question_of(raised),
        "decision": decided.detail,
        "reason": decided.reason,
        "by": decided.by.login,
        "roles": sorted(decided.roles),
        "head": decided.head_sha,
        "raised_at": raised.said_at.isoformat(),
        "asked_at": moments(ActKind.ASK),
        "acknowledged_at": moments(ActKind.ACK),
        "decided_at": decided.said_at.isoformat(),
        "working_minutes": int(decided.data["minutes"]) if "minutes" in decided.data else None,
        "pauses": json.loads(decided.data.get("pauses", "[]")),
    }


def decided_before(raised: Act, number: int, acts: Mapping[int, tuple[Act, ...]]) -> str:
    """`decided in #118: one Redis per region`: the newest decision about the same on another pull
    request, empty where there is none."""
    subjects = frozenset(raised.subjects[1:])
    alike = [
        row
        for row in decision_rows(acts)
        if row["number"] != number
        and row["trigger"] == raised.data["trigger"]
        and subjects.intersection(row["subjects"])
    ]
    if not alike:
        return ""
    newest = max(alike, key=lambda row: str(row["decided_at"]))
    word = "" if newest["decision"] == "approve" else f" ({newest['decision']})"
    return f"decided in #{newest['number']}{word}: {newest['reason']}"


def decisions_markdown(repo: str, rows: Iterable[Row]) -> str:
    """The records as a document, a section each."""
    parts = [f"# Decisions of {plain(repo)}"]
    for row in rows:
        by = f"{code(row['by'])} ({plain(', '.join(row['roles']))})"
        parts += [
            f"## #{row['number']} {row['episode']} {plain(row['trigger'])}: {row['decision']}",
            plain(row["question"]),
            plain(row["reason"]),
            f"{by}, {row['decided_at'][:16]}, at {row['head'][:7]}{_took(row)}",
        ]
    return "\n\n".join(parts) + "\n"


def _took(row: Row) -> str:
    """How long it took and why its clock stood still; empty where nobody was asked before."""
    if row["working_minutes"] is None:
        return ""
    still = [
        f"{plain(one['reason'])} {one['from'][:16]} to {one['to'][:16]}" for one in row["pauses"]
    ]
    paused = f", paused: {'; '.join(still)}" if still else ""
    return f", after {row['working_minutes']} working minutes{paused}"
