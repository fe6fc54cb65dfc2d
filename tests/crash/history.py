"""A GitHub's log as what it says: calls with their answers, pull requests with their heads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bot.model.effect import generation_of

Line: TypeAlias = Mapping[str, Any]
LOOKS = frozenset({"HandoffFacts", "HandoffCore"})
_NEVER = 1 << 60
_CHECK = re.compile(r"/repos/([^/]+/[^/]+)/check-runs(?:/(\d+))?$")
_TALK = re.compile(
    r"/repos/([^/]+/[^/]+)/(?:issues|pulls)/(\d+)"
    r"/(?:comments(?:/\d+/replies)?|requested_reviewers)$"
)
_ISSUE = re.compile(r"/repos/([^/]+/[^/]+)/issues$")
_COMMENT = re.compile(r"/repos/[^/]+/[^/]+/(?:issues|pulls)/comments/(\d+)$")
_PULL = re.compile(r"/repos/([^/]+/[^/]+)/pulls/(\d+)(?:/|$)")
# What nobody would say twice about, or that tells by itself that there is nothing.
_PLAIN = frozenset({"NOT_FOUND"})
_WOKEN_BY = frozenset({"opened", "reopened", "synchronize"})


@dataclass(slots=True, kw_only=True)
class Call:
    """A request. `asked`, `answered`: places in the log. `sha`, `conclusion`, `title`: of a check.
    `name`: of a check, `words`: of a comment. `made`: the id of what stands there now."""

    asked: int
    line: str
    query: str
    given: Mapping[str, Any]
    body: Mapping[str, Any]
    answered: int = _NEVER
    status: int = 0
    errors: Sequence[Mapping[str, Any]] = ()
    head: str | None = None
    made: int | None = None
    lost: bool = False
    sha: str = ""
    name: str = ""

    @property
    def good(self) -> bool:
        """Whether it had its effect, or told what was asked."""
        return 200 <= self.status < 300 or (self.lost and not self.query)

    @property
    def doubtful(self) -> bool:
        """Whether its answer leaves open what is."""
        refused = self.status in {0, 403, 422, 429} or self.status >= 500
        return refused or any(one.get("type") not in _PLAIN for one in self.errors)

    @property
    def conclusion(self) -> str | None:
        return self.body.get("conclusion")

    @property
    def output(self) -> Mapping[str, Any]:
        return self.body.get("output") or {}

    @property
    def title(self) -> str:
        return str(self.output.get("title"))

    @property
    def generation(self) -> int:
        """Of the verdict that a check is to show; 0 where it only says that a newer run follows or
        adds annotations."""
        return generation_of(str(self.body.get("external_id") or ""))

    @property
    def words(self) -> str:
        return str(self.body.get("body") or "")

    @property
    def question(self) -> str:
        """What it asked for, in whatever portion; both ways to look are one."""
        if self.query:
            return "the look" if self.query in LOOKS else self.query
        return self.line


@dataclass(slots=True, eq=False)
class Pull:
    """A pull request; `key`: as the server names it; `heads`: since which place in the log."""

    name: str
    key: str = ""
    open: bool = True
    heads: list[tuple[int, str]] = field(default_factory=list)

    @property
    def head(self) -> str:
        """The newest one."""
        return self.heads[-1][1] if self.heads else ""

    def age(self, sha: str, when: int) -> int | None:
        """Which of its heads that was by then, the last time; None for another's."""
        turns = [nth for nth, (at, one) in enumerate(self.heads) if one == sha and at <= when]
        return turns[-1] if turns else None


@dataclass(slots=True)
class History:
    """`told`: where in the log the last delivery about a pull request began that we said to have;
    `checks`: writes of check runs; `comments`: of comments, with where they stand; `reactions`: to
    comments; `commands`: comments that carry one and that we said to have. A head is told by its
    repository and SHA."""

    pulls: dict[str, Pull] = field(default_factory=dict)
    told: dict[Pull, int] = field(default_factory=dict)
    checks: list[Call] = field(default_factory=list)
    comments: list[tuple[str, Call]] = field(default_factory=list)
    reactions: list[Call] = field(default_factory=list)
    commands: list[Line] = field(default_factory=list)
    facts: dict[str, list[Call]] = field(default_factory=dict)
    runs: dict[int, tuple[str, str]] = field(default_factory=dict)
    spoken: dict[int, str] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)

    def pull(self, repo: str, number: int) -> Pull:
        """The pull request of that name."""
        name = f"{repo}#{number}"
        return self.pulls.setdefault(name, Pull(name))

    def looks(self, pull: Pull) -> list[Call]:
        """The questions by which evaluations begin."""
        return [one for one in self.facts_of(pull) if one.query in LOOKS]

    def facts_of(self, pull: Pull) -> list[Call]:
        """Every question that names it."""
        return self.facts.get(pull.name, [])

    def of_head(self, sha: str) -> list[Pull]:
        """The pull requests that have or had this head."""
        return [one for one in self.pulls.values() if any(sha == head for _, head in one.heads)]

    def shared(self, sha: str) -> bool:
        """Whether more than one had it."""
        return len(self.of_head(sha)) > 1

    def writes_of(self, pull: Pull) -> list[Call]:
        """Whatever was written that is this pull request's alone."""
        mine = {sha for _, sha in pull.heads if not self.shared(sha)}
        checks = [one for one in self.checks if one.sha in mine]
        return checks + [one for where, one in self.comments if where == pull.name]


