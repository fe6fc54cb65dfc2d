"""What stands below a comment: the reply to it, reactions, and a reply that is folded away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.effect import Effect, Hide, React, Reply
from bot.text.comment import reply_marker

if TYPE_CHECKING:
    from bot.model.arrival import Said
    from bot.model.claim import Claim


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
