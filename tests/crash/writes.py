"""What may stand on a GitHub only once: verdicts, comments, answers."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise

from tests.crash.history import Call, History

_MARK = re.compile(r"<!-- handoff:[^>]*-->")


def shown_twice(seen: History) -> list[str]:
    """N5: a head is never shown the verdict that it shows already."""
    shown: dict[str, list[str]] = {}
    for one in seen.checks:
        # More annotations of a run come with the words that it has.
        if one.good and not (one.line.startswith("PATCH") and one.output.get("annotations")):
            shown.setdefault(f"{one.sha} {one.name}", []).append(_verdict(one))
    return [
        f"N5: {head} was shown the same verdict twice running: {verdict}"
        for head, verdicts in shown.items()
        for before, verdict in pairwise(verdicts)
        if before == verdict
    ]


def _verdict(one: Call) -> str:
    words = [one.output.get(key) for key in ("title", "summary", "text")]
    return json.dumps([one.body.get("status"), one.conclusion, *words])


def said_twice(seen: History) -> list[str]:
    """N5: a comment is not rewritten to say what it says; after a death an edit may be repeated,
    for nobody remembers its answer."""
    said, found = dict[str, tuple[str, int]](), list[str]()
    for where, one in seen.comments:
        run = one.line.rpartition("/")[2] if one.line.startswith("PATCH") else str(one.made)
        if not one.good:
            continue
        words, when = said.get(run, ("", 0))
        died = any(when < at < one.asked for at in seen.starts)
        if words == one.words and not died:
            found.append(f"N5: {where}: a comment was rewritten as it was")
        said[run] = (one.words, one.asked)
    return found


def doubled(seen: History) -> list[str]:
    """N4: of what has a mark of ours there is one on each pull request."""
    marks = Counter(
        (where, _kind(mark))
        for where, one in seen.comments
        if one.good and one.line.startswith("POST")
        for mark in _MARK.findall(one.words)
    )
    return [
        f"N4: {where} got {count} of {mark}" for (where, mark), count in marks.items() if count > 1
    ]


def _kind(mark: str) -> str:
    """The one comment of a pull request is one whatever it says; answers differ by question."""
    return "the comment" if mark.startswith("<!-- handoff:1 ") else mark


def left_running(seen: History) -> list[str]:
    """N4: a run under a newer one of its head and name is ended."""
    left: dict[str, dict[int, str]] = {}
    for one in seen.checks:
        if not one.good or one.made is None:
            continue
        left.setdefault(f"{one.sha} {one.name}", {})[one.made] = str(one.body.get("status"))
    return [
        f"N4: {name} has a run {run} that is left in progress under a newer one"
        for name, runs in left.items()
        for run in sorted(runs)[:-1]
        if runs[run] != "completed"
    ]
