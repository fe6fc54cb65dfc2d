"""What people did after the backup is heard again, and nobody is written to a second time."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from shutil import copyfile

import pytest

from bot.store.backup import backup, restore
from bot.wiring.server import Bot
from tests.flows.test_rebuild import APP, POLICY, WAIVE, states
from tests.support.crew import Crew, crew
from tests.support.hurried import quiet

MORE = range(119, 124)
# What two people do every five minutes: on one pull request after the other, nothing in order.
SAID = (
    ("ana", "/handoff attest logging"),
    ("maria", WAIVE),
    ("ben", "/handoff attest conventions"),
    ("maria", "/handoff hold because prices are not decided"),
    ("maria", "/handoff resume"),
    ("kim", WAIVE),
)


async def goes_on(acme: Crew, nth: int) -> None:
    """Five minutes: one is opened while there are some left, or pushed to; two are spoken on."""
    stage, world = acme.demo.stage, acme.world
    ana, number = stage.people["ana"], 118 + nth % 6
    if nth < len(MORE):
        stage.pulls[MORE[nth]] = world.open_pull_request(
            stage.repo, ana, number=MORE[nth], title=f"Refunds {nth}", files=dict(APP), body=""
        )
    elif nth % 3 == 0:
        world.push(stage.pulls[number], ana, {f"docs/{nth}.md": "Refunds.\n"})
    for which in (nth, nth + 2):
        login, line = SAID[which % len(SAID)]
        pull = stage.pulls[118 + which % len(stage.pulls)]
        if login == "ben":
            world.review(pull, stage.people[login], "approve", line)
        else:
            world.comment(pull, stage.people[login], line)
    await quiet(acme.demo)
    await acme.waits(minutes=5)


def stands(acme: Crew) -> dict[int, tuple[object, ...]]:
    """Of each pull request: what the check says of each item, our comments, and the reactions to
    others'. What was said and has no effect any more is left out: a waiver of what is proved now.
    """
    stage, found = acme.demo.stage, dict[int, tuple[object, ...]]()
    for number, pull in stage.pulls.items():
        run = stage.runs(number)[-1]
        ours = [one.body.partition("\n")[0] for one in pull.comments if one.user.kind == "Bot"]
        reactions = [[r.content for r in one.reactions] for one in pull.comments]
        text = (run.text or "").partition("\n#### not done")[0]
        states = [line for line in text.split("\n") if not line.startswith("  - waive")]
        found[number] = (run.conclusion, run.title, states, ours, reactions)
    return found


async def goes_back(acme: Crew, file: Path, stack: AsyncExitStack, *, by_hand: bool) -> None:
    """The server ends, the backup takes its store's place, and another one starts on it."""
    demo = acme.demo
    await demo.bot.__aexit__(None, None, None)
    settings = demo.bot.settings
    if by_hand:
        copyfile(file, settings.database)
    else:
        restore(file, settings.database, demo.clock.now(), force=True)
    bot = Bot(settings, demo.clock, recover=by_hand)
    demo.bot = await stack.enter_async_context(bot)
    demo.simulator.hook_url = f"{demo.bot.url}/webhook"
    await acme.waits(minutes=3)
    await quiet(demo)


def written(acme: Crew) -> tuple[list[str], list[tuple[str, ...]], Counter[str]]:
    """First lines of our comments, reactions on others', and how many runs each head has."""
    others = [one for one in acme.pull.comments if one.user.kind == "User"]
    reactions = [tuple(r.content for r in one.reactions) for one in others]
    calls = [one.body for one in acme.demo.simulator.calls if one.path.endswith("/check-runs")]
    firsts = [one.partition("\n")[0] for one in acme.said]
    return firsts, reactions, Counter(body["head_sha"] for body in calls if body)


@pytest.mark.parametrize("by_hand", [False, True])
async def test_what_came_after_the_backup_is_heard_again_and_said_once(
    by_hand: bool, tmp_path: Path
) -> None:
    file = tmp_path / "copy.sqlite"
    async with crew(tmp_path / "data", POLICY) as acme, AsyncExitStack() as stack:
        await acme.opens(APP)
        await acme.waits(minutes=2)
        assert await acme.types("ana", "/handoff attest logging") == ("+1",)
        backup(acme.demo.bot.settings.database, file)
        assert await acme.types("maria", WAIVE) == ("+1",)
        assert await acme.types("ana", "/handoff why conventions") == ("+1",)
        ask = "/handoff escalate because are these prices final?"
        assert await acme.types("maria", ask) == ("+1",)
        await acme.waits(minutes=2)
        assert any(one.startswith("@sam") for one in acme.said)
        before, title, text = written(acme), acme.title, states(acme)
        await goes_back(acme, file, stack, by_hand=by_hand)

        assert (acme.title, states(acme)) == (title, text)
        assert written(acme) == before
        assert max(before[2].values()) == 1
        assert await acme.types("sam", "/handoff decide approve because they are final") == ("+1",)


async def test_two_hours_of_six_pull_requests_are_heard_again(tmp_path: Path) -> None:
    file = tmp_path / "copy.sqlite"
    async with crew(tmp_path / "data", POLICY) as acme, AsyncExitStack() as stack:
        await acme.opens(APP)
        await acme.waits(minutes=2)
        backup(acme.demo.bot.settings.database, file)
        for nth in range(24):
            await goes_on(acme, nth)
        before = stands(acme)
        await goes_back(acme, file, stack, by_hand=False)

        assert stands(acme) == before
        assert max(written(acme)[2].values()) == 1
        assert len(before) == 6
        assert {one[0] for one in before.values()} == {"success", "failure"}, before
