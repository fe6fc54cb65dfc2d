"""What people and Apps say on a pull request: comments, reviews, reactions."""

from __future__ import annotations

from typing import Any

from bot.simulator import shapes_pull
from bot.simulator.acts_pull import PullActs
from bot.simulator.things import (
    Account,
    App,
    Comment,
    Edit,
    LineComment,
    Pull,
    Reaction,
    Review,
    Spoken,
)

_NEEDS_A_STATE = {"approve": "APPROVED", "request_changes": "CHANGES_REQUESTED"}


class TalkActs(PullActs):
    """Acts of speech."""

    def comment(self, pull: Pull, by: Account, body: str, *, app: App | None = None) -> Comment:
        """Write in the conversation; sends `issue_comment.created`."""
        made = self.make(
            Comment, "IC", pull=pull, user=by, body=body, updated_at=self.now(), app=app
        )
        pull.comments.append(made)
        pull.updated_at = self.now()
        self._comment_event(made, "created", by)
        return made

    def edit_comment(self, comment: Comment, by: Account, body: str) -> None:
        """Change a comment, possibly somebody else's; sends `issue_comment.edited`."""
        before, comment.body = comment.body, body
        comment.updated_at = self.now()
        comment.edits.append(self.make(Edit, "UCE", editor=by, body=body))
        self._comment_event(comment, "edited", by, changes={"body": {"from": before}})

    def delete_comment(self, comment: Comment, by: Account) -> None:
        """Delete a comment; sends `issue_comment.deleted`."""
        comment.pull.comments.remove(comment)
        del self.nodes[comment.node_id]
        self._comment_event(comment, "deleted", by)

    def hide_comment(self, comment: Spoken, reason: str = "OUTDATED") -> None:
        """Hide (minimise) something said; GitHub sends no event for it."""
        comment.hidden = reason.lower()

    def _comment_event(self, one: Comment, action: str, by: Account, **extra: Any) -> None:
        shape = shapes_pull.comment(self, one)
        issue = shapes_pull.issue(self, one.pull)
        body = {"action": action, "comment": shape, "issue": issue}
        self.emit("issue_comment", one.pull.repo, by, body | extra)

    def review(self, pull: Pull, by: Account, verdict: str = "comment", body: str = "") -> Review:
        """Submit a review (`approve`, `request_changes`, `comment`); ends the request for it."""
        state = _NEEDS_A_STATE.get(verdict, "COMMENTED")
        made = self.make(
            Review,
            "PRR",
            pull=pull,
            user=by,
            body=body,
            updated_at=self.now(),
            state=state,
            opinion=state,
            commit_sha=pull.head_sha,
        )
        pull.reviews.append(made)
        pull.reviewers.pop(by.id, None)
        for team in [one for one in pull.team_reviewers.values() if by.id in one.members]:
            del pull.team_reviewers[team.id]
        self._review_event(made, "submitted", by)
        return made

    def edit_review(self, review: Review, by: Account, body: str) -> None:
        """Change the text of a review; sends `pull_request_review.edited`."""
        before, review.body = review.body, body
        review.updated_at = self.now()
        self._review_event(review, "edited", by, changes={"body": {"from": before}})

    def dismiss_review(self, review: Review, by: Account) -> None:
        """Dismiss a review; sends `pull_request_review.dismissed`."""
        before, review.state = review.state, "DISMISSED"
        fields = {"previousReviewState": before, "review": review}
        self.happened(review.pull, "ReviewDismissedEvent", by, **fields)
        self._review_event(review, "dismissed", by)

    def _review_event(self, one: Review, action: str, by: Account, **extra: Any) -> None:
        pull = one.pull
        pull.updated_at = self.now()
        shape = shapes_pull.review(self, one)
        about = shapes_pull.simple_pull(self, pull)
        body = {"action": action, "review": shape, "pull_request": about}
        self.emit("pull_request_review", pull.repo, by, body | extra)

    def comment_line(
        self, pull: Pull, by: Account, path: str, body: str, *, answers: LineComment | None = None
    ) -> LineComment:
        """Comment on a line, or answer in its thread; sends the event with its review."""
        review = answers.review if answers else self.review(pull, by)
        made = self.make(
            LineComment,
            "PRRC",
            pull=pull,
            user=by,
            body=body,
            updated_at=self.now(),
            review=review,
            path=path,
            line=1,
            commit_sha=pull.head_sha,
            in_reply_to=answers.id if answers else None,
        )
        pull.line_comments.append(made)
        self._line_event(made, "created", by)
        return made

    def edit_line(self, one: LineComment, by: Account, body: str) -> None:
        """Change a comment on a line; sends `pull_request_review_comment.edited`."""
        before, one.body = one.body, body
        one.updated_at = self.now()
        self._line_event(one, "edited", by, changes={"body": {"from": before}})

    def _line_event(self, one: LineComment, action: str, by: Account, **extra: Any) -> None:
        shape = shapes_pull.line_comment(self, one)
        about = shapes_pull.simple_pull(self, one.pull)
        body = {"action": action, "comment": shape, "pull_request": about}
        self.emit("pull_request_review_comment", one.pull.repo, by, body | extra)

    def react(self, subject: Pull | Spoken, by: Account, content: str) -> Reaction:
        """Add a reaction, once per person and kind; GitHub sends no event for it."""
        for one in subject.reactions:
            if one.user is by and one.content == content:
                return one
        made = self.make(Reaction, "REA", user=by, content=content)
        subject.reactions.append(made)
        return made

    def unreact(self, subject: Pull | Spoken, by: Account, content: str) -> Reaction | None:
        """Take a reaction back."""
        for one in list(subject.reactions):
            if one.user is by and one.content == content:
                subject.reactions.remove(one)
                return one
        return None
