"""Boxes of a task list: which of them an edit of the description ticked or unticked."""

from __future__ import annotations

import re

BOXES_AT_MOST = 100
_BOX = re.compile(r"^ {0,12}[-*+] \[([ xX])\] +(\S.{0,300})$", re.MULTILINE)


def boxes(body: str) -> dict[str, bool]:
    """The text behind each box, and whether it is ticked; of equal texts the last counts."""
    found = _BOX.findall(body.replace("\r\n", "\n"))[:BOXES_AT_MOST]
    return {text.strip(): mark != " " for mark, text in found}


def toggled(before: str, after: str) -> tuple[str, ...]:
    """`[x] text` for each box that is ticked now and was not, `[ ] text` the other way round.

    A box that was not there before and stands ticked has no owner: it came with the text.
    """
    old = boxes(before)
    return tuple(
        f"[{'x' if on else ' '}] {text}"
        for text, on in boxes(after).items()
        if text in old and old[text] is not on
    )
