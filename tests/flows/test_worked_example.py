"""One pull request from opening to accepted handover, by the clock on acme's wall."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

from bot.simulator.base import PERMISSIONS
from tests.support.crew import Crew, crew
from tests.support.golden import assert_golden
from tests.support.hurried import quiet

BERLIN = ZoneInfo("Europe/Berlin")
GOLDEN = Path(__file__).parent / "golden" / "worked-example.txt"
CI = ("ci / contract", "ci / unit", "ci / integration", "ci / api")
WAIVE = "/handoff waive docs because the site is built from acme/handbook, PR 77"
POLICY = """
version: 1
mode: enforce
areas:
  endpoints: ["app/api/**"]
  contract: ["api/refunds/openapi.yaml"]
  services: ["app/services/**"]
  migrations: ["migrations/**"]
  docs: ["docs/pages/**"]
roles:
  architect: { people: [sam], then: lead }
  lead: { people: [maria] }
  frontend: { people: [jo] }
  qa: { people: [li] }
  operations: { people: [kim] }
hours: { days: mon-fri, from: "09:00", to: "17:30", zone: Europe/Berlin }
checklist:
  api-tests:
    title: API tests
    covers: [endpoints]
    proof: { all: [{ attested-by: author }, { check: ci / api }] }
  unit-tests: { title: Unit tests, proof: { check: ci / unit } }
  integration-tests: { title: Integration tests, proof: { check: ci / integration } }
  contract: { title: The contract holds, covers: [contract], proof: { check: ci / contract } }
  error-format: { title: Errors, proof: { changed: { areas: [endpoints], lines-at-least: 1 } } }
  docs:
    title: Docs
    covers: [endpoints, contract]
    proof: { changed: { areas: [docs], lines-at-least: 1 } }
  migrations: { title: Migrations, proof: { changed: { areas: [migrations], lines-at-least: 1 } } }
  no-hardcoded-values:
    title: Values
    waive-by: [architect]
    proof: { added-lines: { in: [endpoints], pattern: "password *=", must: not-match } }
  logging: { title: Logging, covers: [services], proof: { attested-by: author } }
lists:
  handoff: [api-tests, unit-tests, integration-tests, contract, error-format, docs, migrations,
    no-hardcoded-values, logging]
escalate:
  ask: architect
  new-dependency: { when: { adds: [service] }, block: until-decided }
handoff:
  after: [approved, list handoff, deployed-to preview]
  frontend:
    to: frontend
    answer: expected
    tell:
      base-url: { from: deployment preview }
      authentication: { from: [contract security, section] }
      deviations: { from: contract changes, confirmed-by: author }
  qa:
    to: qa
    answer: before-merge
    tell:
      environment: { from: deployment preview }
      seed-data: { from: section }
      known-limitations: { from: [waived items, section] }
  operations:
    to: operations
    answer: none
    tell:
      environment-variables: { from: [diff, section] }
      rollback: { from: section }
"""
BODY = """## Frontend handoff
Authentication: bearer token, scope refunds:write
Deviations: none

## Operations handoff
Environment variables: new variable REDIS_URL (documented)
Rollback: alembic downgrade 0041, then the previous image
"""
QA = """
## QA handoff
Seed data: make seed-refunds
Known limitations: {}
"""
CONTRACT = """openapi: 3.0.3
info: {{title: Orders, version: 1.0.0}}
components:
  securitySchemes:
    token: {{type: oauth2, flows: {{clientCredentials: {{tokenUrl: /token,
      scopes: {{"refunds:write": all, "refunds:read": some}}}}}}}}
security: [{{token: ["refunds:write"]}}]
paths:
  /refunds:
    post:
      requestBody:
        content:
          application/json:
            schema: {{type: object, properties: {{amount: {{type: integer{}}}}}}}
      responses: {{"201": {{description: made}}}}
  /refunds/{{id}}:
    get:
      parameters: [{{name: id, in: path, required: true, schema: {{type: string, maxLength: 9}}}}]
      responses: {{"200": {{description: found}}}}
"""
STRICTER = CONTRACT.replace('"201"', '"422": {{description: no}}, "201"').format(", minimum: 1")
COMPOSE = """name: orders
networks:
  inside:
    internal: true
  outside:
    driver: bridge
volumes:
  answers:
    driver: local
  orders:
    driver: local
services:
  redis:
    image: redis:7
    networks: [inside]
    volumes: ["answers:/data"]
"""
REDIS = """from os import environ

def refund():
    environ["REDIS_URL"]
