"""A repository that belongs to another installation by now takes its work along."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.model.arrival import Control, RepoSeen
from bot.model.seen import InstallationSeen
from tests.store.shop import HOME, REPO, Shop, shop

OTHER = 43
THERE = RepoSeen(id=REPO, full_name="other/shop", default_branch="main")


async def told(here: Shop) -> None:
    """By `repository.transferred`, which the new installation gets."""
    about: dict[str, Any] = {"event": "repository", "action": "transferred", "number": None}
    about |= {"control": Control.RENAME, "repo": THERE}
    await here.deliver(installation_id=OTHER, **about)


async def added(here: Shop) -> None:
    """By `installation_repositories.added`."""
    about: dict[str, Any] = {"event": "installation_repositories", "action": "added", "repo": None}
    about |= {"control": Control.REPOSITORIES, "repos": (THERE,), "number": None}
    await here.deliver(installation_id=OTHER, **about)


async def taken(here: Shop) -> None:
    """The same, and only then the old installation is told that it has it no more."""
    await added(here)
    about: dict[str, Any] = {
        "event": "installation_repositories",
        "action": "removed",
        "repo": None,
    }
    about |= {"control": Control.REPOSITORIES, "repos_removed": (REPO,), "number": None}
    await here.deliver(**about)


async def listed(here: Shop) -> None:
    """By nothing but GitHub's lists."""
    gone = InstallationSeen(id=HOME, account="acme", repositories=())
    await here.sweeps.listed(
        [InstallationSeen(id=OTHER, account="other", repositories=(THERE,)), gone]
    )


@pytest.mark.parametrize("learnt", [told, added, taken, listed])
async def test_what_was_due_is_done_for_the_new_installation(
    learnt: Callable[[Shop], Awaitable[None]], tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await learnt(here)

        claim = await here.one()

    assert (claim.installation_id, claim.repo) == (OTHER, "other/shop")
