"""Everything that this GitHub saw, as JSON lines in the order in which it came about.

`happened`: something changed and the App is told. `sending`, `delivered`: one attempt to tell it,
with its answer. `asked`, `answered`: a request by its number, status 0 where no answer left;
`lost`: it took effect all the same.
`head`: where a pull request stands in the end. `started`: the App's server starts (once more).
"""

from __future__ import annotations

import json
import re
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.simulator.deliveries import Delivery
    from bot.simulator.exchange import Exchange
    from bot.simulator.things import Json, Repository

_OPERATION = re.compile(r"\s*(?:query|mutation)\s+(\w+)")


class Journal:
    """Writes one line per event to an open text file."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._numbers: dict[int, int] = {}
        self._count = 0

    def told(self, what: str, delivery: Delivery) -> None:
        """Something happened, or the App is told of it, or has answered."""
        line: Json = {"guid": delivery.guid}
        if what == "happened":
            line |= _about(delivery)
        elif what == "delivered":
            line |= {"status": delivery.status_code, "answer": delivery.answer}
        self._write(what, line)

    def asked(self, seen: Exchange) -> None:
        """A request has arrived."""
        self._count += 1
        self._numbers[id(seen)] = self._count
        line: Json = {"number": self._count, "at": seen.at.isoformat(), "line": seen.line}
        if seen.document is not None:
            found = _OPERATION.match(seen.document)
            line |= {"query": found[1] if found else "", "given": dict(seen.variables)}
        elif seen.writes:
            line["body"] = seen.body
        self._write("asked", line)

    def answered(self, seen: Exchange) -> None:
        """It has its answer, or never will."""
        number = self._numbers.pop(id(seen), None)
        if number is None:
            # Asked before anybody wrote it down.
            return
        line: Json = {"number": number, "status": seen.status}
        if seen.lost is not None:
            line["lost"] = True
        told = seen.json if seen.lost is None else seen.lost
        answer = told if isinstance(told, dict) else {}
        if answer.get("errors") and seen.document is not None:
            line["errors"] = answer["errors"]
        pull = ((seen.data or {}).get("repository") or {}).get("pullRequest") or {}
        line |= {"head": pull["headRefOid"]} if "headRefOid" in pull else {}
        self._write("answered", line | ({"id": answer["id"]} if "id" in answer else {}))

    def started(self) -> None:
        """Whoever died comes back."""
        self._write("started", {})

    def heads(self, repositories: Iterable[Repository]) -> None:
        """Where every pull request stands now."""
        for repo in repositories:
            for number, pull in repo.pulls.items():
                line = {"repo": repo.full_name, "pull": number, "head": pull.head_sha}
                line |= {"key": f"{repo.id}#{number}", "open": pull.state == "open"}
                self._write("head", line)
        self._file.flush()

    def _write(self, what: str, line: Json) -> None:
        self._file.write(json.dumps({"what": what} | line, default=repr) + "\n")


def _about(delivery: Delivery) -> Json:
    """Of a payload what tells which pull requests it is about."""
    load = delivery.payload
    run: dict[str, Any] = load.get("check_run") or {}
    pull, issue = load.get("pull_request") or {}, load.get("issue") or {}
    pulls = [one["number"] for one in (pull, issue, *run.get("pull_requests", ())) if one]
    comment = load.get("comment") or {}
    person = (comment.get("user") or {}).get("type") == "User"
    said = {key: comment[key] for key in ("id", "node_id", "body")} if person else None
    return {
        "event": delivery.event,
        "action": delivery.action,
        "repo": load.get("repository", {}).get("full_name"),
        "pulls": pulls,
        "head": pull.get("head", {}).get("sha") or run.get("head_sha"),
        "check": run.get("name"),
        "said": said,
        "open": pull.get("state") != "closed",
    }
