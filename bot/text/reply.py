"""The one answer to a comment: each line quoted, with what was and was not done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.text.escape import code, plain

if TYPE_CHECKING:
    from bot.judge.hear import AllHeard, Answered

# A longer answer pushes the talk of people off the screen.
LINES_AT_MOST = 15


def reply_body(heard: AllHeard, title: str) -> str:
    """Markdown for the reply without its marker, empty when nothing needs to be said.

    `title`: of the check, which a status begins with.
    """
    said = [one for one in heard.answers if one.said or heard.refused]
    if not said and not heard.show:
        return ""
    head = [plain(title), ""] if heard.show else []
    room = (LINES_AT_MOST - len(head)) // max(len(said), 1)
    lines = [line for answer in said for line in _lines(answer, room)]
    return "\n".join([*head, *lines])


def _lines(answer: Answered, room: int) -> list[str]:
    """The line quoted, then what came of it, cut to `room` lines."""
    first, *rest = [plain(line, 500) for line in (answer.said or "done").split("\n")]
    shown = rest[: max(room - 1, 0)]
    more = f" … {len(rest) - len(shown)} more lines" if len(rest) > len(shown) else ""
    lines = [f"- {code(answer.line)}: {first}", *(f"  - {line}" for line in shown)]
    return [*lines[:-1], lines[-1] + more]
