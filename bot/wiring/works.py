"""What judges and speaks to GitHub. Loading it takes as long as all the rest of a start, so the
server listens before: what is delivered meanwhile waits in the inbox."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot import __version__
from bot.github.client import GitHub, GitHubSettings
from bot.github.publish import GitHubPublisher
from bot.github.source import GitHubSource
from bot.metrics import COMMANDS_REFUSED
from bot.notify.letter import Means
from bot.notify.post import Post
from bot.notify.wire import Wire
from bot.store.backup import Backups
from bot.store.heads import matter_of
from bot.store.ledger import StoreLedger
from bot.store.sweeps import SweepStore
from bot.wiring import measure
from bot.wiring.catalogue import all_commands, all_rules, registry
from bot.wiring.digest import Digests
from bot.wiring.policy import PolicyLoader
from bot.wiring.readers import SandboxReaders
from bot.wiring.sweeps import PEOPLE, POLICY, Sweeps
from bot.worker.alarm import OPERATORS, Alarm
from bot.worker.desk import Desk
from bot.worker.following import Following
from bot.worker.groups import Groups
from bot.worker.hearing import Hearing
from bot.worker.policies import PolicyBook
from bot.worker.rebuilding import Rebuilding
from bot.worker.reports import ReportDesk
from bot.worker.run import Tools, Worker
from bot.worker.send import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AsyncExitStack

    from bot.clock import Clock
    from bot.durable.port import Handler
    from bot.github.budget import Spending
    from bot.metrics import Metrics
    from bot.model.wake import Subject
    from bot.notify.channels import Channels
    from bot.settings import Settings
    from bot.store.ballast import Ballast
    from bot.store.inbox import Inbox
    from bot.store.port import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What stands before anything is judged; `woken` is called where a sweep has marked something,
    `tell` with what no process may remember any longer, `together`: what all processes spend on an
    installation, `on_secret` with every secret that GitHub
    gives us."""

    settings: Settings
    channels: Channels
    clock: Clock
    metrics: Metrics
    database: Store
    inbox: Inbox
    ballast: Ballast
    entropy: Callable[[int], bytes]
    new_id: Callable[[], str]
    woken: Callable[[], None]
    tell: Callable[[str], None]
    together: Callable[[int], Spending] | None
    on_secret: Callable[[str], None] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """What does the work: `handle` of a claim, `sweeps` of timers without a subject. `forget`: what
    another process told; everything where that is nothing."""

    github: GitHub
    ledger: StoreLedger
    sweeps: Sweeps
    handle: Handler
    forget: Callable[[str], None]


async def _judged(database: Store, subject: Subject, head_sha: str) -> bytes | None:
    return await database.read(lambda tx: matter_of(tx, subject, head_sha, __version__))


async def assemble(base: Base, stack: AsyncExitStack) -> Works:
    """Put it together; the stack ends it."""
    settings, clock, web = base.settings, base.clock, _web(base.settings.github_api_url)
    github = await stack.enter_async_context(_github(base))
    ledger = StoreLedger(base.database, base.inbox, clock, base.entropy, base.metrics)
    source = GitHubSource(github, clock, settings.app_id, partial(_judged, base.database))
    github_publisher = GitHubPublisher(github, clock, settings.app_id)
    means = Means(base.channels, Wire(settings.egress_allow), clock)
    publisher = Post(means, base.metrics, ledger.first_said, github_publisher)
    loader = PolicyLoader(settings.default_preset, settings.default_mode.value)
    loader.refuse_default()
    policies = PolicyBook(loader, source, ledger)
    classes = {rule.id: rule.options for rule in all_rules()}
    commands = {command.verb: command for command in all_commands()}
    readers = SandboxReaders(clock, settings.sandbox_workers)
    stack.push_async_callback(readers.close)
    hearing = Hearing(people=source, ledger=ledger, commands=commands, classes=classes, clock=clock)
    hearing.through_apps = settings.through_apps
    hearing.refused = partial(base.metrics.count, COMMANDS_REFUSED)
    desk = Desk(readers, source, ReportDesk(readers, source))
    groups = Groups(
        source=source,
        ledger=ledger,
        policies=policies,
        acts=ledger,
        desk=desk,
        registry=registry(),
        code=__version__,
    )
    sender = Sender(ledger, publisher, clock, base.metrics)
    tools = Tools(
        source=source,
        ledger=ledger,
        policies=policies,
        acts=ledger,
        following=Following(people=source, acts=ledger, web=web, direct=base.channels.direct),
        hearing=hearing,
        rebuilding=Rebuilding(talks=source, ledger=ledger, hearing=hearing),
        sender=sender,
        alarm=Alarm(sender=sender, clock=clock, web=web, heard=OPERATORS in base.channels.targets),
        groups=groups,
        desk=desk,
        registry=registry(),
        clock=clock,
        log=measure.RunLog(base.metrics),
        code=__version__,
        page=lambda _: None,
        new_id=base.new_id,
    )
    sweeps = _sweeps(base, github, policies, classes)
    handle = measure.counted(Worker(tools).handle, base.metrics, clock)

    def forget(what: str) -> None:
        kind, _, name = what.partition(":")
        if kind in {"", PEOPLE}:
            source.forget_people()
        if kind in {"", POLICY}:
            policies.forget(name)

    return Works(github=github, ledger=ledger, sweeps=sweeps, handle=handle, forget=forget)


def _sweeps(
    base: Base, github: GitHub, policies: PolicyBook, classes: Mapping[str, type]
) -> Sweeps:
    settings, store = base.settings, SweepStore(base.database, base.clock)
    # A server of Postgres has ways of its own.
    every = settings.backup_every if settings.postgres is None else 0
    return Sweeps(
        github=github,
        store=store,
        ballast=base.ballast,
        metrics=base.metrics,
        policies=policies,
        clock=base.clock,
        app_id=settings.app_id,
        report_days=settings.retention_report_days,
        removed_days=settings.retention_removed_days,
        woken=base.woken,
        tell=base.tell,
        digests=_digests(base, store, classes),
        backups=Backups(settings.database, every, settings.backup_keep),
    )


def _digests(base: Base, store: SweepStore, classes: Mapping[str, type]) -> Digests:
    return Digests(
        store=store,
        clock=base.clock,
        targets=base.channels.targets,
        web=_web(base.settings.github_api_url),
        classes=classes,
        woken=base.woken,
    )


def _web(api: str) -> str:
    """Where people read what the API at that address serves."""
    parts = urlsplit(api)
    return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"


def _github(base: Base) -> GitHub:
    settings = base.settings
    return GitHub(
        GitHubSettings(
            api_url=settings.github_api_url,
            app_id=str(settings.app_id),
            private_keys=tuple(key.reveal() for key in settings.private_keys),
            api_version=settings.github_api_version,
            limits=settings.github_limits,
            concurrency=settings.github_concurrency,
        ),
        base.clock,
        on_call=base.metrics.called,
        on_secret=base.on_secret,
        together=base.together,
    )
