"""Look for what is wrong with the set-up, here and at GitHub; every finding says how to mend it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from bot.github.doctor import Finding
    from bot.notify.channels import Channels
    from bot.settings import Settings

EXAMPLE = "handoff doctor --repo acme/orders-api"
MARKS = {"ok": "✓", "warn": "!", "bad": "✗", "unchecked": "–"}
# Below it SQLite has no room for its log.
ROOM_WANTED = 200 * 1024 * 1024


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `handoff doctor`."""
    parser.add_argument("--repo", metavar="OWNER/REPO", help="also look at this repository")
    parser.add_argument("--offline", action="store_true", help="ask GitHub nothing")
    parser.add_argument("--format", choices=("terminal", "json"), default="terminal")


def run(options: argparse.Namespace) -> int:
    """0 sound or only warnings, 1 something is bad, 2 settings, 3 GitHub could not be asked."""
    from bot.cli.parts import COULD_NOT, COUNTS, OK, complain_of, repository
    from bot.notify.channels import parse
    from bot.settings import from_environment

    settings = from_environment()
    if isinstance(settings, tuple):
        return complain_of(settings)
    channels = parse(settings.channels)
    if isinstance(channels, tuple):
        return complain_of(channels)
    repo = repository(options.repo) if options.repo else None
    remote = () if options.offline else asyncio.run(_remote(settings, repo))
    findings = [*_local(settings, channels), *remote]
    if options.format == "json":
        data = {"schema": "handoff.doctor/1", "findings": [asdict(one) for one in findings]}
        print(json.dumps(data, indent=2))
    for one in findings if options.format == "terminal" else ():
        mend = f" → {one.mend}" if one.mend else ""
        evidence = f"  {one.evidence}" if one.evidence else ""
        print(f" {MARKS[one.severity]} {one.what}{evidence}{mend}")
    if any(one.severity == "bad" for one in findings):
        return COUNTS
    asked = options.offline or any(one.severity != "unchecked" for one in remote)
    return OK if asked else COULD_NOT


def _local(settings: Settings, channels: Channels) -> Iterable[Finding]:
    from bot.errors import Misnamed
    from bot.github.doctor import Finding
    from bot.wiring.catalogue import presets
    from bot.wiring.policy import PolicyLoader

    for warning in settings.warnings:
        yield Finding(
            severity="warn", what=warning.where.key, evidence=warning.what, mend=warning.hint
        )
    try:
        PolicyLoader(settings.default_preset).refuse_default()
    except Misnamed as misnamed:
        mend = f"name one of {', '.join(sorted(presets()))}"
        yield Finding(severity="bad", what="preset", evidence=misnamed.what, mend=mend)
    for alias, target in channels.targets.items():
        yield Finding(severity="ok", what=f"target {alias}", evidence=target.channel)
    try:
        folder = settings.data_dir
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        mend = "set HANDOFF_DATA_DIR to a folder that this user may write to"
        yield Finding(severity="bad", what="disk", evidence=str(error), mend=mend)
        return
    yield Finding(
        severity="ok" if free > ROOM_WANTED else "bad",
        what="disk",
        evidence=f"{free // 2**20} MB free in {folder}",
        mend="" if free > ROOM_WANTED else "make room",
    )
    yield _store(settings)


def _store(settings: Settings) -> Finding:
    from bot.errors import Trouble
    from bot.github.doctor import Finding

    try:
        seconds = _commit_seconds(settings)
    except (Trouble, OSError) as trouble:
        mend = "mend HANDOFF_DATABASE_URL or HANDOFF_DATA_DIR, or what they name"
        return Finding(severity="bad", what="store", evidence=str(trouble), mend=mend)
    slow = seconds > 0.05
    where = "on Postgres " if settings.postgres else ""
    return Finding(
        severity="warn" if slow else "ok",
        what="store",
        evidence=f"a durable write {where}takes {seconds * 1000:.1f} ms",
        mend="acknowledgements wait for it; use a faster disk" if slow else "",
    )


def _commit_seconds(settings: Settings) -> float:
    """The median of some durable writes on the database or the disk that holds the store."""
    if settings.postgres is not None:
        from bot.store.reach import commit_seconds

        return commit_seconds(settings.postgres.reveal())
    from bot.store.schema import revision_of

    # Raises where it is no store.
    revision_of(settings.database)
    settings.database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = settings.database.with_name(f"doctor-{os.getpid()}")
    times = []
    with path.open("wb") as file:
        for _ in range(20):
            began = time.perf_counter()
            file.write(b"x" * 300)
            file.flush()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    path.unlink()
    return sorted(times)[len(times) // 2]


async def _remote(settings: Settings, repo: str | None) -> tuple[Finding, ...]:
    from bot.clock import SystemClock
    from bot.github.client import GitHub, GitHubSettings
    from bot.github.doctor import Wanted, diagnose

    known = GitHubSettings(
        api_url=settings.github_api_url,
        app_id=str(settings.app_id),
        private_keys=tuple(key.reveal() for key in settings.private_keys),
        api_version=settings.github_api_version,
    )
    hook = f"{settings.public_url}/webhook" if settings.public_url else None
    async with GitHub(known, SystemClock()) as github:
        return await diagnose(github, Wanted(hook_url=hook, repo=repo))
