"""What people did is read again from their comments after the store is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.simulator.things import Organisation
from bot.wiring.server import Bot
from tests.support.crew import Crew, crew
from tests.support.hurried import quiet

POLICY = """
version: 1
mode: enforce
areas: { code: ["app/**"], docs: ["docs/**"] }
roles:
  architect: { people: [sam] }
  lead: { people: [maria] }
checklist:
  docs:
    title: Docs
    when: { changed: [code] }
    proof: { changed: { areas: [docs], lines-at-least: 1 } }
    waive-by: [lead]
  logging: { title: Logging, when: { changed: [code] }, proof: { attested-by: author } }
  conventions: { title: Conventions, when: { changed: [code] }, proof: { attested-by: reviewer } }
lists: { handoff: [docs, logging, conventions], quality: [docs] }
escalate: { ask: architect }
"""
APP = {"app/refunds.py": "def refund() -> int:\n    return 1\n"}
WAIVE = "/handoff waive docs because the handbook has it"
BY = ", read again from the comment"


@asynccontextmanager
async def acme_under(folder: Path) -> AsyncIterator[tuple[Crew, AsyncExitStack]]:
    async with crew(folder / "old", POLICY) as acme, AsyncExitStack() as stack:
        await acme.waits(seconds=120)
        await acme.opens(APP)
        yield acme, stack


async def loses(acme: Crew, folder: Path, stack: AsyncExitStack, *, recover: bool = False) -> None:
    """The server is started anew without its store, and judges what it then knows of."""
    demo = acme.demo
    await demo.bot.__aexit__(None, None, None)
    settings = replace(demo.bot.settings, data_dir=folder, database=folder / "handoff.sqlite")
    demo.bot = await stack.enter_async_context(Bot(settings, demo.clock, recover=recover))
    demo.simulator.hook_url = f"{demo.bot.url}/webhook"
    await acme.waits(seconds=120)


def states(acme: Crew) -> list[str]:
    """The lines of the details that are not about the rebuilding, nor about what never counted."""
    text = (acme.demo.stage.runs(118)[-1].text or "").partition("\n#### not done")[0]
    return [line.replace(BY, "") for line in text.split("\n")]


def reacted(acme: Crew) -> list[tuple[str, ...]]:
    spoken = [*acme.pull.comments, *acme.pull.reviews]
    return [tuple(r.content for r in one.reactions) for one in spoken if one.user.kind == "User"]


async def people_speak(acme: Crew) -> None:
    await acme.waits(seconds=61)
    assert await acme.types("kim", WAIVE) == ("confused",)
    assert await acme.types("ana", "/handoff attest logging") == ("+1",)
    assert await acme.types("maria", WAIVE) == ("+1",)
    assert await acme.types("sam", "/handoff hold because prices are not decided") == ("+1",)
    ben = acme.demo.stage.people["ben"]
    acme.world.review(acme.pull, ben, "approve", "/handoff attest conventions")
    await quiet(acme.demo)
    assert await acme.types("sam", "/handoff resume h1") == ("+1",)
    assert acme.conclusion == "success"


@pytest.mark.parametrize("asked", ["recheck", "rebuild"])
async def test_every_item_is_again_as_it_was(asked: str, tmp_path: Path) -> None:
    async with acme_under(tmp_path) as (acme, stack):
        await people_speak(acme)
        before, said, reactions = states(acme), len(acme.said), reacted(acme)
        folder = tmp_path / "new"
        await loses(acme, folder, stack)
        if asked == "recheck":
            assert await acme.types("ana", "/handoff recheck") == ("+1",)
        else:
            words = ["rebuild", "acme/orders-api#118", "--data-dir", str(folder)]
            assert await asyncio.to_thread(main, words) == 0
            words[1] = "acme/another#118"
            assert await asyncio.to_thread(main, words) == 1
            await quiet(acme.demo)

        assert (states(acme), acme.conclusion) == (before, "success")
        text = acme.demo.stage.runs(118)[-1].text or ""
        assert f"- attest by `ben` (reviewer){BY}" in text
        assert "could not be rebuilt" not in acme.summary
        assert [tuple(r) for r in reacted(acme) if r][: len(reactions)] == reactions
        assert acme.said[said:] == []

        assert await acme.types("ana", "/handoff recheck") == ("+1",)
        assert states(acme) == before
        assert await acme.types("maria", "/handoff undo docs") == ("+1",)
        assert acme.conclusion == "failure"


async def test_what_cannot_be_rebuilt_is_listed_until_it_is_repeated(tmp_path: Path) -> None:
    async with acme_under(tmp_path) as (acme, stack):
        # Right after the push: nobody can tell later that it was about this head.
        await acme.types("ana", "/handoff attest logging")
        await acme.waits(seconds=61)
        assert await acme.types("sam", "/handoff escalate because are these prices final?") == (
            "+1",
        )
        assert await acme.types("sam", "/handoff undo") == ("+1",)
        assert await acme.types("maria", f"{WAIVE}\n/handoff nonsense") == ("confused",)
        maria = acme.demo.stage.people["maria"]
        hidden = acme.world.comment(acme.pull, maria, WAIVE)
        acme.world.hide_comment(hidden)
        acme.world.edit_comment(acme.world.comment(acme.pull, maria, "Well."), maria, WAIVE)
        await quiet(acme.demo)
        await loses(acme, tmp_path / "new", stack)
        assert await acme.types("ana", "/handoff recheck") == ("+1",)

        assert listed(acme) == [
            "**2 acts could not be rebuilt: repeat them**",
            "- `ana`: `/handoff attest logging`",
            f"- `maria`: `{WAIVE}`",
        ]
        text = acme.demo.stage.runs(118)[-1].text or ""
        assert (
            "- `ana`'s word is from before a loss of data, about a head that is not known" in text
        )
        assert await acme.types("maria", WAIVE) == ("+1",)
        assert listed(acme) == [
            "**1 act could not be rebuilt: repeat them**",
            "- `ana`: `/handoff attest logging`",
        ]
        assert await acme.types("ana", "/handoff recheck") == ("+1",)
        assert await acme.types("ana", "/handoff attest logging") == ("+1",)
        assert listed(acme) == []


def listed(acme: Crew) -> list[str]:
    lines = [one for one in acme.summary.split("\n") if one.startswith(("**", "- "))]
    return [one for one in lines if not one.startswith("**Next:**")]


async def test_a_word_counts_by_who_its_speaker_is_now(tmp_path: Path) -> None:
    async with acme_under(tmp_path) as (acme, stack):
        await people_speak(acme)
        ben = acme.demo.stage.people["ben"]
        repo = acme.demo.stage.repo
        acme.world.grant(repo, ben, "read")
        assert isinstance(repo.owner, Organisation)
        for team in repo.owner.teams.values():
            acme.world.remove_from_team(team, ben)
        await loses(acme, tmp_path / "new", stack)
        await acme.types("ana", "/handoff recheck")

        assert listed(acme)[1:] == ["- `ben`: `/handoff attest conventions`"]
        assert acme.conclusion == "failure"


async def test_a_store_that_saw_the_opening_reads_nothing_again(tmp_path: Path) -> None:
    async with acme_under(tmp_path) as (acme, _):
        await acme.waits(seconds=61)
        await acme.types("ana", "/handoff recheck")

        assert not [one for one in acme.demo.simulator.calls if one.path.endswith("/reviews")]


async def test_what_was_said_of_late_is_heard_again_where_that_is_asked_for(tmp_path: Path) -> None:
    async with acme_under(tmp_path) as (acme, stack):
        await people_speak(acme)
        said, reactions = len(acme.said), reacted(acme)
        await loses(acme, tmp_path / "new", stack, recover=True)

        assert acme.conclusion == "success"
        assert "- attest by `ben` (reviewer)" in (acme.demo.stage.runs(118)[-1].text or "")
        assert (acme.said[said:], reacted(acme)) == ([], reactions)
