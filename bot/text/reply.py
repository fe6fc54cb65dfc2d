"""The one answer to a comment: each line quoted, with what was and was not done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.text.comment import reply_marker
from bot.text.escape import code, plain

if TYPE_CHECKING:
    from bot.judge.hear import AllHeard

LINES_AT_MOST = 40


def reply_body(heard: AllHeard, comment_key: str) -> str:
    """Markdown for the reply, empty when nothing needs to be said."""
    lines: list[str] = []
    for answer in heard.answers:
        if not answer.said:
            continue
        lines.append(f"{code(answer.line)}")
        lines += [f"- {plain(line, 500)}" for line in answer.said.split("\n")]
        lines.append("")
    if not lines:
        return ""
    if len(lines) > LINES_AT_MOST:
        lines = [*lines[:LINES_AT_MOST], f"… {len(lines) - LINES_AT_MOST} more lines"]
    return "\n".join([*lines, reply_marker(comment_key)])
