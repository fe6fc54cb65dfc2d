"""Artifacts of the head: fetched only where a rule asks, read in the sandbox, kept by their id."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from bot.linking.reports import last_ci
from bot.model.area import Area, name_matches
from bot.model.codec import Decoder
from bot.model.facts import Change
from bot.model.known import NOT_ASKED, Known, Unknown
from bot.model.need import Artifact
from bot.model.reading import Side
from bot.model.results import RESULTS, Coverage, Report, Reported, Results

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model.claim import Claim
    from bot.model.facts import Facts
    from bot.model.need import Need
    from bot.model.results import Left
    from bot.worker.ports import Artifacts, ReportReaders

MB = 1_000_000
EACH_AT_MOST, ALL_AT_MOST, ARTIFACTS_AT_MOST = 20 * MB, 60 * MB, 20
KEPT = 2_000
_MOVED = "CI may have counted other lines: the base branch changed it. Merge that"
_EVERYTHING = Area("everything", ("**",))


@dataclass(slots=True)
class ReportDesk:
    """Fills the facts with what artifacts hold."""

    readers: ReportReaders
    source: Artifacts
    _kept: LRUCache[tuple[int, str, str], Known[Results | Coverage]] = field(
        default_factory=lambda: LRUCache(KEPT)
    )

    async def fill(self, claim: Claim | None, facts: Facts, needs: frozenset[Need]) -> Facts:
        """The facts with every artifact that `needs` names; raises what the source raises."""
        wanted = (one for one in needs if isinstance(one, Artifact))
        # Those of the merge base last: they take no room from the head's.
        asked = sorted(wanted, key=lambda one: (one.base_for, one.key))
        room, found = [ALL_AT_MOST], dict(facts.artifacts)
        for need in asked:
            if need.key not in found:
                seen = replace(facts, artifacts=found)
                found[need.key] = await self._reported(claim, seen, need, room)
        return replace(facts, artifacts=found) if asked else facts

    async def _before(self, claim: Claim | None, facts: Facts, need: Artifact) -> Known[Facts]:
        """The facts as if the merge base were the head, with the runs of those workflows alone
        that left such reports on the head: where there are none, nothing is asked for."""
        now = facts.reported(replace(need, base_for=""))
        reports = () if isinstance(now, Unknown) else now.reports
        made_by = {
            one.workflow
            for one in reports
            if one.over and isinstance(one.value, Results) and one.value.files
        }
        base = await self.source.before(claim, facts) if made_by else NOT_ASKED
        if isinstance(base, Unknown):
            return base
        jobs = tuple(one for one in base[1] if one.workflow in made_by)
        if not all(one.run_over for one in jobs):
            return Unknown("CI of the merge base is not over")
        return replace(facts, head_sha=base[0], checks=jobs)

    async def _reported(
        self, claim: Claim | None, facts: Facts, need: Artifact, room: list[int]
    ) -> Known[Reported]:
        if need.base_for:
            before = await self._before(claim, facts, need)
            if isinstance(before, Unknown):
                return before
            facts = before
        listed = await self.source.artifacts(claim, facts, need.workflow)
        if isinstance(listed, Unknown):
            return listed
        newest = _newest([one for one in listed.left if name_matches(need.name, one.name)])
        if len(newest) > ARTIFACTS_AT_MOST:
            return Unknown(f"{len(newest)} artifacts fit {need.name}, more than are read")
        asked = await self._asked(claim, facts, need) if newest else ""
        if isinstance(asked, Unknown):
            return asked
        reports = [
            Report(
                artifact=one.name,
                workflow=one.workflow,
                over=one.over,
                link=one.link,
                value=await self._value(claim, (need.reading, asked), (one, before), room),
            )
            for one, before in newest
        ]
        sure = await self._held(claim, facts, reports)
        return Reported(reports=sure, running=listed.running, last=last_ci(facts))

    async def _held(
        self, claim: Claim | None, facts: Facts, reports: list[Report]
    ) -> tuple[Report, ...]:
        """The reports, of whose missing lines none can be another line of the merged file."""
        missed = {
            one.path
            for report in reports
            if isinstance(report.value, Coverage)
            for one in report.value.measured
            if one.missed
        }
        files = () if isinstance(facts.changes, Unknown) else facts.changes
        old = {
            file.path: file.previous_path or file.path
            for file in files
            if file.path in missed and file.change is not Change.ADDED
        }
        places = [(side, path) for path in old.values() for side in (Side.BASE, Side.TIP)]
        texts = await self.source.texts(claim, facts, places) if places else {}
        moved = {path for path, before in old.items() if not _same(texts, before)}
        return tuple(_doubted(one, moved) for one in reports) if moved else tuple(reports)

    async def _asked(self, claim: Claim | None, facts: Facts, need: Artifact) -> Known[str]:
        """What the reader is asked beside the bytes."""
        asked: dict[str, Any] = {"files": need.files, "cases": need.cases}
        if need.area.globs:
            files = await self.source.files(claim, facts, _EVERYTHING, Side.HEAD)
            if isinstance(files, Unknown):
                return files
            lines = _changed_lines(facts, need.area)
            names = {_name(path) for path in lines}
            others = sorted(path for path in files if _name(path) in names and path not in lines)
            asked |= {"lines": lines, "others": others}
        return json.dumps(asked, sort_keys=True)

    async def _value(
        self,
        claim: Claim | None,
        how: tuple[str, str],
        what: tuple[Left, Left | None],
        room: list[int],
    ) -> Known[Results | Coverage]:
        (reading, asked), (one, before) = how, what
        before = before if reading == RESULTS.id else None
        key = (one.id, f"{reading} {before.id if before else ''}", asked)
        known = self._kept.get(key)
        if known is not None and one.id:
            return known
        bodies: list[bytes | None] = []
        for left in (before, one):
            body = None if left is None else await self._body(claim, left, room)
            if isinstance(body, Unknown):
                return body
            bodies.append(body)
        answer = await self.readers.report(reading, one.name, (bodies[0], bodies[1]), asked)
        value = self._decoded(reading, answer)
        if not isinstance(value, Unknown) or value.by_content:
            self._kept[key] = value
        return value

    async def _body(self, claim: Claim | None, left: Left, room: list[int]) -> Known[bytes]:
        most = min(EACH_AT_MOST, room[0])
        if left.size > most:
            why = f"it is larger than {EACH_AT_MOST // MB} MB, or all are. Upload reports alone"
            return Unknown(f"can't tell: the artifact {left.name} - {why}", by_content=True)
        body = await self.source.artifact(claim, left, most)
        if not isinstance(body, Unknown):
            room[0] -= len(body)
        return body

    def _decoded(self, reading: str, answer: Known[Any]) -> Known[Results | Coverage]:
        if isinstance(answer, Unknown):
            return answer
        try:
            value: Results | Coverage = Decoder().decode(self.readers.use(reading).value, answer)
        except ValueError:
            return Unknown("the reader's answer does not fit", by_content=True)
        return value


def _newest(left: list[Left]) -> list[tuple[Left, Left | None]]:
    """The newest artifact of each run and name, and what an earlier attempt of the run left."""
    of: dict[tuple[int, str], list[Left]] = {}
    for one in sorted(left, key=lambda one: one.id):
        of.setdefault((one.run, one.name), []).append(one)
    return [(some[-1], some[-2] if len(some) > 1 else None) for some in of.values()]


def _same(texts: Mapping[tuple[Side, str], Known[bytes]], path: str) -> bool:
    """Whether the base branch has the file as the merge base has it."""
    base, tip = (texts.get((side, path)) for side in (Side.BASE, Side.TIP))
    return isinstance(base, bytes) and base == tip


def _doubted(report: Report, moved: set[str]) -> Report:
    if not isinstance(report.value, Coverage):
        return report
    measured = tuple(
        replace(one, unsure=_MOVED) if one.path in moved else one for one in report.value.measured
    )
    return replace(report, value=replace(report.value, measured=measured))


def _changed_lines(facts: Facts, area: Area) -> dict[str, list[int]]:
    files = facts.changed_in(area)
    return {
        file.path: [line.number for line in file.added]
        for file in (() if isinstance(files, Unknown) else files)
        if file.change is not Change.REMOVED and not isinstance(file.added, Unknown)
    }


def _name(path: str) -> str:
    return path.rpartition("/")[2]
