"""Effects become the fewest writes that say them, and are found again after a lost answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import Denied, Gone, Invalid, Limited, Suspended, Transient
from bot.github.checks import annotation_key
from bot.github.client import GraphAnswer
from bot.github.publish import GitHubPublisher
from bot.model.effect import Annotation, Button, Effect, Published, PutComment, React, Reply
from bot.model.effect import SetCheck as Check
from bot.model.keeping import Receipt
from tests.github.double import (
    ALL,
    APP,
    HEAD,
    NUMBER,
    REPO_ID,
    FakeClient,
    FakeGitHub,
    claim,
    error,
)
from tests.support.clock import START, FakeClock

NOW = "2026-03-02T09:00:00Z"
POST, PATCH = "POST check-runs", "PATCH check-runs/5"
RUNS = f"GET commits/{HEAD}/check-runs"
TALK = f"issues/{NUMBER}/comments"


def publisher(client: FakeClient, **more: Any) -> GitHubPublisher:
    github: Any = FakeGitHub(client)
    return GitHubPublisher(github, FakeClock(), APP, **more)


def check(**changed: Any) -> Check:
    made: dict[str, Any] = {
        "repo_id": REPO_ID,
        "head_sha": HEAD,
        "name": "handoff",
        "status": "completed",
        "conclusion": "success",
        "title": "Ready",
        "summary": "All is well",
        "text": "",
    }
    return Check(**(made | changed))


RUNNING = check(status="in_progress", conclusion=None, title="Waiting")
FAILING = check(conclusion="failure", title="Not ready")


def notes(count: int, start: int = 1) -> tuple[Annotation, ...]:
    return tuple(
        Annotation(path="a.py", start_line=at, end_line=at, level="failure", title="t", message="m")
        for at in range(start, start + count)
    )


@pytest.mark.parametrize(
    ("lacking", "effect"),
    [
        ("checks", FAILING),
        ("pull_requests", PutComment(repo_id=REPO_ID, number=NUMBER, body="x", create=True)),
        ("pull_requests", React(repo_id=REPO_ID, number=NUMBER, node_id="n", content="+1")),
    ],
)
async def test_what_is_not_granted_is_refused_without_a_call(lacking: str, effect: Effect) -> None:
    client = FakeClient(granted=ALL | {lacking: "read"})

    with pytest.raises(Denied, match=f"{lacking}: write"):
        await publisher(client).publish(claim(), effect, None, "h1.1.x")

    assert client.calls == []


def before(effect: Effect, receipt: Receipt, state: str = "live") -> Published:
    return Published(
        key=effect.key,
        kind="check",
        gen=1,
        digest="",
        remote_id=receipt.remote_id,
        state=state,
        detail=receipt.detail,
    )


async def put(
    client: FakeClient, effect: Effect, old: Published | None = None, external_id: str = "h1.1.a"
) -> Receipt:
    return await publisher(client).publish(claim(), effect, old, external_id)


async def standing(effect: Check) -> Published:
    """What stands after the effect was published as run 5."""
    client = FakeClient(rest={POST: {"id": 5}, PATCH: {}})
    return before(effect, await put(client, effect))


def writing(**more: Any) -> FakeClient:
    return FakeClient(rest={POST: {"id": 6}, PATCH: {"id": 5}, "PATCH check-runs/6": {}} | more)


def lines(client: FakeClient) -> list[str]:
    return [one.replace("/repos/acme/orders/", "") for one in client.calls]


# ── check runs: every row of the table ────────────────────────────────────────────────────────


async def test_the_first_check_is_posted_as_github_wants_it() -> None:
    client = writing()
    button = Button(label="Check again", description="Judge anew", identifier="recheck")
    effect = check(annotations=notes(1), buttons=(button,), details_url="https://x", text="more")

    receipt = await put(client, effect)

    assert client.bodies == [
        {
            "name": "handoff",
            "head_sha": HEAD,
            "status": "completed",
            "conclusion": "success",
            "started_at": NOW,
            "completed_at": NOW,
            "external_id": "h1.1.a",
            "details_url": "https://x",
            "output": {
                "title": "Ready",
                "summary": "All is well",
                "text": "more",
                "annotations": [
                    {
                        "path": "a.py",
                        "start_line": 1,
                        "end_line": 1,
                        "annotation_level": "failure",
                        "title": "t",
                        "message": "m",
                    }
                ],
            },
            "actions": [
                {
                    "label": "Check again",
                    "description": "Judge anew",
                    "identifier": "recheck",
                }
            ],
        }
    ]
    assert receipt.remote_id == 6
    assert json.loads(receipt.detail) == {
        "status": "completed",
        "conclusion": "success",
        "annotations_sent": [annotation_key(notes(1)[0])],
        "runs": 1,
    }


async def test_a_waiting_check_has_no_conclusion() -> None:
    client = writing()

    await put(client, RUNNING)

    assert (client.bodies[0]["status"], "conclusion" in client.bodies[0]) == ("in_progress", False)


@pytest.mark.parametrize(
    ("old", "new", "calls"),
    [
        (RUNNING, replace(RUNNING, title="Still waiting"), [PATCH]),
        (RUNNING, check(), [PATCH]),
        (check(), FAILING, [PATCH]),
        (check(), check(), [PATCH]),
        (check(), RUNNING, [PATCH, POST]),
        (FAILING, RUNNING, [POST]),
        (check(enforced=False, conclusion="neutral"), replace(RUNNING, enforced=False), [POST]),
        (check(annotations=notes(2)), FAILING, [PATCH, POST]),
        (replace(RUNNING, annotations=notes(1)), check(), [PATCH, POST]),
    ],
)
async def test_a_change_takes_the_fewest_writes(old: Check, new: Check, calls: list[str]) -> None:
    client = writing()

    await put(client, new, await standing(old))

    assert lines(client) == calls


@pytest.mark.parametrize(("enforced", "conclusion"), [(True, "failure"), (False, "neutral")])
async def test_no_older_run_shows_green_or_goes_on_while_a_new_one_is_made(
    enforced: bool, conclusion: str
) -> None:
    client = writing()
    old = await standing(replace(RUNNING, annotations=notes(1)))

    await put(client, check(enforced=enforced), old)

    assert client.bodies[0] == {
        "status": "completed",
        "conclusion": conclusion,
        "completed_at": NOW,
        "output": {"title": "Superseded", "summary": "A newer run of this check follows."},
    }


async def test_a_new_run_is_counted_and_begins_with_all_annotations() -> None:
    client = writing()

    receipt = await put(
        client, replace(RUNNING, annotations=notes(2)), await standing(check(annotations=notes(2)))
    )

    assert len(client.bodies[1]["output"]["annotations"]) == 2
    assert json.loads(receipt.detail)["runs"] == 2


async def test_after_fifty_runs_what_is_awaited_shows_as_a_failure() -> None:
    client = writing()
    old = await standing(check())
    old = replace(old, detail=old.detail.replace('"runs": 1', '"runs": 50'))

    receipt = await put(client, RUNNING, old)

    assert lines(client) == [PATCH]
    assert client.bodies[0]["conclusion"] == "failure"
    assert client.bodies[0]["output"]["title"] == "Waiting for CI · Waiting"
    assert json.loads(receipt.detail)["status"] == "completed"


async def test_a_run_that_is_gone_is_made_again() -> None:
    client = writing()
    client.rest[PATCH] = Gone("404")

    assert (await put(client, FAILING, await standing(check()))).remote_id == 6


async def test_an_answer_without_an_id_may_have_taken_effect() -> None:
    for effect in (check(), PutComment(repo_id=REPO_ID, number=NUMBER, body="b", create=True)):
        client = FakeClient(rest={POST: None, f"POST {TALK}": {}})
        with pytest.raises(Transient) as caught:
            await put(client, effect)
        assert caught.value.sent


# ── annotations ───────────────────────────────────────────────────────────────────────────────


def sent(client: FakeClient) -> list[int]:
    return [len(body["output"].get("annotations", ())) for body in client.bodies]


async def test_a_hundred_and_twenty_annotations_are_two_requests() -> None:
    client = writing()

    await put(client, check(annotations=notes(120)))

    assert lines(client) == [POST, "PATCH check-runs/6"]
    assert sent(client) == [50, 50]


async def test_only_annotations_that_do_not_stand_yet_are_sent() -> None:
    client = writing()
    old = await standing(check(annotations=notes(3)))

    again = await put(client, check(annotations=notes(5)), old)
    await put(client, check(annotations=notes(5)), before(check(), again))

    assert sent(client) == [2, 0]


@pytest.mark.parametrize(
    "trouble",
    [Transient("502"), Limited("later", until=START, resource="core"), Suspended("suspended")],
)
async def test_trouble_between_two_batches_leads_to_a_look_first(trouble: Exception) -> None:
    client = writing()
    client.rest["PATCH check-runs/6"] = trouble

    with pytest.raises(Transient) as caught:
        await put(client, check(annotations=notes(60)))

    assert caught.value.sent


async def test_a_refused_batch_leaves_the_verdict_and_what_was_sent() -> None:
    client = writing()
    client.rest["PATCH check-runs/6"] = Invalid("422")

    receipt = await put(client, check(annotations=notes(60)))

    assert len(json.loads(receipt.detail)["annotations_sent"]) == 50


# ── found again ───────────────────────────────────────────────────────────────────────────────


def listed(
    number: int = 6, external_id: str = "h1.1.a", count: int = 0, **more: Any
) -> dict[str, Any]:
    return {
        "id": number,
        "external_id": external_id,
        "status": "completed",
        "conclusion": "success",
        "app": {"id": APP},
        "output": {"annotations_count": count},
    } | more


async def found(client: FakeClient, effect: Effect, old: Published | None = None) -> Receipt | None:
    return await publisher(client).find(claim(), effect, old, "h1.1.a")


async def test_a_check_that_arrived_is_known_by_its_external_id() -> None:
    client = writing(**{RUNS: [listed(count=2)]})
    effect = check(annotations=notes(2))

    receipt = await found(client, effect)

    assert lines(client) == [RUNS]
    assert receipt == await put(writing(), effect)


async def test_annotations_that_did_not_arrive_are_sent_and_no_other() -> None:
    client = writing(**{RUNS: [listed(count=50)]})

    receipt = await found(client, check(annotations=notes(70)))

    assert receipt is not None
    assert sent(client) == [20]
    assert len(json.loads(receipt.detail)["annotations_sent"]) == 70


async def test_after_a_lost_patch_only_the_annotations_of_that_patch_are_counted() -> None:
    old = await standing(check(annotations=notes(3)))
    client = writing(**{RUNS: [listed(5, count=3)]})

    receipt = await found(client, check(annotations=notes(5)), old)

    assert receipt is not None
    assert sent(client) == [2]
    assert json.loads(receipt.detail)["runs"] == 1


@pytest.mark.parametrize("row", [listed(app={"id": 1}), listed(app=None)])
async def test_a_run_of_another_app_is_not_ours_whatever_it_says(row: Any) -> None:
    assert await found(writing(**{RUNS: [row]}), check()) is None


async def test_nothing_new_is_nothing_found() -> None:
    old = await standing(check())

    assert await found(writing(**{RUNS: []}), check()) is None
    assert await found(writing(**{RUNS: [listed(5, external_id="h1.0")]}), FAILING, old) is None


@pytest.mark.parametrize(
    ("row", "calls"),
    [
        (listed(external_id="h1.0", status="in_progress", conclusion=None), ["PATCH check-runs/6"]),
        (listed(external_id="h1.0", count=1), ["PATCH check-runs/6", POST]),
    ],
)
async def test_a_run_of_ours_that_nobody_knew_of_is_taken_over(row: Any, calls: Any) -> None:
    client = writing(**{RUNS: [row]})

    assert await found(client, check()) is not None
    assert lines(client) == [RUNS, *calls]


async def test_a_run_with_remarks_that_nobody_knew_of_gets_none_of_them_twice() -> None:
    client = writing(**{RUNS: [listed(5, external_id="h1.0", count=2)]})

    assert await found(client, check(annotations=notes(2)), await standing(check())) is not None
    assert lines(client) == [RUNS, "PATCH check-runs/5", POST]


@pytest.mark.parametrize(("count", "calls"), [(2, []), (3, [POST])], ids=["as many", "more"])
async def test_a_run_of_a_newer_store_stands_where_its_remarks_are_those_that_we_sent(
    count: int, calls: list[str]
) -> None:
    effect = check(annotations=notes(2))
    client = writing(**{RUNS: [listed(5, external_id="h1.2.b", count=count)]})

    assert await found(client, effect, await standing(effect)) is not None
    assert lines(client) == [RUNS, "PATCH check-runs/5", *calls]


@pytest.mark.parametrize(
    ("effect", "older", "newer", "calls"),
    [
        (FAILING, {}, {}, ["PATCH check-runs/5"]),
        (check(), {}, {}, []),
        (check(), {"status": "in_progress", "conclusion": None}, {}, ["PATCH check-runs/5"]),
        (check(), {}, {"external_id": "h1.0"}, ["PATCH check-runs/6"]),
    ],
)
async def test_of_two_runs_the_newer_stands_and_the_older_says_nothing_else(
    effect: Check, older: Any, newer: Any, calls: list[str]
) -> None:
    client = writing(**{RUNS: [listed(5, **older), listed(6, **newer)]})

    receipt = await found(client, effect, await standing(check()))

    assert receipt is not None
    assert receipt.remote_id == 6
    assert lines(client) == [RUNS, *calls]


@pytest.mark.parametrize(
    ("carried", "calls", "gen"),
    [
        ("h1.1.b", [], 1),
        ("h1.7.b", ["PATCH check-runs/5"], 8),
        ("h1.7.a", [], 7),
        ("of another program", [], 1),
    ],
    ids=["older", "newer and other", "newer and equal", "not ours"],
)
async def test_a_store_that_is_older_than_github_goes_on_above_what_stands_there(
    carried: str, calls: list[str], gen: int
) -> None:
    client, old = writing(**{RUNS: [listed(5, external_id=carried)]}), await standing(check())

    receipt = await found(client, FAILING, old) or Receipt(remote_id=5, gen=1)

    assert (lines(client), receipt.gen) == ([RUNS, *calls], gen)
    assert [one["external_id"] for one in client.bodies] == ["h1.8.a"] * len(calls)


# ── comments ──────────────────────────────────────────────────────────────────────────────────

MARK = f"<!-- handoff:1 {REPO_ID}/{NUMBER} -->"
STICKY = PutComment(repo_id=REPO_ID, number=NUMBER, body="Do this", create=True)
OURS = {"performed_via_github_app": {"id": APP}}


async def test_a_sticky_comment_is_created_with_its_mark_and_remembered() -> None:
    client = FakeClient(rest={f"POST {TALK}": {"id": 8, "node_id": "IC_8"}})

    receipt = await put(client, STICKY)

    assert receipt == Receipt(remote_id=8, detail='{"node": "IC_8"}')
    assert client.bodies == [{"body": f"Do this\n{MARK}"}]


async def test_a_mark_that_is_there_is_not_repeated() -> None:
    client = FakeClient(rest={f"POST {TALK}": {"id": 8}})

    await put(client, replace(STICKY, body=f"Hi {MARK}"))

    assert client.bodies == [{"body": f"Hi {MARK}"}]


async def test_a_comment_that_stands_is_edited_and_one_that_is_gone_is_never_replaced() -> None:
    client = FakeClient(rest={"PATCH issues/comments/8": {}})
    made = Receipt(remote_id=8, detail='{"node": "IC_8"}')
    old = before(STICKY, made)

    assert await put(client, STICKY, old) == made
    client.rest = {f"GET {TALK}": [{"id": 9}]}
    assert await put(client, STICKY, old) == Receipt(remote_id=8, suppressed=True)
    calls = len(client.calls)
    suppressed = replace(old, state="suppressed")
    assert await put(client, STICKY, suppressed) == Receipt(remote_id=8, suppressed=True)
    assert await put(client, replace(STICKY, create=False)) == Receipt(remote_id=None)
    assert len(client.calls) == calls


async def test_a_lost_comment_is_found_by_mark_and_app_and_brought_up_to_date() -> None:
    rows = [
        {"id": 1, "body": MARK},
        {"id": 2, "body": "other", **OURS},
        {"id": 3, "body": f"old {MARK}", **OURS},
        {"id": 4, "body": None, **OURS},
    ]
    client = FakeClient(rest={f"GET {TALK}": rows, "PATCH issues/comments/3": {}})

    assert await found(client, STICKY) == Receipt(remote_id=3)
    assert client.bodies == [{"body": f"Do this\n{MARK}"}]
    client.rest[f"GET {TALK}"] = rows[:2]
    assert await found(client, STICKY) is None
    assert await found(client, STICKY, before(STICKY, Receipt(remote_id=8))) is None


REPLY = Reply(repo_id=REPO_ID, number=NUMBER, comment_key="comment:9", body="Done")
REPLY_MARK = "<!-- handoff:reply comment:9 -->"
THREAD = f"pulls/{NUMBER}/comments"


@pytest.mark.parametrize(
    ("effect", "where"),
    [(REPLY, TALK), (replace(REPLY, in_thread=4), f"{THREAD}/4/replies")],
)
async def test_a_reply_is_posted_once_where_it_was_asked(effect: Reply, where: str) -> None:
    client = FakeClient(rest={f"POST {where}": {"id": 8}})

    receipt = await put(client, effect)
    again = await put(client, effect, before(effect, receipt))

    assert receipt == again == Receipt(remote_id=8)
    assert client.bodies == [{"body": f"Done\n{REPLY_MARK}"}]


@pytest.mark.parametrize(("thread", "where"), [(None, "issues"), (4, "pulls")])
@pytest.mark.parametrize("answer", [{"id": 3}, Gone("404")])
async def test_a_reply_to_what_was_heard_again_says_what_stands(
    answer: Any, thread: int | None, where: str
) -> None:
    row = {"id": 3, "body": f"No {REPLY_MARK}", "user": {"type": "Bot"}, **OURS}
    listed = f"GET {TALK if thread is None else THREAD}"
    client = FakeClient(rest={f"PATCH {where}/comments/3": answer, listed: [row]})
    effect = replace(REPLY, in_thread=thread, anew=True)

    receipt = await put(client, effect, before(effect, Receipt(remote_id=3)))

    assert receipt == await found(client, effect) == Receipt(remote_id=3)
    assert client.bodies == [{"body": f"Done\n{REPLY_MARK}"}] * 2


@pytest.mark.parametrize(
    ("thread", "row", "receipt"),
    [
        (None, OURS, Receipt(remote_id=3)),
        (None, {"user": {"type": "Bot"}}, None),
        (4, {"user": {"type": "Bot"}}, Receipt(remote_id=3)),
        (4, {"user": {"type": "User"}}, None),
    ],
)
async def test_a_lost_reply_is_found_by_its_mark(
    thread: int | None, row: Any, receipt: Receipt | None
) -> None:
    where = TALK if thread is None else THREAD
    rows = [{"id": 2, "body": "x", **row}, {"id": 3, "body": f"Done {REPLY_MARK}", **row}]
    client = FakeClient(rest={f"GET {where}": rows})

    assert await found(client, replace(REPLY, in_thread=thread)) == receipt


@pytest.mark.parametrize(
    ("word", "content"), [("+1", "THUMBS_UP"), ("eyes", "EYES"), ("confused", "CONFUSED")]
)
async def test_a_reaction_is_added_by_node(word: str, content: str) -> None:
    asked: list[Any] = []

    def answer(variables: Any) -> Any:
        asked.append(variables)
        return {}

    client = FakeClient(graph={"AddReaction": answer})
    effect = React(repo_id=REPO_ID, number=NUMBER, node_id="IC_9", content=word)

    assert await put(client, effect) == Receipt(remote_id=None)
    assert asked == [{"subject": "IC_9", "content": content}]
    assert await found(client, effect) is None


@pytest.mark.parametrize("left", [5000, 499])
async def test_where_little_is_left_nobody_is_told_only_that_they_were_seen(left: int) -> None:
    client = FakeClient(graph={"AddReaction": Limited("no", until=START, resource="w")}, left=left)
    seen = React(repo_id=REPO_ID, number=NUMBER, node_id="IC_9", content="eyes")

    assert await put(client, seen) == Receipt(remote_id=None)
    assert len(client.calls) == (left == 5000)
    with pytest.raises(Limited):
        await put(client, replace(seen, content="+1"))


@pytest.mark.parametrize(
    ("kind", "raised"), [("NOT_FOUND", Gone), ("FORBIDDEN", Denied), ("UNPROCESSABLE", Invalid)]
)
async def test_a_refused_reaction_is_refused(kind: str, raised: Any) -> None:
    answer = GraphAnswer(data={}, errors=(error("addReaction", kind=kind),))
    effect = React(repo_id=REPO_ID, number=NUMBER, node_id="IC_9", content="eyes")

    with pytest.raises(raised):
        await put(FakeClient(graph={"AddReaction": answer}), effect)
