"""The reader of the log finds what was planted, each by its name, and nothing in a clean log."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.crash.invariants import broken

REPO = "/repos/acme/shop"
STICKY = "Two left.\n<!-- handoff:1 5/7 -->"
REPLY = "It waits.\n<!-- handoff:reply comment:8 -->"
PARTIAL = [{"type": "RESOURCE_LIMITS_EXCEEDED", "path": ["repository"], "message": "much"}]


class Log:
    """A log as the simulator writes it; every request is answered before the next, unless held."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.server: list[dict[str, Any]] = []
        self._numbers = 0

    def happens(self, head: str, action: str = "opened", status: int = 202, **more: Any) -> None:
        """A pull request gets a head, and we are told."""
        about = {"event": "pull_request", "action": action, "repo": "acme/shop", "pulls": [7]}
        guid = f"g{len(self.lines)}"
        state = more.pop("state", "stored")
        self._add("happened", {"guid": guid, "head": head, "open": True} | about | more)
        self._add("sending", {"guid": guid})
        answer = json.dumps({"delivery": guid, "state": state})
        self._add("delivered", {"guid": guid, "status": status, "answer": answer})

    def asks(self, line: str, **more: Any) -> int:
        self._numbers += 1
        self._add("asked", {"number": self._numbers, "line": line} | more)
        return self._numbers

    def answers(self, number: int, status: int = 200, **more: Any) -> None:
        self._add("answered", {"number": number, "status": status} | more)

    def looks(self, head: str, status: int = 200, query: str = "HandoffFacts", **more: Any) -> None:
        given = {"owner": "acme", "name": "shop", "number": 7}
        number = self.asks("POST /graphql", query=query, given=given)
        self.answers(number, status, head=head, **more)

    def files(self, status: int = 200) -> None:
        self.answers(self.asks(f"GET {REPO}/pulls/7/files"), status)

    def checks(self, head: str, title: str, run: int = 5, **more: Any) -> None:
        """A new run; `again`: the same one says something else."""
        again, status = more.pop("again", False), more.pop("answered", 201)
        body = {"status": "completed", "conclusion": "failure", "name": "handoff"} | more
        body |= {"head_sha": head, "output": {"title": title, "summary": ""}}
        line = f"PATCH {REPO}/check-runs/{run}" if again else f"POST {REPO}/check-runs"
        self.answers(self.asks(line, body=body), status, id=run)

    def says(self, text: str, comment: int = 9, *, again: bool = False) -> None:
        where = f"comments/{comment}" if again else "7/comments"
        line = f"{'PATCH' if again else 'POST'} {REPO}/issues/{where}"
        self.answers(self.asks(line, body={"body": text}), 201, id=comment)

    def reacts(self, node: str, content: str) -> None:
        given = {"subject": node, "content": content}
        self.answers(self.asks("POST /graphql", query="AddReaction", given=given))

    def judged(self, outcome: str, epoch: int, seq: int) -> None:
        about = {"event": "evaluated", "pr": "5#7", "outcome": outcome}
        self.server.append(about | {"epoch": epoch, "seq": seq})

    def ends(self, head: str, *, is_open: bool = True) -> None:
        about = {"repo": "acme/shop", "pull": 7, "key": "5#7", "head": head, "open": is_open}
        self._add("head", about)

    def starts(self) -> None:
        self._add("started", {})

    def _add(self, what: str, line: dict[str, Any]) -> None:
        self.lines.append({"what": what} | line)


def clean(log: Log) -> None:
    """One head judged, then another; a comment that changes, an answer."""
    log.happens("a")
    log.looks("a")
    log.files()
    log.checks("a", "0 of 1")
    log.judged("failure", 1, 1)
    log.says(STICKY)
    log.says(REPLY, 10)
    log.happens("b", "synchronize")
    log.looks("b")
    log.files(502)
    log.files()
    log.checks("b", "Ready", 6, conclusion="success")
    log.judged("success", 2, 2)
    log.says(f"Ready. {STICKY}", again=True)


class Case(NamedTuple):
    """What is done after a clean log, and with what word the one finding begins."""

    name: str
    plant: Callable[[Log], object]
    found: str


def unread(log: Log) -> None:
    log.happens("b", "edited")


def read_before(log: Log) -> None:
    log.looks("b")
    log.happens("b", "edited")


