"""Comments whose deliveries come twice, late, or after somebody has changed their mind."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.simulator.faults import Fault, answer, cut, partial
from bot.simulator.things import Spoken
from tests.support.hurried import quiet
from tests.support.talk import Answer, Talk, talking

WAIVE = "/handoff waive docs because it is written elsewhere"
MISTAKE, LINE = "/handoff attest docs", "/handoff attest logging"
DONE, NOTHING = Answer(reactions=("+1",), reply=""), Answer(reactions=(), reply="")


def counted(talk: Talk) -> list[str]:
    """Replies and reactions that were written so far."""
    return [
        one.line
        for one in talk.demo.simulator.calls
        if (one.writes and "handoff:reply" in str(one.body))
        or ("addReaction" in str(one.body) and "EYES" not in str(one.body))
    ]


async def test_a_comment_that_comes_twice_is_heard_once(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        deliveries = talk.demo.simulator.deliveries
        pull = await talk.opened()
        deliveries.switches.double = True

        mistake = await talk.says(pull, "ana", MISTAKE)
        done = await talk.says(pull, "ana", LINE)
        deliveries.switches.double = False
        before = counted(talk)
        for one in [one for one in deliveries.log if one.event == "issue_comment"]:
            deliveries.redeliver(one.id)
        await quiet(talk.demo)

        assert (mistake.reactions, done) == (("confused",), DONE)
        assert [one.subjects for one in await talk.ledger(pull)] == [("logging",)]
        assert len(before) == 3
        assert counted(talk) == before


async def test_who_has_to_wait_sees_that_they_were_seen_until_they_are_answered(
    tmp_path: Path,
) -> None:
    async with talking(tmp_path) as talk:
        pull, simulator = await talk.opened(), talk.demo.simulator
        world, people = talk.demo.stage.world, talk.demo.stage.people
        simulator.fault("POST .*graphql", answer(502), times=2)
        talked = world.comment(pull, people["ana"], "Just words.")
        said = world.comment(pull, people["ana"], LINE)
        await quiet(talk.demo)

        made = [str(one.body) for one in simulator.calls if "Reaction" in str(one.body)]
        kinds = [
            ("add" in one, word) for one in made for word in ("EYES", "THUMBS_UP") if word in one
        ]
        assert kinds == [(True, "EYES"), (True, "THUMBS_UP"), (False, "EYES")]
        assert (talk.now(said), talk.now(talked)) == (DONE, NOTHING)


@pytest.mark.parametrize(
    ("what", "fault", "deleted", "tried"),
    [
        ("answers 502 without end", answer(502), False, 3),
        ("cuts every connection", cut(done=True), False, 3),
        ("may not", answer(403), False, 1),
        ("does not show the comment", answer(404), False, 1),
        ("answers 502, and then the comment is deleted", answer(502), True, 2),
    ],
)
async def test_a_reaction_that_cannot_be_made_is_given_up_and_stops_nothing(
    what: str, fault: Fault, deleted: bool, tried: int, tmp_path: Path
) -> None:
    async with talking(tmp_path) as talk:
        pull, simulator = await talk.opened(), talk.demo.simulator
        ana = talk.demo.stage.people["ana"]
        simulator.fault("graphql mutation AddReaction", fault, 10_000)
        said = talk.demo.stage.world.comment(pull, ana, LINE)
        await quiet(talk.demo)
        if deleted:
            simulator.heal()
            talk.demo.stage.world.delete_comment(said, ana)
        many = []
        for _ in range(3):
            talk.demo.clock.forward(timedelta(minutes=10))
            await quiet(talk.demo, 30.0)
            many.append(sum(one.variables.get("content") == "THUMBS_UP" for one in simulator.calls))

        assert many[1:] == [tried, tried]
        given_up = [(one.key, one.state) for one in await talk.demo.bot.claims.unsent()]
        assert given_up == [(f"react:{said.node_id}:+1", "dead")]
        # Where one has arrived all the same, no 👀 is left beside it.
        assert talk.now(said).reactions == ("+1",) * fault.done
        assert talk.state(pull, "logging") == "attested"


NOT_FOUND = {"data": {"repository": None}, "errors": [{"type": "NOT_FOUND", "message": "No"}]}


@pytest.mark.parametrize(
    ("where", "fault"),
    [("HandoffFacts", answer(200, NOT_FOUND)), ("access_tokens", answer(404))],
)
async def test_who_typed_while_nothing_seemed_to_be_there_is_answered(
    where: str, fault: Fault, tmp_path: Path
) -> None:
    async with talking(tmp_path) as talk:
        pull, simulator = await talk.opened(), talk.demo.simulator
        simulator.fault("HandoffFacts", answer(500), 10_000)
        said = talk.demo.stage.world.comment(pull, talk.demo.stage.people["ana"], LINE)
        await simulator.settle()
        await talk.demo.clock.sleep(12.0)
        simulator.heal()
        simulator.access.revoke()
        simulator.fault(where, fault, 1)
        await quiet(talk.demo, 60.0)

        assert await talk.answer(said) == DONE


@pytest.mark.parametrize("late", [timedelta(minutes=11), timedelta(days=2)])
async def test_what_comes_late_is_read_again_before_it_is_run(
    late: timedelta, tmp_path: Path
) -> None:
    async with talking(tmp_path) as talk:
        pull, world = await talk.opened(), talk.demo.stage.world
        ana, ben = talk.demo.stage.people["ana"], talk.demo.stage.people["ben"]
        switches = talk.demo.simulator.deliveries.switches
        switches.hold = True
        kept = world.comment(pull, ana, LINE)
        in_review = world.review(pull, ben, "comment", "/handoff attest conventions")
        in_line = world.comment_line(pull, ben, "app/refunds.py", "/handoff attest determ")
        edited, hidden, deleted = (world.comment(pull, ana, MISTAKE) for _ in range(3))
        world.edit_comment(edited, ana, "Never mind.")
        world.hide_comment(hidden)
        world.delete_comment(deleted, ana)
        talk.demo.clock.forward(late)

        switches.hold = False
        talk.demo.simulator.deliveries.release()
        await quiet(talk.demo)

        assert [talk.now(one) for one in (kept, in_review, in_line)] == [DONE] * 3
        assert [talk.now(one) for one in (edited, hidden, deleted)] == [NOTHING] * 3
        acts = [one.kind.value for one in await talk.ledger(pull)]
        assert sorted(acts) == ["attest", "attest", "attest", "remark", "remark"]


async def test_what_comes_late_and_cannot_be_read_is_asked_for_again(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull, simulator = await talk.opened(), talk.demo.simulator
        ana = talk.demo.stage.people["ana"]
        simulator.deliveries.switches.hold = True
        said = talk.demo.stage.world.comment(pull, ana, LINE)
        talk.demo.clock.forward(timedelta(hours=2))
        simulator.fault("POST .*graphql", partial(("node",)), times=1_000)
        simulator.deliveries.release()

        await quiet(talk.demo)
        waiting = talk.now(said)
        simulator.heal()
        await quiet(talk.demo, 60.0)

        assert waiting == Answer(reactions=("eyes",), reply="")
        assert talk.now(said) == DONE
        assert talk.state(pull, "logging") == "attested"


async def test_a_word_that_overtakes_the_one_it_is_about_is_heard_again(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull, world = await talk.opened(), talk.demo.stage.world
        people, deliveries = talk.demo.stage.people, talk.demo.simulator.deliveries
        deliveries.switches.hold = True
        lines = [("maria", one) for one in (WAIVE, "/handoff undo", "/handoff undo docs")]
        lines.append(("ben", "/handoff hold because I read on"))
        said = [world.comment(pull, people[who], line) for who, line in lines]
        waive, *others = deliveries.take_held()
        for one in others:
            deliveries.send(one)
        await quiet(talk.demo)
        early = [talk.now(one) for one in said]
        shown = talk.run(pull).text or ""
        deliveries.send(waive)
        await quiet(talk.demo)

        assert [one.reactions for one in early] == [(), ("confused",), ("confused",), ("+1",)]
        assert "#### not done" in shown
        assert "`/handoff undo` by `maria`: there is nothing of yours to take back" in shown
        late = [talk.now(one).reactions for one in said]
        assert late == [("+1",), ("+1",), ("confused",), ("+1",)]
        (folded,) = [one for one in pull.comments if one.hidden is not None]
        assert f"comment:{said[1].id}" in folded.body
        assert talk.state(pull, "docs") == "missing"
        shown = talk.run(pull).text or ""
        assert "undo docs" in shown
        assert "`/handoff undo` by" not in shown
        assert (talk.run(pull).title or "").startswith("On hold by ben")


@pytest.mark.parametrize("where", ["comment", "line"])
async def test_a_reply_says_what_stands_when_a_word_was_overtaken(
    where: str, tmp_path: Path
) -> None:
    async with talking(tmp_path) as talk:
        pull, world = await talk.opened(), talk.demo.stage.world
        maria, deliveries = talk.demo.stage.people["maria"], talk.demo.simulator.deliveries

        def say(body: str) -> Spoken:
            if where == "comment":
                return world.comment(pull, maria, body)
            return world.comment_line(pull, maria, "app/refunds.py", body)

        deliveries.switches.hold = True
        world.comment(pull, maria, f"{WAIVE}\n{WAIVE.replace('docs', 'logging')}")
        waive = deliveries.take_held()
        both, alone = say("/handoff undo docs\n/handoff resume h1"), say("/handoff undo docs")
        other = say("/handoff undo logging")
        for one in deliveries.take_held():
            deliveries.send(one)
        await quiet(talk.demo)
        early = [talk.now(one).reply for one in (both, alone)]
        for one in waive:
            deliveries.send(one)
        await quiet(talk.demo)

        undo, resume = early[0].split("\n")
        assert undo.startswith("- `/handoff undo docs`: there is nothing")
        assert resume == "- `/handoff resume h1`: not run"
        late = talk.now(both)
        undo, resume = late.reply.split("\n")
        assert undo == "- `/handoff undo docs`: done"
        assert resume.startswith("- `/handoff resume h1`: there is no ")
        assert late.reactions == ("confused",)
        assert talk.now(alone).reply == early[1]
        # A reply to a comment is folded away; others cannot be.
        folded = [one for one in pull.comments if one.hidden is not None]
        assert (len(folded), talk.now(other).reactions) == (where == "comment", ("+1",))
        assert (talk.now(other).reply == "All of it is done.") is (where == "line")


async def test_what_was_refused_is_not_heard_again_where_it_makes_no_difference(
    tmp_path: Path,
) -> None:
    async with talking(tmp_path) as talk:
        pull, world = await talk.opened(), talk.demo.stage.world
        maria, deliveries = talk.demo.stage.people["maria"], talk.demo.simulator.deliveries
        deliveries.switches.hold = True
        first, undo, edited = (
            world.comment(pull, maria, line) for line in (WAIVE, "/handoff undo", "/handoff undo")
        )
        late, *others = deliveries.take_held()
        for one in others:
            deliveries.send(one)
        await quiet(talk.demo)
        world.edit_comment(undo, maria, "Never mind.")
        sam = talk.demo.stage.people["sam"]
        refused = await talk.says(pull, "sam", "/handoff undo")
        world.edit_comment(edited, sam, "/handoff undo docs")
        await quiet(talk.demo)
        deliveries.send(late)
        await quiet(talk.demo)

        assert refused.reactions == ("confused",)
        assert [talk.now(one).reactions for one in (first, undo, edited)] == [
            ("+1",),
            ("confused",),
            ("confused",),
        ]
        assert talk.state(pull, "docs") == "waived"


async def test_a_button_that_is_refused_says_so_in_the_check(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull, people = await talk.opened(), talk.demo.stage.people
        talk.demo.stage.world.press_button(talk.run(pull), people["jo"], "ready")
        await quiet(talk.demo)
        shown = talk.run(pull).text or ""
        await talk.says(pull, "kim", "/handoff hold because I wait")
        await talk.says(pull, "maria", "/handoff hold no reason given")
        held = await talk.says(pull, "maria", "/handoff hold because I wait")

        assert "- `/handoff ready` (a button) by `jo`: this is for " in shown
        assert held.reactions == ("+1",)
        shown = talk.run(pull).text or ""
        assert "`/handoff hold because I wait` by `kim`: this is for" in shown
        assert "by `maria`" not in shown


async def test_what_comes_late_overrules_nothing_newer(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull, deliveries = await talk.opened(), talk.demo.simulator.deliveries
        await talk.says(pull, "ana", LINE)
        deliveries.switches.hold = True
        late = talk.demo.stage.world.comment(
            pull, talk.demo.stage.people["ana"], "/handoff attest api-tests"
        )
        talk.demo.clock.forward(talk.apart)
        deliveries.switches.hold = False

        await talk.says(pull, "ana", "/handoff undo")
        early = [talk.state(pull, one) for one in ("logging", "api-tests")]
        deliveries.release()

        assert await talk.answer(late) == DONE
        ends = [talk.state(pull, one) for one in ("logging", "api-tests")]
        assert (early, ends) == (["missing", "missing"], ["attested", "missing"])


async def test_neither_edit_nor_deletion_unsays_what_was_done(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull, world = await talk.opened(), talk.demo.stage.world
        ana = talk.demo.stage.people["ana"]
        said = world.comment(pull, ana, LINE)
        assert await talk.answer(said) == DONE

        world.edit_comment(said, talk.demo.stage.people["maria"], "Never said so.")
        await quiet(talk.demo)
        assert "attest by `ana (comment edited by maria)` (author)" in (talk.run(pull).text or "")
        await talk.says(pull, "maria", "/handoff hold because pricing is open")
        (hold,) = [one for one in pull.comments if one.body.startswith("/handoff hold")]
        world.delete_comment(said, ana)
        world.delete_comment(hold, ana)
        await quiet(talk.demo)

        assert talk.state(pull, "logging") == "attested"
        run = talk.run(pull)
        assert "attest by `ana (comment deleted)` (author)" in (run.text or "")
        assert "**Hold:** h1 by `maria (comment deleted)`: pricing is open" in (run.summary or "")
        assert (run.title or "").startswith("On hold by maria · pricing")
        kept = [one.kind.value for one in await talk.ledger(pull)]
        assert sorted(kept) == ["attest", "hold", "remark", "remark", "remark"]


async def test_a_comment_that_waits_runs_as_it_was_written_or_not_at_all(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull, world = await talk.opened(), talk.demo.stage.world
        ben = talk.demo.stage.people["ben"]
        talk.demo.simulator.fault("GET .*/permission$", answer(403), times=10_000)
        stays, goes = (
            world.comment(pull, ben, f"/handoff hold because {why}") for why in ("it is", "it was")
        )
        await quiet(talk.demo)
        assert [talk.now(one).reactions for one in (stays, goes)] == [("eyes",)] * 2
        world.edit_comment(stays, ben, f"Listen:\n\n{stays.body}")
        world.delete_comment(goes, ben)
        await quiet(talk.demo)
        talk.demo.simulator.heal()
        await quiet(talk.demo, 60)

        assert talk.now(stays).reactions == ("+1",)
        run = talk.run(pull)
        assert "**Hold:** h1 by `ben (comment edited by ben)`: it is" in (run.summary or "")
        assert "h2" not in (run.summary or "")
