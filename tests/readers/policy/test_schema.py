from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from bot.readers.policy import schema
from tests.readers.policy.fixtures import SHAPE
from tests.readers.policy.given import CONTEXT, EXAMPLE, START, item, load, plain

POLICY = jsonschema_rs.Draft202012Validator(schema("policy"))
ORGANISATION = jsonschema_rs.Draft202012Validator(schema("organisation"))

KEYS = {
    *("version", "preset", "extends", "mode", "applies-from", "checks", "branches"),
    *("policy-changes", "areas", "components", "roles", "away", "hours", "quiet", "exempt", "ci"),
    *("stack", "contract", "checkboxes", "co-authors", "labels", "board-issue", "checklist"),
    *("lists", "paths", "escalate", "handoff", "commands"),
}
SHORT = [
    item("{ check: ci / unit }"),
    item("[{ check: ci / unit }, { junit: results }]"),
    item("{ check: { name: ci, app: buildkite, if-absent: unsure, conclusions: neutral } }"),
    item("{ any: [{ changed: docs }, { changed: [docs, tests] }, { changed: { areas: docs } }] }"),
    item("{ section: Rollback }"),
    item("{ attested-by: author }"),
    item("{ approvals: 2 }"),
    item("{ approvals: {} }"),
    item("{ labels: ready }"),
    item("{ labels: { has-none: [wip], set-by: lead } }"),
    item("{ deployment: staging }"),
    item("{ paths: [tests] }"),
    item("{ builtin: secrets }"),
    item("{ builtin: { rule: endpoints-are-guarded, guards: [a.b], public: [GET /health] } }"),
    item("{ not: { changed: [docs] } }"),
    item("{ check: ci }\n    when: { check-failed: bench, adds: package, base: default }"),
    item("{ check: ci }\n    waive-by: nobody"),
    START + "hours: always\n",
    START + "hours: { days: [mon, tue], holidays: [2026-12-25] }\n",
    START + "away: { li: until 2026-12-02, sam: [until 2026-12-02, 2027-01-01 to 2027-01-02] }\n",
    START + "areas: { docs: docs/**, tests: none }\n",
    START + "roles: { qa: none, lead: { people: [ana], ask: all } }\n",
    START + 'paths: { "scripts/**": { checklist: none } }\n',
    START + "preset: backend-dev@1\nchecklist: { logging: none, docs: { level: note } }\n",
    START
    + "preset: backend-dev@1\nescalate: { data-model: none, contract-gap: { block: never } }\n",
    START + "preset: backend-dev@1\nhandoff: { docs: none, qa: { answer: none } }\n",
]


@pytest.mark.parametrize("text", [EXAMPLE.decode(), *SHORT, *CONTEXT.presets.values()])
def test_the_schema_accepts_what_the_loader_accepts(text: str) -> None:
    docs = "areas: { docs: [docs/**] }\n"
    known = text if "\nareas:" in text or "preset:" in text else text + docs

    assert [one.line() for one in load(known).problems if one.severity == "error"] == []
    assert [one.message for one in POLICY.iter_errors(plain(known))] == []


@pytest.mark.parametrize(("code", "text", "said"), SHAPE)
def test_the_schema_rejects_every_mistake_of_shape(code: str, text: str, said: str) -> None:
    assert not POLICY.is_valid(plain(text))


def test_the_schema_has_the_keys_of_the_language_and_no_others() -> None:
    assert set(schema("policy")["properties"]) == KEYS
    assert set(schema("organisation")["properties"]) == (KEYS - {"extends"}) | {
        "applies-to",
        "may-loosen",
    }


def test_every_key_says_what_it_means_and_what_holds_without_it() -> None:
    for where, key in _keys(schema("organisation")):
        assert "Default: " in key["description"] or "Required." in key["description"], where
        if "default" in key:
            assert jsonschema_rs.is_valid(
                {**key, "$defs": schema("organisation")["$defs"]}, key["default"]
            ), where


def test_an_organisation_must_say_for_which_repositories() -> None:
    assert ORGANISATION.is_valid(plain(START + 'applies-to: { repositories: ["*"] }\n'))
    assert not ORGANISATION.is_valid(plain(START))
    assert not ORGANISATION.is_valid(plain(START + 'applies-to: { except: ["*"] }\n'))


def test_the_schema_is_plain_json_of_its_draft() -> None:
    assert json.loads(json.dumps(schema("policy"))) == schema("policy")
    assert jsonschema_rs.meta.is_valid(schema("policy"))


def _keys(node: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, list):
        for one in node:
            yield from _keys(one, where)
    if not isinstance(node, dict):
        return
    one_of_many = node.get("maxProperties") == 1
    for name, value in node.get("properties", {}).items():
        if not one_of_many:
            yield f"{where}.{name}", value
    for name, value in node.items():
        yield from _keys(value, f"{where}.{name}")
