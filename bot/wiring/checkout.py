"""The bot's judgement on a checkout: the same facts, policy and judge, a terminal for effects."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import __version__
from bot.clock import SystemClock
from bot.errors import Trouble
from bot.judge.evaluate import evaluate, needs_of
from bot.local.source import Asked, look_at
from bot.model.known import Unknown
from bot.model.look import Outline, PolicyFile
from bot.model.policy import LeftOut, Policy
from bot.model.problem import Problem, Severity
from bot.model.report import Matter, Report
from bot.wiring.catalogue import registry
from bot.wiring.policy import PolicyLoader
from bot.wiring.readers import SandboxReaders
from bot.worker.desk import Desk
from bot.worker.policies import ORGANISATION_PATH, Texts, misplaced, not_regular
from bot.worker.reports import ReportDesk

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


# What `--layer` says of an organisation without a file.
NO_LAYER = "none"


class BadPolicy(Trouble):
    """No policy, or one that cannot be used; with every problem."""

    def __init__(self, what: str, hint: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(what)
        self.hint = hint
        self.problems = problems


def judge_checkout(
    path: Path,
    options: argparse.Namespace,
    given: Mapping[str, Any],
    reports: tuple[tuple[str, bytes], ...] | None = None,
) -> Report:
    """Judge the checkout; raises BadPolicy, or CannotEvaluate where git cannot say.

    `given`: fields of facts that git does not hold. `reports`: artifacts of CI by
    name, None where nobody said whether there are any.
    """
    return asyncio.run(_judged(path, options, given, reports))


async def _judged(
    path: Path,
    options: argparse.Namespace,
    given: Mapping[str, Any],
    reports: tuple[tuple[str, bytes], ...] | None,
) -> Report:
    readers = SandboxReaders(SystemClock())
    try:
        # They start while git and the policy are looked at.
        await asyncio.gather(readers.pool.warm(), readers.apart.warm())
        where = "staged" if options.staged else "worktree" if options.worktree else "commit"
        asked = Asked(base=options.base, head=options.head, where=where)
        loader = PolicyLoader(default_preset=options.preset, default_mode="enforce")
        with look_at(path, asked, given) as checkout:
            outline = checkout.outline(SystemClock().now())
            policy = _policy(options, outline, loader)
            proposed = misplaced(outline.facts.repo, outline.facts.changes)
            proposed += _proposed(outline, loader, options)
            needs = needs_of(outline.facts, policy, registry())
            facts = checkout.load(outline.facts, needs, policy.roles)
            contents = replace(checkout.contents(), reports=reports)
            # With the files that the rules of this policy want, in the same sandbox as the bot's.
            desk = Desk(readers, contents, ReportDesk(readers, contents))
            facts = await desk.fill(None, facts, needs)
        return evaluate(
            Matter(facts=facts, policy=policy, proposed=proposed), registry(), __version__
        )
    finally:
        await readers.close()


def _policy(options: argparse.Namespace, outline: Outline, loader: PolicyLoader) -> Policy:
    repository = outline.repository
    if options.policy:
        repository = _read(options.policy)
    elif options.preset:
        repository = PolicyFile(path=".github/handoff.yml")
    if isinstance(repository, Unknown):
        raise BadPolicy(repository.reason)
    mine = repository if repository.text is not None else None
    if mine is not None and not mine.regular:
        raise BadPolicy(f"{mine.path} is a symbolic link or a submodule", "commit the file itself")
    texts = Texts(
        repo=outline.facts.repo,
        repository=mine,
        organisation=_layer(options.layer),
        extended=_extended(loader, mine, options),
    )
    made = loader.assemble(texts)
    errors = tuple(one for one in made.problems if one.severity is Severity.ERROR)
    if errors:
        raise BadPolicy("the policy cannot be used", "mend these first", errors)
    if made.policy is None:
        raise BadPolicy(
            "no policy: .github/handoff.yml is not on the default branch",
            "name one: --policy FILE or --preset NAME",
        )
    if options.layer:
        return made.policy
    left = LeftOut(origin="organisation", why="offline")
    origin = replace(made.policy.origin, left_out=(*made.policy.origin.left_out, left))
    return replace(made.policy, origin=origin)


def _proposed(
    outline: Outline, loader: PolicyLoader, options: argparse.Namespace
) -> tuple[Problem, ...]:
    file = outline.proposed
    if file is None or file.text is None:
        return ()
    if not file.regular:
        return (not_regular(file.path),)
    extended = _extended(loader, file, options)
    texts = Texts(repo=outline.facts.repo, repository=file, organisation=None, extended=extended)
    return loader.assemble(texts).problems


def _layer(name: str | None) -> PolicyFile | None:
    """The organisation's file, named and numbered as it is on GitHub."""
    if name is None or name == NO_LAYER:
        return None
    file = _read(name)
    data = (file.text or "").encode()
    blob = sha1(b"blob %d\0%s" % (len(data), data), usedforsecurity=False).hexdigest()
    return replace(file, path=ORGANISATION_PATH, blob=blob)


def _extended(
    loader: PolicyLoader, file: PolicyFile | None, options: argparse.Namespace
) -> tuple[tuple[str, PolicyFile], ...]:
    spec = loader.extends(file.text) if file is not None and file.text else None
    return ((spec, _read(options.extends)),) if spec and options.extends else ()


def _read(name: str) -> PolicyFile:
    try:
        return PolicyFile(path=name, text=Path(name).read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise BadPolicy(f"{name} cannot be read: {error.strerror}") from error
