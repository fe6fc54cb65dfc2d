"""The published form of `handoff.report/1`; keys are only ever added to it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeAlias

from bot.model.act import ActKind
from bot.model.episode import Raised
from bot.model.handover import HandoverState
from bot.model.item import Level
from bot.model.notice import Answer, FieldState
from bot.model.policy import Block, Mode
from bot.model.problem import Severity
from bot.model.report import Conclusion, Failing, State
from bot.model.verdict import Outcome, Tier
from bot.text.report_json import SCHEMA

Json: TypeAlias = dict[str, Any]

_TEXT: Json = {"type": "string"}
_MAYBE: Json = {"type": ["string", "null"]}
_WHOLE: Json = {"type": "integer"}
_MAYBE_WHOLE: Json = {"type": ["integer", "null"]}
_YES_NO: Json = {"type": "boolean"}
_TIME: Json = {"type": "string", "format": "date-time"}
_MAYBE_TIME: Json = {"type": ["string", "null"], "format": "date-time"}
_SHA: Json = {"type": "string", "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$"}


def report_schema() -> Json:
    """JSON Schema of every report that the bot, `check` and `replay` print or store."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A judgement of Handoff ({SCHEMA})",
        **_object(
            schema={"const": SCHEMA},
            code=_TEXT,
            judged_at=_TIME,
            mode=_one(Mode),
            subject=_subject(),
            policy=_policy(),
            conclusion=_one(Conclusion),
            would_be=_one(Conclusion),
            title=_TEXT,
            stage=_TEXT,
            not_needed=_TEXT,
            items=_many(_item()),
            escalations=_many(
                _object(
                    trigger=_TEXT,
                    role=_TEXT,
                    block=_one(Block),
                    state={"enum": ["suggested", "undecided", "would-ask"]},
                    summary=_TEXT,
                    evidence=_many(_evidence()),
                )
            ),
            handovers=_many(
                _object(
                    notice=_TEXT,
                    role=_TEXT,
                    state=_one(HandoverState),
                    summary=_TEXT,
                    revision=_WHOLE,
                    told_at=_MAYBE_TIME,
                    head_sha=_MAYBE,
                    answer={"anyOf": [_act(), {"type": "null"}]},
                    due_at=_MAYBE_TIME,
                    lacks=_many(_TEXT),
                    changed=_many(_TEXT),
                    fields=_many(_field()),
                )
            ),
            asked=_many(_episode()),
            ready={"anyOf": [_act(), {"type": "null"}]},
            holds=_many(_act()),
            ticked=_many(_act()),
            lost=_many(_act()),
            weakened=_many(_evidence()),
            problems=_many(_problem()),
            unknown=_many(_object(what=_TEXT, why=_TEXT)),
            faults=_many(_object(id=_TEXT, where=_TEXT)),
            digests=_object(facts=_SHA, acts=_SHA, verdict=_SHA),
        ),
    }


def _object(**keys: Json) -> Json:
    return {"type": "object", "properties": keys, "required": sorted(keys)}


def _many(kind: Json) -> Json:
    return {"type": "array", "items": kind}


def _one(words: type[StrEnum]) -> Json:
    return {"enum": [word.value for word in words]}


def _subject() -> Json:
    return _object(
        repo=_TEXT,
        repo_id=_WHOLE,
        number=_MAYBE_WHOLE,
        base_ref=_TEXT,
        base_sha=_SHA,
        head_sha=_SHA,
        author=_TEXT,
        draft=_YES_NO,
    )


def _policy() -> Json:
    return _object(
        digest=_TEXT,
        preset=_TEXT,
        broken=_TEXT,
        layers=_many(_object(origin=_TEXT, path=_TEXT, commit=_TEXT)),
        left_out=_many(_object(origin=_TEXT, why=_TEXT)),
    )


def _act(**more: Json) -> Json:
    return _object(key=_TEXT, kind=_one(ActKind), by=_TEXT, head_sha=_SHA, reason=_TEXT, **more)


def _episode() -> Json:
    return _object(
        name=_TEXT,
        trigger=_TEXT,
        role=_TEXT,
        block=_one(Block),
        state=_one(Raised),
        blocks=_YES_NO,
        subjects=_many(_TEXT),
        person=_MAYBE,
        level=_WHOLE,
        raised_at=_TEXT,
        due_at=_MAYBE,
        decision={"anyOf": [_act(detail=_TEXT), {"type": "null"}]},
    )


def _item() -> Json:
    return _object(
        id=_TEXT,
        title=_TEXT,
        level=_one(Level),
        lists=_many(_TEXT),
        state=_one(State),
        failing={"enum": [*(one.value for one in Failing), None]},
        acts=_many(_act()),
        stale=_many(_act()),
        verdict=_object(
            outcome=_one(Outcome),
            summary=_TEXT,
            evidence=_many(_evidence()),
            advice=_many(_evidence()),
        ),
        rules=_many(_object(id=_TEXT, outcome=_one(Outcome))),
        fix=_object(text=_TEXT, command=_TEXT, who=_many(_TEXT)),
    )


def _field() -> Json:
    return _object(
        name=_TEXT,
        state=_one(FieldState),
        confirmed_by=_TEXT,
        answer={"enum": [*(one.value for one in Answer), None]},
        draft=_many(_object(note=_TEXT, file=_MAYBE, line=_MAYBE_WHOLE)),
        unknown=_many(_TEXT),
        against=_many(_evidence()),
    )


def _evidence() -> Json:
    return _object(
        note=_TEXT, file=_MAYBE, line=_MAYBE_WHOLE, link=_MAYBE, kind=_TEXT, tier=_one(Tier)
    )


def _problem() -> Json:
    return _object(
        file=_TEXT,
        line=_WHOLE,
        column=_WHOLE,
        key=_TEXT,
        severity=_one(Severity),
        code=_TEXT,
        what=_TEXT,
        hint=_TEXT,
    )