def read_old(log: Log) -> None:
    log.happens("c", "synchronize")
    log.looks("b")


def read_in_vain(log: Log) -> None:
    log.happens("b", "edited")
    log.looks("b", 502)


def no_verdict(log: Log) -> None:
    log.happens("c", "synchronize")
    log.looks("c")


def by_check(log: Log) -> None:
    log.happens("b", "completed", event="check_run", pulls=[], check="ci / unit")


def judged_and_not_shown(log: Log) -> None:
    log.looks("b")
    log.judged("failure", 3, 3)


def command(log: Log) -> None:
    said = {"id": 20, "node_id": "IC_20", "body": "/handoff why"}
    log.happens("b", "created", event="issue_comment", said=said)
    log.looks("b")


def unanswered(log: Log) -> None:
    """It is only shown that it was seen, and another one has its answer."""
    command(log)
    log.reacts("IC_20", "EYES")
    log.reacts("IC_21", "THUMBS_UP")
    log.says("It waits.\n<!-- handoff:reply comment:2 -->", 14)


def two_writes(log: Log) -> None:
    body = {"status": "completed", "head_sha": "b", "name": "handoff", "output": {"title": "1"}}
    first = log.asks(f"POST {REPO}/check-runs", body=body | {"name": "other"})
    log.says("Another.", 11)
    log.answers(first, 201, id=7)


def look_during_write(log: Log) -> None:
    first = log.asks(f"POST {REPO}/issues/7/comments", body={"body": "Another."})
    log.looks("b")
    log.answers(first, 201, id=11)


def old_head(log: Log) -> None:
    log.checks("a", "1 of 1", 5, again=True)


def old_head_after_a_look(log: Log) -> None:
    log.happens("c", "synchronize")
    log.looks("c")
    log.checks("b", "1 of 1", 6, again=True)
    log.looks("c")
    log.checks("c", "All", 7, conclusion="success")


def earlier_verdict(log: Log) -> None:
    for generation in (3, 2):
        title, carried = f"Ready {generation}", f"h1.{generation}.aa"
        log.checks("b", title, 6, again=True, conclusion="success", external_id=carried)


def two_in_a_thread(log: Log) -> None:
    for comment in (12, 13):
        body = {"body": f"{comment} <!-- handoff:reply line:8 -->"}
        number = log.asks(f"POST {REPO}/pulls/7/comments/8/replies", body=body)
        log.answers(number, 201, id=comment)


def two_issues(log: Log) -> None:
    for issue in (12, 13):
        body = {"title": "Returned", "body": f"{issue} <!-- handoff:issue:5#7:qa:1 -->"}
        log.answers(log.asks(f"POST {REPO}/issues", body=body), 201, id=issue)


def green_on(log: Log, *, look: dict[str, Any], files: int = 200) -> None:
    log.happens("b", "edited")
    log.looks("b", **look)
    log.files(files)
    log.checks("b", "Ready again", 6, again=True, conclusion="success")
    log.judged("success", 3, 3)


