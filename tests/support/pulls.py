"""Facts of small pull requests, with defaults for everything that a test does not care about."""

from __future__ import annotations

import difflib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.model.facts import (
    Change,
    ChangedFile,
    CheckRun,
    Commits,
    Facts,
    Person,
    Review,
    Reviews,
)
from bot.readers.diff import diff_texts

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HEAD, BASE = "1" * 40, "0" * 40
ANA, BEN, SAM = (
    Person(id=1, login="ana"),
    Person(id=2, login="ben"),
    Person(id=3, login="sam"),
)


def pull(*files: ChangedFile, **known: Any) -> Facts:
    """A pull request by ana with these files; `known` replaces any field."""
    facts = Facts(
        repo_id=7,
        repo="acme/orders",
        number=118,
        base_sha=BASE,
        head_sha=HEAD,
        base_ref="main",
        default_branch="main",
        author=ANA,
        title="Refunds",
        labels=frozenset(),
        draft=False,
        open=True,
        from_fork=False,
        opened_at=NOW,
        head_since=NOW,
        taken_at=NOW,
        changes=files,
        body="",
        checks=(),
        reviews=Reviews(opinions=(), requested=(), requested_teams=()),
        commits=Commits(shas=(HEAD,), contributors=frozenset({ANA.id})),
    )
    return replace(facts, **known)


def changed(path: str, before: str, after: str, **known: Any) -> ChangedFile:
    """A file with the lines that differ between two texts."""
    added, removed = diff_texts(before, after)
    change = Change.MODIFIED if before else Change.ADDED
    file = ChangedFile(
        path=path,
        change=change if after else Change.REMOVED,
        base_blob="b" * 40 if before else None,
        head_blob="a" * 40 if after else None,
        additions=len(added),
        deletions=len(removed),
        added=added,
        removed=removed,
    )
    return replace(file, **known)


def check(name: str, conclusion: str | None = "success", **known: Any) -> CheckRun:
    """A check run of GitHub Actions."""
    status = "completed" if conclusion else "in_progress"
    run = CheckRun(
        name=name,
        status=status,
        conclusion=conclusion,
        app_slug="github-actions",
        workflow=".github/workflows/ci.yml",
        started_at=NOW,
    )
    return replace(run, **known)


def reviews(*opinions: Review) -> Reviews:
    """Newest opinions."""
    return Reviews(opinions=opinions, requested=(), requested_teams=())


def review(by: Person, state: str = "approved", **known: Any) -> Review:
    """An opinion on the head by somebody who may write."""
    one = Review(by=by, state=state, commit_sha=HEAD, submitted_at=NOW, may_write=True)
    return replace(one, **known)


def patch(before: str, after: str) -> str:
    """A unified diff as GitHub's files API gives it."""
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=2)
    return "\n".join(list(lines)[2:])
