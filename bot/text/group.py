"""The check of a merge group: each member named, the gravest verdict on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.effect import SetCheck
from bot.model.handover import HandoverState
from bot.model.policy import Mode
from bot.model.report import Conclusion
from bot.model.verdict import clip
from bot.text.check import NAME_OF, SUMMARY_LIMIT, fit
from bot.text.clock import lately
from bot.text.escape import plain
from bot.text.title import TITLE_LIMIT, counts, title_of

if TYPE_CHECKING:
    from bot.model.report import Report

_HEAD = ("CI is judged on this merge group, all else as each was queued.", "")


def group_check(reports: tuple[Report, ...], conclusion: Conclusion, head_sha: str) -> SetCheck:
    """One check on the group's head; `reports` in queue order, never empty."""
    running = conclusion is Conclusion.IN_PROGRESS
    gravest = next(one for one in reports if one.conclusion() is conclusion)
    title = f"#{gravest.number} · {_accepted(gravest) or title_of(gravest)}"
    lines = [f"- #{one.number}: {one.conclusion()} - {plain(title_of(one))}" for one in reports]
    return SetCheck(
        repo_id=gravest.repo_id,
        head_sha=head_sha,
        name=NAME_OF["handoff"],
        status="in_progress" if running else "completed",
        conclusion=None if running else conclusion.value,
        title=clip(title, TITLE_LIMIT),
        summary=fit([*_HEAD, *lines], SUMMARY_LIMIT),
        text="",
        enforced=gravest.mode is Mode.ENFORCE,
    )


def _accepted(report: Report) -> str:
    """Since when all that was to be answered is accepted as it stands, empty where it is not."""
    accepted = [one for one in report.told if one.state is HandoverState.ACCEPTED]
    said = [one.answer.said_at for one in accepted if one.answer is not None]
    owed = any(one not in accepted and one.answers != "none" for one in report.told)
    if owed or not said or report.conclusion() is not Conclusion.SUCCESS:
        return ""
    since = lately(max(said), report.judged_at, report.zone)
    return f"{counts(report)} · accepted, unchanged since {since}"
