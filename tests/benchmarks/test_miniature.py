"""The benchmarks still run: every scenario with a hundredth of its load, no time judged."""

from __future__ import annotations

import asyncio
import sys
import tomllib
from collections.abc import Iterator
from math import inf

import pytest

from benchmarks import full
from benchmarks.__main__ import ALL, ALONE, GOALS, Row, judged, main, middle
from benchmarks.fake import Call
from benchmarks.figures import Figures
from benchmarks.load import CHECK
from benchmarks.product import Peer, Setup
from benchmarks.recorded import Recording
from benchmarks.scenarios import overlaps
from benchmarks.soak import CLOSED, LIFE, Look, grown, life


@pytest.mark.timeout(300)
async def test_every_scenario_measures_all_that_it_has_a_goal_for(
    recordings: dict[str, Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A hundredth of that, too: three seconds.
    monkeypatch.setenv("MINUTES", "5")
    setup, found = Setup(pinned=False), dict[str, Figures]()
    few = asyncio.Semaphore(4)

    async def play(name: str) -> None:
        one = ALL[name]
        async with few:
            for _ in range(3):
                found[name] = await one.run(recordings[one.policy], setup, n=0.01)
                # GitHub waits for ten seconds only, and a machine may stand still for longer.
                if found[name].get("accepted_share", 1) == 1:
                    break

    async with asyncio.TaskGroup() as group:
        # The longest first.
        for name in sorted(ALL, key=lambda name: name != "neighbours"):
            group.create_task(play(name))

    goals = tomllib.loads(GOALS.read_text())
    assert goals.keys() - ALONE.keys() == found.keys()
    assert [name for name in found if goals[name].keys() - found[name].keys()] == []
    asked_in_vain = {name: figures.get("unknown_calls", 0) for name, figures in found.items()}
    assert set(asked_in_vain.values()) == {0}, asked_in_vain
    assert found["trickle"]["calls_first"] == 3
    assert found["trickle"]["calls_unchanged"] == 1
    assert found["enforce"]["verdict_share"] == found["drain"]["accepted_share"] == 1
    assert found["burst1"]["comments"] == 1
    assert found["crash"]["lost"] == found["burst200"]["stale"] == found["rate"]["doubled"] == 0
    assert found["burst1"]["overlaps"] == 0
    for name in ("trickle", "queries", "neighbours"):
        assert (found[name]["accepted_share"], found[name]["stale"]) == (1, 0)
    assert found["helped"]["acts"] >= 1
    assert found["soak"]["accepted_share"] == 1
    assert found["soak"]["unsettled"] == found["soak"]["stale"] == 0
    assert 0 < found["soak"]["wal_mb"] < found["soak"]["rss_mb"]


# Answers a ping, and refuses what is not one; `ends`: it answers that one ping, and dies.
_PEER = """
import os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Peer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.headers["X-GitHub-Event"] == "ping" else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if sys.argv[1:] == ["ends"]:
            print("the disk is gone", file=sys.stderr, flush=True)
            os._exit(1)

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Peer).serve_forever()
"""


def _peer(*words: str) -> Setup:
    return Setup(peer=Peer(name="deaf", command=(sys.executable, "-c", _PEER, *words)))


@pytest.mark.parametrize(("name", "measure"), [("enforce", "took_s"), ("drain", "drain_s")])
async def test_who_refuses_everything_was_not_quick(
    recordings: dict[str, Recording], name: str, measure: str
) -> None:
    figures = await ALL[name].run(recordings["small"], _peer(), n=0)

    assert figures[measure] == inf


async def test_who_ends_in_the_middle_is_asked_why_and_not_measured(
    recordings: dict[str, Recording],
) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)ended by itself, \[1\]:.*the disk is gone"):
        await ALL["drain"].run(recordings["small"], _peer("ends"), n=0)


def test_a_miss_is_told_from_a_hit() -> None:
    figures = middle([{"lost": 0, "recovered_share": 0.9, "kept": n} for n in (1, 9, 5)])

    rows = {row.measure: row for row in judged("crash", Setup(), figures)}

    assert [rows["lost"].verdict, rows["recovered_share"].verdict] == ["ok", "MISSED"]
    assert (rows["kept"].value, rows["kept"].verdict) == (5, "")
    other = judged("startup", Setup(store="postgres"), {"start_ms": 900, "idle_mb": 85})
    assert [row.verdict for row in other] == ["", "ok"]


def test_who_says_nothing_misses_what_is_to_be_said_once() -> None:
    rows = [row for said in (0, 1, 2) for row in judged("burst1", Setup(), {"comments": said})]

    assert [(row.goal, row.verdict) for row in rows] == [
        ("= 1", "MISSED"),
        ("= 1", "ok"),
        ("= 1", "MISSED"),
    ]


@pytest.mark.parametrize(("again", "found"), [(0.05, 1), (0.2, 1), (0.25, 0)])
def test_a_reading_during_another_or_during_a_write_is_an_overlap(again: float, found: int) -> None:
    run = [(0.0, "HandoffFacts"), (0.16, "POST check-runs")]
    calls = [
        Call(at, what, "acme/shop", 1, "a", "", 200)
        for at, what in sorted([*run, (again, "HandoffFacts")])
    ]

    assert overlaps(calls) == found


def test_each_pull_request_lives_its_whole_life_and_ends_with_a_verdict_of_ci() -> None:
    alive = 4
    told = list(life(alive * (len(LIFE) + 30), alive))

    of_one = [kind for kind, number in told if number == alive + 1]
    assert of_one == list(LIFE)
    last = {number: kind for kind, number in told}
    assert set(last.values()) == {CLOSED, CHECK}
    assert sum(kind == CHECK for kind in last.values()) <= alive


def test_growth_is_that_of_the_process_that_grew_most_since_it_had_settled() -> None:
    def look(nth: int) -> Look:
        mb = (60 + min(nth, 60), 50 + nth / 10)
        return Look(processes=mb, rules=70, wal=4, store=1, due=nth / 100, unsettled=9)

    found = grown([look(nth) for nth in range(360)])

    assert found["rss_mb"] == 120
    # From the middle of looks 60 to 71 to that of the last twelve.
    assert found["rss_grew_mb"] == pytest.approx(28.8)
    assert found["due_grew_s"] == pytest.approx(2.4)
    assert found["rules_grew_mb"] == 0


def test_what_takes_half_an_hour_is_not_played_unless_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    played: list[str] = []
    monkeypatch.delenv("ONLY", raising=False)

    def play(name: str) -> Iterator[Row]:
        played.append(name)
        return iter(())

    monkeypatch.setattr("benchmarks.__main__.play", play)

    assert main() == 0

    assert "trickle" in played
    assert "soak" not in played


def test_a_walk_is_seen_under_whatever_name_the_statement_has_for_the_table() -> None:
    names = full.names("SELECT 1 FROM dirty d JOIN repository r ON r.id = d.repo_id")

    assert names == {"dirty", "d"}
    assert [full.walks(f"SCAN {step}", names) for step in ("d", "r", "d USING INDEX x")] == [
        True,
        False,
        False,
    ]