"""
FILES = {
    "app/api/refunds.py": "def post(): ...\n",
    "app/services/refunds.py": REDIS,
    "api/refunds/openapi.yaml": CONTRACT.format(""),
    "migrations/0042.sql": "alter table orders add column refund int;\n",
    "compose.yaml": COMPOSE,
}


# ── what happens besides typing ───────────────────────────────────────────────────────────────


async def opened(acme: Crew) -> None:
    await acme.opens(FILES, BODY, draft=True)


async def ci_ran(acme: Crew) -> None:
    _ci(acme, CI[:3], "success")
    _ci(acme, CI[3:], None)
    await quiet(acme.demo)


async def ready(acme: Crew) -> None:
    acme.world.ready_for_review(acme.pull, acme.demo.stage.people["ana"])
    await quiet(acme.demo)
    assert acme.said == []


async def grace_is_over(acme: Crew) -> None:
    await acme.waits(seconds=10)
    assert "docs | missing" in acme.said[0]
    assert acme.said[1].startswith("@sam: this adds the service redis")


async def api_tests_fail(acme: Crew) -> None:
    (mistake,) = [one for one in acme.pull.comments if "I do not know" in one.body]
    assert mistake.hidden == "resolved"
    assert "taken by `sam` until Tue 10:42" in acme.said[0]
    _ci(acme, CI[3:], "failure")
    await quiet(acme.demo)


async def services_change(acme: Crew) -> None:
    body = BODY + QA.format("none")
    acme.world.edit_body(acme.pull, acme.demo.stage.people["ana"], body)
    await _pushes(acme, {"app/services/refunds.py": REDIS + "    return 1\n"})


async def says_what_is_known(acme: Crew) -> None:
    await acme.edits(
        "ana", BODY + QA.format("API docs of the refund operations follow in acme/handbook")
    )


async def goes_green(acme: Crew) -> None:
    _ci(acme, CI, "success")
    acme.world.deploy(acme.pull, "preview", "success", "https://preview-118.acme.dev/api")
    await quiet(acme.demo)


async def approved(acme: Crew) -> None:
    acme.world.review(acme.pull, acme.demo.stage.people["ben"], "approve")
    await quiet(acme.demo)


async def endpoint_is_mended(acme: Crew) -> None:
    services = {"app/services/refunds.py": REDIS + "    return 422\n"}
    await _pushes(acme, {**services, "api/refunds/openapi.yaml": STRICTER}, CI[:0])


async def ci_begins(acme: Crew) -> None:
    _ci(acme, CI, None)
    await quiet(acme.demo)


async def queued(acme: Crew) -> None:
    """The check of the merge group; none of the head says anything else."""
    stage = acme.demo.stage
    stage.queued = acme.world.enqueue([acme.pull], stage.people["maria"])
    sha = stage.queued.group_sha
    for name in CI:
        acme.world.run_ci(acme.pull, name, "success", sha=sha, event="merge_group")
    await quiet(acme.demo)
    assert _group(acme) == ("success", "#118 · 9 of 9 · accepted, unchanged since 11:15")


async def merged(acme: Crew) -> None:
    stage = acme.demo.stage
    assert stage.queued is not None
    acme.world.merge_queued(stage.queued, stage.people["maria"])
    await quiet(acme.demo)
    assert _group(acme) == ("success", "#118 · 9 of 9 · accepted, unchanged since 11:15")


def _group(acme: Crew) -> tuple[str | None, str | None]:
    newest = acme.demo.stage.runs(0)[-1]
    return newest.conclusion, newest.title


def _ci(acme: Crew, names: Sequence[str], conclusion: str | None) -> None:
    for name in names:
        acme.world.run_ci(acme.pull, name, conclusion)


async def _pushes(acme: Crew, files: dict[str, str], ci: Sequence[str] = CI) -> None:
    acme.world.push(acme.pull, acme.demo.stage.people["ana"], files)
    _ci(acme, ci, None)
    await quiet(acme.demo)


# ── the story: when, what happens, and the check's title afterwards ───────────────────────────

Happening: TypeAlias = "Callable[[Crew], Awaitable[None]] | tuple[str, str, str]"
LEFT = "failure: 6 of 9 · api-tests, docs, logging, QA notes left · ana"
STORY: list[tuple[str, Happening, str]] = [
    ("23 09:58", opened, "failure: Draft · 3 of 9 · nobody is asked while it is a draft"),
    ("23 10:19", ci_ran, "failure: Draft · 6 of 9 · nobody is asked while it is a draft"),
    ("23 10:20", ready, LEFT),
    ("23 10:21", grace_is_over, LEFT),
    ("23 10:30", ("ana", "/handoff n/a docs because the site is built elsewhere", "😕"), LEFT),
    ("23 10:42", ("sam", "/handoff ack", "👍"), LEFT),
    (
        "23 10:55",
        ("maria", WAIVE, "👍"),
        "failure: 7 of 9 · api-tests, logging, QA notes left · ana",
    ),
    (
        "23 11:02",
        ("ana", "/handoff atest api-tests, logging", "😕"),
        "failure: 7 of 9 · api-tests, logging, QA notes left · ana",
    ),
    (
        "23 11:03",
        ("ana", "/handoff attest api-tests, logging", "👍"),
        "failure: 8 of 9 · QA notes left · ana",
    ),
    (
        "23 11:09",
        api_tests_fail,
        "failure: Contradicted: api-tests · ana said yes, ci / api failed · 8 of 9",
    ),
    (
        "23 11:40",
        services_change,
        'failure: Contradicted: QA known-limitations · "none", but docs is waived · 4 of 9',
    ),
    ("23 11:45", says_what_is_known, "failure: 4 of 9 · logging left · ana"),
    (
        "23 11:46",
        ("ana", "/handoff attest logging", "👍"),
        "failure: 5 of 9 · waiting for architect (sam): redis · due Tue 10:21 · 4 on CI",
    ),
    (
        "23 11:58",
        goes_green,
        "failure: 9 of 9 · waiting for architect (sam): redis · due Tue 10:21",
    ),
    (
        "23 15:10",
        ("sam", "/handoff decide approve because one Redis per region, cache only, no queue", "👍"),
        "failure: 9 of 9 · next: review approval, then QA answers before merge",
    ),
    (
        "23 15:30",
        approved,
        "failure: Told · waiting for frontend (jo), QA (li) · due Tue 15:30",
    ),
    (
        "23 16:05",
        ("jo", "/handoff accept", "👍"),
        "failure: Told · frontend accepted · waiting for QA (li) · due Tue 15:30",
    ),
    (
        "23 16:40",
        ("li", "/handoff return qa bug api-tests because a refund of 0 answers 500", "👍"),
        "failure: Returned by QA: api-tests · a refund of 0 answers 500 · ana",
    ),
    ("24 09:20", endpoint_is_mended, "failure: 3 of 9 · docs, logging left · ana"),
    ("24 09:29", ci_begins, "failure: 3 of 9 · docs, logging left · ana"),
    ("24 09:31", ("ana", "/handoff attest logging", "👍"), "failure: 4 of 9 · docs left · ana"),
    (
        "24 09:31",
        ("maria", WAIVE, "👍"),
        "in progress: 5 of 9 · waiting for ci / api, ci / unit +2 · until 10:29",
    ),
    (
        "24 09:56",
        goes_green,
        "failure: Told · waiting for frontend (jo), QA (li) · due Wed 09:56",
    ),
    (
        "24 10:30",
        ("jo", "/handoff accept", "👍"),
        "failure: Told · frontend accepted · waiting for QA (li) · due Wed 09:56",
    ),
    (
        "24 11:15",
        ("li", "/handoff accept", "👍"),
        "success: Handed over · accepted by frontend, QA · 9 of 9",
    ),
    ("24 11:20", queued, "success: Handed over · accepted by frontend, QA · 9 of 9"),
    ("24 11:31", merged, "success: Handed over · accepted by frontend, QA · 9 of 9"),
]
_REACTIONS = {"😕": ("confused",), "👍": ("+1",)}


async def test_a_pull_request_from_opening_to_accepted_handover(tmp_path: Path) -> None:
    start = datetime(2026, 11, 23, 9, 58, tzinfo=BERLIN).astimezone(UTC)
    titles: list[tuple[str, str]] = []
    async with crew(tmp_path, POLICY, start) as acme:
        (installation,) = acme.world.installations.values()
        acme.world.accept_permissions(installation, {**PERMISSIONS, "deployments": "read"})
        acme.world.app.events = (*acme.world.app.events, "deployment_status")
        for when, what, _ in STORY:
            moment = datetime.strptime(f"2026-11-{when}", "%Y-%m-%d %H:%M").replace(tzinfo=BERLIN)
            await acme.waits(seconds=max((moment - acme.demo.clock.now()).total_seconds(), 0.0))
            if isinstance(what, tuple):
                login, line, mark = what
                assert await acme.types(login, line) == _REACTIONS[mark], line
            else:
                await what(acme)
            titles.append((when, f"{acme.conclusion or 'in progress'}: {acme.title}"))
        said = acme.said

    assert titles == [(when, title) for when, _, title in STORY]
    words = re.sub(r"\b(at|of) [0-9a-f]{7}\b", r"\1 4f2c1ab", "\n\n====\n\n".join(said))
    assert_golden(GOLDEN, words + "\n")
    assert len(said) == 6
    pinged = re.findall(r"@(?!other)(\w+)", words)
    assert sorted(pinged) == ["jo", "jo", "li", "li", "sam"]
