"""The one sticky comment: what a person must do, without a single mention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.effect import PutComment
from bot.model.report import State
from bot.text.check import asides, open_table, provenance
from bot.text.escape import code, plain
from bot.text.title import counts, title_of

if TYPE_CHECKING:
    from bot.model.report import Report

# GitHub takes 65,536 characters; a comment that long is read by nobody.
COMMENT_LIMIT = 12_000


def marker(repo_id: int, number: int) -> str:
    """The hidden line by which our own comment is found again."""
    return f"<!-- handoff:1 {repo_id}/{number} -->"


def reply_marker(comment_key: str) -> str:
    """The hidden line that ties a reply to the comment that it answers."""
    return f"<!-- handoff:reply {comment_key} -->"


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
    table = open_table(report, "handoff")
    head = f"### Handoff · {plain(title_of(report))}"
    if not table and not report.questions and not report.problems:
        return head
    lines = [head, ""]
    if report.broken:
        lines += [f"**{plain(report.broken, 500)}**", ""]
    lines += [f"- {code(problem.line())}" for problem in report.problems[:10]]
    lines += _within(table)
    good = [one.item for one in report.of_list("handoff") if one.state.good]
    proved = [one for one in good if one]
    if proved:
        lines += ["", f"<details><summary>{counts(report)} good</summary>", ""]
        lines += [
            f"- {one.item}: {one.state}"
            for one in report.of_list("handoff")
            if one.state.good and one.state is not State.NOT_NEEDED
        ]
        lines += ["", "</details>"]
    for line in asides(report):
        lines += ["", line]
    lines += [
        "",
        f"<sub>{report.head_sha[:7]} · {provenance(report)} · "
        "what can I type? <code>/handoff help</code></sub>",
    ]
    return "\n".join(lines)


def _within(table: list[str], rows: int = 20) -> list[str]:
    if len(table) <= rows + 2:
        return table
    return [*table[: rows + 2], "", f"… {len(table) - rows - 2} more in the check"]
