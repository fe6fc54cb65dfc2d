"""From one GraphQL answer to facts: what is not whole becomes Unknown, part by part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from bot.github.place import moment
from bot.model.facts import CheckRun, Commits, Person, Review, Reviews
from bot.model.known import Known, Unknown
from bot.model.look import PolicyFile, StickySeen

if TYPE_CHECKING:
    from bot.github.place import Look

V = TypeVar("V")
Json: TypeAlias = Mapping[str, Any]

_BOT = "[bot]"
# GraphQL names no user behind a bot's commit; the address by which GitHub knows it has its id.
_BOTS_ADDRESS = re.compile(r"(\d{1,18})\+[\w-]+\[bot\]@users\.noreply\.[\w.-]+")
# What a deleted account is called on GitHub, with its id.
GHOST = Person(id=10137, login="ghost")
PULL = ("repository", "pullRequest")

_SYMLINK = 0o120000
_STILL_RUNNING = frozenset({"PENDING", "EXPECTED"})
_NOT_WHOLE = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the query says of the diff: the cross-check of the REST files.

    `by_path`: added and deleted lines of the first hundred files.
    """

    files: int
    additions: int
    deletions: int
    by_path: Known[Mapping[str, tuple[int, int]]]
    cursor: str | None


def whole(about: str, read: Callable[[], V]) -> Known[V]:
    """What `read` makes of a part of the answer, or Unknown where the part has another form."""
    try:
        return read()
    except _NOT_WHOLE:
        return Unknown(f"GitHub's answer about {about} is not complete")


def part(look: Look, about: str, path: tuple[str, ...], read: Callable[[], V]) -> Known[V]:
    """Like `whole`, and Unknown where the answer has an error at, above or below `path`."""
    error = look.error(*path)
    if error is not None:
        return Unknown(f"GitHub could not tell {about}: {error.message[:200]}")
    return whole(about, read)


def person_of(node: Json | None) -> Person:
    """An account; one that was deleted is the ghost, one without an id has id 0. A bot is called
    as everywhere else: GraphQL alone leaves out what marks it."""
    if node is None:
        return GHOST
    found, bot = node.get("databaseId"), node.get("__typename") == "Bot"
    return Person(
        id=found if isinstance(found, int) else 0,
        login=node["login"].removesuffix(_BOT) + _BOT if bot else node["login"],
        bot=bot,
    )


def next_cursor(connection: Json) -> str | None:
    """Where the next page of a connection begins; None at the end of it."""
    info = connection.get("pageInfo") or {}
    if info.get("hasNextPage"):
        return str(info["endCursor"])
    return str(info["startCursor"]) if info.get("hasPreviousPage") else None


def counts_of(pull: Json) -> Counts:
    """What the pull request's own numbers say; paths Unknown where the list is not there."""
    connection = pull.get("files")
    return Counts(
        files=pull["changedFiles"],
        additions=pull["additions"],
        deletions=pull["deletions"],
        by_path=whole("the changed files", lambda: counted(connection)),
        cursor=next_cursor(connection) if connection else None,
    )


def counted(connection: Any) -> Mapping[str, tuple[int, int]]:
    """Added and deleted lines by path, of one page."""
    return {one["path"]: (one["additions"], one["deletions"]) for one in connection["nodes"]}


def checks_of(nodes: Iterable[Json], own_app: int, *, workflow: bool) -> tuple[CheckRun, ...]:
    """The newest attempt of each check and all commit statuses, without our own.

    Runs of one name are attempts of one check only within one suite: what a push started, or
    another workflow's job of that name, must not hide the failure of what the pull request did.
    """
    newest: dict[object, CheckRun] = {}
    statuses: list[CheckRun] = []
    for node in nodes:
        if node["__typename"] != "CheckRun":
            statuses.append(_status(node))
            continue
        run = _run(node, workflow=workflow)
        if run.app_id == own_app:
            continue
        key = (run.app_id, run.workflow, node["checkSuite"].get("databaseId"), run.name)
        newest[key] = _newer(newest.get(key), run)
    return (*newest.values(), *statuses)


