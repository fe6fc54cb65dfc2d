"""The reader of the log finds what was planted, and nothing in a clean log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.simulator.exchange import Exchange
from tests.crash.invariants import broken

CHECKS = "/repos/acme/orders-api/check-runs"
COMMENTS = "/repos/acme/orders-api/issues/7/comments"


def call(method: str, path: str, body: Any, status: int = 201) -> Exchange:
    return Exchange(
        at=datetime(2026, 3, 2, tzinfo=UTC),
        method=method,
        path=path,
        query={},
        headers={},
        body=body,
        status=status,
        json={"id": 5},
    )


def check(title: str, **more: Any) -> dict[str, Any]:
    output = {"title": title, "summary": ""}
    return {"head_sha": "a" * 40, "name": "handoff", "status": "completed", "output": output} | more


def sticky(text: str = "x") -> dict[str, Any]:
    return {"body": f"{text}\n<!-- handoff:1 1/7 -->"}


def test_a_check_that_moves_on_and_one_comment_are_clean() -> None:
    log = [
        call("POST", CHECKS, check("0 of 1")),
        call("PATCH", f"{CHECKS}/5", check("1 of 1")),
        call("POST", COMMENTS, sticky()),
        call("POST", COMMENTS, {"body": "a reply"}),
        call("POST", COMMENTS, sticky(), status=502),
    ]

    assert broken(log) == []


def test_the_same_verdict_twice_is_found_in_a_new_run_and_in_a_changed_one() -> None:
    again = [call("POST", CHECKS, check("0 of 1")), call("POST", CHECKS, check("0 of 1"))]
    patched = [call("POST", CHECKS, check("0 of 1")), call("PATCH", f"{CHECKS}/5", check("0 of 1"))]

    assert len(broken(again)) == 1
    assert len(broken(patched)) == 1


def test_a_second_sticky_comment_is_found() -> None:
    log = [call("POST", COMMENTS, sticky("one")), call("POST", COMMENTS, sticky("two"))]

    assert broken(log) == [f"{COMMENTS} got 2 sticky comments"]


def test_a_second_answer_to_one_question_is_found() -> None:
    answers = [{"body": f"It waits.\n<!-- handoff:reply comment:{of} -->"} for of in (8, 9, 8)]

    assert broken([call("POST", COMMENTS, one) for one in answers]) == [
        "<!-- handoff:reply comment:8 --> got 2 replies"
    ]


def test_a_run_that_nobody_ends_is_found_under_a_newer_one() -> None:
    waiting = {"status": "in_progress", "output": {"title": "Waiting", "summary": ""}}
    log = [call("POST", CHECKS, check("x") | waiting), call("POST", CHECKS, check("0 of 1"))]
    log[1].json["id"] = 6
    ended = [log[0], call("PATCH", f"{CHECKS}/5", check("Superseded")), log[1]]

    assert [line[-41:] for line in broken(log)] == [
        "5 that is left in progress under a newer one"[-41:]
    ]
    assert broken(ended) == []
