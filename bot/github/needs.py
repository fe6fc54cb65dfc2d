"""The costly facts, each read only where a rule asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from bot.errors import Refused
from bot.github.facts import PULL, next_cursor, part, person_of, rest_checks_of, whole
from bot.github.place import moment, together
from bot.github.pull import all_nodes
from bot.github.queries import CODEOWNERS, DEPLOYMENTS, LABEL_SETTERS, OWNERS_PATHS, REVIEW_THREADS
from bot.model.facts import Deployment, Owners, Person, Reviews, Standing, Thread
from bot.model.known import Known, Unknown
from bot.readers import codeowners

if TYPE_CHECKING:
    from bot.github.people import People
    from bot.github.place import Look, Place
    from bot.model.facts import Changes, CheckRun, Facts

LABELLINGS_AT_MOST = 300
CHECKS_AT_MOST = 1_000
NO_DEPLOYMENTS = Unknown(
    "can't tell: deployments - this needs the optional permission deployments: read"
)


async def owners_of(place: Place, changes: Changes) -> Known[Owners]:
    """CODEOWNERS of the default branch for the changed paths; the first of three places counts."""
    if isinstance(changes, Unknown):
        return changes
    try:
        look = await place.ask_repository(CODEOWNERS)
        nodes = look.must("repository")
    except Refused as refused:
        return Unknown(f"CODEOWNERS cannot be read: {refused.what}")
    paths = [path for file in changes for path in file.paths]
    for at, name in enumerate(OWNERS_PATHS):
        text = part(look, name, ("repository", f"o{at}"), lambda: nodes[f"o{at}"])  # noqa: B023
        if text is None:
            continue
        if isinstance(text, Unknown):
            return text
        # A large file takes seconds to read, and every path is compared with every line.
        return await asyncio.to_thread(_owners, text, name, paths)
    return Owners(by_path={})


def _owners(node: Mapping[str, Any], name: str, paths: Iterable[str]) -> Known[Owners]:
    text = node.get("text")
    if not isinstance(text, str) or node.get("isTruncated"):
        return Unknown(f"GitHub does not show {name} as text")
    found = codeowners.parse(text)
    return Owners(by_path={path: found.owners_of(path) for path in paths})


class Trees:
    """Paths of whole trees, by commit."""

    def __init__(self, size: int = 20) -> None:
        self._known: LRUCache[tuple[int, str], dict[str, str]] = LRUCache(size)

    async def of(self, place: Place, commit: str) -> Known[tuple[str, ...]]:
        """Every file of the commit; Unknown where GitHub cuts the list."""
        listed = await self.listing(place, commit)
        return listed if isinstance(listed, Unknown) else tuple(listed)

    async def listing(self, place: Place, commit: str) -> Known[dict[str, str]]:
        """Every file of the commit with its git id."""
        known = self._known.get((place.repo_id, commit))
        if known is not None:
            return known
        try:
            answer = await place.get(f"git/trees/{commit}", {"recursive": "1"})
        except Refused as refused:
            return Unknown(f"the file tree cannot be read: {refused.what}")
        paths = whole("the file tree", lambda: _paths(answer.data))
        if not isinstance(paths, Unknown):
            self._known[place.repo_id, commit] = paths
        return paths


def _paths(data: Any) -> Known[dict[str, str]]:
    if data["truncated"]:
        return Unknown("the file tree is too large for GitHub to list whole")
    # A symbolic link is a name, its target is nobody's content.
    return {
        one["path"]: str(one.get("sha", ""))
        for one in data["tree"]
        if one["type"] == "blob" and one.get("mode") != "120000"
    }


async def label_setters_of(
    place: Place, labels: Known[frozenset[str]]
) -> Known[Mapping[str, Person]]:
    """Who set each label that stands, the last time it was set."""
    if isinstance(labels, Unknown):
        return labels
    setters: dict[str, Person] = {}
    cursor: str | None = None
    for _ in range(LABELLINGS_AT_MOST // 100):
        look = await place.ask(LABEL_SETTERS, cursor=cursor)
        page = part(look, "who set the labels", PULL, lambda: _labellings(look))  # noqa: B023
        if isinstance(page, Unknown):
            return page
        for label, person in page:
            if label in labels:
                setters.setdefault(label, person)
        cursor = next_cursor(look.must(*PULL)["timelineItems"])
        if cursor is None or setters.keys() == labels:
            return setters
    return Unknown(f"labels changed more than {LABELLINGS_AT_MOST} times")


def _labellings(look: Look) -> list[tuple[str, Person]]:
    """Newest first."""
    nodes = look.must(*PULL)["timelineItems"]["nodes"]
    return [(one["label"]["name"], person_of(one["actor"])) for one in reversed(nodes) if one]


async def threads_of(place: Place) -> Known[tuple[Thread, ...]]:
    """The conversations about lines; Unknown where there are more than a hundred."""
    look = await place.ask(REVIEW_THREADS, cursor=None)
    nodes = await all_nodes(look.must(*PULL).get("reviewThreads"), "review threads")
    if isinstance(nodes, Unknown):
        return nodes
    where = (*PULL, "reviewThreads")
    return part(look, "the review threads", where, lambda: tuple(map(_thread, nodes)))


def _thread(node: Mapping[str, Any]) -> Thread:
    (last,) = node["comments"]["nodes"]
    by = person_of(last["author"])
    return Thread(path=node["path"], last_by=by, resolved=node["isResolved"])


async def deployments_of(place: Place, facts: Facts) -> Known[tuple[Deployment, ...]]:
    """The deployments of the head and of the commit that it was merged as, oldest first."""
    if not place.may("deployments"):
        return NO_DEPLOYMENTS
    look = await place.ask(DEPLOYMENTS)
    return part(look, "the deployments", PULL, lambda: _deployments(look, facts))


def _deployments(look: Look, facts: Facts) -> Known[tuple[Deployment, ...]]:
    pull = look.must(*PULL)
    commits = [pull["head"]["nodes"][0]["commit"]]
    wanted = [facts.head_sha]
    if facts.merged:
        commits.append(pull["mergeCommit"])
        wanted.append(facts.merge_sha or "")
    if [one["oid"] for one in commits] != wanted:
        return Unknown("GitHub shows the deployments of another commit")
    return tuple(
        _deployment(node, one["oid"]) for one in commits for node in one["deployments"]["nodes"]
    )


def _deployment(node: Mapping[str, Any], sha: str) -> Deployment:
    status = node["latestStatus"] or {"state": "PENDING", "updatedAt": node["createdAt"]}
    return Deployment(
        environment=node.get("latestEnvironment") or node["environment"],
        sha=sha,
        state=status["state"].lower(),
        url=status.get("environmentUrl") or None,
        updated_at=moment(status["updatedAt"]),
    )


async def runs_alone(place: Place, head: str, own_app: int) -> Known[tuple[CheckRun, ...]]:
    """Check runs by REST, where a commit status hides the rollup from us."""
    try:
        rows, whole_list = await place.client.pages(
            f"/repos/{place.repo}/commits/{head}/check-runs",
            params={"filter": "latest", "per_page": "100"},
            key="check_runs",
            lane=place.lane,
            repo_id=place.repo_id,
            at_most=CHECKS_AT_MOST,
        )
    except Refused as refused:
        return Unknown(f"the checks cannot be read: {refused.what}")
    if not whole_list:
        return Unknown(f"more than {CHECKS_AT_MOST:,} checks on this head")
    return whole("the checks", lambda: rest_checks_of(rows, own_app))


async def with_standings(place: Place, reviews: Known[Reviews], people: People) -> Known[Reviews]:
    """The reviews with what GitHub's query did not tell of the reviewers asked one by one."""
    if isinstance(reviews, Unknown):
        return reviews
    unsure = [one for one in reviews.opinions if isinstance(one.may_write, Unknown)]
    found = await together(*(people.standing(place, one.by) for one in unsure))
    known = dict(zip((one.by.id for one in unsure), found, strict=True))
    return replace(
        reviews,
        opinions=tuple(
            replace(one, may_write=_may_write(known[one.by.id])) if one in unsure else one
            for one in reviews.opinions
        ),
    )


def _may_write(standing: Known[Standing]) -> Known[bool]:
    return standing if isinstance(standing, Unknown) else standing.at_least(Standing.WRITE)


def people_in(facts: Facts) -> dict[int | str, Person]:
    """Everybody whom a role of these facts could be about, once each."""
    people = [facts.author]
    if not isinstance(facts.reviews, Unknown):
        people += [one.by for one in facts.reviews.opinions]
    if not isinstance(facts.label_setters, Unknown):
        people += facts.label_setters.values()
    return {one.id or one.login.casefold(): one for one in people}
