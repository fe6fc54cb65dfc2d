"""What should stand outside after a report, and when time alone may change it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.model.effect import Comment, Plan, Timer, TimerKind
from bot.model.policy import Mode
from bot.model.report import Conclusion

if TYPE_CHECKING:
    from bot.model.effect import Published
    from bot.model.facts import Facts
    from bot.model.policy import Policy
    from bot.model.report import Report

# Long enough for the author to push the file just forgotten, before anybody is written to.
GRACE = timedelta(seconds=60)


def plan(facts: Facts, policy: Policy, report: Report, sticky: Published | None) -> Plan:
    """The checks always stand; the comment only where a person must act, and never again once a
    person removed it (`sticky.state` suppressed)."""
    timers: list[Timer] = []
    if report.recheck_at is not None:
        timers.append(
            Timer(key="ci-deadline", kind=TimerKind.CI_DEADLINE, due_at=report.recheck_at)
        )
    comment = _comment(facts, policy, report, sticky)
    ready_at = facts.head_since + GRACE
    if comment is Comment.CREATE and facts.taken_at < ready_at:
        comment = Comment.NONE
        timers.append(Timer(key="grace", kind=TimerKind.GRACE, due_at=ready_at))
    return Plan(checks=report.checks, comment=comment, timers=tuple(timers))


def needs_person(report: Report) -> bool:
    """Whether some item, trigger, hold or answer keeps the pull request from being ready until a
    person acts; an item that only advises is in the check, and nobody is written to for it."""
    return report.would_be() is Conclusion.FAILURE


def _comment(facts: Facts, policy: Policy, report: Report, sticky: Published | None) -> Comment:
    if sticky is not None and (sticky.remote_id is not None or sticky.state == "suppressed"):
        return Comment.NONE if sticky.state == "suppressed" else Comment.EDIT
    # What may stand is looked for, and says what is true now.
    none = Comment.NONE if sticky is None or sticky.state != "unsure" else Comment.EDIT
    if not facts.open or policy.quiet.rests(draft=facts.draft):
        return none
    if report.mode is Mode.OBSERVE or policy.quiet.comment == "never":
        return none
    if facts.author.login in policy.quiet.authors:
        return none
    wanted = policy.quiet.comment == "always" or needs_person(report)
    return Comment.CREATE if wanted else none