def _newer(one: CheckRun | None, other: CheckRun) -> CheckRun:
    """The later run, which knows how the earlier one ended."""
    if one is None:
        return other
    old, new = sorted((one, other), key=_age)
    ended = old.earlier + ((old.conclusion,) if old.conclusion else ())
    return replace(new, earlier=ended + new.earlier)


def _age(run: CheckRun) -> tuple[int, float]:
    return (run.id or 0, run.started_at.timestamp() if run.started_at else 0.0)


def _run(node: Json, *, workflow: bool) -> CheckRun:
    suite = node["checkSuite"]
    app = suite["app"] or {}
    conclusion = node["conclusion"]
    return CheckRun(
        name=node["name"],
        status=node["status"].lower(),
        conclusion=conclusion.lower() if conclusion else None,
        id=node.get("databaseId"),
        app_id=app.get("databaseId"),
        app_slug=app.get("slug"),
        workflow=_workflow(suite, app, asked=workflow),
        started_at=_maybe(node.get("startedAt")),
        completed_at=_maybe(node.get("completedAt")),
        link=node.get("permalink"),
        run=(suite.get("workflowRun") or {}).get("databaseId"),
        run_over=suite.get("status", "COMPLETED") == "COMPLETED",
    )


def _workflow(suite: Json, app: Json, *, asked: bool) -> Known[str | None]:
    if app and app.get("slug") != "github-actions":
        return None
    if not asked:
        return Unknown("the workflow of a check needs the permission actions: read")
    run = suite.get("workflowRun") or {}
    path = (run.get("file") or {}).get("path")
    return path if isinstance(path, str) else Unknown("GitHub does not show the check's workflow")


def _status(node: Json) -> CheckRun:
    state = node["state"]
    running = state in _STILL_RUNNING
    return CheckRun(
        name=node["context"],
        status="pending" if running else "completed",
        conclusion=None if running else state.lower(),
        status_by=person_of(node.get("creator")).login,
        started_at=_maybe(node.get("createdAt")),
        completed_at=None if running else _maybe(node.get("createdAt")),
        link=node.get("targetUrl"),
    )


def rest_checks_of(rows: Iterable[Json], own_app: int) -> tuple[CheckRun, ...]:
    """Check runs as REST lists them, where the query may not see commit statuses."""
    newest: dict[object, CheckRun] = {}
    for row in rows:
        run = CheckRun(
            name=row["name"],
            status=row["status"],
            conclusion=row["conclusion"],
            id=row["id"],
            app_id=(row.get("app") or {}).get("id"),
            app_slug=(row.get("app") or {}).get("slug"),
            workflow=Unknown("GitHub does not show the check's workflow"),
            started_at=_maybe(row.get("started_at")),
            completed_at=_maybe(row.get("completed_at")),
            link=row.get("html_url"),
        )
        key = (run.app_id, (row.get("check_suite") or {}).get("id"), run.name)
        if run.app_id != own_app:
            newest[key] = _newer(newest.get(key), run)
    return tuple(newest.values())


def reviews_of(
    opinions: Iterable[Json], requests: Iterable[Json], latest: Iterable[Json] = ()
) -> Reviews:
    """The newest opinion of each person, and who is asked for one. `latest`: of each the newest
    review, an opinion or none."""
    newest: dict[object, Review] = {}
    for node in opinions:
        review = _review(node)
        key = review.by.id or review.by.login.casefold()
        if key not in newest or review.submitted_at >= newest[key].submitted_at:
            newest[key] = review
    asked = [one["requestedReviewer"] for one in requests if one["requestedReviewer"]]
    return Reviews(
        opinions=tuple(newest.values()),
        requested=tuple(person_of(one) for one in asked if one["__typename"] != "Team"),
        requested_teams=tuple(one["combinedSlug"] for one in asked if one["__typename"] == "Team"),
        spoke=frozenset(person_of(one["author"]).id for one in latest if one) - {0, GHOST.id},
    )


