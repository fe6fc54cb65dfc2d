"""Facts and publishing against the simulated GitHub, through the real client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.errors import Gone, Transient
from bot.github.client import GitHub, GitHubSettings
from bot.github.publish import GitHubPublisher
from bot.github.source import GitHubSource
from bot.model.claim import Claim
from bot.model.effect import Annotation, OpenIssue, Ping, Published, PutComment, SetCheck
from bot.model.facts import Change, Line, Standing
from bot.model.known import Unknown
from bot.model.look import GroupMember, StickySeen
from bot.model.need import Members, Need, Part
from bot.model.policy import Role
from bot.model.wake import Lane, Subject
from bot.simulator.acme import TREE, Acme, acme
from bot.simulator.faults import answer, cut
from bot.simulator.git import Files, Program
from bot.simulator.server import Simulator
from bot.simulator.things import Pull
from tests.contract.published import Contract
from tests.support.clock import FakeClock
from tests.support.hurried import watch

POLICY = "version: 1\n"


@dataclass
class Stage:
    """A simulated GitHub with one pull request, and our two ends of the line."""

    sim: Simulator
    acme: Acme
    pull: Pull
    source: GitHubSource
    publisher: GitHubPublisher
    clock: FakeClock

    def claim(self, group: str = "", **expect: str) -> Claim:
        number = 0 if group else self.pull.number
        now = self.clock.now()
        return Claim(
            subject=Subject(self.acme.repo.id, number, group),
            installation_id=self.acme.installation.id,
            repo=self.acme.repo.full_name,
            epoch=1,
            seq=1,
            lane=Lane.VERDICT,
            attempts=1,
            started_at=now,
            first_at=now,
            expect=expect,
        )

    def lines(self, since: int) -> list[str]:
        calls = [one.line for one in self.sim.calls[since:]]
        return [one for one in calls if "access_tokens" not in one]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    clock = FakeClock()
    async with Simulator(clock=clock) as sim:
        world = acme(sim.world, POLICY)
        files = {"app/api/refunds.py": "one\ntwo\n", "docs/orders.md": None}
        pull = sim.world.open_pull_request(world.repo, world["ana"], title="Refunds", files=files)
        settings = GitHubSettings(
            api_url=sim.api_url, app_id=str(sim.app_id), private_keys=(sim.private_key_pem,)
        )
        async with GitHub(settings, clock) as github:
            source = GitHubSource(github, clock, sim.app_id)
            publisher = GitHubPublisher(github, clock, sim.app_id)
            contract = Contract()
            watch(sim, contract)
            yield Stage(sim, world, pull, source, publisher, clock)
            assert sim.unknown == []
            assert contract.violations == []


async def test_facts_of_a_pull_request_take_two_calls_and_then_one(stage: Stage) -> None:
    stage.sim.world.run_ci(stage.pull, "ci / unit", "failure")
    stage.sim.world.review(stage.pull, stage.acme["ben"], "approve")

    facts = (await stage.source.outline(stage.claim(), None)).facts
    first = stage.lines(0)
    before = len(stage.sim.calls)
    await stage.source.outline(stage.claim(), None)

    assert sorted(first) == [
        f"GET /repos/acme/orders-api/pulls/{stage.pull.number}/files",
        "POST /graphql",
    ]
    assert stage.lines(before) == ["POST /graphql"]
    assert not isinstance(facts.changes, Unknown)
    assert [(one.path, one.change) for one in facts.changes] == [
        ("app/api/refunds.py", Change.ADDED),
        ("docs/orders.md", Change.REMOVED),
    ]
    assert facts.changes[0].added == (Line(number=1, text="one"), Line(number=2, text="two"))
    assert not isinstance(facts.checks, Unknown)
    assert [(one.name, one.conclusion, one.workflow) for one in facts.checks] == [
        ("ci / unit", "failure", ".github/workflows/ci.yml")
    ]
    assert not isinstance(facts.reviews, Unknown)
    assert [one.by.login for one in facts.reviews.opinions] == ["ben"]


async def test_what_rules_need_is_loaded_from_teams_owners_and_tree(stage: Stage) -> None:
    claim = stage.claim()
    outline = await stage.source.outline(claim, None)
    roles = {
        "backend": Role(name="backend", team="acme/backend"),
        "lead": Role(name="lead", permission=Standing.ADMIN),
        "typo": Role(name="typo", team="acme/bakcend"),
    }
    needs: frozenset[Need] = frozenset(
        {Part.OWNERS, Part.TREE, *(Members(role=name) for name in roles)}
    )

    found = await stage.source.load(claim, outline.facts, needs, roles)

    assert not isinstance(found.owners, Unknown)
    assert found.owners.by_path["docs/orders.md"] == ("@acme/backend",)
    assert not isinstance(found.tree, Unknown)
    assert "app/api/refunds.py" in found.tree
    assert found.members["backend"] == frozenset({outline.facts.author.id})
    assert found.members["lead"] == frozenset()
    assert isinstance(found.members["typo"], Unknown)


@pytest.mark.parametrize("fork", [False, True])
async def test_a_change_hidden_by_silent_zeros_is_found(stage: Stage, fork: bool) -> None:
    stage.sim.quirks.silent_zeros_after = 30
    files: dict[str, str | None] = {f"a{at:02}.py": "x\n" * 20 for at in range(12)}
    pull = stage.sim.world.open_pull_request(
        stage.acme.repo, stage.acme["ana"], title="Many", files=files, fork=fork
    )
    stage.pull = pull

    changes = (await stage.source.outline(stage.claim(), None)).facts.changes

    assert not isinstance(changes, Unknown)
    assert [one.additions for one in changes] == [20] * 12
    assert all(len(one.added) == 20 for one in changes if not isinstance(one.added, Unknown))
    assert not any(isinstance(one.added, Unknown) for one in changes)


@pytest.mark.parametrize("fork", [False, True])
async def test_lines_that_no_page_shows_are_compared_by_content(stage: Stage, fork: bool) -> None:
    stage.sim.quirks.silent_zeros_after = 0
    pull = stage.sim.world.open_pull_request(
        stage.acme.repo, stage.acme["ana"], title="One", files={"README.md": "new\n"}, fork=fork
    )
    stage.pull = pull

    changes = (await stage.source.outline(stage.claim(), None)).facts.changes

    assert not isinstance(changes, Unknown)
    assert changes[0].added == (Line(number=1, text="new"),)


async def test_rows_and_heads_of_before_a_push_are_not_judged(stage: Stage) -> None:
    await stage.source.outline(stage.claim(), None)
    stage.clock.advance(1)
    stage.sim.world.push(stage.pull, stage.acme["ana"], {"new.py": "x\n"})
    expect = {"sha": stage.pull.head_sha, "at": stage.clock.now().isoformat()}

    outline = await stage.source.outline(stage.claim(**expect), None)

    assert outline.facts.head_sha == stage.pull.head_sha
    assert not isinstance(outline.facts.changes, Unknown)
    assert len(outline.facts.changes) == 3


async def test_a_merge_group_names_its_members_and_its_own_checks(stage: Stage) -> None:
    entry = stage.sim.world.enqueue([stage.pull], stage.acme["maria"])
    stage.sim.world.run_ci(stage.acme.repo, "ci / unit", "success", sha=entry.group_sha)
    ref = f"refs/heads/{entry.group_ref}"

    group = await stage.source.group(stage.claim(entry.group_sha, ref=ref, base="refs/heads/main"))

    assert group.members == (GroupMember(number=stage.pull.number, head_sha=stage.pull.head_sha),)
    assert not isinstance(group.facts.checks, Unknown)
    assert [one.name for one in group.facts.checks] == ["ci / unit"]


def check(stage: Stage, annotations: int = 0) -> SetCheck:
    return SetCheck(
        repo_id=stage.acme.repo.id,
        head_sha=stage.pull.head_sha,
        name="handoff",
        status="completed",
        conclusion="success",
        title="Ready",
        summary="All is well",
        text="",
        annotations=tuple(
            Annotation(
                path="a.py", start_line=at, end_line=at, level="notice", title="t", message="m"
            )
            for at in range(1, annotations + 1)
        ),
    )


async def test_a_check_with_many_annotations_is_written_and_found_again(stage: Stage) -> None:
    effect, claim = check(stage, 120), stage.claim()

    receipt = await stage.publisher.publish(claim, effect, None, "h1.1.a")
    found = await stage.publisher.find(claim, effect, None, "h1.1.a")

    assert found == receipt
    (run,) = stage.sim.world.latest_runs(stage.acme.repo, stage.pull.head_sha)
    assert (run.id, run.conclusion, len(run.annotations)) == (receipt.remote_id, "success", 100)


async def test_our_comment_is_seen_standing_hidden_and_deleted(stage: Stage) -> None:
    number = stage.pull.number
    effect = PutComment(repo_id=stage.acme.repo.id, number=number, body="Do this", create=True)
    receipt = await stage.publisher.publish(stage.claim(), effect, None, "")
    (comment,) = stage.pull.comments
    known = {"key": effect.key, "kind": "sticky", "gen": 1, "digest": "", "state": "live"}
    stands = Published(**known, remote_id=receipt.remote_id, detail=receipt.detail)  # type: ignore[arg-type]

    async def seen() -> StickySeen | None:
        return (await stage.source.outline(stage.claim(), stands)).sticky

    assert await seen() == StickySeen(gone=False, hidden=False)
    stage.sim.world.hide_comment(comment)
    assert await seen() == StickySeen(gone=False, hidden=True)
    stage.sim.world.delete_comment(comment, stage.acme["maria"])
    assert await seen() == StickySeen(gone=True, hidden=False)
    assert await stage.publisher.find(stage.claim(), replace(effect, create=True), None, "") is None


async def test_a_return_is_a_comment_where_the_repository_has_no_issues(stage: Stage) -> None:
    home, number = stage.acme, stage.pull.number
    home.repo.has_issues = False
    granted = home.installation.permissions | {"issues": "write"}
    stage.sim.world.accept_permissions(home.installation, granted)
    issue = OpenIssue(
        repo_id=home.repo.id, number=number, cause="c", title="Returned", body="Why", assignee="ana"
    )
    await stage.source.outline(stage.claim(), None)
    stage.sim.fault(f"POST .*/issues/{number}/comments", cut(done=True), 1)

    with pytest.raises(Transient):
        await stage.publisher.publish(stage.claim(), issue, None, "")
    found = await stage.publisher.find(stage.claim(), issue, None, "")

    (comment,) = stage.pull.comments
    assert (found and found.remote_id, comment.body[:3]) == (comment.id, "Why")


async def test_a_verdict_is_not_held_up_by_a_remark_that_github_refuses(stage: Stage) -> None:
    note = Annotation(
        path="docs/\x85.md", start_line=1, end_line=1, level="failure", title="t", message="m"
    )
    effect = SetCheck(
        repo_id=stage.acme.repo.id,
        head_sha=stage.pull.head_sha,
        name="handoff",
        status="completed",
        conclusion="failure",
        title="Not ready",
        summary="One item is left",
        text="",
        annotations=(note,),
    )
    refused = {"message": "Validation Failed", "errors": [{"field": "annotations"}]}
    stage.sim.fault("POST .*/check-runs", answer(422, refused), 1)

    receipt = await stage.publisher.publish(stage.claim(), effect, None, "h1.1.a")

    (run,) = stage.acme.repo.runs(stage.pull.head_sha)
    assert (run.id, run.conclusion, run.annotations) == (receipt.remote_id, "failure", [])
    assert '"annotations_sent": []' in receipt.detail


@pytest.mark.parametrize("kind", ["ping", "sticky"])
async def test_a_comment_whose_answer_was_lost_is_found_behind_a_thousand_others(
    stage: Stage, kind: str
) -> None:
    world, number = stage.sim.world, stage.pull.number
    for at in range(1_001):
        world.comment(stage.pull, stage.acme["ana"], f"{at}")
    about: dict[str, Any] = {"repo_id": stage.acme.repo.id, "number": number, "body": "Your turn"}
    effect = Ping(cause="qa", **about) if kind == "ping" else PutComment(create=True, **about)
    stage.sim.fault(f"POST .*/issues/{number}/comments", cut(done=True), 1)

    with pytest.raises(Transient) as lost:
        await stage.publisher.publish(stage.claim(), effect, None, "")
    found = await stage.publisher.find(stage.claim(), effect, None, "")

    assert (lost.value.sent, found and found.remote_id) == (True, stage.pull.comments[-1].id)


async def test_a_name_or_a_mode_has_no_lines_and_binary_content_is_not_shown(stage: Stage) -> None:
    """A NUL makes a text binary for GitHub, which then counts no line of it, renamed or not."""
    old = {
        path: str(TREE[path])
        for path in ("app/auth.py", "app/main.py", "README.md", "docs/orders.md")
    }
    files: Files = {
        "app/login.py": f"{old['app/auth.py']}# \0\nSECRET = 1\n",
        "app/auth.py": None,
        "app/main.py": f"{old['app/main.py']}# \0\n",
        "README.md": Program(old["README.md"]),
        "docs/all.md": old["docs/orders.md"],
        "docs/orders.md": None,
    }
    home = stage.acme
    stage.pull = stage.sim.world.open_pull_request(home.repo, home["ana"], files=files)

    facts = (await stage.source.outline(stage.claim(), None)).facts

    assert not isinstance(facts.changes, Unknown)
    assert {one.path: one.added for one in facts.changes} == {
        "README.md": (),
        "docs/all.md": (),
        "app/login.py": Unknown("GitHub shows no patch for app/login.py", by_content=True),
        "app/main.py": Unknown("GitHub shows no patch for app/main.py", by_content=True),
    }


async def test_a_comment_is_not_thought_missing_where_not_all_are_shown(stage: Stage) -> None:
    ping = Ping(repo_id=stage.acme.repo.id, number=stage.pull.number, cause="qa", body="Your turn")
    more = f'<{stage.sim.api_url}/x>; rel="next"'
    stage.sim.fault("GET .*/comments", answer(200, [], Link=more), 1)

    with pytest.raises(Transient, match="not show all"):
        await stage.publisher.find(stage.claim(), ping, None, "")


@pytest.mark.parametrize("times", [1, 2])
async def test_a_comment_that_github_does_not_find_for_a_moment_is_edited_later(
    stage: Stage, times: int
) -> None:
    number = stage.pull.number
    wish = PutComment(repo_id=stage.acme.repo.id, number=number, body="Two are left", create=True)
    made = await stage.publisher.publish(stage.claim(), wish, None, "")
    stands = Published(
        key=wish.key, kind="sticky", gen=1, digest="", remote_id=made.remote_id, detail="{}"
    )
    stage.sim.fault("(PATCH|GET) .*comments", answer(404, {"message": "Not Found"}), times)

    with pytest.raises(Transient if times == 1 else Gone):
        await stage.publisher.publish(stage.claim(), wish, stands, "")
    done = await stage.publisher.publish(stage.claim(), replace(wish, body="Done"), stands, "")
    stage.sim.world.delete_comment(stage.pull.comments[0], stage.acme["maria"])
    gone = await stage.publisher.publish(stage.claim(), wish, stands, "")

    assert [done.suppressed, gone.suppressed, stage.pull.comments] == [False, True, []]
