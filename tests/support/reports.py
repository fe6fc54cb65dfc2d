"""Pull requests with artifacts, packed as CI packs them and read by the real readers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from bot.model.area import Area
from bot.model.claim import Claim
from bot.model.facts import CheckRun, Facts
from bot.model.known import Known, Unknown
from bot.model.need import Need
from bot.model.reading import Side
from bot.model.results import AllLeft, Left
from bot.readers.__main__ import read
from bot.readers.table import READERS
from bot.sandbox.frame import Job
from bot.wiring.readers import InUse
from bot.worker.reports import ReportDesk
from tests.support.pulls import check

CI = ".github/workflows/ci.yml"
BASE = "b" * 40


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """The files as one archive."""
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return whole.getvalue()


@dataclass(kw_only=True)
class Shelf:
    """Implements Artifacts and ReportReaders; `bodies` by the artifacts' ids; `base`: what the
    merge base has, None where it is not known."""

    left: list[Left] = field(default_factory=list)
    bodies: dict[int, bytes] = field(default_factory=dict)
    running: bool = False
    refused: Unknown | None = None
    tree: Known[Sequence[str]] = ()
    fetched: list[int] = field(default_factory=list)
    texts_of: dict[tuple[Side, str], bytes] = field(default_factory=dict)
    base: Shelf | None = None
    jobs: tuple[CheckRun, ...] = (check("ci / unit", run=1),)

    def put(self, name: str, body: bytes, **about: Any) -> Left:
        """One more artifact; `about`: fields of Left."""
        number = len(self.left) + 1
        told = {"id": number, "run": 1, "size": len(body), "workflow": CI, **about}
        left = Left(name=name, **told)
        self.left.append(left)
        self.bodies[left.id] = body
        return left

    async def before(
        self, claim: Claim | None, facts: Facts
    ) -> Known[tuple[str, tuple[CheckRun, ...]]]:
        return Unknown("hidden") if self.base is None else (BASE, self.base.jobs)

    async def artifacts(
        self, claim: Claim | None, facts: Facts, workflow: str | None
    ) -> Known[AllLeft]:
        if facts.head_sha == BASE and self.base is not None:
            jobs = () if isinstance(facts.checks, Unknown) else facts.checks
            here = {one.workflow for one in jobs}
            return AllLeft(left=tuple(one for one in self.base.left if one.workflow in here))
        if self.refused is not None:
            return self.refused
        left = tuple(one for one in self.left if workflow in (None, one.workflow))
        return AllLeft(left=left, running=self.running)

    async def artifact(self, claim: Claim | None, left: Left, at_most: int) -> Known[bytes]:
        self.fetched.append(left.id)
        more = {} if self.base is None else self.base.bodies
        return (self.bodies | more)[left.id]

    async def files(
        self, claim: Claim | None, facts: Facts, area: Area, side: Side
    ) -> Known[dict[str, str]]:
        if isinstance(self.tree, Unknown):
            return self.tree
        return {path: "" for path in self.tree if area.has(path)}

    async def texts(
        self, claim: Claim | None, facts: Facts, places: Sequence[tuple[Side, str]]
    ) -> dict[tuple[Side, str], Known[bytes]]:
        return {place: self.texts_of[place] for place in places if place in self.texts_of}

    def use(self, reading: str) -> InUse:
        one = READERS[reading].reading
        return InUse(value=one.value, version=one.version, bytes_at_most=20_000_000)

    async def report(
        self, reading: str, name: str, bodies: tuple[bytes | None, bytes | None], asked: str
    ) -> Known[Any]:
        base, head = bodies
        job = Job(reading=reading, path=name, base=base, head=head, options=asked)
        answer = read(job)
        if "ok" in answer:
            return answer["ok"]
        return Unknown(answer["unknown"], by_content=answer["by_content"])


def filled(facts: Facts, needs: frozenset[Need], shelf: Shelf) -> Facts:
    """The facts with what the needs want of the shelf."""
    return asyncio.run(ReportDesk(shelf, shelf).fill(None, facts, needs))


def suite(*cases: str, tests: int | None = None, name: str = "unit") -> str:
    """JUnit XML; each case as `name`, `name!` failed, `name?` skipped, `name~` flaky."""
    inside = {"!": '<failure message="no"/>', "?": '<skipped message="no database"/>'}
    inside["~"] = '<flakyFailure message="no"/>'
    rows = [
        f'<testcase classname="tests.test_refund" name="{one.rstrip("!?~")}">'
        f"{inside.get(one[-1:], '')}</testcase>"
        for one in cases
    ]
    count = len(cases) if tests is None else tests
    inner = f'<testsuite name="{name}" tests="{count}">{"".join(rows)}</testsuite>'
    return f"<testsuites>{inner}</testsuites>"