def _review(node: Json) -> Review:
    may = node.get("authorCanPushToRepository")
    commit = node.get("commit")
    return Review(
        by=person_of(node.get("author")),
        state=node["state"].lower(),
        commit_sha=commit["oid"] if commit else None,
        submitted_at=moment(node["submittedAt"]),
        may_write=may if isinstance(may, bool) else Unknown("GitHub does not say who may push"),
    )


def commits_of(nodes: Iterable[Json]) -> Commits:
    """Who wrote the commits, with and without co-authors."""
    commits = [node["commit"] for node in nodes]
    parts = [frozenset(_people_of(one, None) or ()) for one in commits]
    return Commits(
        shas=tuple(one["oid"] for one in commits),
        contributors=_wrote(commits, among=None),
        authors=_wrote(commits, among=1),
        subjects=tuple(one["messageHeadline"] for one in commits),
        parts=tuple(parts) if all(parts) else (),
    )


def _wrote(commits: Iterable[Json], among: int | None) -> Known[frozenset[int]]:
    """Unknown as soon as one commit names nobody GitHub knows. `among`: how many of its authors
    count, of whom GitHub names git's own first."""
    people: set[int] = set()
    for commit in commits:
        ids = _people_of(commit, among)
        if ids is None:
            why = f"commit {commit['oid'][:7]} names somebody GitHub does not know"
            return Unknown(why, by_content=True)
        people |= ids
    return frozenset(people)


def _people_of(commit: Json, among: int | None) -> set[int] | None:
    """Authors, co-authors and committer; GitHub's own committer of web edits is nobody."""
    authors = commit.get("authors") or {}
    nodes = authors.get("nodes") or []
    if not nodes or (among is None and authors.get("totalCount") != len(nodes)):
        return None
    nodes = nodes[:among]
    actors = nodes if commit.get("committedViaWeb") else [*nodes, commit.get("committer")]
    ids: set[int] = set()
    for actor in actors:
        found = _account(actor or {})
        if not isinstance(found, int):
            return None
        ids.add(found)
    return ids


def _account(actor: Json) -> object:
    user = actor.get("user")
    bot = _BOTS_ADDRESS.fullmatch(actor.get("email") or "") if user is None else None
    return int(bot[1]) if bot else (user or {}).get("databaseId")


def ready_since(pull: Json) -> list[datetime]:
    """When the pull request left its draft or its head was replaced, as far as is shown."""
    items = (pull.get("timelineItems") or {}).get("nodes") or []
    return [moment(one["createdAt"]) for one in items if one and one.get("createdAt")]


def policy_of(repository: Json, path: str) -> Known[PolicyFile]:
    """The policy file of a repository that could be read; no file is a file without text."""
    target = (repository.get("defaultBranchRef") or {}).get("target") or {}
    return file_of(path, repository["policy"], target.get("entry"))


def file_of(path: str, node: Json | None, entry: Json | None) -> Known[PolicyFile]:
    """A file from its blob and, where GitHub told, its mode in the tree."""
    kind, mode = (entry or {}).get("type"), (entry or {}).get("mode")
    if kind == "commit" or mode == _SYMLINK:
        return PolicyFile(path=path, blob=(node or {}).get("oid") or "", regular=False)
    if node is None or node.get("__typename") not in {None, "Blob"}:
        return PolicyFile(path=path)
    text = node["text"]
    if not isinstance(text, str) or node.get("isBinary") or node.get("isTruncated"):
        return Unknown(f"GitHub does not show {path} as text")
    return PolicyFile(path=path, blob=node["oid"], text=text)


def sticky_of(look: Look) -> StickySeen | None:
    """Our comment: gone where GitHub says there is none, None where it does not say."""
    node = look.data.get("sticky")
    if isinstance(node, dict) and isinstance(node.get("isMinimized"), bool):
        return StickySeen(gone=False, hidden=node["isMinimized"])
    error = look.error("sticky")
    if node is None and error is not None and error.type == "NOT_FOUND":
        return StickySeen(gone=True, hidden=False)
    return None


def _maybe(text: str | None) -> datetime | None:
    return moment(text) if text else None
