"""One issue of a repository lists what waits for an answer; a return after the merge opens one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.simulator.base import PERMISSIONS
from bot.simulator.faults import Fault, answer, cut, html_502
from bot.simulator.things import Issue
from tests.flows.test_after_the_end import FILES, end
from tests.flows.test_after_the_end import POLICY as TOLD
from tests.flows.test_questions import POLICY, REDIS
from tests.support.crew import Crew, crew
from tests.support.hurried import quiet

BOARD = POLICY + "board-issue: true\n"
APPROVE = "/handoff decide approve because one Redis per region"
EMPTY = "Nothing waits for an answer."
WAITS = "- acme/orders\\-api\\#\u200b118 e1: "


@asynccontextmanager
async def granted(folder: Path, policy: str, level: str = "write") -> AsyncIterator[Crew]:
    """acme, where the App may do so much with issues."""
    async with crew(folder, policy) as acme:
        (installation,) = acme.world.installations.values()
        acme.world.accept_permissions(installation, {**PERMISSIONS, "issues": level})
        await quiet(acme.demo)
        yield acme


def issues(acme: Crew) -> list[Issue]:
    return list(acme.demo.stage.repo.issues.values())


def said(acme: Crew) -> list[str]:
    """The text of each issue, without its mark."""
    return [one.body.partition("\n<!--")[0] for one in issues(acme)]


async def a_quarter(acme: Crew) -> None:
    """So long that the list is made anew."""
    await acme.waits(minutes=15)
    await acme.demo.clock.sleep(30)
    await quiet(acme.demo)


async def test_a_board_is_one_issue_that_says_what_waits_until_nothing_does(
    tmp_path: Path,
) -> None:
    async with granted(tmp_path, BOARD) as acme:
        assert issues(acme) == []
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        await a_quarter(acme)
        assert issues(acme) == []
        await acme.waits(hours=5)
        await a_quarter(acme)
        (first,) = said(acme)
        acme.world.issue(acme.demo.stage.repo, "Somebody's own", body="words")
        await acme.types("sam", APPROVE)
        await a_quarter(acme)
        settled = said(acme)
        writes = [one.line for one in acme.demo.simulator.calls if one.writes]
        await a_quarter(acme)

        assert "118 e1: this adds the service redis" in first
        assert "architect (sam) since Mon 23 Nov 11:01" in first.replace("\\", "")
        assert settled == [EMPTY, "words"]
        board = issues(acme)[0]
        assert (board.title, board.user) == (
            "Handoff: what waits for an answer",
            acme.world.app.bot,
        )
        assert [one.line for one in acme.demo.simulator.calls if one.writes] == writes
        assert sum(one.endswith("/issues") for one in writes) == 1


@pytest.mark.parametrize(
    ("what", "fault"),
    [
        ("POST .*/issues$", html_502(done=True)),
        ("POST .*/issues$", html_502()),
        ("POST .*/issues$", cut(done=True)),
        ("PATCH .*/issues/[0-9]+$", html_502(done=True)),
        ("GET .*/issues$", answer(502)),
    ],
)
async def test_a_lost_answer_makes_no_second_board(what: str, fault: Fault, tmp_path: Path) -> None:
    async with granted(tmp_path, BOARD) as acme:
        acme.demo.simulator.fault(what, fault, 1)
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        await acme.waits(hours=5)
        await a_quarter(acme)
        assert [WAITS in one for one in said(acme)] == [True]
        await acme.types("sam", APPROVE)
        await a_quarter(acme)
        assert said(acme) == [EMPTY]


@pytest.mark.parametrize("level", ["read", "write"])
async def test_a_board_that_may_not_be_or_was_deleted_is_not_made(
    level: str, tmp_path: Path
) -> None:
    async with granted(tmp_path, BOARD, level) as acme:
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        await acme.waits(hours=5)
        await a_quarter(acme)
        assert len(issues(acme)) == (level == "write")
        for one in issues(acme):
            acme.world.delete_issue(acme.demo.stage.repo, one)
        await acme.types("sam", APPROVE)
        await a_quarter(acme)
        await acme.types("ben", "/handoff escalate because may it go out?")
        await acme.waits(hours=5)
        await a_quarter(acme)
        assert issues(acme) == []


async def test_a_board_that_somebody_closed_goes_on_where_it_is(tmp_path: Path) -> None:
    async with granted(tmp_path, BOARD) as acme:
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        await acme.waits(hours=5)
        await a_quarter(acme)
        (board,) = issues(acme)
        acme.world.change_issue(board, title=board.title, body=board.body, state="closed")
        await acme.types("sam", APPROVE)
        await a_quarter(acme)
        assert (said(acme), board.state) == ([EMPTY], "closed")


async def test_a_return_after_the_merge_is_an_issue_for_the_author(tmp_path: Path) -> None:
    async with granted(tmp_path, TOLD) as acme:
        await acme.opens(FILES)
        end(acme, "merged")
        await acme.waits(minutes=1)
        line = "/handoff return because it does not start"
        assert await acme.types("li", line) == ("+1",)
        (made,) = issues(acme)
        assert "it does not start" in made.body
        assert [one.login for one in made.assignees] == ["ana"]
