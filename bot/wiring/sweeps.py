"""Timers without a pull request: find, compare, ask again, list, throw away."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.errors import Gone, Limited, StoreTrouble, Transient, Trouble
from bot.failpoint import failpoint
from bot.github.reconcile import open_heads, open_pull_requests
from bot.github.sweep import Memory, in_either, installations, missed_deliveries
from bot.logs import get_logger
from bot.metrics import DRIFT, REDELIVERY
from bot.model.effect import TimerKind
from bot.model.wake import Lane
from bot.store.sweeps import LEASE_MS
from bot.worker.policies import ORGANISATION_PATH, REPOSITORY_PATH

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bot.clock import Clock
    from bot.github.client import GitHub
    from bot.metrics import Metrics
    from bot.store.backup import Backups
    from bot.store.ballast import Ballast
    from bot.store.sweeps import SweepStore
    from bot.worker.policies import PolicyBook

# What every process is told to read anew.
PEOPLE, POLICY = "people", "policy"
_log = get_logger()
# At start at once, + 10 s, + 30 s, then every minute.
_FIRST_REDELIVERIES = (10, 20)
REDELIVER_EVERY = timedelta(seconds=60)
_RECONCILE = timedelta(seconds=60)
_INSTALLATIONS = timedelta(hours=1)
_ONCE_MORE, _AT_ONCE = timedelta(minutes=1), timedelta(seconds=1)
_RETENTION = timedelta(hours=1)
# After that another process begins a sweep that was not ended.
_LEASE_SECONDS = LEASE_MS // 1_000


@dataclass(slots=True, kw_only=True)
class Sweeps:
    """Does the sweeps and sets each one's next moment; `woken` is called after marking, `tell` with
    what no process may remember any longer.
    `digests`: None without a channel that could carry one."""

    github: GitHub
    store: SweepStore
    ballast: Ballast
    policies: PolicyBook
    clock: Clock
    metrics: Metrics
    app_id: int
    report_days: int
    removed_days: int = 30
    woken: Callable[[], None]
    tell: Callable[[str], None]
    digests: Callable[[], Awaitable[timedelta]] | None = None
    backups: Backups | None = None
    _memory: Memory = field(default_factory=Memory)
    _passes: int = 0

    async def start(self) -> None:
        """Arm what runs by the clock; after a restart everything is looked at once."""
        await self.store.accept_since()
        mark = await self.store.meta("watermark")
        self._memory.watermark = datetime.fromisoformat(mark) if mark else None
        await self.store.resumed()
        kinds = [TimerKind.REDELIVERY, TimerKind.INSTALLATIONS, TimerKind.RETENTION]
        if self.digests is not None:
            kinds.append(TimerKind.DIGEST)
        for kind in kinds:
            await self.store.arm(kind.value, timedelta())
        if self.backups and self.backups.every:
            await self.store.arm(TimerKind.BACKUP.value, timedelta(hours=self.backups.every))
        await self.store.arm(TimerKind.RECONCILE.value, timedelta(seconds=1))
        await self.store.look_at_all()

    async def __call__(self, kind: TimerKind, key: str) -> None:
        """Do one sweep; Trouble is raised after its next moment is set."""
        began = await self.store.began(key)
        again: timedelta | None = _ONCE_MORE
        try:
            again = await self._do(kind, key)
        except Trouble as trouble:
            if ":" in key and not isinstance(trouble, Transient | Limited):
                # Asked for once, by an event, and refused.
                again = None
            if isinstance(trouble, StoreTrouble):
                # What was refused while it was away is to be asked for when it is back.
                again = _AT_ONCE
            _log.warning("sweep_cut_short", sweep=kind.value, key=key, why=trouble.what)
            raise
        finally:
            await self._ended(key, began, again)

    async def _ended(self, key: str, began: int, again: timedelta | None) -> None:
        """Set its next moment, as soon as the store is there: until then nobody else begins it."""
        for _ in range(_LEASE_SECONDS):
            try:
                await self.store.ended(key, began, again)
            except StoreTrouble as trouble:
                if trouble.fatal:
                    raise
                await self.clock.sleep(1.0)
            else:
                return

    async def _do(self, kind: TimerKind, key: str) -> timedelta | None:
        """Do it; when again, None: not until somebody asks."""
        match kind:
            case TimerKind.REDELIVERY:
                return await self._redeliver()
            case TimerKind.RECONCILE:
                return await self._reconcile(key)
            case TimerKind.INSTALLATIONS:
                await self._list()
                # What is listed for the first time was never compared.
                await self.store.arm(TimerKind.RECONCILE.value, timedelta())
                await self.store.look_at_policies()
                return _INSTALLATIONS
            case TimerKind.RETENTION:
                return await self._retain()
            case TimerKind.DIGEST if self.digests is not None:
                return await self.digests()
            case TimerKind.BACKUP if self.backups and self.backups.every:
                await asyncio.to_thread(self.backups.make, self.clock.now())
                return timedelta(hours=self.backups.every)
            case TimerKind.PEOPLE:
                self.tell(PEOPLE)
            case TimerKind.FIND:
                await self._find(int(key.partition(":")[2]))
            case TimerKind.POLICY:
                await self._policy(int(key.partition(":")[2]))
            case _:
                pass
        return None

    async def _list(self) -> None:
        """What is missing in one list must be so in the next, too, before it is thought gone."""
        seen = await installations(self.github)
        if await self.store.lacking(seen):
            seen = in_either(seen, await installations(self.github))
        await self.store.listed(seen)

    async def _retain(self) -> timedelta:
        gone = await self.store.retain(self.report_days, self.removed_days)
        self.ballast.keep()
        await self.store.survey()
        return timedelta(seconds=5) if gone else _RETENTION

    async def _redeliver(self) -> timedelta:
        self._passes += 1
        if self.ballast.low:
            await self.store.arm(TimerKind.RETENTION.value, timedelta())
        missed = await missed_deliveries(
            self.github, self.clock, self.store.held, await self.store.accept_since(), self._memory
        )
        failpoint("redelivered")
        self.metrics.count(REDELIVERY, "asked", by=len(missed.asked))
        self.metrics.count(REDELIVERY, "given-up", by=len(missed.given_up))
        await self.store.look_at(missed.reconcile)
        if missed.watermark is not None:
            await self.store.remember("watermark", missed.watermark.isoformat())
        if self._passes <= len(_FIRST_REDELIVERIES):
            return timedelta(seconds=_FIRST_REDELIVERIES[self._passes - 1])
        return REDELIVER_EVERY

    async def _of(self, installation: int) -> list[int]:
        return list(await self.store.repositories_of(installation))

    async def _reconcile(self, key: str) -> timedelta | None:
        _, _, installation = key.partition(":i")
        only = int(installation) if installation else None
        await self._compare_all(list(await self.store.due_for_reconcile(only)))
        return None if installation else _RECONCILE

    async def _compare_all(self, repos: list[int]) -> None:
        trouble: Trouble | None = None
        for repo_id in repos:
            try:
                await self._compare(repo_id)
            except Gone:
                await self.store.later(repo_id)
            except Trouble as met:
                trouble = met
        if trouble is not None:
            raise trouble

    async def _compare(self, repo_id: int) -> None:
        known = await self.store.repository(repo_id)
        if known is None:
            return
        installation, name = known
        client, since = self.github.installation(installation), self.clock.now()
        seen, whole = await open_pull_requests(
            client, name, repo_id, check="handoff", app_id=self.app_id
        )
        drift = await self.store.compare(repo_id, seen, since, whole=whole)
        for what in drift:
            self.metrics.count(DRIFT, what)
        if drift:
            self.woken()

    async def _find(self, repo_id: int) -> None:
        known = await self.store.repository(repo_id)
        if known is None:
            return
        installation, name = known
        client = self.github.installation(installation)
        heads = await open_heads(client, name, repo_id, lane=Lane.SWEEP)
        if await self.store.found(repo_id, heads):
            self.woken()

    async def _policy(self, repo_id: int) -> None:
        """After a push to a default branch: look at the policy's id, wake all if it changed."""
        known = await self.store.repository(repo_id)
        if known is None:
            return
        installation, name = known
        self.policies.forget(name)
        self.tell(f"{POLICY}:{name}")
        files = {f"policy:{repo_id}": (REPOSITORY_PATH, [repo_id])}
        if name.endswith("/.github"):
            # Besides the organisation's it has one of its own.
            files[f"policy:{repo_id}:all"] = ORGANISATION_PATH, await self._of(installation)
        changed: dict[str, tuple[str, Sequence[int]]] = {}
        for key, (path, repos) in files.items():
            blob = await self._blob(installation, repo_id, f"{name}:{path}")
            if await self.store.meta(key) != blob:
                changed[key] = blob, repos
        if changed:
            await self._judged_anew(changed)
        await self._extended(installation, repo_id, name)

    async def _extended(self, installation: int, repo_id: int, name: str) -> None:
        """The same for the files that it extends and, where others extend its own, for those."""
        blobs: dict[str, str] = {}
        changed: dict[str, tuple[str, Sequence[int]]] = {}
        for one, text in await self.store.extending(repo_id, name):
            # Some milliseconds each, and thousands may extend one file.
            spec = await asyncio.to_thread(self.policies.extends, text)
            own = one == repo_id
            if spec is None or not (own or spec.casefold().startswith(f"{name}:".casefold())):
                continue
            if spec not in blobs:
                # The token of one repository does not reach the other one.
                blobs[spec] = await self._blob(installation, None, spec)
            key = f"extended:{one}:{spec}"
            if await self.store.meta(key) != blobs[spec]:
                changed[key] = blobs[spec], [one]
        if changed:
            await self._judged_anew(changed)

    async def _blob(self, installation: int, repo_id: int | None, spec: str) -> str:
        """The id of the file at `owner/repo:path[@ref]`; empty where there is none."""
        where, _, ref = spec.partition("@")
        repo, _, path = where.partition(":")
        if not {".", ".."}.isdisjoint(path.split("/")):
            # Git has no such path, and an address would lead elsewhere.
            return ""
        client = self.github.installation(installation)
        try:
            answer = await client.get(
                f"/repos/{repo}/contents/{quote(path)}",
                params={"ref": ref} if ref else None,
                repo_id=repo_id,
            )
        except Gone:
            return ""
        return str(answer.data.get("sha", "")) if isinstance(answer.data, dict) else ""

    async def _judged_anew(self, changed: Mapping[str, tuple[str, Sequence[int]]]) -> None:
        """`changed`: by its key the new id of each file, and the repositories that rest on it."""
        self.policies.forget()
        self.tell(POLICY)
        for key, (blob, repos) in changed.items():
            for one in repos:
                await self.store.wake_all(one)
            # Only now: cut short before, all of them are woken again.
            await self.store.remember(key, blob)
        self.woken()
