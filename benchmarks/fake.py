"""A GitHub that only repeats what was recorded, for as many pull requests as are asked about."""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import formatdate
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlsplit

from benchmarks.recorded import SPEAKER, Recording, Text, query_key, tail
from bot.clock import Clock

CONTENT_A_MINUTE, AT_ONCE = 80, 100
HOURLY = 12_500
CI = "ci"
OPENED, PUSHED = "pull_request.opened", "pull_request.synchronize"
PASSES, FAILS = "check_run.completed", "check_run.failed"
_PULL = re.compile(r"/(?:pulls|issues)/(\d+)")
_GREEN = b'"status":"COMPLETED","conclusion":"SUCCESS"'
_STICKY = b'{"__typename":"IssueComment","isMinimized":false}'
_UNRESOLVED = {
    "type": "NOT_FOUND",
    "path": ["repository"],
    "locations": [{"line": 1, "column": 1}],
    "message": "Could not resolve to a Repository.",
}
_GONE = {"message": "Not Found", "documentation_url": "", "status": "404"}
_LIMITED = {
    "message": "You have exceeded a secondary rate limit.",
    "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"
    "#about-secondary-rate-limits",
}


class Call(NamedTuple):
    """One request: what, about which pull request's head, and the verdict it brought."""

    at: float
    what: str
    repo: str
    number: int
    sha: str
    conclusion: str
    status: int

    @property
    def writes(self) -> bool:
        """Whether it changes something that people see."""
        return self.what.startswith(("POST ", "PATCH ")) and "tokens" not in self.what


class Answer(NamedTuple):
    """A status, a body and headers beyond the usual ones."""

    status: int
    body: bytes
    headers: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class Pull:
    """A pull request as this GitHub remembers it."""

    repo: str
    number: int
    opened: datetime
    touched: datetime
    rev: int = 0
    open: bool = True
    ci: str = "SUCCESS"
    check: Any = None
    comments: list[Any] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Repo:
    """A repository and the installation that it belongs to."""

    name: str
    id: int
    installation: int


def sha_of(repo: Repo, number: int, rev: int) -> str:
    """The head of a pull request after so many pushes; it says whose it is."""
    return f"{number:08x}{rev:08x}{repo.id:024x}"


