"""What a visitor sees: pull requests with their checks and conversation, as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bot.simulator.base import Missing

if TYPE_CHECKING:
    from bot.simulator.things import Pull, Repository, Run
    from bot.simulator.world import World

_LIST = re.compile(r"/([^/]+/[^/]+)/pulls")
_PULL = re.compile(r"/([^/]+/[^/]+)/pull/(\d{1,9})")


def page_of(world: World, path: str) -> str | None:
    """The page at `/owner/repo/pulls` or `/owner/repo/pull/N`; None where there is none."""
    try:
        if found := _LIST.fullmatch(path):
            return _text(_listed(world, world.repo(found[1])))
        if found := _PULL.fullmatch(path):
            return _text(_shown(world, world.pull(world.repo(found[1]), int(found[2]))))
    except (Missing, KeyError):
        pass
    return None


def _text(lines: Iterable[str]) -> str:
    """Nothing that somebody wrote moves a reader's cursor or colours a screen."""
    return "".join(
        "".join(filter(str.isprintable, line)) + "\n"
        for whole in lines
        for line in whole.split("\n")
    )


def _listed(world: World, repo: Repository) -> Iterator[str]:
    yield f"{repo.full_name}: pull requests"
    for pull in sorted(repo.pulls.values(), key=lambda one: one.number):
        yield f"  #{pull.number:<5}{pull.title}  ({pull.user.login})"
        for run in _ours(world, repo, pull.head_sha):
            yield f"        {_state(run)} · {run.title}"
    for entry in (one for queue in repo.queues.values() for one in queue):
        yield f"  merge group of #{entry.pull.number}"
        for run in _ours(world, repo, entry.group_sha):
            yield f"        {_state(run)} · {run.title}"
    yield ""
    yield f"One of them: {world.web}/{repo.full_name}/pull/N"


def _shown(world: World, pull: Pull) -> Iterator[str]:
    yield f"{pull.repo.full_name} #{pull.number}  {pull.title}"
    yield f"{pull.state} · {pull.user.login} · into {pull.base_ref} · head {pull.head_sha[:7]}"
    yield from ("", pull.body) if pull.body else ()
    yield from ("", "CHECKS")
    runs = world.latest_runs(pull.repo, pull.head_sha)
    for run in runs:
        yield f"  {_state(run):<12} {run.name} ({run.suite.app.slug})"
    for run in _ours(world, pull.repo, pull.head_sha):
        yield from ("", f"CHECK {run.name}: {run.title}", run.summary or "", run.text or "")
        for note in run.annotations:
            yield f"  {note['path']}:{note['start_line']} {note['message']}"
    yield from ("", "CONVERSATION")
    for review in pull.reviews:
        yield f"  {review.user.login}: {review.state.lower()} {review.body}".rstrip()
    for comment in pull.comments:
        yield f"  {comment.user.login}:"
        yield from (f"    {line}" for line in comment.body.split("\n"))


def _ours(world: World, repo: Repository, sha: str) -> list[Run]:
    return [run for run in world.latest_runs(repo, sha) if run.suite.app is world.app]


def _state(run: Run) -> str:
    return run.conclusion or run.status.replace("_", " ")
