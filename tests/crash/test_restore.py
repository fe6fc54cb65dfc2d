"""The server's machine is lost and a backup is put in place: all is right, and nothing doubled."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.simulator.scenario import REFUNDS
from tests.crash.house import STICKY, House, house
from tests.crash.invariants import broken, lines_of
from tests.support.postgres import Postgres


def spoken(home: House) -> Counter[tuple[int, str]]:
    """What we have written on pull requests, by its hidden line, and the reactions we left."""
    comments = [
        (number, one) for number in home.earned for one in home.stage.pulls[number].comments
    ]
    ours = [
        (number, one.body.rpartition("\n")[2]) for number, one in comments if one.user.kind == "Bot"
    ]
    return Counter(
        [*ours, *((number, r.content) for number, one in comments for r in one.reactions)]
    )


def runs_made(home: House) -> Counter[tuple[str, str]]:
    """How many check runs each head has of us."""
    made = [one.body for one in home.simulator.calls if one.path.endswith("/check-runs")]
    return Counter((body["head_sha"], body["name"]) for body in made if body)


def sticky(home: House, number: int) -> str:
    """What our one comment on it says."""
    comments = [one.body for one in home.stage.pulls[number].comments]
    return next(one for one in comments if STICKY in one)


async def other(home: House, number: int, text: str) -> bool:
    return sticky(home, number) != text


def mend(home: House, number: int) -> None:
    """Its author pushes what was missing, and CI passes."""
    world, pull = home.stage.world, home.stage.pulls[number]
    code = {f"app/api/refunds.py.{number}.py": REFUNDS, f"docs/{number}.md": "Refunds.\n"}
    world.push(pull, home.stage.people["ana"], code)
    world.run_ci(pull, "ci / unit", "success")
    home.earned[number] = "success"


async def before(home: House) -> str:
    """What the backup knows; what one comment says then."""
    await home.start()
    home.open(101, good=True)
    home.open(102, good=False)
    home.open(106, good=False)
    home.ask(102)
    await home.settled()
    return sticky(home, 106)


async def after(home: House, text: str) -> Counter[tuple[int, str]]:
    """What it does not know: new pull requests, answers, and other verdicts; all that was said."""
    home.open(103, good=False)
    home.open(104, good=True)
    home.open(105, good=False)
    home.ask(101)
    home.ask(105)
    mend(home, 102)
    home.stage.world.run_ci(home.stage.pulls[106], "ci / unit", "failure")
    await home.until(lambda: other(home, 106, text), "the comment says that CI failed")
    await home.settled()
    return spoken(home)


async def gone_on(home: House) -> None:
    """The backup is in place, and the world has not stood still."""
    # Somebody mends one whose comment the restored store has never heard of.
    mend(home, 103)
    # And this one is again as it was when the backup was made.
    home.stage.world.run_ci(home.stage.pulls[106], "ci / unit", "success")
    await home.start()
    await home.settled()


def right(home: House, text: str, said: Counter[tuple[int, str]]) -> None:
    """All shows what it earns, and nothing is there twice."""
    assert sticky(home, 103).startswith("### Handoff · Ready · 3 of 3\n")
    assert sticky(home, 106) == text
    assert spoken(home) == said
    assert max(runs_made(home).values()) == 1
    # The server counts claims from where the backup was, and what was refused may come yet.
    assert broken(lines_of(home.folder / "github.log"), settled=False) == []
    assert home.charged() == []


async def test_traffic_backup_more_traffic_kill_restore_settle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(tmp_path / "backup.sqlite"), "--data-dir", str(tmp_path / "data")]
    async with house(tmp_path) as home:
        text = await before(home)
        made = await asyncio.to_thread(main, ["backup", *words])
        said = await after(home, text)
        refused = await asyncio.to_thread(main, ["restore", *words, "--force"])
        await home.kill()
        unforced = await asyncio.to_thread(main, ["restore", *words])
        restored = await asyncio.to_thread(main, ["restore", *words, "--force"])
        await gone_on(home)

        assert (made, refused, unforced, restored) == (0, 3, 3, 0)
        assert "store in use by pid" in capsys.readouterr().err
        right(home, text, said)


async def test_traffic_dump_more_traffic_kill_put_back_settle(
    postgres: Postgres, tmp_path: Path
) -> None:
    async with house(tmp_path) as home:
        home.more = {"HANDOFF_DATABASE_URL": postgres.create("dumped")}
        text = await before(home)
        dump = await asyncio.to_thread(postgres.dump, "dumped")
        said = await after(home, text)
        await home.kill()
        await asyncio.to_thread(postgres.put_back, dump, "dumped")
        home.words = ("--recover",)
        await gone_on(home)

        right(home, text, said)
