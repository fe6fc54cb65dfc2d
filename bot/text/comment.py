"""The one sticky comment: what a person must do, without a single mention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.judge.plan import needs_person
from bot.model.effect import PutComment
from bot.model.report import State
from bot.text.check import asides, fit, open_table, provenance, worst_first
from bot.text.escape import code, plain
from bot.text.title import counts, title_of

if TYPE_CHECKING:
    from bot.model.report import Report

# GitHub takes 65,536 characters; a comment that long is read by nobody.
COMMENT_LIMIT = 12_000
# What shows without unfolding.
LINES_AT_MOST = 30


def marker(repo_id: int, number: int) -> str:
    """The hidden line by which our own comment is found again."""
    return f"<!-- handoff:1 {repo_id}/{number} -->"


def reply_marker(comment_key: str) -> str:
    """The hidden line that ties a reply to the comment that it answers."""
    return f"<!-- handoff:reply {comment_key} -->"


def ping_marker(key: str) -> str:
    """The hidden line by which a comment that speaks to people is found again."""
    return f"<!-- handoff:{key} -->"


def comment_of(report: Report, *, create: bool) -> PutComment:
    """The comment for a report of a pull request; one line when nobody must act."""
    number = report.number or 0
    return PutComment(
        repo_id=report.repo_id,
        number=number,
        body=_body(report) + "\n" + marker(report.repo_id, number),
        create=create,
    )


def _body(report: Report) -> str:
    head = f"### Handoff · {plain(title_of(report))}"
    if not needs_person(report):
        return head
    before = [f"**{plain(report.broken, 500)}**"] if report.broken else []
    before += _some([f"- {code(problem.line())}" for problem in worst_first(report)], 5)
    after = [*_good(report), *_some(asides(report), 5)]
    rows = LINES_AT_MOST - len(before) - len(after) - 4
    lines = [head, *before]
    for block in (_some(open_table(report, "handoff"), rows), *([one] for one in after)):
        lines += ["", *block] if block else []
    return fit(lines, COMMENT_LIMIT, _foot(report))


def _good(report: Report) -> list[str]:
    """The good items that were needed, folded away."""
    good = [
        f"- {one.item}: {one.state}"
        for one in report.of_list("handoff")
        if one.state.good and one.state is not State.NOT_NEEDED
    ]
    head = f"<details><summary>{counts(report)} good</summary>"
    return ["\n".join([head, "", *good, "", "</details>"])] if good else []


def _foot(report: Report) -> str:
    return (
        f"<sub>{report.head_sha[:7]} · {provenance(report)} · "
        "what can I type? <code>/handoff help</code></sub>"
    )


def _some(lines: list[str], most: int) -> list[str]:
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], "", f"… {len(lines) - most + 1} more in the check"]
