"""What git does not hold, read from JSON (`handoff.facts/1`): everything in it is optional."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.local.source import NOT_GIVEN, LocalGiven
from bot.model.facts import CheckRun, Person, Review, Reviews

KEYS = frozenset(
    {
        "schema",
        "number",
        "title",
        "body",
        "author",
        "labels",
        "draft",
        "checks",
        "reviews",
        "members",
        "default_branch",
        "repo",
    }
)


def given_from(data: dict[str, Any]) -> LocalGiven:
    """Read the facts; raises ValueError for keys that mean nothing, KeyError for missing ones."""
    unknown = sorted(set(data) - KEYS)
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; one of {', '.join(sorted(KEYS))}")
    return LocalGiven(
        number=data.get("number"),
        title=data.get("title", ""),
        body=data.get("body", NOT_GIVEN),
        author=_person(data.get("author", {"id": 0, "login": "author"})),
        labels=frozenset(data["labels"]) if "labels" in data else NOT_GIVEN,
        draft=bool(data.get("draft", False)),
        checks=tuple(_check(one) for one in data["checks"]) if "checks" in data else NOT_GIVEN,
        reviews=_reviews(data["reviews"]) if "reviews" in data else NOT_GIVEN,
        members={role: frozenset(ids) for role, ids in data.get("members", {}).items()},
        default_branch=data.get("default_branch"),
        repo=data.get("repo"),
    )


def _person(data: dict[str, Any]) -> Person:
    return Person(id=int(data.get("id", 0)), login=str(data["login"]), bot=bool(data.get("bot")))


def _check(data: dict[str, Any]) -> CheckRun:
    conclusion = data.get("conclusion")
    return CheckRun(
        name=str(data["name"]),
        status="completed" if conclusion else str(data.get("status", "in_progress")),
        conclusion=conclusion,
        app_slug=data.get("app", "github-actions"),
        workflow=data.get("workflow"),
        status_by=data.get("status_by"),
        completed_at=_moment(data.get("completed_at")),
    )


def _reviews(data: list[dict[str, Any]]) -> Reviews:
    opinions = tuple(
        Review(
            by=_person(one["by"]),
            state=str(one["state"]),
            commit_sha=one.get("commit_sha"),
            submitted_at=datetime.fromisoformat(one["submitted_at"]),
            may_write=bool(one.get("may_write", False)),
        )
        for one in data
    )
    return Reviews(opinions=opinions, requested=(), requested_teams=())


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