CASES = [
    Case("a delivery after which nobody looked", unread, "N1: acme/shop#7 was not read"),
    Case("a delivery after the last look", read_before, "N1: acme/shop#7 was not read"),
    Case("a look at the head before", read_old, "N1: acme/shop#7 was not read"),
    Case("a look without an answer", read_in_vain, "N1: acme/shop#7 was not read"),
    Case("a new head without a verdict", no_verdict, "N1: acme/shop#7 has no verdict"),
    Case("a check that names no pull request", by_check, "N1: acme/shop#7 was not read"),
    Case("a verdict that was never shown", judged_and_not_shown, "N1: acme/shop#7 was judged"),
    Case("a command without an answer", unanswered, "N1: acme/shop#7 was never answered"),
    Case("two writes at once", two_writes, "N2: acme/shop#7"),
    Case("a look while something is written", look_during_write, "N2: acme/shop#7"),
    Case("one claim, two verdicts", lambda log: log.judged("success", 2, 2), "N2: 5#7"),
    Case("a judgement of what was before", lambda log: log.judged("success", 3, 1), "N3: 5#7"),
    Case(
        "a verdict on a head that is past", old_head, "N3: acme/shop#7 got a verdict on acme/shop a"
    ),
    Case(
        "a verdict on a head after a look at the next one",
        old_head_after_a_look,
        "N3: acme/shop#7 got a verdict on acme/shop b",
    ),
    Case("an earlier verdict after a later one", earlier_verdict, "N3: acme/shop b handoff"),
    Case("a second answer in a thread", two_in_a_thread, "N4: acme/shop#7"),
    Case("a second issue", two_issues, "N4: acme/shop got 2"),
    Case("a second comment of ours", lambda log: log.says(f"2 {STICKY}", 12), "N4: acme/shop#7"),
    Case("a second answer", lambda log: log.says(f"2 {REPLY}", 12), "N4: acme/shop#7"),
    Case(
        "the same verdict on the same run",
        lambda log: log.checks("b", "Ready", 6, again=True, conclusion="success"),
        "N5: acme/shop b handoff",
    ),
    Case(
        "the same verdict on a new run",
        lambda log: log.checks("b", "Ready", 8, conclusion="success"),
        "N5: acme/shop b handoff",
    ),
    Case(
        "a comment rewritten as it was",
        lambda log: log.says(f"Ready. {STICKY}", again=True),
        "N5: acme/shop#7",
    ),
    Case(
        "green on files that never came",
        lambda log: green_on(log, look={}, files=502),
        "doubt: acme/shop#7 is green though GET",
    ),
    Case(
        "green on an answer in part",
        lambda log: green_on(log, look={"errors": PARTIAL}),
        "doubt: acme/shop#7 is green though the look",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_was_planted_is_found(case: Case) -> None:
    log = Log()
    clean(log)
    case.plant(log)
    log.ends(next(one["head"] for one in reversed(log.lines) if one["what"] == "happened"))

    found = broken(log.lines, log.server)

    assert [one[: len(case.found)] for one in found] == [case.found]


def test_a_run_that_nobody_ends_is_found_under_a_newer_one() -> None:
    log = Log()
    clean(log)
    log.checks("b", "Waiting", 7, status="in_progress", conclusion=None)
    log.checks("b", "Ready", 8, conclusion="success")
    log.ends("b")

    (found,) = broken(log.lines, log.server)

    assert found.startswith("N4: acme/shop b handoff has a run 7 that is left in progress")


def test_a_clean_log_is_clean_and_so_is_what_only_looks_wrong() -> None:
    log = Log()
    clean(log)
    log.checks("a", "Superseded", again=True)
    log.checks("b", "Ready", 6, again=True, conclusion="success", answered=502)
    log.starts()
    log.says(f"Ready. {STICKY}", again=True)
    log.happens("b", "edited", state="duplicate")
    log.happens("b", "edited", state="ignored")
    log.happens("b", "edited", status=503)
    log.looks("b", errors=PARTIAL)
    log.looks("b", query="HandoffCore")
    log.looks("b", query="HandoffEvidence")
    log.checks("b", "Ready now", 6, again=True, conclusion="success")
    log.ends("b")

    assert broken(log.lines, log.server) == []


@pytest.mark.parametrize("reaction", [True, False])
def test_a_command_is_answered_by_a_reaction_or_in_words(*, reaction: bool) -> None:
    log = Log()
    clean(log)
    command(log)
    if reaction:
        log.reacts("IC_20", "THUMBS_UP")
    else:
        log.says("It waits.\n<!-- handoff:reply comment:20 -->", 14)
    log.ends("b")

    assert broken(log.lines, log.server) == []


def test_of_what_was_closed_nothing_is_asked() -> None:
    log = Log()
    clean(log)
    unread(log)
    log.ends("b", is_open=False)

    assert broken(log.lines, log.server) == []


@pytest.mark.parametrize(("plant", "code"), [(clean, 0), (unread, 1)])
def test_the_program_says_what_is_broken(
    plant: Callable[[Log], None], code: int, tmp_path: Path
) -> None:
    log = Log()
    clean(log)
    if plant is not clean:
        plant(log)
    log.ends("b")
    path, server = tmp_path / "github.log", tmp_path / "log"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in log.lines))
    server.write_text("Listening.\n" + "".join(f"{json.dumps(one)}\n" for one in log.server) + '{"')

    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.invariants", path, server],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code
    assert ("all hold" if code == 0 else "N1: acme/shop#7") in done.stdout
