"""What must hold of all that a GitHub has seen, however often the bot died: a reader of its log."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from bot.simulator.exchange import Exchange

_CHECK = re.compile(r"/repos/[^/]+/[^/]+/check-runs(?:/(\d+))?$")
_COMMENT = re.compile(r"/repos/[^/]+/[^/]+/issues/(\d+)/comments$")
_REPLY = re.compile(r"<!-- handoff:reply [^>]*-->")
STICKY = "<!-- handoff:1 "


@dataclass(slots=True)
class Seen:
    """Writes in the order of their arrival. `runs`: check run id to the head it stands on.
    `left`: by head, the runs in the order they were made with the status each has in the end."""

    shown: dict[str, list[str]] = field(default_factory=dict)
    comments: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    runs: dict[str, str] = field(default_factory=dict)
    left: dict[str, dict[str, str]] = field(default_factory=dict)


def broken(exchanges: Iterable[Exchange]) -> list[str]:
    """Every invariant that this log breaks, as sentences; empty: all hold.

    Looks at what had an effect: requests answered with a 2xx.
    """
    seen = Seen()
    for one in exchanges:
        if one.status and 200 <= one.status < 300:
            _note(seen, one)
    return [*_twice(seen), *_left_running(seen), *_doubled(seen)]


def _note(seen: Seen, one: Exchange) -> None:
    if (match := _CHECK.search(one.path)) and one.method in {"POST", "PATCH"}:
        _check(seen, one, match[1])
    elif (match := _COMMENT.search(one.path)) and one.method == "POST":
        seen.comments[match[0]] += STICKY in one.body["body"]
        seen.replies.update(_REPLY.findall(one.body["body"]))


def _check(seen: Seen, one: Exchange, run_id: str | None) -> None:
    body = one.body
    if run_id is None:
        run_id = str(one.json["id"])
        seen.runs[run_id] = f"{body['head_sha']} {body['name']}"
    head = seen.runs.get(run_id, run_id)
    seen.shown.setdefault(head, []).append(_verdict(body))
    seen.left.setdefault(head, {})[run_id] = str(body.get("status"))


def _verdict(body: Mapping[str, Any]) -> str:
    output = body.get("output") or {}
    what = (body.get("status"), body.get("conclusion"), output.get("title"), output.get("summary"))
    return json.dumps(what)


def _twice(seen: Seen) -> list[str]:
    return [
        f"{head} was shown the same verdict twice running: {verdict}"
        for head, verdicts in seen.shown.items()
        for before, verdict in pairwise(verdicts)
        if before == verdict
    ]


def _left_running(seen: Seen) -> list[str]:
    return [
        f"{head} has a run {run} that is left in progress under a newer one"
        for head, runs in seen.left.items()
        for run in list(runs)[:-1]
        if runs[run] != "completed"
    ]


def _doubled(seen: Seen) -> list[str]:
    sticky = [(where, "sticky comments", count) for where, count in seen.comments.items()]
    replies = [(mark, "replies", count) for mark, count in seen.replies.items()]
    return [f"{where} got {count} {what}" for where, what, count in sticky + replies if count > 1]
