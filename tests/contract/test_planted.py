"""The checker of GitHub's contract catches what it is there for: violations planted one by one."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from bot.simulator.scenario import REFUNDS
from tests.contract.published import (
    Contract,
    Exchange,
    examples,
    hook_problems,
    without_removed,
)
from tests.support.hurried import hurried, quiet

Data: TypeAlias = dict[str, Any]
Plant: TypeAlias = Callable[[Data], None]

FILES = {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "Refunds.\n"}


async def _played(folder: Path) -> list[Exchange]:
    """What bot and GitHub say to each other over one pull request."""
    seen: list[Exchange] = []
    names = [one.name for one in fields(Exchange)]
    async with hurried(folder) as demo:
        demo.simulator.observe(
            lambda one: seen.append(Exchange(**{name: getattr(one, name) for name in names}))
        )
        stage = demo.stage
        pull = stage.world.open_pull_request(
            stage.repo, stage.people["ana"], title="Refunds", files=dict(FILES)
        )
        await quiet(demo, 5.0)
        stage.world.run_ci(pull, "ci / unit", "success")
        await quiet(demo, 5.0)
    return seen


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[Exchange]:
    return asyncio.run(_played(tmp_path_factory.mktemp("played")))


def one_of(seen: list[Exchange], method: str, end: str) -> Data:
    """A copy of the first exchange of that method whose path ends so."""
    found = next(one for one in seen if one.method == method and one.path.endswith(end))
    return {one.name: copy.deepcopy(getattr(found, one.name)) for one in fields(Exchange)}


def violations(data: Data) -> list[str]:
    contract = Contract()
    contract.observe(Exchange(**data))
    return contract.violations


# ── how a violation is planted ────────────────────────────────────────────────────────────────


def put(*path: str | int, value: Any) -> Plant:
    """Another value at a place."""

    def plant(data: Data) -> None:
        at: Any = data
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return plant


def drop(*path: str | int) -> Plant:
    """Nothing at a place."""

    def plant(data: Data) -> None:
        at: Any = data
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]

    return plant


def say(old: str, new: str) -> Plant:
    """Other words in the query."""

    def plant(data: Data) -> None:
        assert old in data["body"]["query"]
        data["body"]["query"] = data["body"]["query"].replace(old, new, 1)

    return plant


NOTE = {
    "path": "a",
    "start_line": 1,
    "end_line": 1,
    "annotation_level": "warning",
    "message": "m",
}
ACTION = {"label": "Recheck", "description": "d", "identifier": "i"}


async def test_everything_that_was_really_said_is_clean(seen: list[Exchange]) -> None:
    contract = Contract()

    observed = list(map(contract.observe, seen))

    assert len(observed) >= 8
    assert contract.violations == []
    assert {
        "POST /repos/{owner}/{repo}/check-runs",
        "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}",
        "GET /repos/{owner}/{repo}/pulls/{pull_number}/files",
        "POST /app/installations/{installation_id}/access_tokens",
    } <= contract.seen


@pytest.mark.parametrize(
    ("plant", "caught"),
    [
        (put("path", value="/repos/acme/orders-api/check-run"), "is no operation"),
        (put("path", value="/graphq"), "is no operation"),
        (put("method", value="DELETE"), "is no operation"),
        (put("query", value={"force": "true"}), "query parameter force is unknown"),
        (put("headers", value={"user-agent": "x"}), "x-github-api-version is missing"),
        (put("headers", value={"X-GitHub-Api-Version": "x"}), "user-agent is missing"),
        (drop("body", "name"), '"name" is a required property'),
        (drop("body", "head_sha"), '"head_sha" is a required property'),
        (drop("body", "output", "title"), '"title" is a required property'),
        (put("body", "name", value=5), "is not of type"),
        (put("body", "output", value="text"), "is not of type"),
        (put("body", "status", value="done"), "is not one of"),
        (put("body", "titel", value="x"), "body key titel is unknown"),
        (put("body", "output", "summary", value="x" * 65_536), "body ['output', 'summary']"),
        (put("body", "output", "annotations", value=[NOTE] * 51), "body ['output', 'annotations']"),
        (put("body", "actions", value=[ACTION | {"label": "x" * 21}]), "longer than 20"),
        (put("body", "actions", value=[ACTION] * 4), "body ['actions']"),
        (drop("answer", "id"), '"id" is a required property'),
        (drop("answer", "output", "annotations_count"), "is a required property"),
        (put("answer", "id", value="7"), "is not of type"),
        (put("answer", "app", "owner", value=5), "answer"),
        (put("status", value=200), "status 200 is not published"),
        (put("status", value=204), "status 204 is not published"),
    ],
)
def test_a_violation_of_the_rest_contract_is_caught(
    plant: Plant, caught: str, seen: list[Exchange]
) -> None:
    data = one_of(seen, "POST", "/check-runs")
    plant(data)

    found = violations(data)

    assert [line for line in found if caught in line] != [], found


def test_what_the_newer_version_took_away_is_neither_asked_for_nor_allowed() -> None:
    described = {
        "required": ["id", "has_downloads"],
        "properties": {"id": {"type": "integer"}, "has_downloads": {"type": "boolean"}},
    }

    assert without_removed({"anyOf": [described]}) == {
        "anyOf": [
            {
                "required": ["id"],
                "properties": {"id": {"type": "integer"}, "has_downloads": False},
            }
        ]
    }


def test_an_answer_that_is_a_list_is_held_to_its_rows(seen: list[Exchange]) -> None:
    data = one_of(seen, "GET", "/files")
    del data["answer"][0]["filename"]

    assert [line for line in violations(data) if '"filename" is a required' in line] != []


QUERY = """query Planted($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    id
    isPrivate
    pullRequests(first: 1) { totalCount nodes { number state } }
  }
}"""


def asked() -> Data:
    """A question and an answer that are as they should be."""
    pulls = {"totalCount": 1, "nodes": [{"number": 7, "state": "OPEN"}]}
    return {
        "method": "POST",
        "path": "/graphql",
        "headers": {"User-Agent": "x", "X-GitHub-Api-Version": "2022-11-28"},
        "body": {"query": QUERY, "variables": {"owner": "acme", "name": "orders"}},
        "answer": {"data": {"repository": {"id": "R", "isPrivate": True, "pullRequests": pulls}}},
    }


def test_a_good_question_with_a_good_answer_is_clean() -> None:
    assert violations(asked()) == []


ROW = ("answer", "data", "repository", "pullRequests", "nodes", 0)


@pytest.mark.parametrize(
    ("plant", "caught"),
    [
        (say("isPrivate", "isSecret"), "Cannot query field 'isSecret'"),
        (say("owner: $owner, ", ""), "of required type 'String!' was not provided"),
        (say("$name: String!", "$name: Int!"), "used in position expecting type 'String!'"),
        (say("(first: 1)", ""), "pullRequests has neither first nor last"),
        (say("(first: 1)", "(first: 101)"), "pullRequests asks for 101"),
        (say("(first: 1)", "(last: 0)"), "pullRequests asks for 0"),
        (say("(first: 1)", "(first: 1, sort: UP)"), "Unknown argument 'sort'"),
        (say("(first: 1)", "(first: 1, states: [OPENED])"), "'OPENED' does not exist"),
        (say("name: $name", "name: $nam"), "Variable '$nam' is not defined"),
        (say("isPrivate", "owner"), "must have a selection of subfields"),
        (say("isPrivate", "squashPrTitleUsedAsDefault"), "is deprecated"),
        (put("answer", "data", "repository", "id", value=None), "Cannot return null"),
        (drop("answer", "data", "repository", "id"), "Cannot return null"),
        (drop("answer", "data", "repository", "pullRequests"), "Cannot return null"),
        (put(*ROW, "title", value="x"), "other keys than were asked for"),
        (put(*ROW, "number", value="seven"), "Int cannot represent"),
        (put(*ROW, "state", value="OPENED"), "cannot represent value"),
        (put("headers", value={}), "user-agent is missing"),
    ],
)
def test_a_violation_of_the_graphql_contract_is_caught(plant: Plant, caught: str) -> None:
    data = asked()
    plant(data)

    found = violations(data)

    assert [line for line in found if caught in line] != [], found


def test_a_question_that_github_cannot_read_is_caught() -> None:
    data = asked() | {"answer": {"errors": [{"message": "Parse error"}]}}
    say("isPrivate", "isPrivate {{")(data)

    assert [line for line in violations(data) if "does not parse" in line] != []


@pytest.mark.parametrize("status", [403, 429, 500, 502])
def test_trouble_on_order_is_held_to_its_request_only(status: int, seen: list[Exchange]) -> None:
    data = one_of(seen, "POST", "/check-runs") | {"status": status, "answer": {"odd": True}}

    assert violations(data) == []


def test_the_same_violation_is_told_once(seen: list[Exchange]) -> None:
    data = one_of(seen, "POST", "/check-runs") | {"query": {"force": "true"}}
    contract = Contract()

    contract.observe(Exchange(**data))
    contract.observe(Exchange(**data))

    assert len(contract.violations) == 1


# ── webhooks ──────────────────────────────────────────────────────────────────────────────────


def payload(event: str, action: str) -> Data:
    found = next(one for name, one in examples() if name == event and one.get("action") == action)
    return copy.deepcopy(found)


def test_a_real_webhook_is_clean() -> None:
    assert hook_problems("check_run", payload("check_run", "created")) == []


@pytest.mark.parametrize(
    ("event", "plant", "caught"),
    [
        ("check_runs", put("action", value="created"), "is no published webhook"),
        ("check_run", put("action", value="made"), "is no published webhook"),
        ("check_run", drop("check_run"), '"check_run" is a required property'),
        ("check_run", drop("check_run", "head_sha"), "check_run"),
        ("check_run", put("repository", "id", value="7"), "is not of type"),
    ],
)
def test_a_violation_of_a_webhooks_schema_is_caught(event: str, plant: Plant, caught: str) -> None:
    data = payload("check_run", "created")
    plant(data)

    found = hook_problems(event, data)

    assert [line for line in found if caught in line] != [], found