def stamp(moment: datetime) -> str:
    """A moment as GitHub writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


class Fake:
    """Answers requests; `calls` is the log.

    `enforce`: secondary limits are, as GitHub documents them, check runs counted as content.
    `again`: called with the number of a delivery that is asked for once more. `slow_ci`: a new head
    has no verdict of CI yet; else it is green from the start. `watch`: shown every request (method,
    address, headers, body) with its answer.
    """

    def __init__(self, recording: Recording, clock: Clock) -> None:
        self.recording = recording
        self.calls: list[Call] = []
        self.points: Counter[tuple[str, int, int]] = Counter()
        self.root = ""
        self.enforce = self.slow_ci = False
        self.under_way = self.most_under_way = 0
        # The newest first, and no more than anybody asks for.
        self.deliveries: deque[dict[str, Any]] = deque(maxlen=20_000)
        self.again: Callable[[int], None] = lambda _: None
        self.watch: Callable[[str, str, Mapping[str, str], bytes, Answer], None] | None = None
        self.now, self._monotonic = clock.now, clock.monotonic
        self._ids = 800_000_000
        self._content: deque[float] = deque()
        self._made: dict[int, tuple[Pull, Any]] = {}
        self._pulls: dict[tuple[str, int], Pull] = {}
        self._of_repo: dict[str, dict[int, Pull]] = {}
        known = recording.repository
        home = Repo(known["full_name"], known["id"], recording.installation["id"])
        self.home, self.repos = home, {home.name: home}

    # ── the world ─────────────────────────────────────────────────────────────────────────────

    def add(self, name: str, repo_id: int, installation: int) -> Repo:
        """One more repository, with the same policy as the recorded one."""
        repo = self.repos[name] = Repo(name, repo_id, installation)
        return repo

    def pull(self, repo: str, number: int) -> Pull:
        """A pull request; one that was not heard of before is open from now on."""
        found = self._pulls.get((repo, number))
        if found is None:
            now = self.now()
            found = self._pulls[repo, number] = Pull(repo, number, now, now)
            self._of_repo.setdefault(repo, {})[number] = found
        return found

    def happened(self, pull: Pull, kind: str, rev: int, moment: datetime) -> None:
        """Something came about on a pull request, at the moment of which the delivery tells: facts
        are new from now on."""
        pull.touched = moment
        if self.slow_ci and kind in {OPENED, PUSHED}:
            pull.ci = ""
        if rev > pull.rev:
            pull.rev, pull.check = rev, None
        if kind in {FAILS, PASSES}:
            pull.ci = "FAILURE" if kind == FAILS else "SUCCESS"
        if kind == "pull_request.closed":
            pull.open = False
            self._of_repo[pull.repo].pop(pull.number, None)

    def sha(self, pull: Pull) -> str:
        """Its head."""
        return sha_of(self.repos[pull.repo], pull.number, pull.rev)

    def forget(self) -> None:
        """A clean log; the world stays."""
        self.calls.clear()
        self.points.clear()
        self.most_under_way = self.under_way

    def next_id(self) -> int:
        """A number that nothing has yet."""
        self._ids += 1
        return self._ids

    def body(
        self, kind: str, repo: Repo, head: tuple[int, int], now: datetime, job: str = ""
    ) -> tuple[str, bytes]:
        """Name and body of a delivery about a pull request after so many pushes."""
        event, text = self.recording.events[PASSES if kind == FAILS else kind]
        gaps = self._gaps(repo, head[0], sha_of(repo, *head), stamp(now))
        if kind == FAILS:
            gaps[b'"conclusion":"success"'] = b'"conclusion":"failure"'
        if job:
            gaps[b'"name":"%s"' % CI.encode()] = b'"name":"%s"' % job.encode()
        return event, text.filled(gaps)

    def _gaps(self, repo: Repo, number: int, sha: str, now: str) -> dict[bytes, bytes]:
        return {
            b"@SHA@": sha.encode(),
            b"@REPO@": repo.name.encode(),
            b"@REPO-ID@": b"%d" % repo.id,
            b"@INSTALLATION@": b"%d" % repo.installation,
            b"@NUMBER@": b"%d" % number,
            b"@SPOKEN@": b"%d" % self.next_id(),
            b"@SPEAKER@": b"%d" % (SPEAKER + number),
            b"@NOW@": now.encode(),
        }

    # ── answering ─────────────────────────────────────────────────────────────────────────────

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What GitHub says to a request; never raises."""
        self.most_under_way = max(self.most_under_way, self.under_way)
        made = self._answer(method, urlsplit(url), headers, body)
        if self.watch is not None:
            self.watch(method, url, headers, body, made)
        return made

    def _answer(
        self, method: str, parts: SplitResult, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        path, query = parts.path.removeprefix("/api/v3"), dict(parse_qsl(parts.query))
        if path.endswith("/graphql"):
            return self._graphql(json.loads(body), headers)
        answer = self._limit(method, path) or self._rest(method, path, query, headers, body)
        return self._with_limits(answer, "core", headers, 1)

    def _rest(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        raw: bytes,
    ) -> Answer:
        body = json.loads(raw) if raw else {}
        if not path.startswith("/repos/"):
            self._log(f"{method} {re.sub('/[0-9]+', '', path)}", None, 200)
            return self._app(method, path, query, headers)
        repo = "/".join(path.split("/")[2:4])
        what, found = tail(path), _PULL.search(path)
        pull = self.pull(repo, int(found[1])) if found and "/comments/" not in path else None
        match (method, what):
            case ("POST", "check-runs"):
                return self._check(repo, body)
            case ("PATCH", "check-runs/N" | "issues/comments/N"):
                return self._changed(what, int(path.rpartition("/")[2]), body)
            case ("POST", "issues/N/comments") if pull is not None:
                return self._comment(pull, body)
            case ("GET", "issues/N/comments") if pull is not None:
                return self._told(f"GET {what}", pull, pull.comments)
            case ("GET", "commits/N/check-runs"):
                pull = self.pull(repo, int(path.split("/")[5][:8], 16))
                runs = [pull.check] if pull.check else []
                said = {"total_count": len(runs), "check_runs": runs}
                return self._told(f"GET {what}", pull, said)
            case ("GET", "pulls/N") if pull is not None:
                head = pull.number, pull.rev
                event = self.body(OPENED, self.repos[repo], head, pull.touched)[1]
                return self._told("GET pulls/N", pull, json.loads(event)["pull_request"])
            case ("GET", "pulls"):
                return self._told("GET pulls", None, [])
            case _:
                return self._repeated(method, what, repo, pull)

    def _repeated(self, method: str, what: str, repo: str, pull: Pull | None) -> Answer:
        """What was recorded; 404 with `unknown` in the log where nothing was."""
        text = self.recording.reads.get(what) if method == "GET" else None
        if text is None:
            self._log(f"unknown {method} {what}", pull, 404)
            return Answer(404, json.dumps(_GONE).encode())
        self._log(f"GET {what}", pull, 200)
        pull = pull or Pull(repo, 0, self.now(), self.now())
        return Answer(200, self._filled(text, pull))

    def _filled(self, text: Text, pull: Pull, *, sticky: bool = False) -> bytes:
        repo = self.repos[pull.repo]
        gaps = self._gaps(repo, pull.number, self.sha(pull), stamp(pull.touched))
        gaps[b"@OPENED@"] = stamp(pull.opened).encode()
        gaps[_GREEN] = _ci(pull.ci)
        gaps[b'"state":"OPEN"'] = b'"state":"OPEN"' if pull.open else b'"state":"CLOSED"'
        gaps[b'"@STICKY@"'] = _STICKY if sticky else b"null"
        return text.filled(gaps)

    def _check(self, repo: str, body: Any) -> Answer:
        pull = self.pull(repo, int(body["head_sha"][:8], 16))
        blank = {**self.recording.check, "conclusion": None}
        made = {**blank, **_output(blank, body), "id": self.next_id()}
        if body["head_sha"] == self.sha(pull):
            pull.check = made
        self._made[made["id"]] = (pull, made)
        self._log("POST check-runs", pull, 201, made)
        return Answer(201, json.dumps(made).encode())

    def _changed(self, what: str, which: int, body: Any) -> Answer:
        if which not in self._made:
            self._log(f"unknown PATCH {what}", None, 404)
            return Answer(404, json.dumps(_GONE).encode())
        pull, made = self._made[which]
        made.update(_output(made, body))
        self._log(f"PATCH {what}", pull, 200, made if "check" in what else None)
        return Answer(200, json.dumps(made).encode())

    def _comment(self, pull: Pull, body: Any) -> Answer:
        made = {**self.recording.comment, **body, "id": self.next_id()}
        pull.comments.append(made)
        self._made[made["id"]] = (pull, made)
        self._log("POST issues/N/comments", pull, 201)
        return Answer(201, json.dumps(made).encode())

    def _told(self, what: str, pull: Pull | None, data: Any) -> Answer:
        self._log(what, pull, 200)
        return Answer(200, json.dumps(data).encode())

    def _log(self, what: str, pull: Pull | None, status: int, check: Any = None) -> None:
        repo, number = (pull.repo, pull.number) if pull else ("", 0)
        sha = check["head_sha"] if check else self.sha(pull) if pull else ""
        said = str((check or {}).get("conclusion") or "")
        self.calls.append(Call(self._monotonic(), what, repo, number, sha, said, status))

    # ── the App ───────────────────────────────────────────────────────────────────────────────

    def _app(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Answer:
        if path.endswith("/access_tokens"):
            return self._token(int(path.split("/")[3]))
        if method == "POST" and path.endswith("/attempts"):
            self.again(int(path.split("/")[4]))
            return Answer(202, b"{}")
        if path == "/app/hook/deliveries":
            return self._page("/app/hook/deliveries", self.deliveries, query)
        shape = self.recording.installation
        if path == "/app/installations":
            numbers = dict.fromkeys(repo.installation for repo in self.repos.values())
            return self._page(path, [{**shape, "id": number} for number in numbers], query)
        if path == "/installation/repositories":
            return self._repositories(path, query, headers)
        return Answer(200, json.dumps(shape).encode())

    def _token(self, installation: int) -> Answer:
        until = stamp(self.now() + timedelta(hours=1))
        granted = self.recording.installation["permissions"]
        token = f"ghs_{installation}_{self.next_id()}"
        made = {"token": token, "expires_at": until, "permissions": granted}
        return Answer(201, json.dumps(made).encode())

    def _repositories(
        self, path: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Answer:
        mine = [one for one in self.repos.values() if one.installation == _installation(headers)]
        shape = self.recording.repository
        rows = [{**shape, "id": one.id, "full_name": one.name} for one in mine]
        return self._page(path, rows, query, "repositories")

    def _page(
        self, path: str, rows: Collection[Any], query: Mapping[str, str], key: str = ""
    ) -> Answer:
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        part: Any = list(islice(rows, (page - 1) * size, page * size))
        if key:
            part = {"total_count": len(rows), key: part}
        more = page * size < len(rows)
        link = f'<{self.root}{path}?per_page={size}&page={page + 1}>; rel="next"'
        return Answer(200, json.dumps(part).encode(), {"Link": link} if more else {})

    # ── queries ───────────────────────────────────────────────────────────────────────────────

    def _graphql(self, asked: Any, headers: Mapping[str, str]) -> Answer:
        about = asked["variables"]
        repo = f"{about.get('owner')}/{about.get('name')}"
        key = query_key(asked["query"], about)
        if key.startswith("HandoffOpen"):
            return self._with_limits(self._open(repo, about), "graphql", headers, 2)
        text = self.recording.queries.get(key.replace("Remove", "Add"))
        pull = self.pull(repo, about["number"]) if "number" in about else None
        if "Reaction" in key:
            pull = self.pull(self.home.name, int(about["subject"].split("_")[1]))
        if text is None:
            self._log(f"unknown {key}", pull, 200)
            return Answer(200, b'{"data":{}}')
        self._log(key.partition(" ")[0], pull, 200)
        pull = pull or Pull(repo, 0, self.now(), self.now())
        body = self._filled(text, pull, sticky=bool(about.get("wantSticky")))
        return self._with_limits(Answer(200, body), "graphql", headers, 1)

    def _open(self, repo: str, about: Mapping[str, Any]) -> Answer:
        self._log("HandoffOpen", None, 200)
        if repo not in self.repos:
            said = {"data": {"repository": None}, "errors": [_UNRESOLVED]}
            return Answer(200, json.dumps(said).encode())
        pulls, since = sorted(self._of_repo.get(repo, {}).items()), int(about.get("after") or 0)
        page = pulls[since : since + 50]
        ends = since + len(page) >= len(pulls)
        found = {
            "databaseId": self.repos[repo].id,
            "pullRequests": {
                "pageInfo": {"hasNextPage": not ends, "endCursor": str(since + 50)},
                "nodes": [self._listed(pull) for _, pull in page],
            },
        }
        return Answer(200, json.dumps({"data": {"repository": found}}).encode())

    def _listed(self, pull: Pull) -> Any:
        runs = []
        if pull.check:
            ours = pull.check
            said = (ours["conclusion"] or "").upper() or None
            about = {"status": ours["status"].upper(), "conclusion": said}
            runs = [{"databaseId": ours["id"], "externalId": ours["external_id"], **about}]
        suites = {"nodes": [{"checkRuns": {"nodes": runs}}] if runs else []}
        return {
            "number": pull.number,
            "headRefOid": self.sha(pull),
            "baseRefName": "main",
            "baseRefOid": self.recording.base,
            "isDraft": False,
            "isCrossRepository": False,
            "updatedAt": stamp(pull.touched),
            "commits": {"nodes": [{"commit": {"checkSuites": suites}}]},
        }

    # ── limits ────────────────────────────────────────────────────────────────────────────────

    def _limit(self, method: str, path: str) -> Answer | None:
        """A refusal, where the documented secondary limits say so and are enforced."""
        if not (self.enforce and method == "POST" and path.endswith(("/comments", "/check-runs"))):
            return None
        now = self._monotonic()
        while self._content and now - self._content[0] > 60:
            self._content.popleft()
        if len(self._content) < CONTENT_A_MINUTE and self.under_way <= AT_ONCE:
            self._content.append(now)
            return None
        self._log(f"limited {method} {tail(path)}", None, 403)
        return Answer(403, json.dumps(_LIMITED).encode(), {"Retry-After": "60"})

    def _with_limits(
        self, answer: Answer, resource: str, headers: Mapping[str, str], points: int
    ) -> Answer:
        now = self.now().timestamp()
        hour = int(now // 3600)
        key = (resource, _installation(headers), hour)
        self.points[key] += points
        about = {
            "X-RateLimit-Limit": str(HOURLY),
            "X-RateLimit-Remaining": str(max(HOURLY - self.points[key], 0)),
            "X-RateLimit-Reset": str((hour + 1) * 3600),
            "X-RateLimit-Resource": resource,
            "Content-Type": "application/json; charset=utf-8",
            "Date": formatdate(now, usegmt=True),
        }
        return Answer(answer.status, answer.body, {**answer.headers, **about})


def _output(made: Any, body: Any) -> Any:
    """What is sent about a check; what GitHub says of its annotations stays."""
    if "output" not in body:
        return body
    return {**body, "output": {**made["output"], **body["output"]}}


def _ci(said: str) -> bytes:
    ended = b'"status":"COMPLETED","conclusion":"%s"' % said.encode()
    return ended if said else b'"status":"IN_PROGRESS","conclusion":null'


def _installation(headers: Mapping[str, str]) -> int:
    token = headers.get("authorization") or headers.get("Authorization", "")
    found = re.search(r"ghs_(\d+)_", token)
    return int(found[1]) if found else 0
