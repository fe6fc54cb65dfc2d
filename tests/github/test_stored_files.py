"""What another process stored of a head when it judged that: taken where it still holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.github.source import GitHubSource
from bot.model.claim import Claim
from bot.model.codec import canonical
from bot.model.facts import ChangedFile, Facts
from bot.model.known import Unknown
from bot.model.look import Outline, PolicyFile
from bot.model.wake import Lane, Subject
from tests.github.double import (
    APP,
    HEAD,
    NUMBER,
    OLD,
    REPO,
    FakeClient,
    FakeGitHub,
    blob,
    claim,
    facts,
    paged,
    row,
)
from tests.support.clock import FakeClock

CALL = f"GET /repos/{REPO}/pulls/{NUMBER}/files"
POLICY = ".github/handoff.yml"
ROWS = [row("a.py"), row("b.py", "@@ -1 +1 @@\n-one\n+two")]
UNKNOWN = Unknown("diff not fully visible")


def serving(rows: Sequence[dict[str, Any]] = ROWS, **changed: Any) -> FakeClient:
    shown = list(rows)
    files = {f"GET pulls/{NUMBER}/files": paged(shown)}
    return FakeClient(rest=files, graph={"HandoffFacts": facts(shown, **changed)})


class Process:
    """One of several on one store, that `stored` a matter of each head."""

    def __init__(self, client: FakeClient, stored: dict[str, bytes]) -> None:
        github: Any = FakeGitHub(client)
        self.client, self.stored, self.asked = client, stored, list[str]()
        self.source = GitHubSource(github, FakeClock(), APP, self.matter)

    async def matter(self, subject: Subject, sha: str) -> bytes | None:
        assert subject == claim().subject
        self.asked.append(sha)
        return self.stored.get(sha)

    async def look(self, lane: Lane = Lane.UPDATE, sha: str = HEAD) -> Outline:
        woken: Claim = replace(claim(sha=sha), lane=lane)
        self.client.calls.clear()
        return await self.source.outline(woken, None)


def matter(known: Facts) -> bytes:
    return b'{"acts":[],"facts":%s,"proposed":[]}' % canonical(known)


async def judged(rows: Sequence[dict[str, Any]] = ROWS) -> Facts:
    """What the process that judged the head first made of it."""
    return (await Process(serving(rows), {}).look(Lane.VERDICT)).facts


async def test_another_process_takes_the_files_that_were_judged() -> None:
    known = await judged()
    other = Process(serving(), {HEAD: matter(known)})

    found = await other.look()
    calls = list(other.client.calls)
    await other.look()

    assert (calls, other.client.calls) == (["HandoffFacts"], ["HandoffFacts"])
    assert found.facts == known
    # What is in its own memory by then is not asked for a second time.
    assert other.asked == [HEAD]


async def test_a_large_list_is_taken_as_well() -> None:
    rows = [row(f"src/{nth}.py", "@@ -0,0 +1 @@\n+" + "x" * 3_000) for nth in range(80)]
    known = await judged(rows)

    other = Process(serving(rows), {HEAD: matter(known)})

    assert (await other.look()).facts.changes == known.changes
    assert other.client.calls == ["HandoffFacts"]


@pytest.mark.parametrize(
    "changed",
    [{"baseRefOid": OLD}, {"changedFiles": 3}, {"additions": 9}, {"deletions": 9}],
    ids=lambda one: next(iter(one)),
)
async def test_another_base_or_count_is_asked_for_anew(changed: dict[str, Any]) -> None:
    other = Process(serving(**changed), {HEAD: matter(await judged())})

    await other.look()

    assert other.client.calls[:2] == ["HandoffFacts", CALL]


async def test_what_is_stored_of_the_expected_head_is_not_taken_for_another() -> None:
    stored = replace(await judged(), head_sha=OLD)
    other = Process(serving(updatedAt="2026-03-02T09:00:00Z"), {OLD: matter(stored)})
    woken = replace(claim(sha=OLD, at="2026-03-02T08:00:00+00:00"), lane=Lane.UPDATE)

    found = await other.source.outline(woken, None)

    assert other.client.calls == ["HandoffFacts", CALL]
    assert found.facts.head_sha == HEAD


def first(known: Facts, **lines: Any) -> tuple[ChangedFile, ...]:
    """The changes with these lines of the first file unknown."""
    assert not isinstance(known.changes, Unknown)
    return (replace(known.changes[0], **lines), *known.changes[1:])


@pytest.mark.parametrize("what", ["all", "added", "removed"])
async def test_what_was_not_known_then_is_asked_for_anew(what: str) -> None:
    known = await judged()
    changes = UNKNOWN if what == "all" else first(known, **{what: UNKNOWN})
    other = Process(serving(), {HEAD: matter(replace(known, changes=changes))})

    found = await other.look()

    assert other.client.calls == ["HandoffFacts", CALL]
    assert found.facts.changes == known.changes


async def test_a_recheck_asks_anew_whatever_is_stored() -> None:
    other = Process(serving(), {HEAD: matter(await judged())})
    await other.look()
    await other.source.forget(claim())

    await other.look(Lane.COMMAND)

    assert other.client.calls == ["HandoffFacts", CALL]
    assert other.asked == [HEAD]


async def test_a_new_head_costs_no_look_into_the_store() -> None:
    other = Process(serving(), {HEAD: matter(await judged())})

    await other.look(Lane.VERDICT)

    assert (other.client.calls, other.asked) == (["HandoffFacts", CALL], [])


async def test_a_policy_that_is_proposed_is_read_anew() -> None:
    rows = [row(POLICY)]
    entry = {"type": "blob", "object": blob("version: 1\n")}
    head = {"headRefOid": HEAD, "head": {"nodes": [{"commit": {"oid": HEAD, "f0": entry}}]}}
    client = serving(rows)
    client.graph["HeadFiles"] = {"repository": {"pullRequest": head}}
    known = (await Process(client, {}).look(Lane.VERDICT)).facts
    other = Process(client, {HEAD: matter(known)})

    found = await other.look()

    assert client.calls == ["HandoffFacts", "HeadFiles"]
    assert found.proposed == PolicyFile(path=POLICY, blob="d" * 40, text="version: 1\n")
