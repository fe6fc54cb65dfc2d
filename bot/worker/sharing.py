"""Several pull requests on one head share one check: the worst verdict shows, each is named."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model.effect import SetCheck
    from bot.model.report import Report

# Of one that was never judged nobody knows whether it may pass; where nothing is enforced, it may.
_UNJUDGED = {"conclusion": "in_progress", "title": "not judged yet"}
_GRAVITY = {"failure": 0, None: 1, "in_progress": 1, "neutral": 2, "success": 3}


def shared(check: SetCheck, report: Report, others: Sequence[tuple[int, bytes]]) -> SetCheck:
    """The check with the graver verdict of all open pull requests on this head, each named.

    `others`: (number, report JSON) of all pull requests with this head, our own included; empty
    where one was never judged.
    """
    beside = [
        (number, json.loads(body) if body else _UNJUDGED)
        for number, body in others
        if number != report.number and (body or check.enforced)
    ]
    if not beside or check.name != "handoff":
        return check
    numbers = ", ".join(f"#{number}" for number in sorted([report.number or 0, *dict(beside)]))
    # Each of them shows this title, so it says whose it is: of several equally grave ones that of
    # the first, whoever was judged last.
    whose, worst = report.number or 0, replace(check, title=f"#{report.number}: {check.title}"[:80])
    for number, data in beside:
        conclusion = data["conclusion"]
        if (_GRAVITY[conclusion], number) < (_GRAVITY[worst.conclusion], whose):
            whose, running = number, conclusion == "in_progress"
            worst = replace(
                worst,
                status="in_progress" if running else "completed",
                conclusion=None if running else conclusion,
                title=f"#{number}: {data['title']}"[:80],
            )
    note = f"\n\nThis commit is the head of {numbers}; the gravest verdict shows."
    return replace(worst, summary=worst.summary + note)
