"""Facts from source text, read by the real readers in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.model.area import Area
from bot.model.claim import Claim
from bot.model.facts import Change, ChangedFile, Facts
from bot.model.known import Known, Unknown
from bot.model.need import Need
from bot.model.reading import Side
from bot.readers.__main__ import read
from bot.readers.diff import lines_of
from bot.readers.table import use_of
from bot.sandbox.frame import Job
from bot.wiring.readers import InUse
from bot.worker.desk import Desk
from tests.support.pulls import changed, pull

Texts = Mapping[str, str]


@dataclass(kw_only=True)
class Sources:
    """Implements the desk's Contents and Readers; `tip` None: it could not be learnt."""

    sides: dict[Side, Texts] = field(default_factory=dict)
    tip: Texts | None = field(default_factory=dict)

    async def texts(
        self, claim: Claim | None, facts: Facts, places: Sequence[tuple[Side, str]]
    ) -> dict[tuple[Side, str], Known[bytes]]:
        sides = {**self.sides, Side.TIP: self.tip or {}}
        return {one: sides[one[0]][one[1]].encode() for one in places if one[1] in sides[one[0]]}

    async def files(
        self, claim: Claim | None, facts: Facts, area: Area, side: Side
    ) -> Known[dict[str, str]]:
        if side is Side.PAST:
            return {sha: sha for sha in self.sides.get(side, {})}
        texts = self.tip if side is Side.TIP else self.sides[side]
        if texts is None:
            return Unknown("the file tree cannot be read")
        return {path: f"{side} of {path}" for path in texts if area.has(path)}

    def use(self, reading: str) -> InUse:
        one = use_of(reading)
        return InUse(
            value=one.reading.value, version=one.reading.version, bytes_at_most=one.bytes_at_most
        )

    async def read(
        self, jobs: Sequence[tuple[str, str, bytes | None, bytes | None]]
    ) -> list[Known[Any]]:
        answers = [
            read(Job(reading=name, path=path, base=base, head=head, options=options))
            for one, path, base, head in jobs
            for name, _, options in [one.partition(" ")]
        ]
        return [
            one["ok"] if "ok" in one else Unknown(one["unknown"], one["by_content"])
            for one in answers
        ]


def written(
    needs: frozenset[Need],
    files: Mapping[str, tuple[str, str]],
    *,
    unchanged: Texts | None = None,
    tip: Texts | None = None,
    renamed: Mapping[str, str] | None = None,
    commits: Mapping[str, Mapping[str, tuple[str, str]]] | None = None,
    **known: Any,
) -> Facts:
    """A pull request from `{path: (before, after)}`, with all that the needs want read.

    `renamed`: old paths by the new ones. `unchanged`: other files at the head. `commits`: what each
    of them changed.
    """
    rows = [_row(path, *texts, (renamed or {}).get(path)) for path, texts in files.items()]
    base = {one.previous_path or one.path: files[one.path][0] for one in rows}
    head = {path: after for path, (_, after) in files.items()}
    others = dict(unchanged or {})
    sides: dict[Side, Texts] = {Side.BASE: others | base, Side.HEAD: others | head}
    sides[Side.PAST] = {sha: _commit(of) for sha, of in (commits or {}).items()}
    sources = Sources(sides=sides, tip=tip)
    return asyncio.run(Desk(sources, sources).fill(None, pull(*rows, **known), needs))


def _commit(files: Mapping[str, tuple[str, str]]) -> str:
    lines = lines_of(_row(path, *texts, None) for path, texts in files.items())
    assert not isinstance(lines, Unknown)
    return lines.decode()


def _row(path: str, before: str, after: str, old: str | None) -> ChangedFile:
    row = replace(changed(path, before, after), base_blob=None, head_blob=None)
    return row if old is None else replace(row, change=Change.RENAMED, previous_path=old)
