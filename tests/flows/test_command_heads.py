"""Which head a word was about, and what becomes of it when the code moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.simulator.things import Pull
from tests.support.hurried import quiet
from tests.support.talk import Answer, Talk, talking

CODE, OTHER = {"app/refunds.py": "x = 1\n"}, {"app/refunds.py": "x = 2\n"}
ELSEWHERE = {"README.md": "Words.\n"}


async def pushed(talk: Talk, pull: Pull, files: dict[str, str], by: str = "ana") -> str:
    """Push and let it be judged; the first digits of the head before."""
    before = pull.head_sha[:7]
    talk.demo.stage.world.push(pull, talk.demo.stage.people[by], dict(files))
    await quiet(talk.demo)
    return before


async def test_a_push_within_seconds_refuses_a_word_about_its_files(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        same, moved = await talk.opened(files=CODE), await talk.opened(files=CODE)
        talk.demo.clock.forward(talk.apart * 6)

        await pushed(talk, same, ELSEWHERE)
        stands = await talk.says(same, "ben", "/handoff attest conventions")
        old = await pushed(talk, moved, OTHER)
        now = moved.head_sha[:7]
        refused = await talk.says(moved, "ben", "/handoff attest conventions")

        assert (stands.reactions, stands.reply) == (("+1",), "")
        assert refused.reactions == ("confused",)
        assert refused.reply == (
            f"- `/handoff attest conventions`: app/refunds.py changed in {now} while you wrote. "
            f"Look again and repeat with at {now}. Nothing was done."
        )
        repeated = await talk.says(moved, "ben", f"/handoff attest conventions at {now}")
        assert repeated.reactions == ("+1",)
        assert talk.state(moved, "conventions") == "attested"
        await pushed(talk, moved, ELSEWHERE)
        now = moved.head_sha[:7]
        assert (await talk.says(moved, "ana", "/handoff ready")).reply == (
            f"- `/handoff ready`: {now} was pushed while you wrote. "
            f"Look again and repeat with at {now}. Nothing was done."
        )
        at_old = await talk.says(moved, "ana", f"/handoff ready at {old}")
        assert at_old.reactions == ("confused",)


@pytest.mark.parametrize(("files", "reaction"), [(OTHER, "confused"), (ELSEWHERE, "+1")])
@pytest.mark.parametrize("seconds", [-5, 5])
async def test_five_seconds_between_a_push_and_a_word(
    seconds: int, files: dict[str, str], reaction: str, tmp_path: Path
) -> None:
    async with talking(tmp_path) as talk:
        pull, stage = await talk.opened(files=CODE), talk.demo.stage
        talk.demo.clock.forward(talk.apart * 6)
        talk.demo.simulator.deliveries.switches.hold = True
        steps: list[Callable[[], Any]] = [
            lambda: stage.world.push(pull, stage.people["ana"], dict(files)),
            lambda: stage.world.comment(pull, stage.people["ben"], "/handoff attest conventions"),
        ]
        before, after = steps if seconds < 0 else reversed(steps)

        first = before()
        talk.demo.clock.forward(timedelta(seconds=5))
        second = after()
        talk.demo.simulator.deliveries.switches.hold = False
        talk.demo.simulator.deliveries.release()

        answer = await talk.answer(second if seconds < 0 else first)
        assert answer.reactions == (reaction,)
        kept = [one.kind.value for one in await talk.ledger(pull)]
        assert kept == (["attest"] if reaction == "+1" else [])


async def test_a_push_while_the_comment_is_on_its_way_refuses_it_too(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull, stage = await talk.opened(files=CODE), talk.demo.stage
        talk.demo.simulator.deliveries.switches.hold = True
        said = stage.world.comment(pull, stage.people["ben"], "/handoff attest conventions")
        talk.demo.clock.forward(timedelta(seconds=5))
        stage.world.push(pull, stage.people["ana"], dict(OTHER))
        talk.demo.simulator.deliveries.switches.hold = False
        talk.demo.simulator.deliveries.release()

        answer = await talk.answer(said)

        assert f"app/refunds.py changed in {pull.head_sha[:7]} while you wrote." in answer.reply
        assert await talk.ledger(pull) == []


async def test_what_was_pushed_back_stands_since_then(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull, stage = await talk.opened(files=CODE), talk.demo.stage
        ana, first = stage.people["ana"], pull.head_sha
        talk.demo.clock.forward(talk.apart * 6)
        await pushed(talk, pull, OTHER)
        other = pull.head_sha
        talk.demo.clock.forward(talk.apart * 6)
        stage.world.push_back(pull, ana, first)
        await quiet(talk.demo)
        talk.demo.clock.forward(timedelta(hours=1))

        assert (await talk.says(pull, "ana", "/handoff ready")).reactions == ("+1",)
        assert (await talk.says(pull, "ana", "/handoff attest logging")).reactions == ("+1",)
        talk.demo.simulator.deliveries.switches.hold = True
        said = stage.world.comment(pull, stage.people["ben"], "/handoff attest conventions")
        talk.demo.clock.forward(timedelta(seconds=5))
        stage.world.push_back(pull, ana, other)
        talk.demo.simulator.deliveries.switches.hold = False
        talk.demo.simulator.deliveries.release()

        answer = await talk.answer(said)
        assert f"app/refunds.py changed in {other[:7]} while you wrote." in answer.reply
        assert talk.state(pull, "conventions") == "missing"


@pytest.mark.parametrize("minutes", [0, 20])
@pytest.mark.parametrize("push_first", [True, False])
async def test_a_word_from_before_a_push_is_not_about_it_though_nothing_was_heard_before(
    minutes: int, tmp_path: Path, *, push_first: bool
) -> None:
    async with talking(tmp_path) as talk:
        stage, switches = talk.demo.stage, talk.demo.simulator.deliveries.switches
        # Its opening is yet to come: a delivery that was missed is asked for again.
        switches.drop = lambda one: one.event == "pull_request" and one.action != "synchronize"
        pull = await talk.opened(files=CODE)
        talk.demo.clock.forward(talk.apart * 6)
        switches.hold = True
        said = stage.world.comment(pull, stage.people["ben"], "/handoff attest conventions")
        talk.demo.clock.forward(timedelta(minutes=minutes))
        old = pull.head_sha[:7]
        stage.world.push(pull, stage.people["ana"], dict(OTHER))
        switches.hold, now = False, pull.head_sha[:7]
        held = talk.demo.simulator.deliveries.take_held()
        held.sort(key=lambda one: (one.event == "issue_comment") == push_first)
        for one in held:
            talk.demo.simulator.deliveries.send(one)
            await quiet(talk.demo)

        answer = await talk.answer(said)

        seen = old if push_first else f"a head before {now}"
        assert answer.reply == (
            f"- `/handoff attest conventions`: {seen}, which you may have looked at, was never "
            f"judged. Look again and repeat with at {now}. Nothing was done."
        )
        assert await talk.ledger(pull) == []


async def test_a_word_on_an_older_head_stands_while_its_files_are_the_same(
    tmp_path: Path,
) -> None:
    async with talking(tmp_path) as talk:
        pull = await talk.opened(files=CODE)
        old = await pushed(talk, pull, ELSEWHERE)
        talk.demo.clock.forward(talk.apart * 6)

        by_name = await talk.says(pull, "ben", f"/handoff attest conventions at {old}")
        by_reason = await talk.says(pull, "ana", f"/handoff attest logging because seen at {old}")
        unknown = await talk.says(pull, "ben", "/handoff attest conventions at 0123abc")

        assert (by_name.reactions, by_reason.reactions) == (("+1",), ("+1",))
        assert "0123abc is no head of this pull request." in unknown.reply
        assert [one.head_sha for one in await talk.ledger(pull)] == [pull.head_sha] * 2

        changed = await pushed(talk, pull, OTHER)
        talk.demo.clock.forward(talk.apart * 6)
        refused = await talk.says(pull, "ben", f"/handoff attest conventions at {changed}")
        assert f"changed in {pull.head_sha[:7]} while you wrote" in refused.reply


async def test_a_review_and_a_line_comment_are_about_the_head_that_they_name(
    tmp_path: Path,
) -> None:
    async with talking(tmp_path) as talk:
        pull, world = await talk.opened(files=CODE), talk.demo.stage.world
        ben = talk.demo.stage.people["ben"]
        review = world.review(pull, ben, "comment", "/handoff attest conventions")
        line = world.comment_line(pull, ben, "app/refunds.py", "/handoff attest determ")

        assert (await talk.answer(review)) == Answer(reactions=("+1",), reply="")
        assert (await talk.answer(line)) == Answer(reactions=("+1",), reply="")
        assert talk.state(pull, "conventions") == "attested"
        assert [one.through for one in await talk.ledger(pull)] == ["review", "line"]

        wrong = world.comment_line(pull, ben, "app/refunds.py", "/handoff attest docs")
        answer = await talk.answer(wrong)
        assert "has no place for a word" in answer.reply
        assert [one.in_reply_to for one in pull.line_comments if one.user.kind == "Bot"] == [
            wrong.id
        ]


async def test_a_word_ends_with_its_files_and_lives_again_with_them(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pull, stage = await talk.opened(files=CODE), talk.demo.stage
        said_at = pull.head_sha[:7]
        await talk.says(pull, "ben", "/handoff attest conventions")
        await talk.says(pull, "maria", "/handoff waive docs because it is written elsewhere")

        def states() -> list[str]:
            return [talk.state(pull, item) for item in ("conventions", "docs")]

        good, lapsed = ["attested", "waived"], ["missing", "missing"]
        assert states() == good
        stage.world.push_default(stage.repo, stage.people["maria"], {"LICENSE": "MIT\n"})
        stage.world.push(pull, stage.people["ana"], dict(CODE), force=True)
        await quiet(talk.demo)
        assert states() == good
        await pushed(talk, pull, ELSEWHERE)
        assert states() == good
        await pushed(talk, pull, OTHER)
        assert states() == lapsed
        assert f"ben's word is from {said_at}" in (talk.run(pull).text or "").replace("`", "")
        await pushed(talk, pull, CODE)
        assert states() == good


async def test_words_live_through_a_rebase_and_a_merge_of_the_base(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        files = CODE | {"docs/refunds.md": "Refunds.\n"}
        pull, stage = await talk.opened(files=files), talk.demo.stage
        repo, ana, maria = pull.repo, stage.people["ana"], stage.people["maria"]
        for who, line in (
            ("ben", "attest contract"),
            ("ben", "attest conventions"),
            ("ana", "attest logging"),
            ("maria", "waive migrations because there are none here"),
        ):
            assert (await talk.says(pull, who, f"/handoff {line}")).reactions == ("+1",)

        def states() -> list[str]:
            items = ("contract", "conventions", "logging", "migrations")
            return [talk.state(pull, item) for item in items]

        seen, heads = [states()], [pull.head_sha]
        stage.world.push_default(repo, maria, {"LICENSE": "MIT\n"})
        onto = repo.branches["main"]
        stage.world.push(pull, ana, dict(files), force=True, onto=onto)
        await quiet(talk.demo)
        assert repo.objects.commits[pull.head_sha].parents == (onto,)
        seen, heads = [*seen, states()], [*heads, pull.head_sha]
        stage.world.push_default(repo, maria, {"NOTICE": "Words.\n"})
        stage.world.update_branch(pull, ana)
        await quiet(talk.demo)
        assert repo.branches["main"] in repo.objects.commits[pull.head_sha].parents
        seen, heads = [*seen, states()], [*heads, pull.head_sha]

        assert seen == [["attested", "attested", "attested", "waived"]] * 3
        assert len(set(heads)) == 3
        await pushed(talk, pull, {"docs/refunds.md": "Others.\n"})
        assert states() == ["missing", "attested", "attested", "waived"]
        await pushed(talk, pull, {"docs/refunds.md": "Refunds.\n"})
        assert states() == seen[0]
        await pushed(talk, pull, OTHER)
        assert states()[0] == "attested"
        assert not {"attested", "waived"} & set(states()[1:])
        await pushed(talk, pull, CODE)
        assert states() == seen[0]
