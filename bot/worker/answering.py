"""What stands below a comment: the reply to it, reactions, and a reply that is folded away; and how
long somebody is answered for whom nothing seems to be there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.model.claim import GoneForGood, Outcome, Retry
from bot.model.effect import Effect, Hide, React, Reply
from bot.text.comment import reply_marker

if TYPE_CHECKING:
    from bot.model.arrival import Said
    from bot.model.claim import Claim

# GitHub shows for moments that nothing is there: what somebody typed outlives them.
_GONE_AFTER = timedelta(minutes=5)


def hidden(claim: Claim, answered: str) -> list[Effect]:
    """The reply to that comment folded away."""
    if not answered.startswith("comment:"):
        return []
    subject = claim.subject
    return [Hide(repo_id=subject.repo_id, number=subject.number, comment_key=answered)]


def reply_to(claim: Claim, said: Said, body: str) -> Reply:
    """The one answer below it, with the mark by which it is found again."""
    return Reply(
        repo_id=claim.subject.repo_id,
        number=claim.subject.number,
        comment_key=said.key,
        body=f"{body}\n\n{reply_marker(said.key)}",
        in_thread=said.in_thread,
    )


def reaction(claim: Claim, said: Said, content: str) -> React:
    """That reaction to it."""
    return React(
        repo_id=claim.subject.repo_id,
        number=claim.subject.number,
        node_id=said.node_id,
        content=content,
    )


def gone(claim: Claim, why: str, now: datetime) -> Outcome:
    """What is not there is at an end; where somebody waits for an answer, only after a while, and
    when it was not there the last time either."""
    fresh = now - claim.first_at < _GONE_AFTER
    if claim.said and (fresh or claim.reason != why[:300]):
        return Retry(timedelta(seconds=2), why)
    return GoneForGood(why)
