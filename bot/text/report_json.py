"""The one JSON of a report, `handoff.report/1`: the same bytes for the same matter everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.acts.clear import command_of, to_clear
from bot.judge.handover import stage
from bot.model.codec import dumps
from bot.model.known import Unknown
from bot.text.handover import so_far
from bot.text.title import title_of

if TYPE_CHECKING:
    from bot.model.episode import Episode
    from bot.model.handover import Handover
    from bot.model.notice import Field
    from bot.model.problem import Problem
    from bot.model.report import Entry, Question, Report
    from bot.model.verdict import Evidence, Verdict

SCHEMA = "handoff.report/1"
PROBLEMS_SCHEMA = "handoff.problems/1"


def report_bytes(report: Report) -> bytes:
    """Canonical JSON of the report."""
    return dumps(report_data(report))


def report_data(report: Report) -> dict[str, Any]:
    """The report as JSON data, plain text without markup; no durations in it."""
    return {
        "schema": SCHEMA,
        "code": report.code,
        "judged_at": report.judged_at.isoformat().replace("+00:00", "Z"),
        "mode": report.mode.value,
        "subject": _subject(report),
        "policy": _policy(report),
        "conclusion": report.conclusion().value,
        "would_be": report.would_be().value,
        "title": title_of(report),
        "stage": stage(report),
        "not_needed": report.not_needed,
        "items": [_item(report, entry) for entry in report.entries],
        "escalations": [
            {
                "trigger": one.trigger,
                "role": one.role,
                "block": one.block.value,
                "state": _asked(one),
                "summary": one.summary,
                "evidence": [_evidence(piece) for piece in one.evidence],
            }
            for one in report.questions
        ],
        "asked": [_episode(one) for one in report.escalations],
        "handovers": [_handover(one, report.zone) for one in report.told],
        "ready": None if report.ready is None else _act(report.ready),
        "holds": [_act(one) for one in report.holds],
        "ticked": [_act(one) for one in report.ticked],
        "lost": [_act(one) for one in report.lost],
        "problems": [problem_data(one) for one in report.problems],
        "weakened": [_evidence(one) for one in report.weakened],
        "unknown": [{"what": "facts", "why": one} for one in report.unread],
        "faults": [{"id": one.id, "where": one.where} for one in report.faults],
        "digests": {
            "facts": report.digests.facts,
            "acts": report.digests.acts,
            "verdict": report.digests.verdict,
        },
    }


def _subject(report: Report) -> dict[str, Any]:
    return {
        "repo": report.repo,
        "repo_id": report.repo_id,
        "number": report.number,
        "base_ref": report.base_ref,
        "base_sha": report.base_sha,
        "head_sha": report.head_sha,
        "author": report.author,
        "draft": report.draft,
    }


def _policy(report: Report) -> dict[str, Any]:
    return {
        "digest": report.digests.policy,
        "preset": report.preset,
        "broken": report.broken,
        "layers": [
            {"origin": one.origin, "path": one.path, "commit": one.commit} for one in report.layers
        ],
        "left_out": [{"origin": one.origin, "why": one.why} for one in report.left_out],
    }


def _episode(one: Episode) -> dict[str, Any]:
    return {
        "name": one.name,
        "trigger": one.trigger,
        "role": one.role,
        "block": one.block.value,
        "state": one.state.value,
        "blocks": one.blocks,
        "subjects": list(one.subjects),
        "person": one.person or None,
        "level": one.level,
        "raised_at": one.raised.said_at.isoformat(),
        "due_at": None if one.due_at is None else one.due_at.isoformat(),
        "decision": None
        if one.decision is None
        else {**_act(one.decision), "detail": one.decision.detail},
    }


def _handover(told: Handover, zone: str) -> dict[str, Any]:
    return {
        "notice": told.notice,
        "role": told.role,
        "state": told.state.value,
        "summary": so_far(told, zone),
        "revision": told.revision,
        "told_at": told.tell.said_at.isoformat() if told.tell else None,
        "head_sha": told.tell.head_sha if told.tell else None,
        "answer": _act(told.answer) if told.answer else None,
        "due_at": told.due_at.isoformat() if told.due_at else None,
        "lacks": list(told.first),
        "changed": list(told.changed),
        "fields": [_field(field) for field in told.fields],
    }


def _field(field: Field) -> dict[str, Any]:
    unread = [field.answer] if isinstance(field.answer, Unknown) else []
    return {
        "name": field.name,
        "state": field.state.value,
        "confirmed_by": field.confirmed_by,
        "answer": None if isinstance(field.answer, Unknown) else field.answer.value,
        "draft": [
            {"note": one.note, "file": one.file, "line": one.line} for one in field.draft.pieces
        ],
        "unknown": [one.reason for one in (*field.draft.open, *unread)],
        "against": [_evidence(one) for one in field.against],
    }


def _asked(question: Question) -> str:
    if question.suggested:
        return "suggested"
    return "undecided" if question.undecided else "would-ask"


def problem_data(problem: Problem) -> dict[str, Any]:
    """One problem of a policy file as JSON data."""
    return {
        "file": problem.where.file,
        "line": problem.where.line,
        "column": problem.where.column,
        "key": problem.where.key,
        "severity": problem.severity.value,
        "code": problem.code,
        "what": problem.what,
        "hint": problem.hint,
    }


def _item(report: Report, entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.item,
        "title": entry.title,
        "level": entry.level.value,
        "lists": list(entry.lists),
        "state": entry.state.value,
        "failing": entry.failing.value if entry.failing else None,
        "acts": [_act(one) for one in entry.acts],
        "stale": [_act(one) for one in entry.stale],
        "verdict": _verdict(entry.verdict),
        "rules": [{"id": one.rule, "outcome": one.verdict.outcome.value} for one in entry.leaves],
        "fix": {
            "text": to_clear(entry),
            "command": command_of(entry),
            "who": [report.author if role == "author" else role for role in entry.fix_by],
        },
    }


def _act(act: Any) -> dict[str, Any]:
    return {
        "key": act.key,
        "kind": act.kind.value,
        "by": act.by.login,
        "head_sha": act.head_sha,
        "reason": act.reason,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "outcome": verdict.outcome.value,
        "summary": verdict.summary,
        "evidence": [_evidence(one) for one in verdict.evidence],
        "advice": [_evidence(one) for one in verdict.advice],
    }


def _evidence(piece: Evidence) -> dict[str, Any]:
    return {
        "note": piece.note,
        "file": piece.file,
        "line": piece.line,
        "link": piece.link,
        "kind": piece.kind.id,
        "tier": piece.kind.tier.value,
    }
