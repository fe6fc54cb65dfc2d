"""Which artifacts count, and where their bytes may come from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.egress import PublicResolver, is_public
from bot.errors import Denied, Gone, Refused, TooLarge, Transient
from bot.github.artifacts import NOT_PERMITTED, Shelf
from bot.github.egress import fetch
from bot.github.facts import checks_of
from bot.model.facts import CheckRun
from bot.model.known import Known, Unknown
from bot.model.results import AllLeft, Left
from tests.github.double import APP, BASE, HEAD, OLD, FakeClient, connection, place, run
from tests.github.little import REPO, REPO_ID, Bench, Reply, reply
from tests.support.pulls import check, pull

CI, OTHER = ".github/workflows/ci.yml", ".github/workflows/other.yml"


def row(number: int, name: str = "unit", *, sha: str | None = HEAD, **known: Any) -> dict[str, Any]:
    run = None if sha is None else {"head_sha": sha}
    return {
        "id": number,
        "name": name,
        "size_in_bytes": 9,
        "expired": False,
        "workflow_run": run,
    } | known


def job(run: int | None = 1, **known: Any) -> CheckRun:
    return check("ci / unit", id=known.pop("id", 5), run=run, **known)


async def left(
    client: FakeClient, *jobs: CheckRun, workflow: str | None = None, shelf: Shelf | None = None
) -> Known[AllLeft]:
    facts = pull(checks=jobs, head_sha=HEAD)
    return await (shelf or Shelf()).left(place(client), facts, workflow)


def listed(*rows: dict[str, Any], run: int = 1) -> FakeClient:
    return FakeClient(rest={f"GET actions/runs/{run}/artifacts": list(rows)})


COUNT = [
    ("of the head", row(1), [1]),
    ("of a run that GitHub does not name", row(1, sha=None), [1]),
    ("of another head", row(1, sha=OLD), []),
    ("expired", row(1, expired=True), []),
]


@pytest.mark.parametrize(("why", "one", "ids"), COUNT)
async def test_what_counts_is_of_the_head_and_still_there(
    why: str, one: dict[str, Any], ids: list[int]
) -> None:
    found = await left(listed(one), job())

    assert isinstance(found, AllLeft)
    assert [each.id for each in found.left] == ids


async def test_an_artifact_knows_the_run_that_left_it() -> None:
    found = await left(listed(row(3)), job(run_over=False, link="x"))

    one = Left(id=3, name="unit", run=1, size=9, workflow=CI, over=False, link="x")
    assert found == AllLeft(left=(one,), running=True)


async def test_only_the_workflow_that_is_asked_for_is_listed() -> None:
    client = listed(row(1))

    await left(client, job(), job(2, workflow=OTHER), workflow=CI)

    assert client.calls == ["GET /repos/acme/orders/actions/runs/1/artifacts"]


async def test_a_run_that_is_over_is_listed_once_and_its_next_attempt_again() -> None:
    client, shelf = listed(row(1)), Shelf()

    for number in (5, 5, 6):
        await left(client, job(id=number), shelf=shelf)
    for _ in range(2):
        await left(client, job(id=7, run_over=False), shelf=shelf)

    assert len(client.calls) == 4


async def test_checks_of_other_apps_leave_nothing() -> None:
    assert (
        await left(FakeClient(), job(None, app_slug="ci"), job(None, status_by="x", app_slug=None))
        == AllLeft()
    )


NOT_LEARNT = [
    ("no permission", FakeClient(granted={"checks": "write"}), (job(),), NOT_PERMITTED.reason),
    (
        "refused",
        FakeClient(rest={"GET actions/runs/1/artifacts": Denied("no")}),
        (job(),),
        NOT_PERMITTED.reason,
    ),
    ("gone", FakeClient(), (job(),), "the artifacts cannot be read"),
    ("a job of no known run", listed(), (job(), job(None)), "does not show its workflow run"),
    ("too many runs", listed(), tuple(job(at) for at in range(31)), "31 workflow runs"),
    (
        "too many artifacts",
        FakeClient(rest={"GET actions/runs/1/artifacts": ([], False)}),
        (job(),),
        "more than 300",
    ),
    ("half an answer", listed({"id": 1}), (job(),), "not complete"),
]


@pytest.mark.parametrize(("why", "client", "jobs", "says"), NOT_LEARNT)
async def test_what_cannot_be_listed_is_not_known(
    why: str, client: FakeClient, jobs: tuple[CheckRun, ...], says: str
) -> None:
    found = await left(client, *jobs)

    assert isinstance(found, Unknown)
    assert says in found.reason


async def test_without_checks_there_are_no_runs() -> None:
    facts = replace(pull(), checks=Unknown("hidden"))

    assert await Shelf().left(place(FakeClient()), facts, None) == Unknown("hidden")


BODIES = [
    (Denied("no"), NOT_PERMITTED.reason, False),
    (TooLarge("x"), "larger than 20", True),
    (Gone("expired"), "expired", False),
]


@pytest.mark.parametrize(("trouble", "says", "by_content"), BODIES)
async def test_bytes_that_cannot_be_had_are_not_known(
    trouble: Refused, says: str, by_content: bool
) -> None:
    client = FakeClient(rest={"GET actions/artifacts/3/zip": trouble})

    found = await Shelf.body(place(client), Left(id=3, name="unit", run=1, size=9), 20)

    assert isinstance(found, Unknown)
    assert (says in found.reason, found.by_content) == (True, by_content)


def test_a_check_knows_its_workflow_run() -> None:
    suite = {"app": {"slug": "github-actions"}, "databaseId": 2, "status": "IN_PROGRESS"}
    node = {"__typename": "CheckRun", "databaseId": 1, "name": "unit", "status": "COMPLETED"}
    node |= {"conclusion": "SUCCESS", "checkSuite": suite | {"workflowRun": {"databaseId": 9}}}

    (run,) = checks_of([node], 7, workflow=True)

    assert (run.run, run.run_over) == (9, False)


# ── the merge base ────────────────────────────────────────────────────────────────────────────

COMPARE = f"GET compare/{BASE}...{HEAD}"
COMPARED = {COMPARE: {"merge_base_commit": {"sha": OLD}}}


def checked(*nodes: dict[str, Any]) -> dict[str, Any]:
    commit = {"oid": OLD, "statusCheckRollup": {"contexts": connection(*nodes)}}
    return {"MoreGroupContexts": {"repository": {"group": commit}}}


def ended(status: str = "COMPLETED") -> dict[str, Any]:
    node = run("unit")
    return node | {"checkSuite": node["checkSuite"] | {"status": status}}


async def before(client: FakeClient, shelf: Shelf | None = None) -> Any:
    facts = pull(head_sha=HEAD, base_sha=BASE)
    return await (shelf or Shelf()).before(place(client), facts, APP)


async def test_what_ci_says_of_the_merge_base_is_asked_once_it_is_over() -> None:
    client, shelf = FakeClient(rest=COMPARED, graph=checked(ended("IN_PROGRESS"))), Shelf()

    await before(client, shelf)
    client.graph = checked(ended())
    found = [await before(client, shelf) for _ in range(2)]

    sha, (one,) = found[0]
    assert (sha, one.name, one.run_over) == (OLD, "unit", True)
    assert found[0] == found[1]
    assert len(client.calls) == 4


async def test_a_merge_base_without_checks_is_asked_once() -> None:
    none = {"MoreGroupContexts": {"repository": {"group": {"oid": OLD, "statusCheckRollup": None}}}}
    client, shelf = FakeClient(rest=COMPARED, graph=none), Shelf()

    assert [await before(client, shelf) for _ in range(2)] == [(OLD, ())] * 2
    assert len(client.calls) == 2


HIDDEN = [
    ("no merge base", FakeClient(graph=checked(ended())), "does not tell the merge base"),
    ("no such commit", FakeClient(rest=COMPARED), "cannot be read"),
    (
        "not shown",
        FakeClient(rest=COMPARED, graph={"MoreGroupContexts": {"repository": {"group": None}}}),
        "not complete",
    ),
]


@pytest.mark.parametrize(("why", "client", "says"), HIDDEN)
async def test_what_the_merge_base_left_may_not_be_known(
    why: str, client: FakeClient, says: str
) -> None:
    found = await before(client)

    assert isinstance(found, Unknown)
    assert says in found.reason


# ── the way out ───────────────────────────────────────────────────────────────────────────────

PUBLIC = ["140.82.112.3", "2606:50c0:8000::153"]
PRIVATE = [
    *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1"),
    *("::ffff:10.0.0.1", "::ffff:140.82.112.3", "64:ff9b::a00:1", "64:ff9b::8c52:7003"),
    *("64:ff9b:1::a00:1", "2002:a00:1::", "::7f00:1", "::ffff:0:a00:1", "fec0::1"),
    *("192.0.0.192", "168.63.129.16"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_followed(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_any_other_address_is_not(address: str) -> None:
    assert not is_public(address)


async def test_a_name_of_this_machine_is_no_public_place() -> None:
    resolver = PublicResolver()

    with pytest.raises(OSError, match="no public place"):
        await resolver.resolve("localhost", 443)


async def test_an_artifact_is_found_below_the_repositorys_new_name(bench: Bench) -> None:
    old, new = (f"{where}/actions/artifacts/5/zip" for where in (REPO, "/repositories/7"))
    bench.server.on(f"GET {old}", reply(301, Location=bench.server.url + new))
    bench.server.on(f"GET {new}", reply(302, Location=f"{bench.server.url}/store/x"))
    bench.server.on("GET /store/x", Reply(raw=b"PK"))

    body = await bench.client.download(old, 9, repo_id=REPO_ID)

    seen = {one.path: "Authorization" in one.headers for one in bench.server.seen}
    assert body == b"PK"
    assert (seen[old], seen[new], seen["/store/x"]) == (True, True, False)


async def test_an_artifact_that_moves_on_and_on_is_given_up(bench: Bench) -> None:
    path = f"{REPO}/actions/artifacts/5/zip"
    bench.server.on(f"GET {path}", reply(301, Location=bench.server.url + path))

    with pytest.raises(Refused, match="nowhere"):
        await bench.client.download(path, 9, repo_id=REPO_ID)


NOT_FOLLOWED = [
    "http://artifacts.example/x",
    "https://artifacts.example:8443/x",
    "https://ana@artifacts.example/x",
    "https://10.0.0.1/x",
    "https://2130706433/x",
    "https://[::1]/x",
    "file:///etc/passwd",
    "ftp://artifacts.example/x",
    "",
]


@pytest.mark.parametrize("url", NOT_FOLLOWED)
async def test_an_address_that_could_lead_inside_is_not_followed(url: str, bench: Bench) -> None:
    with pytest.raises(Refused, match="not followed"):
        await fetch(bench.github.wire, url, 9)


async def test_a_name_that_means_this_machine_is_not_reached(bench: Bench) -> None:
    with pytest.raises(Transient, match="DNSError"):
        await fetch(bench.github.wire, "https://localhost/x", 9)