def read(lines: Iterable[Line]) -> History:
    """What a log says."""
    seen, open_calls = History(), dict[int, Call]()
    events, sent = dict[str, Line](), dict[str, int]()
    for at, one in enumerate(lines):
        match one["what"]:
            case "happened":
                events[one["guid"]] = one
                _happened(seen, one, at)
            case "sending":
                sent[one["guid"]] = at
            case "delivered":
                _delivered(seen, one, events, sent)
            case "asked":
                open_calls[one["number"]] = _asked(seen, one, at)
            case "answered":
                _answered(seen, open_calls.pop(one["number"]), one, at)
            case "started":
                seen.starts.append(at)
            case "head":
                pull = seen.pull(one["repo"], one["pull"])
                pull.key, pull.open = one["key"], one["open"]
                _moved(pull, f"{one['repo']} {one['head']}", at)
            case other:
                raise ValueError(f"a log has no {other}")
    return seen


def _moved(pull: Pull, head: str, at: int) -> None:
    if pull.head != head:
        pull.heads.append((at, head))


def _happened(seen: History, one: Line, at: int) -> None:
    if one["event"] == "pull_request":
        pull = seen.pull(one["repo"], one["pulls"][0])
        pull.open = one["open"]
        _moved(pull, f"{one['repo']} {one['head']}", at)


def _delivered(
    seen: History, one: Line, events: Mapping[str, Line], sent: Mapping[str, int]
) -> None:
    about = events.get(one["guid"])
    if about is None or one["status"] != 202:
        return
    state = json.loads(one["answer"])["state"]
    if state != "stored" and (state == "duplicate" or about["action"] not in _WOKEN_BY):
        return
    pulls = [seen.pull(about["repo"], number) for number in about["pulls"]]
    if about["event"] == "check_run" and not pulls:
        head = f"{about['repo']} {about['head']}"
        pulls = [pull for pull in seen.of_head(head) if pull.head == head]
    for pull in pulls:
        seen.told[pull] = max(seen.told.get(pull, 0), sent[one["guid"]])
    said = about.get("said") or {}
    if about["action"] == "created" and str(said.get("body")).startswith("/handoff "):
        seen.commands.append(about)


def _asked(seen: History, one: Line, at: int) -> Call:
    body = one.get("body")
    call = Call(
        asked=at,
        line=one["line"],
        query=one.get("query") or "",
        given=one.get("given") or {},
        body=body if isinstance(body, dict) else {},
    )
    path = call.line.partition(" ")[2]
    if call.line.startswith("GET "):
        if found := _PULL.search(path):
            seen.facts.setdefault(f"{found[1]}#{found[2]}", []).append(call)
    elif "number" in call.given:
        name = f"{call.given['owner']}/{call.given['name']}#{call.given['number']}"
        seen.facts.setdefault(name, []).append(call)
    elif call.query == "AddReaction":
        seen.reactions.append(call)
    elif found := _CHECK.search(path):
        made = f"{found[1]} {call.body.get('head_sha')}", str(call.body.get("name", ""))
        call.sha, call.name = seen.runs.get(int(found[2]), ("", "")) if found[2] else made
        seen.checks.append(call)
    elif found := _TALK.search(path):
        seen.comments.append((f"{found[1]}#{found[2]}", call))
    elif found := _COMMENT.search(path):
        seen.comments.append((seen.spoken.get(int(found[1]), ""), call))
    elif found := _ISSUE.search(path):
        seen.comments.append((found[1], call))
    return call


def _answered(seen: History, call: Call, one: Line, at: int) -> None:
    call.answered, call.status = at, one["status"]
    call.lost = bool(one.get("lost"))
    call.errors, call.made = one.get("errors") or (), one.get("id")
    if "head" in one:
        call.head = f"{call.given['owner']}/{call.given['name']} {one['head']}"
    if not call.good or call.made is None or not call.line.startswith("POST "):
        return
    if call.sha:
        seen.runs[call.made] = call.sha, call.name
    for where, other in seen.comments[-1:]:
        if other is call:
            seen.spoken[call.made] = where
