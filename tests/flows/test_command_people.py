"""Who may say what when GitHub does not answer, and who never may."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.simulator import faults
from bot.simulator.faults import Fault
from bot.wiring.server import Bot
from tests.support.hurried import quiet
from tests.support.talk import POLICY, Answer, talking

TWO = POLICY.replace("checklist:", "commands: { waive: { persons: 2 } }\nchecklist:")
WAIVE = "/handoff waive docs because it is written elsewhere"
EXTRA = "/handoff waive docs because I think so as well"
MINUTE = 60.0
WHO = "GET .*/(permission|memberships/[^/]*)$"


async def test_who_cannot_be_looked_up_waits_and_is_told_so(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull = await talk.opened()
        world, people = talk.demo.stage.world, talk.demo.stage.people
        talk.demo.simulator.fault(WHO, faults.answer(403), times=10_000)
        said = [
            world.comment(pull, people[who], body)
            for who, body in (
                ("sam", WAIVE),
                ("ben", "/handoff attest conventions"),
                ("ben", "/handoff hold because pricing is open"),
                ("ana", "/handoff attest logging"),
            )
        ]
        await quiet(talk.demo)
        assert [talk.now(one).reactions for one in said] == [("eyes",)] * 3 + [("+1",)]
        assert [talk.now(one).reply for one in said] == [""] * 4

        await quiet(talk.demo, 11 * MINUTE)

        answers = [talk.now(one) for one in said]
        assert [one.reactions for one in answers] == [("confused",)] * 3 + [("+1",)]
        for one in answers[:3]:
            assert "I could not check whether you are" in one.reply
            assert "Nothing was done." in one.reply
        kept = await talk.ledger(pull)
        assert [(one.kind.value, one.by.login) for one in kept] == [("attest", "ana")]


@pytest.mark.parametrize("trouble", [faults.answer(500), faults.cut()], ids=["500", "nothing"])
async def test_where_github_is_down_nothing_is_done(tmp_path: Path, trouble: Fault) -> None:
    async with talking(tmp_path) as talk:
        pull = await talk.opened()
        talk.demo.simulator.fault(WHO, trouble, times=10_000)
        said = talk.demo.stage.world.comment(pull, talk.demo.stage.people["sam"], WAIVE)

        await quiet(talk.demo, 11 * MINUTE)

        assert talk.now(said).reactions == ("confused",)
        assert "I could not check whether " in talk.now(said).reply
        assert await talk.ledger(pull) == []


async def test_what_can_be_checked_in_the_end_is_done(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull = await talk.opened()
        talk.demo.simulator.fault(WHO, faults.answer(403), times=10_000)
        said = talk.demo.stage.world.comment(pull, talk.demo.stage.people["sam"], WAIVE)
        await quiet(talk.demo)
        waiting = talk.now(said)
        talk.demo.simulator.heal()

        await quiet(talk.demo, MINUTE)

        assert (waiting, talk.now(said)) == (
            Answer(reactions=("eyes",), reply=""),
            Answer(reactions=("+1",), reply=""),
        )
        assert talk.state(pull, "docs") == "waived"


async def test_why_lines_were_not_run_is_counted(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull = await talk.opened()
        for who, line in (
            ("ben", WAIVE),
            ("ana", WAIVE),
            ("maria", "/handoff waiv docs because x"),
            ("maria", "/handoff waive docs"),
            ("maria", WAIVE),
            *[("kim", "/handoff why nothing")] * 5,
        ):
            await talk.says(pull, who, line)
        await quiet(talk.demo)

        text = talk.demo.bot.metrics.render().decode()
        counted = re.findall(r'commands_refused_total{reason="(\w+)"} (\d)', text)
        assert sorted(counted) == [("other", "4"), ("person", "2"), ("rate", "2"), ("slip", "1")]


async def test_nobody_waives_their_own_work(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        stage = talk.demo.stage
        world, sam, maria = stage.world, stage.people["sam"], stage.people["maria"]
        own = await talk.opened(by="sam")
        co_written = await talk.opened()
        world.push(co_written, maria, {"app/more.py": "x = 1\n"})
        await quiet(talk.demo)

        by_author = await talk.says(own, "sam", WAIVE)
        by_pusher = await talk.says(co_written, "maria", WAIVE)
        in_a_review = await talk.answer(world.review(co_written, maria, "comment", WAIVE))
        in_a_line = await talk.answer(world.comment_line(co_written, maria, "app/more.py", WAIVE))

        assert "waiving is not for the author." in by_author.reply
        for answer in (by_pusher, in_a_review, in_a_line):
            assert "waiving is not for those who wrote commits here." in answer.reply
        world.edit_body(own, sam, "- [x] docs waived\n\n/handoff waive docs because I may")
        await quiet(talk.demo)
        world.press_button(talk.run(own), sam, "recheck")
        await quiet(talk.demo)
        kept = [await talk.ledger(one) for one in (own, co_written)]
        assert [[act.detail for act in one] for one in kept] == [[], ["pushed"]]
        assert talk.state(own, "docs") == "missing"


async def test_who_pushed_what_others_wrote_waives_nothing(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        world, people = talk.demo.stage.world, talk.demo.stage.people
        pushed, merged = await talk.opened(), await talk.opened()
        ana, maria, sam = (people[one] for one in ("ana", "maria", "sam"))
        world.push(pushed, ana, {"app/more.py": "x = 1\n"}, pusher=maria)
        world.push(merged, ana, {}, pusher=maria)
        await quiet(talk.demo)
        world.push(pushed, ana, {"app/more.py": "x = 2\n"}, pusher=sam)
        world.push(merged, ana, {"app/more.py": "x = 1\n"})
        await quiet(talk.demo)

        refused = [await talk.says(pushed, who, WAIVE) for who in ("maria", "sam")]
        done = await talk.says(merged, "maria", WAIVE)

        for one in refused:
            assert "waiving is not for those who wrote commits here." in one.reply
        assert (done.reactions, talk.state(merged, "docs")) == (("+1",), "waived")


async def test_who_brought_the_branch_up_to_date_wrote_nothing(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        world, people = talk.demo.stage.world, talk.demo.stage.people
        pull = await talk.opened()
        for who in ("maria", "ben"):
            world.push_default(pull.repo, people["ana"], {"LICENSE": f"{who}\n"})
            world.update_branch(pull, people[who])
            await quiet(talk.demo)

        said = [
            await talk.says(pull, *words)
            for words in (("maria", WAIVE), ("ben", "/handoff attest conventions"))
        ]

        assert [one.reactions for one in said] == [("+1",), ("+1",)]
        world.push(pull, people["ben"], {"app/more.py": "x = 1\n"})
        await quiet(talk.demo, MINUTE)
        refused = await talk.says(pull, "ben", "/handoff attest deterministic-tests")
        assert "this is for reviewer." in refused.reply


async def test_who_has_reviewed_with_comments_alone_is_a_reviewer(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull = await talk.opened()
        talk.demo.stage.world.review(pull, talk.demo.stage.people["ben"], "comment", "Not yet.")
        await quiet(talk.demo)

        answer = await talk.says(pull, "ben", "/handoff attest conventions")

        assert (answer.reactions, pull.reviewers) == (("+1",), {})


async def test_two_people_waive_where_the_policy_asks_for_two(tmp_path: Path) -> None:
    async with talking(tmp_path, TWO) as talk:
        pull = await talk.opened()

        states = []
        for who, body in (("maria", WAIVE), ("maria", EXTRA), ("sam", EXTRA)):
            assert (await talk.says(pull, who, body)).reactions == ("+1",)
            states.append(talk.state(pull, "docs"))

        assert states == ["missing", "missing", "waived"]


async def test_words_are_taken_back_by_whoever_said_them(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull = await talk.opened()
        await talk.says(pull, "ana", "/handoff attest logging")
        await talk.says(pull, "ana", "/handoff attest api-tests")
        await talk.says(pull, "maria", WAIVE)

        last = await talk.says(pull, "ana", "/handoff undo")
        states = [talk.state(pull, one) for one in ("logging", "api-tests", "docs")]
        others = await talk.says(pull, "ana", "/handoff undo docs because I would rather write it")
        by_role = await talk.says(pull, "sam", "/handoff undo docs because it has a page here")

        assert (last.reactions, states) == (("+1",), ["attested", "missing", "waived"])
        assert "undoing a waiver is not for the author" in others.reply
        assert (by_role.reactions, talk.state(pull, "docs")) == (("+1",), "missing")


async def test_edits_by_the_writer_alone_and_only_of_verbs_that_allow_them(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull, stage = await talk.opened(), talk.demo.stage
        ana, maria = stage.people["ana"], stage.people["maria"]

        said = stage.world.comment(pull, ana, "Looks good.")
        stage.world.edit_comment(said, ana, "Looks good.\n/handoff recheck")
        rechecked = await talk.answer(said)
        said = stage.world.comment(pull, ana, "Looks good.")
        stage.world.edit_comment(said, ana, "/handoff attest logging")
        new_one = await talk.answer(said)
        said = stage.world.comment(pull, ana, "Looks good.")
        stage.world.edit_comment(said, maria, "/handoff ready")
        anothers = await talk.answer(said)

        assert rechecked == Answer(reactions=("+1",), reply="")
        assert "not from an edited comment. Write a new one." in new_one.reply
        assert anothers == Answer(reactions=(), reply="")
        assert [one.kind.value for one in await talk.ledger(pull)] == ["remark"] * 3


async def test_bots_are_not_heard_and_strangers_three_times_an_hour(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull, stage = await talk.opened(), talk.demo.stage
        renovate = stage.world.person("renovate[bot]", kind="Bot")
        bots = await talk.answer(stage.world.comment(pull, renovate, "/handoff ready"))

        answers = [await talk.says(pull, "kim", "/handoff why contract") for _ in range(5)]
        talk.demo.clock.forward(talk.apart * 330)
        later = await talk.says(pull, "kim", "/handoff why docs")

        assert bots == Answer(reactions=(), reply="")
        assert [one.reactions for one in answers] == [("+1",)] * 3 + [("confused",), ()]
        assert [bool(one.reply) for one in answers] == [True] * 3 + [False] * 2
        assert later.reactions == ("+1",)


async def test_where_it_is_not_told_who_wrote_commits_two_people_waive(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull = await talk.opened(co_author="Somebody")

        first = await talk.says(pull, "sam", WAIVE)
        again = await talk.says(pull, "sam", EXTRA)
        assert [one.reactions for one in (first, again)] == [("+1",), ("+1",)]
        assert "counts once somebody else who may says the same: commit " in first.reply
        assert talk.state(pull, "docs") == "missing"
        assert "waive by `sam` (architect), needs one more" in (talk.run(pull).text or "")
        assert (await talk.says(pull, "ana", EXTRA)).reactions == ("confused",)

        second = await talk.says(pull, "maria", EXTRA)
        assert second == Answer(reactions=("+1",), reply="")
        assert talk.state(pull, "docs") == "waived"


async def test_through_an_app_people_look_and_act_only_where_the_operator_lets_them(
    tmp_path: Path,
) -> None:
    async with talking(tmp_path) as talk:
        demo, world = talk.demo, talk.demo.stage.world
        await demo.bot.__aexit__(None, None, None)
        settings = replace(demo.bot.settings, through_apps=frozenset({"octo-phone"}))
        async with Bot(settings, demo.clock) as demo.bot:
            demo.simulator.hook_url = f"{demo.bot.url}/webhook"
            pull = await talk.opened()
            phone, robot = (world.other_app(name) for name in ("octo-phone", "robot"))
            line, ana = "/handoff attest logging", demo.stage.people["ana"]

            refused = await talk.answer(world.comment(pull, ana, line, app=robot))
            looked = await talk.answer(world.comment(pull, ana, "/handoff why docs", app=robot))
            done = await talk.answer(world.comment(pull, ana, line, app=phone))
            other = world.comment(pull, demo.stage.people["sam"], "/handoff attest api", app=phone)

            why = "the App robot wrote this comment; a person has to say it. Nothing was done."
            assert refused.reactions == ("confused",)
            assert why in refused.reply
            assert looked.reactions == done.reactions == ("+1",)
            assert (await talk.answer(other)).reactions == ("confused",)
            (kept,) = await talk.ledger(pull)
            assert (kept.by.login, kept.data) == ("ana", {"app": "octo-phone"})


@pytest.mark.parametrize(("used", "reaction"), [("count", "confused"), ("ignore", "+1")])
async def test_a_co_author_waives_only_where_the_policy_overlooks_it(
    tmp_path: Path, used: str, reaction: str
) -> None:
    async with talking(tmp_path, f"{POLICY}co-authors: {used}\n") as talk:
        maria = talk.demo.stage.people["maria"]
        trailer = f"Refunds\n\nCo-authored-by: maria <{maria.email}>"
        pull = await talk.opened(message=trailer)

        answer = await talk.says(pull, "maria", WAIVE)

        assert answer.reactions == (reaction,)
        assert ("not for those who wrote commits" in answer.reply) is (used == "count")


DECIDE = "/handoff decide approve because we want it so"


@pytest.mark.parametrize("who", ["author", "co-author", "pusher"])
async def test_nobody_clears_their_own_work_by_any_way_of_speaking(
    tmp_path: Path, who: str
) -> None:
    async with talking(
        tmp_path, f"{POLICY}checkboxes: attest\nescalate: {{ ask: lead }}\n"
    ) as talk:
        world, people = talk.demo.stage.world, talk.demo.stage.people
        maria, ana = people["maria"], people["ana"]
        trailer = f"Refunds\n\nCo-authored-by: maria <{maria.email}>"
        about = {"message": trailer} if who == "co-author" else {}
        pull = await talk.opened(by="maria" if who == "author" else "ana", **about)
        if who == "pusher":
            world.push(pull, ana, {"app/more.py": "x = 1\n"}, pusher=maria)
            await quiet(talk.demo)
        asked = await talk.says(pull, "sam", "/handoff escalate because pricing is open")
        before = [one.key for one in await talk.ledger(pull)]

        answers = [
            await talk.answer(said)
            for line in (WAIVE, DECIDE)
            for said in (
                world.comment(pull, maria, line),
                world.review(pull, maria, "comment", line),
                world.comment_line(pull, maria, "app/refunds.py", line),
            )
        ]
        boxes = "- [x] Docs\n- [x] docs\n- [x] waive docs\n- [x] decide approve\n"
        world.edit_body(pull, maria, f"{boxes}\n{WAIVE}\n{DECIDE}\n")
        await quiet(talk.demo)
        buttons = [one["identifier"] for one in talk.run(pull).actions]
        for button in buttons:
            world.press_button(talk.run(pull), maria, button)
        await quiet(talk.demo)

        assert asked.reactions == ("+1",)
        assert [one.reactions for one in answers] == [("confused",)] * 6
        wrong = "not for the author" if who == "author" else "not for those who wrote commits here"
        assert [wrong in one.reply for one in answers] == [True] * 6
        # No button waives or decides: none is offered that could be pressed.
        assert sorted(buttons) == ["ack", "ready", "recheck"]
        after = [one for one in await talk.ledger(pull) if one.key not in before]
        assert [one.kind.value for one in after if one.kind.value in {"waive", "decide"}] == []
        assert talk.state(pull, "docs") == "missing"


async def test_what_nobody_may_waive_nobody_waives(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull = await talk.opened()

        answers = [
            await talk.says(pull, who, "/handoff waive no-hardcoded because it is a sandbox key")
            for who in ("ana", "ben", "sam", "maria")
        ]

        assert [one.reactions for one in answers] == [("confused",)] * 4
        assert (await talk.ledger(pull), talk.state(pull, "no-hardcoded-values")) == ([], "missing")
