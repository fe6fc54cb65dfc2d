"""Our check run on one head: one run as long as GitHub lets it change, a new one where not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from bot.errors import Gone, Invalid, Limited, Refused, Suspended, Transient
from bot.model.codec import canonical
from bot.model.effect import Annotation, Published, SetCheck, external_id_of, generation_of
from bot.model.keeping import Receipt

if TYPE_CHECKING:
    from bot.github.place import Place

BATCH = 50
ANNOTATIONS_AT_MOST = 100
# GitHub deletes the oldest of a thousand runs of a suite; nobody needs that many of one name.
RUNS_AT_MOST = 50
_GREEN = frozenset({"success", "neutral", "skipped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """What is remembered of a run. `sent`: keys of the annotations that stand on it; `runs`: how
    many runs of this name the head has."""

    status: str
    conclusion: str | None
    sent: tuple[str, ...] = ()
    runs: int = 1

    def text(self) -> str:
        """As it is stored."""
        kept = {
            "status": self.status,
            "conclusion": self.conclusion,
            "annotations_sent": self.sent,
            "runs": self.runs,
        }
        return json.dumps(kept, sort_keys=True)

    @staticmethod
    def of(before: Published) -> Detail:
        """What was stored; what is not there counts as nothing sent."""
        data = json.loads(before.detail)
        return Detail(
            status=data.get("status", "completed"),
            conclusion=data.get("conclusion"),
            sent=tuple(data.get("annotations_sent", ())),
            runs=data.get("runs", 1),
        )


def annotation_key(annotation: Annotation) -> str:
    """What tells two annotations of one run apart."""
    return sha256(canonical(annotation)).hexdigest()[:16]


class CheckWriter:
    """Writes one wish; no annotation is ever sent twice to one run."""

    def __init__(self, place: Place, effect: SetCheck, external_id: str, now: datetime) -> None:
        self._place = place
        self._effect = effect
        self._external_id = external_id
        self._now = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        some = effect.annotations[:ANNOTATIONS_AT_MOST]
        self._annotations = {annotation_key(one): one for one in some}

    async def put(self, before: Published | None) -> Receipt:
        """Make it so; without remarks at lines where GitHub refuses it with them."""
        try:
            return await self._put(before)
        except Invalid:
            if not self._annotations:
                raise
            self._annotations = {}
            return await self._put(before)

    async def _put(self, before: Published | None) -> Receipt:
        """On the run that stands, or on a new one where that cannot say it."""
        if before is None or before.remote_id is None:
            return await self._new(1)
        old, run = Detail.of(before), before.remote_id
        reopens = old.status == "completed" and self._effect.status != "completed"
        outdated = not set(old.sent) <= self._annotations.keys()
        try:
            if not reopens and not outdated:
                return await self._change(run, old)
            if old.runs < RUNS_AT_MOST:
                await self._supersede(run, old)
                return await self._new(old.runs + 1)
            if reopens:
                self._effect = _failing_instead(self._effect)
            return await self._change(run, old)
        except Gone:
            return await self._new(old.runs + 1)

    async def found(
        self, rows: Sequence[Mapping[str, Any]], before: Published | None
    ) -> Receipt | None:
        """After a lost answer: what did arrive, finished where it was cut; a run of ours that
        nobody knows of is taken over; None where there is nothing new. The newest one counts, as
        it does for GitHub: older ones neither go on running nor contradict it."""
        known = before.remote_id if before is not None else None
        had = len(Detail.of(before).sent) if before is not None else 0
        for row in sorted(rows, key=lambda row: int(row["id"]), reverse=True):
            newer = self._rises_above(row.get("external_id") or "")
            same = row.get("external_id") == self._external_id
            if not (same or newer) and (row["id"], _count(row)) <= (known or 0, had):
                continue
            for other in rows:
                if other["id"] < row["id"]:
                    await self._outdate(other)
            if same:
                return await self._finish(row, before if row["id"] == known else None, before)
            return await self._adopt(row, before)
        return None

    def _rises_above(self, carried: str) -> bool:
        """Whether the store is older than what GitHub shows; then ours comes after that, or is
        that where it says the same."""
        gen, digest = generation_of(carried), self._external_id.rpartition(".")[2]
        newer = gen > generation_of(self._external_id)
        if newer:
            says_it = carried.rpartition(".")[2] == digest
            self._external_id = external_id_of(gen + (not says_it), digest)
        return newer

    async def _outdate(self, row: Mapping[str, Any]) -> None:
        old = Detail(status=row["status"], conclusion=row["conclusion"])
        if old.conclusion not in _GREEN or self._effect.conclusion not in _GREEN:
            await self._supersede(row["id"], old)

    async def _adopt(self, newest: Mapping[str, Any], before: Published | None) -> Receipt:
        sent: tuple[str, ...] = ("?",) if _count(newest) else ()
        if before is not None and newest["id"] == before.remote_id:
            # Annotations are only ever added to a run: as many as we sent are those that we sent.
            ours = Detail.of(before).sent
            sent = ours if len(ours) == _count(newest) else sent
        detail = Detail(
            status=newest["status"],
            conclusion=newest["conclusion"],
            sent=sent,
            runs=_runs(before) + 1,
        )
        adopted = Published(
            key=self._effect.key,
            kind="check",
            gen=0,
            digest="",
            remote_id=newest["id"],
            detail=detail.text(),
        )
        return await self.put(adopted)

    async def _finish(
        self, row: Mapping[str, Any], same: Published | None, before: Published | None
    ) -> Receipt:
        had = Detail.of(same).sent if same is not None else ()
        fresh = [key for key in self._annotations if key not in had]
        arrived = fresh[: max(_count(row) - len(had), 0)]
        runs = _runs(before) if same is not None else _runs(before) + 1
        return await self._rest(row["id"], (*had, *arrived), runs)

    async def _new(self, runs: int) -> Receipt:
        first = list(self._annotations)[:BATCH]
        body = {"name": self._effect.name, "head_sha": self._effect.head_sha, **self._body(first)}
        body["started_at"] = self._now
        answer = await self._place.write("POST", "check-runs", body)
        run = answer.data.get("id") if isinstance(answer.data, dict) else None
        if not isinstance(run, int):
            raise Transient("GitHub's answer about the new check run has no id", sent=True)
        return await self._rest(run, tuple(first), runs)

    async def _change(self, run: int, old: Detail) -> Receipt:
        first = [key for key in self._annotations if key not in old.sent][:BATCH]
        await self._place.write("PATCH", f"check-runs/{run}", self._body(first))
        return await self._rest(run, (*old.sent, *first), old.runs)

    async def _rest(self, run: int, sent: tuple[str, ...], runs: int) -> Receipt:
        """The annotations beyond the first fifty. The verdict stands by now: trouble leads to a
        look before the next try, a refusal ends it."""
        rest = [key for key in self._annotations if key not in sent]
        for start in range(0, len(rest), BATCH):
            batch = rest[start : start + BATCH]
            body = {"output": self._output(batch)}
            try:
                await self._place.write("PATCH", f"check-runs/{run}", body)
            except (Transient, Limited, Suspended) as trouble:
                raise Transient(f"annotations: {trouble.what}", sent=True) from trouble
            except Refused:
                break
            sent = (*sent, *batch)
        effect = self._effect
        detail = Detail(status=effect.status, conclusion=effect.conclusion, sent=sent, runs=runs)
        gen = generation_of(self._external_id)
        return Receipt(remote_id=run, detail=detail.text(), gen=gen)

    async def _supersede(self, run: int, old: Detail) -> None:
        """No moment shows green and no older run is left running while the new one is made."""
        enforced = self._effect.enforced
        if old.status == "completed" and not (enforced and old.conclusion in _GREEN):
            return
        body = {
            "status": "completed",
            "conclusion": "failure" if enforced else "neutral",
            "completed_at": self._now,
            "output": {"title": "Superseded", "summary": "A newer run of this check follows."},
        }
        await self._place.write("PATCH", f"check-runs/{run}", body)

    def _body(self, annotations: Sequence[str]) -> dict[str, Any]:
        effect = self._effect
        body: dict[str, Any] = {
            "status": effect.status,
            "external_id": self._external_id,
            "output": self._output(annotations),
            "actions": [
                {
                    "label": one.label,
                    "description": one.description,
                    "identifier": one.identifier,
                }
                for one in effect.buttons[:3]
            ],
        }
        if effect.conclusion is not None:
            body |= {"conclusion": effect.conclusion, "completed_at": self._now}
        if effect.details_url is not None:
            body["details_url"] = effect.details_url
        return body

    def _output(self, annotations: Sequence[str]) -> dict[str, Any]:
        effect = self._effect
        output: dict[str, Any] = {"title": effect.title, "summary": effect.summary}
        if effect.text:
            output["text"] = effect.text
        if annotations:
            output["annotations"] = [_annotation(self._annotations[key]) for key in annotations]
        return output


def _annotation(one: Annotation) -> dict[str, Any]:
    return {
        "path": one.path,
        "start_line": one.start_line,
        "end_line": one.end_line,
        "annotation_level": one.level,
        "title": one.title,
        "message": one.message,
    }


def _failing_instead(effect: SetCheck) -> SetCheck:
    """After too many runs: what is awaited shows as a failure, for a run cannot run again."""
    title = f"Waiting for CI · {effect.title}"[:80]
    conclusion = "failure" if effect.enforced else "neutral"
    return replace(effect, status="completed", conclusion=conclusion, title=title)


def _count(row: Mapping[str, Any]) -> int:
    count: int = (row.get("output") or {}).get("annotations_count") or 0
    return count


def _runs(before: Published | None) -> int:
    return Detail.of(before).runs if before is not None and before.remote_id is not None else 0
