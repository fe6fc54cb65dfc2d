"""What the workflow runs of a head left behind, and the bytes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from cachetools import LRUCache

from bot.errors import Denied, Refused, TooLarge
from bot.github.blobs import merge_base
from bot.github.facts import whole
from bot.github.groups import checks_at
from bot.github.place import together
from bot.model.known import Known, Unknown
from bot.model.results import AllLeft, Left

if TYPE_CHECKING:
    from bot.github.place import Place
    from bot.model.facts import CheckRun, Facts

RUNS_AT_MOST, ARTIFACTS_AT_MOST = 30, 300
NOT_PERMITTED = Unknown("the app may not read artifacts; grant actions: read")
_ACTIONS = "github-actions"


_Base: TypeAlias = "tuple[str, tuple[CheckRun, ...]]"


class Shelf:
    """Lists of artifacts by run; that of a run which is over never changes again."""

    def __init__(self) -> None:
        self._known: LRUCache[tuple[int, int, int], list[Any]] = LRUCache(1_000)
        self._bases: LRUCache[tuple[int, str, str], _Base] = LRUCache(1_000)

    async def before(self, place: Place, facts: Facts, own_app: int) -> Known[_Base]:
        """The merge base, and what CI says of it; asked once for a head, unless CI goes on."""
        key = (place.repo_id, facts.base_sha, facts.head_sha)
        known = self._bases.get(key)
        if known is not None:
            return known
        sha = await merge_base(place, facts.base_sha, facts.head_sha)
        if isinstance(sha, Unknown):
            return sha
        try:
            checks = await checks_at(place, sha, own_app)
        except Refused as refused:
            return Unknown(f"the checks of the merge base cannot be read: {refused.what}")
        if isinstance(checks, Unknown):
            return checks
        if all(one.run_over for one in checks):
            self._bases[key] = sha, checks
        return sha, checks

    async def left(self, place: Place, facts: Facts, workflow: str | None) -> Known[AllLeft]:
        """What stands there for the head, of one workflow file or of all."""
        if not place.may("actions"):
            return NOT_PERMITTED
        if isinstance(facts.checks, Unknown):
            return facts.checks
        jobs = [one for one in facts.checks if one.app_slug == _ACTIONS]
        hidden = [one for one in jobs if one.run is None]
        if hidden:
            return Unknown(f"can't tell: {hidden[0].name} - GitHub does not show its workflow run")
        runs: dict[int, CheckRun] = {}
        for job in sorted(jobs, key=lambda one: one.id or 0):
            if job.run is not None and workflow in (None, job.workflow):
                runs[job.run] = job
        if len(runs) > RUNS_AT_MOST:
            return Unknown(f"{len(runs)} workflow runs on this head, more than are read")
        found = await together(*(self._of(place, facts, one) for one in runs.values()))
        unknown = [one for one in found if isinstance(one, Unknown)]
        if unknown:
            return unknown[0]
        left = tuple(one for some in found if not isinstance(some, Unknown) for one in some)
        return AllLeft(left=left, running=any(not one.run_over for one in runs.values()))

    async def _of(self, place: Place, facts: Facts, job: CheckRun) -> Known[list[Left]]:
        run = job.run or 0
        # Another attempt of the run has other jobs.
        key = (place.repo_id, run, job.id or 0)
        rows = self._known.get(key)
        if rows is None:
            listed = await _listed(place, run)
            if isinstance(listed, Unknown):
                return listed
            rows = listed
            if job.run_over:
                self._known[key] = rows
        return whole("the artifacts", lambda: _left(rows, facts.head_sha, job))

    @staticmethod
    async def body(place: Place, left: Left, at_most: int) -> Known[bytes]:
        """Its bytes as packed. Raises Transient."""
        path = f"/repos/{place.repo}/actions/artifacts/{left.id}/zip"
        about = f"can't tell: the artifact {left.name}"
        try:
            return await place.client.download(
                path, at_most, lane=place.lane, repo_id=place.repo_id
            )
        except Denied:
            return NOT_PERMITTED
        except TooLarge:
            return Unknown(f"{about} - it is larger than {at_most:,} bytes", by_content=True)
        except Refused as refused:
            return Unknown(f"{about} - {refused.what}")


async def _listed(place: Place, run: int) -> Known[list[Any]]:
    try:
        rows, complete = await place.client.pages(
            f"/repos/{place.repo}/actions/runs/{run}/artifacts",
            key="artifacts",
            lane=place.lane,
            repo_id=place.repo_id,
            at_most=ARTIFACTS_AT_MOST,
        )
    except Denied:
        return NOT_PERMITTED
    except Refused as refused:
        return Unknown(f"the artifacts cannot be read: {refused.what}")
    return rows if complete else Unknown(f"more than {ARTIFACTS_AT_MOST} artifacts of one run")


def _left(rows: list[Any], head: str, job: CheckRun) -> list[Left]:
    """Those of the very head that are still there."""
    return [
        Left(
            id=row["id"],
            name=row["name"],
            run=job.run or 0,
            size=row["size_in_bytes"],
            workflow=job.workflow if isinstance(job.workflow, str) else "",
            over=job.run_over,
            link=job.link,
        )
        for row in rows
        if not row["expired"] and (row.get("workflow_run") or {}).get("head_sha", head) == head
    ]
