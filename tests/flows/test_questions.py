"""Questions to people, from the webhook to what stands on GitHub."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.simulator.faults import Fault, answer, secondary_limit
from tests.support.crew import MONDAY, crew
from tests.support.hurried import quiet

POLICY = """
version: 1
mode: enforce
areas: { code: ["app/**"], docs: ["docs/**"] }
roles:
  architect: { people: [sam], then: lead }
  lead: { people: [maria] }
hours: { days: mon-fri, from: "09:00", to: "17:30", zone: Europe/Berlin }
checklist:
  docs:
    title: Docs
    when: { changed: [code] }
    proof: { changed: { areas: [docs], lines-at-least: 1 } }
lists: { handoff: [docs], quality: [docs] }
escalate:
  ask: architect
  new-dependency: { when: { adds: [service] }, ask: architect, block: until-decided }
"""
REDIS = {
    "compose.yaml": "services:\n  redis:\n    image: redis:7\n",
    "docs/redis.md": "Redis keeps sessions.\n",
}
KAFKA = "services:\n  kafka:\n    image: kafka:3\n"
NATS = "services:\n  nats:\n    image: nats:2\n"


async def test_a_question_is_put_taken_and_decided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(REDIS)
        assert acme.title.startswith("0 of 0 · waiting for architect: ")
        assert acme.said == []

        await acme.waits(seconds=61)
        assert acme.title == "0 of 0 · waiting for architect (sam): redis · due Tue 11:01"
        assert acme.said[-1].startswith("@sam: this adds the service redis")
        assert await acme.types("sam", "/handoff ack") == ("+1",)
        assert "taken by `sam` until Tue 11:01" in acme.summary
        assert await acme.types("ana", "/handoff decide approve because it is fine") == (
            "confused",
        )
        assert "a decision is not for the author" in acme.said[-1]
        line = "/handoff decide approve -- one Redis per region, cache only"
        assert await acme.types("sam", line) == ("+1",)
        assert acme.conclusion == "success"
        asked = ["decisions", "acme/orders-api", "--data-dir", str(tmp_path), "--format"]
        assert await asyncio.to_thread(main, [*asked, "json"]) == 0
        served = json.loads(capsys.readouterr().out)
    assert await asyncio.to_thread(main, [*asked, "json"]) == 0
    assert json.loads(capsys.readouterr().out) == served
    (row,) = served["decisions"]
    assert (row["number"], row["by"], row["subjects"]) == (118, "sam", ["service:redis"])
    assert (row["working_minutes"], row["pauses"]) == (0, [])
    assert await asyncio.to_thread(main, [*asked, "md"]) == 0
    assert "## #118 e1 new" in capsys.readouterr().out
    assert main(["decisions", "acme"]) == 2
    assert main(["decisions", "acme/orders-api", "--data-dir", str(tmp_path / "none")]) == 3


@pytest.mark.parametrize(
    ("over", "trouble"),
    [
        ("decided", answer(502)),
        ("decided", secondary_limit(600)),
        ("gone", answer(502)),
        ("closed", secondary_limit(600)),
    ],
)
async def test_nobody_is_told_late_what_is_over(over: str, trouble: Fault, tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        people = acme.demo.stage.people
        await acme.opens(REDIS)
        acme.demo.simulator.fault("POST .*/issues/118/comments", trouble, 100)
        await acme.waits(seconds=61)
        assert acme.title == "0 of 0 · waiting for architect (sam): redis · due Tue 11:01"
        if over == "decided":
            await acme.types("sam", "/handoff decide approve -- one Redis per region, cache only")
        elif over == "gone":
            await acme.pushes({"compose.yaml": None})
        else:
            acme.world.close(acme.pull, people["ana"])
            await quiet(acme.demo)
        acme.demo.simulator.heal()
        await acme.waits(hours=1)
        assert acme.said == []


@pytest.mark.parametrize("decided", [False, True])
async def test_who_could_not_be_written_to_is_when_the_right_is_back(
    decided: bool, tmp_path: Path
) -> None:
    async with crew(tmp_path, POLICY) as acme:
        (home,) = acme.world.installations.values()
        granted = dict(home.permissions)
        acme.world.accept_permissions(home, granted | {"pull_requests": "read"})
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        await acme.types("li", "/handoff ack")
        if decided:
            await acme.types("sam", "/handoff decide approve -- one Redis per region, cache only")
        await acme.demo.clock.sleep(1200.0)
        given_up = {one.key.partition(":")[0] for one in await acme.demo.bot.claims.unsent()}
        acme.world.accept_permissions(home, granted)
        await quiet(acme.demo, 70.0)
        said = [one.partition(":")[0] for one in acme.said if not one.startswith("###")]

        assert given_up >= ({"reply"} if decided else {"reply", "ping"})
        assert sorted(said) == ["- `/handoff ack`"] + ["@sam"] * (not decided)


async def test_what_was_decided_before_stands_beside_the_next_question_about_it(
    tmp_path: Path,
) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        line = "/handoff decide approve -- one Redis per region, cache only"
        assert await acme.types("sam", line) == ("+1",)
        stage = acme.demo.stage
        stage.pulls[119] = acme.world.open_pull_request(
            stage.repo, stage.people["jo"], number=119, title="More", files=dict(REDIS)
        )
        await acme.waits(seconds=61)
        newest = stage.runs(119)[-1]
        assert (newest.title or "").startswith("0 of 0 · waiting for architect (sam): redis")
        shown = "decided in \\#\u200b118: one Redis per region, cache only"
        assert shown in (newest.summary or "")
        assert "decided in" not in acme.summary


@pytest.mark.parametrize(
    ("way", "third"), [("rotation", "the first"), ("fewest-open", "the second")]
)
async def test_who_has_answered_is_asked_before_who_still_owes_an_answer(
    tmp_path: Path, way: str, third: str
) -> None:
    policy = POLICY.replace("people: [sam]", f"people: [sam, maria], pick: {way}")
    async with crew(tmp_path, policy) as acme:
        stage, asked = acme.demo.stage, list[str]()
        for number, files in enumerate(
            (REDIS, {"compose.yaml": KAFKA}, {"b/compose.yaml": NATS}), 118
        ):
            stage.pulls[number] = acme.world.open_pull_request(
                stage.repo, stage.people["ana"], number=number, title="More", files=dict(files)
            )
            await acme.waits(seconds=61)
            asked += [
                one.body.partition(":")[0][1:]
                for one in stage.pulls[number].comments
                if one.body.startswith("@")
            ]
            if number == 119:
                line = "/handoff decide approve because there is no other"
                acme.world.comment(stage.pulls[119], stage.people[asked[1]], line)
                await acme.waits(seconds=61)
        assert {*asked[:2]} == {"sam", "maria"}
        assert asked[2] == asked[0 if third == "the first" else 1]


TEAMS = POLICY.replace("people: [sam]", "team: acme/architects").replace(
    "people: [maria]", "team: acme/leads"
)


async def test_a_question_widens_and_its_next_round_goes_to_who_sent_the_author_away(
    tmp_path: Path,
) -> None:
    async with crew(tmp_path, TEAMS) as acme:
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        assert await acme.types("li", "/handoff ack") == ("confused",)
        await acme.waits(hours=24)
        assert acme.title == "0 of 0 · waiting for lead (maria): redis · due Tue 11:01"
        assert acme.said[-1].startswith("@maria: this adds the service redis")
        line = "/handoff decide redirect because use the cache that is there"
        assert await acme.types("maria", line) == ("+1",)
        assert acme.title == "0 of 0 · another way is wanted by maria: redis · ana"

        await acme.pushes({"compose.yaml": "services:\n  redis:\n    image: redis:6\n"})
        await acme.waits(seconds=61)
        assert acme.said[-1].startswith("@maria: this adds the service redis")
        assert len([one for one in acme.said if one.startswith("@")]) == 3
        assert await acme.types("maria", "/handoff decide e2 approve because it is small") == (
            "+1",
        )
        assert acme.conclusion == "success"


async def test_a_review_is_requested_at_the_opening(tmp_path: Path) -> None:
    policy = POLICY.replace("people: [sam]", "people: [sam], ask-by: review")
    async with crew(tmp_path, policy, MONDAY + timedelta(hours=8)) as acme:
        await acme.opens(REDIS)
        await acme.waits(minutes=5)
        assert (acme.title, acme.pull.reviewers) == ("0 of 0 · waiting for architect: redis", {})
        await acme.waits(hours=14)
        assert [one.login for one in acme.pull.reviewers.values()] == ["sam"]
        assert acme.title == "0 of 0 · waiting for architect (sam): redis · due Wed 09:05"
        assert not any(one.startswith("@") for one in acme.said)


async def test_who_cannot_be_asked_for_a_review_is_asked_in_a_comment(tmp_path: Path) -> None:
    policy = POLICY.replace("people: [sam]", "people: [sam], ask-by: review")
    async with crew(tmp_path, policy) as acme:
        fault = answer(422, {"message": "Reviews may only be requested from collaborators."})
        acme.demo.simulator.fault("POST .*requested_reviewers", fault, 10)
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        assert acme.pull.reviewers == {}
        asked = [one for one in acme.said if one.startswith("@")]
        assert [one.partition(":")[0] for one in asked] == ["@sam"]
        assert await acme.types("sam", "/handoff ack") == ("+1",)
        await acme.waits(minutes=5)
        assert [one for one in acme.said if one.startswith("@")] == asked


async def test_who_cannot_be_checked_waits_and_is_told_so(tmp_path: Path) -> None:
    async with crew(tmp_path, TEAMS) as acme:
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        fault = answer(403, {"message": "Resource not accessible by integration"})
        acme.demo.simulator.fault("GET /orgs/acme/teams", fault, 1_000)
        assert await acme.types("sam", "/handoff ack") == ("eyes",)
        await acme.waits(minutes=11)
        assert acme.said[-1].count("I could not check whether you are in architect") == 1
        comment = next(one for one in acme.pull.comments if one.body == "/handoff ack")
        assert [one.content for one in comment.reactions] == ["confused"]
        acme.demo.simulator.heal()
        assert await acme.types("sam", "/handoff ack") == ("+1",)


async def test_only_a_persons_own_question_leaves_a_draft(tmp_path: Path) -> None:
    observe = POLICY.replace("mode: enforce", "mode: observe")
    async with crew(tmp_path, observe) as acme:
        await acme.opens(REDIS, draft=True)
        await acme.waits(minutes=5)
        assert acme.said == []
        assert acme.title == "Draft · Would fail: 0 of 0 · waiting for architect: new-dependency"
        await acme.types("ana", "/handoff escalate to lead because are refunds in scope?")
        assert [one.partition(" Answer")[0] for one in acme.said] == [
            "@maria: ana asks: are refunds in scope?"
        ]


async def test_an_answer_to_a_mistake_is_folded_away_once_it_is_put_right(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(REDIS)
        await acme.waits(seconds=61)
        assert await acme.types("sam", "/handoff akc") == ("confused",)
        (reply,) = [
            one for one in acme.pull.comments if "akc" in one.body and one.user.kind == "Bot"
        ]
        assert reply.hidden is None

        assert await acme.types("sam", "/handoff ack") == ("+1",)
        assert reply.hidden == "resolved"


BY_RIGHT = "architect: { permission: maintain%s }"
NAMELESS = "the policy names nobody of architect who could be asked"


@pytest.mark.parametrize(
    ("then", "said", "line"),
    [
        (", then: lead", "@maria: this adds the service redis", "→ lead `maria`, since "),
        ("", "", "→ architect, nobody could be asked ("),
    ],
)
async def test_a_role_by_permission_cannot_be_asked_and_the_next_one_is(
    tmp_path: Path, then: str, said: str, line: str
) -> None:
    named = "architect: { people: [sam], then: lead }"
    async with crew(tmp_path, POLICY.replace(named, BY_RIGHT % then)) as acme:
        await acme.opens(REDIS)
        await acme.waits(seconds=61)

        pings = [one for one in acme.said if "this adds the service" in one]
        assert [one.startswith(said) for one in pings] == [True] * bool(said)
        assert line in acme.summary.replace("\\", "")
        assert NAMELESS in acme.summary.replace("\\", "")
