"""What must hold of all that a GitHub has seen, however often the bot died: a reader of its log.

`python -m tests.crash.invariants LOGFILE [SERVERLOG]` prints every invariant that a log of
`Simulator.record` breaks, one a line, and exits 1 if there are any. The server's own log, which
names every evaluation that was committed, makes it see more of N1, N2 and N3.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from tests.crash.history import Call, History, read
from tests.crash.writes import doubled, left_running, said_twice, shown_twice

Line: TypeAlias = Mapping[str, Any]


def broken(
    lines: Iterable[Line], server: Iterable[Line] = (), *, settled: bool = True
) -> list[str]:
    """Every invariant that this log breaks, as sentences; empty: all hold.

    `settled`: the log ends when nothing was left to do, so that what was promised has come true.
    """
    seen, evaluated = read(lines), [one for one in server if one.get("event") == "evaluated"]
    found = [
        *_overlapping(seen),
        *_outdated(seen),
        *_set_back(seen),
        *_out_of_turn(evaluated),
        *shown_twice(seen),
        *said_twice(seen),
        *doubled(seen),
        *_green_on_doubt(seen),
    ]
    if settled:
        found += [*left_running(seen), *_unreflected(seen), *_unshown(seen, evaluated)]
        found += _unanswered(seen)
    return found


def _unreflected(seen: History) -> list[str]:
    """N1: facts of the newest head were read after the last delivery that was acknowledged."""
    found = []
    for pull, told in seen.told.items():
        if not pull.open:
            continue
        good = [one for one in seen.looks(pull) if one.good and one.head == pull.head]
        if not any(one.asked > told for one in good):
            found.append(f"N1: {pull.name} was not read after its last delivery, at {pull.head}")
        elif not any(one.good for one in seen.checks if one.sha == pull.head):
            found.append(f"N1: {pull.name} has no verdict on its newest head {pull.head}")
    return found


def _unshown(seen: History, evaluated: Sequence[Line]) -> list[str]:
    """N1: what was judged last is what stands on the newest head."""
    last = {one["pr"]: one["outcome"] for one in evaluated}
    found = []
    for pull in seen.pulls.values():
        shown = [
            one.conclusion
            for one in seen.checks
            if one.good and one.sha == pull.head and one.name == "handoff"
        ]
        judged = last.get(pull.key)
        if pull.open and shown and judged not in {None, "silent", shown[-1] or "in_progress"}:
            found.append(f"N1: {pull.name} was judged {judged} and shows {shown[-1]}")
    return found


def _unanswered(seen: History) -> list[str]:
    """N1: whoever typed a command has an answer below it or a reaction to it, other than that it
    was seen."""
    found = []
    for one in seen.commands:
        said = one["said"]
        mark = f"<!-- handoff:reply comment:{said['id']} -->"
        answered = any(call.good and mark in call.words for _, call in seen.comments)
        reacted = any(
            call.good
            and call.given["subject"] == said["node_id"]
            and call.given["content"] != "EYES"
            for call in seen.reactions
        )
        if not (answered or reacted):
            found.append(f"N1: {one['repo']}#{one['pulls'][0]} was never answered {said['body']}")
    return found


def _overlapping(seen: History) -> list[str]:
    """N2: while something of a pull request is written, nothing else of it is written or looked
    at. A request that was cut leaves its end open, so it proves nothing."""
    found = []
    for pull in seen.pulls.values():
        spans = [(one, "a look") for one in seen.looks(pull)]
        spans += [(one, "a write") for one in seen.writes_of(pull)]
        last, what = None, ""
        for one, then in sorted(spans, key=lambda span: span[0].asked):
            if not one.status:
                continue
            if last is not None and one.asked < last.answered:
                found.append(f"N2: {pull.name}: {then} began during {what}, {one.line}")
            if last is None or one.answered > last.answered:
                last, what = one, then
    return found


def _out_of_turn(evaluated: Sequence[Line]) -> list[str]:
    """N2, N3: epochs rise, and no evaluation saw less than the one before it."""
    found, last = list[str](), dict[str, tuple[int, int]]()
    for one in evaluated:
        epoch, seq = last.get(one["pr"], (0, 0))
        if one["epoch"] <= epoch:
            found.append(f"N2: {one['pr']} was evaluated twice under claim {one['epoch']}")
        if one["seq"] < seq:
            found.append(f"N3: {one['pr']} was judged by {one['seq']} after {seq}")
        last[one["pr"]] = (one["epoch"], one["seq"])
    return found


def _outdated(seen: History) -> list[str]:
    """N3: no verdict is written for a head once a newer one of that pull request was looked at or
    has a verdict."""
    found = []
    for pull in seen.pulls.values():
        looks = [(one.answered, pull.age(one.head or "", one.answered)) for one in seen.looks(pull)]
        newest = -1
        for one in seen.checks:
            age = pull.age(one.sha, one.asked)
            if age is None or not one.good or one.title == "Superseded" or seen.shared(one.sha):
                continue
            known = [nth for at, nth in looks if nth is not None and at < one.asked]
            if age < max(newest, *known, -1):
                found.append(f"N3: {pull.name} got a verdict on {one.sha}, no longer its head")
            newest = max(age, newest)
    return found


def _set_back(seen: History) -> list[str]:
    """N3: of a head no earlier verdict is written after a later one."""
    found, last = list[str](), dict[str, int]()
    for one in seen.checks:
        head = f"{one.sha} {one.name}"
        if not one.good or not one.generation:
            continue
        if one.generation < last.get(head, 0):
            found.append(f"N3: {head} got verdict {one.generation} after {last[head]}")
        last[head] = max(one.generation, last.get(head, 0))
    return found


def _green_on_doubt(seen: History) -> list[str]:
    """A green check rests on answers that were all complete: of each question of its evaluation
    the last answer counts."""
    found = []
    for check in seen.checks:
        if not check.good or check.conclusion != "success":
            continue
        for pull in seen.of_head(check.sha):
            looks = [one for one in seen.looks(pull) if one.asked < check.asked]
            if not looks:
                found.append(f"doubt: {pull.name} is green and nobody had looked at it")
                continue
            began = looks[-1].asked
            last: dict[str, Call] = {}
            for one in seen.facts_of(pull):
                if one.asked < check.asked and one.answered > began:
                    last[one.question] = one
            found += [
                f"doubt: {pull.name} is green though {one.question} was answered {one.status}"
                for one in last.values()
                if one.doubtful
            ]
    return found


def lines_of(path: Path) -> list[Line]:
    """The JSON lines of a file; a server's log has others between them."""
    found = []
    for text in path.read_text(errors="replace").splitlines():
        if text.startswith("{"):
            try:
                found.append(json.loads(text))
            except ValueError:
                # A line that a death has cut.
                continue
    return found


def main(words: Sequence[str]) -> int:
    """Print what is broken; 0: nothing."""
    logs = [lines_of(Path(word)) for word in words]
    found = broken(*logs)
    sys.stdout.write("\n".join(found or [f"all hold in {len(logs[0])} lines"]) + "\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
