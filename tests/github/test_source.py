"""One look at a pull request: few calls, one moment, and Unknown for whatever is not whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.errors import Denied, Gone, Stale, Transient
from bot.github.client import GraphAnswer, HeavyQuery
from bot.github.source import GitHubSource
from bot.model.effect import Published
from bot.model.facts import Commits, Facts, Person, Reviews
from bot.model.known import Unknown
from bot.model.look import Outline, PolicyFile, StickySeen
from tests.github.double import (
    APP,
    BASE,
    HEAD,
    NUMBER,
    OLD,
    REPO,
    REPO_ID,
    FakeClient,
    FakeGitHub,
    blob,
    claim,
    commit,
    connection,
    error,
    facts,
    paged,
    row,
    run,
)
from tests.support.clock import START, FakeClock

FILES = f"GET pulls/{NUMBER}/files"
CALL = f"GET /repos/{REPO}/pulls/{NUMBER}/files"
ROWS = [row("a.py")]
PULL = ("repository", "pullRequest")


def source(client: FakeClient, clock: FakeClock | None = None) -> GitHubSource:
    github: Any = FakeGitHub(client)
    return GitHubSource(github, clock or FakeClock(), APP)


def serving(answer: Any = None, rows: list[dict[str, Any]] | None = None) -> FakeClient:
    shown = ROWS if rows is None else rows
    known = facts(shown) if answer is None else answer
    return FakeClient(rest={FILES: paged(shown)}, graph={"HandoffFacts": known})


async def look(client: FakeClient, **expect: str) -> Outline:
    return await source(client).outline(claim(**expect), None)


async def test_a_first_look_is_one_query_beside_one_page_of_files() -> None:
    client = serving()

    found = await look(client)

    assert client.calls == ["HandoffFacts", CALL]
    assert isinstance(found.facts.changes, tuple)
    assert replace(found.facts, changes=(), checks=()) == Facts(
        repo_id=REPO_ID,
        repo=REPO,
        number=NUMBER,
        base_sha=BASE,
        head_sha=HEAD,
        base_ref="main",
        default_branch="main",
        author=Person(id=1, login="ana"),
        title="Refunds",
        labels=frozenset({"hot"}),
        draft=False,
        open=True,
        from_fork=False,
        opened_at=datetime(2026, 3, 2, 8, tzinfo=UTC),
        head_since=datetime(2026, 3, 2, 8, tzinfo=UTC),
        taken_at=START,
        changes=(),
        body="Why",
        checks=(),
        reviews=Reviews(opinions=(), requested=(), requested_teams=()),
        commits=Commits(
            shas=(HEAD,),
            contributors=frozenset({1}),
            authors=frozenset({1}),
            subjects=("Change a",),
            parts=(frozenset({1}),),
        ),
    )
    assert found.organisation == PolicyFile(path="handoff.yml")
    assert (found.proposed, found.sticky) == (None, None)


async def test_a_second_look_at_the_same_head_is_one_call() -> None:
    client = serving()
    eyes = source(client)
    await eyes.outline(claim(), None)
    client.calls.clear()

    again = await eyes.outline(claim(sha=HEAD), None)

    assert client.calls == ["HandoffFacts"]
    assert isinstance(again.facts.changes, tuple)


async def test_a_new_head_base_or_a_recheck_reads_the_files_again() -> None:
    client = serving()
    eyes = source(client)
    await eyes.outline(claim(), None)
    client.calls.clear()
    client.graph["HandoffFacts"] = facts(ROWS, baseRefOid=OLD)
    await eyes.outline(claim(), None)
    await eyes.forget(claim())
    await eyes.outline(claim(), None)

    assert client.calls == ["HandoffFacts", CALL] * 2


async def test_the_head_stands_since_the_push_or_since_it_was_ready() -> None:
    ready = {"nodes": [{"createdAt": "2026-03-02T08:40:00Z"}, {"createdAt": None}, None]}

    pushed = await look(serving(), head_since="2026-03-02T08:30:00+00:00")
    drafted = await look(serving(facts(ROWS, timelineItems=ready)))

    assert pushed.facts.head_since == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    assert drafted.facts.head_since == datetime(2026, 3, 2, 8, 40, tzinfo=UTC)


# ── A1: one moment, not older than the wake ───────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("at", "stale"),
    [
        ("2026-03-02T08:00:01+00:00", True),
        ("2026-03-02T08:00:00+00:00", True),
        ("2026-03-02T07:59:59+00:00", False),
    ],
)
async def test_an_older_state_than_the_wake_told_of_is_stale(at: str, stale: bool) -> None:
    if stale:
        with pytest.raises(Stale, match="still shows aaaaaaa, not ccccccc"):
            await look(serving(), sha=OLD, at=at)
    else:
        assert (await look(serving(), sha=OLD, at=at)).facts.head_sha == HEAD


async def test_a_head_that_is_not_the_newest_commit_is_stale_and_later_unknown() -> None:
    client, clock = serving(facts(ROWS, head=rolled_at(OLD))), FakeClock()

    with pytest.raises(Stale, match="lags"):
        await source(client, clock).outline(claim(), None)
    clock.advance(9)
    found = (await source(client, clock).outline(claim(), None)).facts

    assert isinstance(found.checks, Unknown)
    assert isinstance(found.commits, Unknown)


def rolled_at(oid: str) -> dict[str, Any]:
    return {"nodes": [{"commit": {"oid": oid, "statusCheckRollup": None}}]}


@pytest.mark.parametrize(
    ("commit", "made"),
    [
        (
            {"oid": HEAD, "committedDate": "2026-03-02T08:00:00Z"},
            datetime(2026, 3, 2, 8, tzinfo=UTC),
        ),
        ({"oid": HEAD}, None),
        ({"oid": OLD, "committedDate": "2026-03-02T08:00:00Z"}, None),
        (None, None),
    ],
)
async def test_when_the_head_was_made_is_told_or_not_known(
    commit: dict[str, Any] | None, made: datetime | None
) -> None:
    client, clock = serving(facts(ROWS, head={"nodes": [{"commit": commit}]})), FakeClock()
    eyes = source(client, clock)
    if commit is None or commit["oid"] == OLD:
        with pytest.raises(Stale):
            await eyes.outline(claim(), None)
        clock.advance(9)

    assert (await eyes.outline(claim(), None)).facts.made_at == made


async def test_files_of_another_head_are_stale_and_later_unknown_but_never_kept() -> None:
    other = [row("a.py", contents_url=f"https://api.test/a.py?ref={OLD}")]
    client, clock = serving(rows=other), FakeClock()
    eyes = source(client, clock)

    with pytest.raises(Stale):
        await eyes.outline(claim(), None)
    clock.advance(9)
    found = await eyes.outline(claim(), None)
    client.rest[FILES] = paged(ROWS)
    healed = await eyes.outline(claim(), None)

    assert found.facts.changes == Unknown("GitHub shows the files of another head")
    assert isinstance(healed.facts.changes, tuple)


async def test_a_pull_request_that_was_just_told_of_is_awaited_before_it_is_gone() -> None:
    answer = facts(ROWS, error(*PULL, kind="NOT_FOUND"))
    answer.data["repository"]["pullRequest"] = None
    clock = FakeClock()

    with pytest.raises(Gone):
        await source(serving(answer), clock).outline(claim(), None)
    with pytest.raises(Stale):
        await source(serving(answer), clock).outline(claim(sha=HEAD), None)
    clock.advance(9)
    with pytest.raises(Gone):
        await source(serving(answer), clock).outline(claim(sha=HEAD), None)


async def test_another_repository_under_the_old_name_is_not_judged() -> None:
    answer = facts(ROWS)
    answer.data["repository"]["databaseId"] = 8

    with pytest.raises(Gone, match="another repository"):
        await look(serving(answer))


# ── A3, A4, A7: what is cut, refused or null ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ("labels", "labels"),
        ("commits", "commits"),
        ("latestOpinionatedReviews", "reviews"),
        ("body", "body"),
    ],
)
async def test_a_null_without_an_error_is_unknown(field: str, part: str) -> None:
    found = (await look(serving(facts(ROWS, **{field: None})))).facts

    assert isinstance(getattr(found, part), Unknown)


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ("labels", "labels"),
        ("commits", "commits"),
        ("head", "checks"),
        ("latestOpinionatedReviews", "reviews"),
    ],
)
async def test_an_error_below_a_part_makes_it_unknown_and_spares_the_others(
    field: str, part: str
) -> None:
    found = (await look(serving(facts(ROWS, error(*PULL, field, "nodes", 0))))).facts
    parts = {one: getattr(found, one) for one in ("labels", "commits", "checks", "reviews")}

    assert [one for one, value in parts.items() if isinstance(value, Unknown)] == [part]


async def test_an_error_without_a_place_spoils_everything_that_null_could_mean() -> None:
    found = await look(serving(facts(ROWS, error(kind="SOMETHING"))))

    assert isinstance(found.repository, Unknown)
    assert isinstance(found.organisation, Unknown)
    assert isinstance(found.facts.checks, Unknown)


async def test_a_refused_workflow_file_spoils_nothing_but_itself() -> None:
    path = (*PULL, "head", "nodes", 0, "commit", "checkSuite", "workflowRun")
    node = run(checkSuite={"app": {"databaseId": 1, "slug": "github-actions"}, "workflowRun": None})

    found = (await look(serving(facts(ROWS, error(*path), head=rolled(node))))).facts

    assert not isinstance(found.checks, Unknown)
    assert isinstance(found.checks[0].workflow, Unknown)


def rolled(*nodes: Any, **more: Any) -> dict[str, Any]:
    contexts = connection(*nodes, **more)
    return {"nodes": [{"commit": {"oid": HEAD, "statusCheckRollup": {"contexts": contexts}}}]}


async def test_a_run_that_names_no_suite_makes_the_checks_unknown() -> None:
    found = (await look(serving(facts(ROWS, head=rolled(run(checkSuite=None)))))).facts

    assert isinstance(found.checks, Unknown)


async def test_a_head_without_any_check_has_none_and_one_without_contexts_is_unknown() -> None:
    none = (await look(serving(facts(ROWS, head=rolled_at(HEAD))))).facts
    broken = rolled()
    broken["nodes"][0]["commit"]["statusCheckRollup"]["contexts"] = None

    assert none.checks == ()
    assert isinstance((await look(serving(facts(ROWS, head=broken)))).facts.checks, Unknown)


async def test_long_lists_are_paged_to_their_end() -> None:
    client = serving(
        facts(
            ROWS,
            head=rolled(run("a"), total=2, after="c1"),
            commits={
                "totalCount": 2,
                "pageInfo": {"hasPreviousPage": True, "startCursor": "c2"},
                "nodes": [commit()],
            },
        )
    )
    here = {"headRefOid": HEAD, "baseRefOid": BASE}
    client.graph["MoreContexts"] = paged_pull(here | {"head": rolled(run("b"), total=2)})
    older = connection(commit(OLD, 2), total=2)
    client.graph["MoreCommits"] = paged_pull(here | {"commits": older})

    found = (await look(client)).facts

    assert not isinstance(found.checks, Unknown)
    assert [one.name for one in found.checks] == ["a", "b"]
    assert found.commits == Commits(
        shas=(OLD, HEAD),
        contributors=frozenset({1, 2}),
        authors=frozenset({1, 2}),
        subjects=("Change c", "Change a"),
        parts=(frozenset({2}), frozenset({1})),
    )
    assert found.unread == ()


def paged_pull(pull: dict[str, Any]) -> dict[str, Any]:
    return {"repository": {"pullRequest": pull}}


async def test_a_page_of_another_head_is_stale() -> None:
    client = serving(facts(ROWS, head=rolled(run("a"), total=2, after="c1")))
    moved = {"headRefOid": OLD, "baseRefOid": BASE}
    client.graph["MoreContexts"] = paged_pull(moved | {"head": rolled(run("b"), total=2)})

    with pytest.raises(Stale, match="moved"):
        await look(client)


@pytest.mark.parametrize(
    ("changed", "part", "why"),
    [
        ({"head": rolled(run(), total=1004, after="c")}, "checks", "1,003 of 1,004 checks"),
        ({"commits": connection(commit(), total=251, after="c")}, "commits", "250 of 251 commits"),
        ({"labels": connection({"name": "x"}, total=2)}, "labels", "1 of 2 labels"),
        ({"latestOpinionatedReviews": connection(total=1)}, "reviews", "1 of 1 reviews"),
    ],
)
async def test_a_list_that_was_cut_is_unknown_and_the_report_says_so(
    changed: Any, part: str, why: str
) -> None:
    found = (await look(serving(facts(ROWS, **changed)))).facts

    assert getattr(found, part) == Unknown(f"{why} not read", by_content=part == "commits")
    assert found.unread == (f"{why} not read",)


@pytest.mark.parametrize(
    ("pages", "why"),
    [
        ([connection(run("b"), run("c"), total=3)], "the checks changed while they were read"),
        ([connection(run("b"), total=3, after="c2")], "the checks changed while they were read"),
        ([connection(total=2, after="c1")], "1 of 2 checks not read"),
        ([connection(run("b"), total=2, after="c1")], "the checks changed while they were read"),
    ],
)
async def test_a_list_that_changes_or_never_ends_is_not_believed(pages: Any, why: str) -> None:
    client = serving(facts(ROWS, head=rolled(run("a"), total=2, after="c1")))

    def more(_: Any) -> Any:
        rollup = {"statusCheckRollup": {"contexts": pages.pop(0)}}
        here = {"headRefOid": HEAD, "baseRefOid": BASE}
        return paged_pull(here | {"head": {"nodes": [{"commit": rollup}]}})

    client.graph["MoreContexts"] = more

    assert (await look(client)).facts.checks == Unknown(why)


@pytest.mark.parametrize(
    ("part", "unread"),
    [
        ("reviewRequests", "who is asked for a review could not be read"),
        ("latestReviews", "who reviewed with comments alone could not be read"),
    ],
)
async def test_reviewers_who_cannot_be_read_leave_the_opinions(part: str, unread: str) -> None:
    found = (await look(serving(facts(ROWS, error(*PULL, part))))).facts

    assert found.reviews == Reviews(opinions=(), requested=(), requested_teams=())
    assert found.unread == (unread,)


@pytest.mark.parametrize("missing", ["headRefOid", "updatedAt", "author", "createdAt"])
async def test_an_answer_without_its_core_is_tried_again(missing: str) -> None:
    answer = facts(ROWS)
    del answer.data["repository"]["pullRequest"][missing]

    with pytest.raises(Transient):
        await look(serving(answer))


@pytest.mark.parametrize(
    ("kind", "raised"), [("NOT_FOUND", Gone), ("FORBIDDEN", Denied), ("", Transient)]
)
async def test_a_repository_that_is_not_shown_is_trouble(kind: str, raised: Any) -> None:
    answer = facts(ROWS, error("repository", kind=kind))
    answer.data["repository"] = None

    with pytest.raises(raised):
        await look(serving(answer))


@pytest.mark.parametrize("heavy", [HeavyQuery("502"), None])
async def test_a_query_that_is_too_heavy_is_asked_in_two_halves(heavy: Any) -> None:
    partial = facts(ROWS, error(kind="RESOURCE_LIMITS_EXCEEDED"))
    client = serving(heavy or partial)
    client.graph["HandoffCore"] = without(facts(ROWS), "commits", "head", "files")
    client.graph["HandoffEvidence"] = facts(ROWS)

    found = await look(client)

    assert found == await look(serving())
    client.graph["HandoffEvidence"] = facts(ROWS, headRefOid=OLD)
    with pytest.raises(Stale, match="moved"):
        await look(client)


def without(answer: GraphAnswer, *names: str) -> GraphAnswer:
    for name in names:
        del answer.data["repository"]["pullRequest"][name]
    return answer


# ── policy files ──────────────────────────────────────────────────────────────────────────────


async def test_the_policies_come_with_the_same_query() -> None:
    layer = {"databaseId": 8, "policy": blob("mode: advise", "f" * 40)}

    found = await look(serving(facts(ROWS, policy=blob("version: 1"), organisation=layer)))

    assert found.repository == PolicyFile(
        path=".github/handoff.yml", blob="d" * 40, text="version: 1"
    )
    assert found.organisation == PolicyFile(path="handoff.yml", blob="f" * 40, text="mode: advise")


@pytest.mark.parametrize("kind", ["NOT_FOUND", "FORBIDDEN", "INTERNAL"])
async def test_an_organisation_layer_that_cannot_be_seen_is_not_a_removed_one(kind: str) -> None:
    found = await look(serving(facts(ROWS, error("organisation", kind=kind), organisation=None)))

    assert isinstance(found.organisation, Unknown)


async def test_a_policy_below_an_error_is_unknown_not_absent() -> None:
    found = await look(serving(facts(ROWS, error("repository", "policy"))))

    assert isinstance(found.repository, Unknown)


async def test_a_proposed_policy_is_read_at_the_head_once() -> None:
    rows = [row(".github/handoff.yml")]
    client = serving(facts(rows), rows)
    entry = {"mode": 33188, "type": "blob", "object": blob("version: 2")}
    head = {"nodes": [{"commit": {"oid": HEAD, "f0": entry}}]}
    client.graph["HeadFiles"] = paged_pull({"headRefOid": HEAD, "head": head})
    eyes = source(client)

    first = await eyes.outline(claim(), None)
    again = await eyes.outline(claim(), None)

    wanted = PolicyFile(path=".github/handoff.yml", blob="d" * 40, text="version: 2")
    assert (first.proposed, again.proposed) == (wanted, wanted)
    assert client.calls.count("HeadFiles") == 1


async def test_a_proposed_removal_has_no_text_and_a_refused_file_is_told() -> None:
    gone = [row(".github/handoff.yml", "@@ -1 +0,0 @@\n-x", status="removed")]
    changed = [row(".github/handoff.yml")]
    client = serving(facts(changed), changed)
    client.graph["HeadFiles"] = replace(
        facts(changed, error(*PULL, "head")),
        data=paged_pull({"headRefOid": HEAD, "head": rolled_at(HEAD)}),
    )

    removed = await look(serving(facts(gone), gone))
    refused = await look(client)

    assert removed.proposed == PolicyFile(path=".github/handoff.yml")
    assert refused.proposed is None
    assert refused.facts.unread[0].startswith("the proposed policy: GitHub could not show")


async def test_older_versions_of_a_policy_come_newest_first_without_the_unreadable() -> None:
    def version(text: str | None, **entry: Any) -> dict[str, Any]:
        found = blob(text, oid="d" * 40) if text is not None else None
        return {"file": {"mode": 33188, "object": found} | entry}

    nodes = [version("a"), {"file": None}, version(None), version("l", mode=40960), version("b")]
    history = {"defaultBranchRef": {"target": {"history": {"nodes": nodes}}}}
    client = FakeClient(graph={"PolicyHistory": {"repository": history}})

    found = await source(client).policy_history(claim(), "p.yml")

    assert [one.text for one in found] == ["a", "b"]
    assert await source(FakeClient()).policy_history(claim(), "p.yml") == ()


async def test_a_file_of_another_repository_is_read_at_its_ref() -> None:
    asked: list[Any] = []

    def answer(variables: Any) -> Any:
        asked.append(variables)
        return {"repository": {"file": blob("x")}}

    client = FakeClient(graph={"PolicyFile": answer})

    found = await source(client).policy_file(claim(), "acme/rules", "a.yml", "v1")

    assert found == PolicyFile(path="a.yml", blob="d" * 40, text="x")
    assert asked == [{"expression": "v1:a.yml", "owner": "acme", "name": "rules"}]
    hidden = await source(FakeClient()).policy_file(claim(), "acme/rules", "a.yml", None)
    assert isinstance(hidden, Unknown)


# ── the sticky comment ────────────────────────────────────────────────────────────────────────

COMMENT = "GET issues/comments/5"


def sticky(detail: str = "{}") -> Published:
    """What the store knows of our comment."""
    known = {"key": "sticky:7#12", "kind": "sticky", "gen": 1, "digest": "", "state": "live"}
    return Published(**known, remote_id=5, detail=detail)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("node", "errors", "seen"),
    [
        ({"isMinimized": False}, (), StickySeen(gone=False, hidden=False)),
        ({"isMinimized": True}, (), StickySeen(gone=False, hidden=True)),
        (None, (error("sticky", kind="NOT_FOUND"),), StickySeen(gone=True, hidden=False)),
        (None, (error("sticky"),), None),
        (None, (), None),
    ],
)
async def test_our_comment_is_seen_standing_hidden_or_gone(
    node: Any, errors: Any, seen: StickySeen | None
) -> None:
    client = serving(facts(ROWS, *errors, sticky=node))
    client.rest[COMMENT] = {"node_id": "IC_5"}
    eyes = source(client)

    assert (await eyes.outline(claim(), sticky())).sticky == seen
    await eyes.outline(claim(), sticky())
    assert client.calls.count(f"GET /repos/{REPO}/issues/comments/5") == 1


async def test_who_made_our_comment_has_noted_how_it_is_asked_about() -> None:
    client = serving(facts(ROWS, sticky={"isMinimized": True}))

    seen = (await source(client).outline(claim(), sticky('{"node": "IC_5"}'))).sticky

    assert seen == StickySeen(gone=False, hidden=True)
    assert f"GET /repos/{REPO}/issues/comments/5" not in client.calls


async def test_a_comment_without_a_node_is_gone_or_not_asked_about() -> None:
    client = serving()

    assert (await source(client).outline(claim(), sticky())).sticky == StickySeen(
        gone=True, hidden=False
    )
    client.rest[COMMENT] = Denied("no")
    assert (await source(client).outline(claim(), sticky())).sticky is None
