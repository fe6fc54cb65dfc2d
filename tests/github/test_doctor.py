from __future__ import annotations

from typing import Any

import pytest

from bot.github.doctor import Finding, Wanted, diagnose
from bot.github.manifest import default_events, default_permissions
from tests.github.little import INSTALLATION, REPO, REPO_ID, Bench, QuickClock, reply

HOOK = "https://handoff.example/webhook"
RULES = f"GET {REPO}/rules/branches/main"
POLICY = f"GET {REPO}/contents/.github/handoff.yml"
WANTED = Wanted(hook_url=HOOK, repo="acme/api")


def rule(integration_id: int | None) -> Any:
    check = {"context": "handoff", "integration_id": integration_id}
    parameters = {"required_status_checks": [{"context": "other"}, check]}
    return {"type": "required_status_checks", "parameters": parameters}


def app(**changes: Any) -> Any:
    sound = {"permissions": dict(default_permissions()), "events": list(default_events())}
    return {"id": 1, "slug": "handoff"} | sound | changes


def installation(**changes: Any) -> Any:
    sound = {"permissions": dict(default_permissions()), "suspended_at": None}
    return {"id": INSTALLATION, "account": {"login": "acme"}} | sound | changes


CONFIG = {"url": HOOK, "content_type": "json", "insecure_ssl": "0", "secret": "********"}
DELIVERY = {"status_code": 202, "duration": 0.1, "event": "push", "status": "OK"}


@pytest.fixture
def sound(bench: Bench) -> Bench:
    on = bench.server.on
    on("GET /app", reply(200, app()))
    on("GET /app/hook/config", reply(200, CONFIG))
    on("GET /app/hook/deliveries", reply(200, [DELIVERY]))
    on("GET /app/installations", reply(200, [installation()]))
    on("GET /installation/repositories", reply(200, {"total_count": 0, "repositories": []}))
    on(f"GET {REPO}/installation", reply(200, installation()))
    on(f"GET {REPO}", reply(200, {"id": REPO_ID, "default_branch": "main"}))
    on(POLICY, reply(200, {"size": 90}))
    on(RULES, reply(200, [rule(1)]))
    return bench


async def faults(bench: Bench) -> list[tuple[str, str, str]]:
    found = await diagnose(bench.github, WANTED)
    return [(one.severity, one.what, one.evidence) for one in found if one.severity != "ok"]


async def test_a_sound_installation_has_nothing_to_mend(sound: Bench) -> None:
    found = await diagnose(sound.github, WANTED)

    assert [one.what for one in found] == [
        "App",
        "clock",
        "App",
        "events",
        "webhook",
        "deliveries",
        "installation 42 (acme)",
        "installation 42 (acme)",
        "acme/api: .github/handoff.yml",
        "acme/.github: handoff.yml",
        'required check "handoff"',
    ]
    assert {one.severity for one in found} == {"ok"}
    assert {one.mend for one in found} == {""}


PERMISSIONS = dict(default_permissions())
LESS = {name: level for name, level in PERMISSIONS.items() if name != "merge_queues"}
NO_QUEUE = "merge_queues: read is not granted: a required check is never reported in a merge queue"


@pytest.mark.parametrize(
    ("line", "data", "want"),
    [
        (
            "GET /app",
            app(permissions=PERMISSIONS | {"checks": "read", "secrets": "read"}),
            [
                ("bad", "App", "checks: write is not granted: the installation is unusable"),
                ("warn", "superfluous", "secrets"),
            ],
        ),
        (
            "GET /app",
            app(events=[one for one in default_events() if one != "push"]),
            [("bad", "events", "not subscribed to push")],
        ),
        (
            "GET /app/hook/config",
            CONFIG | {"url": "https://old.example/webhook"},
            [("bad", "webhook", "sent to https://old.example/webhook")],
        ),
        (
            "GET /app/hook/config",
            {"url": HOOK, "content_type": "form", "insecure_ssl": "1"},
            [
                ("bad", "webhook", "not sent as JSON"),
                ("bad", "webhook", "TLS is not verified"),
                ("bad", "webhook", "no secret is set"),
            ],
        ),
        (
            "GET /app/hook/deliveries",
            [DELIVERY, {"status_code": 502, "event": "status", "status": "failed to connect"}],
            [
                (
                    "bad",
                    "deliveries",
                    "1 of the last 2 failed, the slowest took 0.1 s; status: failed to connect",
                )
            ],
        ),
        (
            "GET /app/hook/deliveries",
            [DELIVERY | {"duration": 9}],
            [("warn", "deliveries", "0 of the last 1 failed, the slowest took 9.0 s")],
        ),
        (
            "GET /app/hook/deliveries",
            [],
            [("warn", "deliveries", "no delivery in GitHub's log")],
        ),
        ("GET /app/installations", [], [("warn", "installations", "none")]),
        (
            "GET /app/installations",
            [installation(suspended_at="2026-03-01T00:00:00Z")],
            [("bad", "installation 42 (acme)", "suspended since 2026-03-01T00:00:00Z")],
        ),
        (
            "GET /app/installations",
            [installation(permissions=LESS)],
            [("bad", "installation 42 (acme)", NO_QUEUE)],
        ),
        (
            RULES,
            [rule(None)],
            [("bad", 'required check "handoff"', "required, but any App or user may set it")],
        ),
        (RULES, [], [("warn", 'required check "handoff"', "not required")]),
    ],
)
async def test_each_fault_is_found(
    sound: Bench, line: str, data: Any, want: list[tuple[str, str, str]]
) -> None:
    sound.server.on(line, reply(200, data))

    assert await faults(sound) == want


async def test_every_fault_says_how_to_mend_it(sound: Bench) -> None:
    sound.server.on("GET /app", reply(200, app(permissions={}, events=[])))
    sound.server.on(RULES, reply(200, []))

    found = await diagnose(sound.github, WANTED)

    assert [one for one in found if one.severity != "ok" and not one.mend] == []


async def test_a_skewed_clock_is_found(sound: Bench) -> None:
    sound.server.clock = QuickClock()
    sound.server.clock.jump(90)

    assert await faults(sound) == [("bad", "clock", "this machine is -90 s against GitHub")]


async def test_a_refused_key_is_the_only_finding(bench: Bench) -> None:
    bench.server.on("GET /app", reply(401, {"message": "A JSON web token could not be decoded"}))

    assert await diagnose(bench.github, WANTED) == (
        Finding(
            severity="bad",
            what="App",
            evidence="GET /app: A JSON web token could not be decoded",
            mend="check HANDOFF_APP_ID, the private key and this machine's clock",
        ),
    )


async def test_what_could_not_be_looked_at_is_said(sound: Bench) -> None:
    for line in ("GET /app/hook/config", "GET /app/installations", RULES, POLICY):
        sound.server.on(line, reply(400, {"message": "no"}))

    assert [(severity, what) for severity, what, _ in await faults(sound)] == [
        ("unchecked", "webhook"),
        ("unchecked", "installations"),
        ("unchecked", "acme/api: .github/handoff.yml"),
        ("unchecked", "acme/api: rules"),
    ]


async def test_github_away_is_no_finding_about_the_app(bench: Bench) -> None:
    bench.server.on("GET /app", reply(500))

    found = await diagnose(bench.github, WANTED)

    assert [(one.severity, one.what) for one in found] == [("unchecked", "App")]


async def test_a_token_that_cannot_be_used_and_a_low_budget_are_found(sound: Bench) -> None:
    reset = str(int(sound.clock.now().timestamp()) + 60)
    told = {"X_RateLimit_Limit": "100", "X_RateLimit_Remaining": "15", "X_RateLimit_Reset": reset}
    rows = {"total_count": 0, "repositories": []}
    line = "GET /installation/repositories"
    what = "installation 42 (acme)"
    sound.server.on(RULES, reply(200, [rule(1)]))
    sound.server.on(line, reply(400, {"message": "no"}))
    assert ("bad", what, "no use of its token: GET /installation/repositories: no") in (
        await faults(sound)
    )

    sound.server.on(line, reply(200, rows, **told))

    assert ("warn", what, "token works, 15 of 100 calls are left") in await faults(sound)


async def test_a_repository_without_the_app_or_a_policy_is_found(sound: Bench) -> None:
    sound.server.on(POLICY, reply(404, {"message": "Not Found"}))
    assert await faults(sound) == [("warn", "acme/api: .github/handoff.yml", "there is none")]

    sound.server.on(POLICY, reply(403, {"message": "no"}))
    assert [one[:2] for one in await faults(sound)] == [("bad", "acme/api: .github/handoff.yml")]

    sound.server.on(f"GET {REPO}/installation", reply(404, {"message": "Not Found"}))
    assert await faults(sound) == [("bad", "acme/api", "the App is not installed on it")]

    sound.server.on(f"GET {REPO}/installation", reply(400, {"message": "no"}))
    assert [one[:2] for one in await faults(sound)] == [("unchecked", "acme/api")]


async def test_a_merge_queue_without_its_permission_is_found(sound: Bench) -> None:
    sound.server.on(RULES, reply(200, [rule(1), {"type": "merge_queue"}]))
    sound.server.on(f"GET {REPO}/installation", reply(200, installation(permissions=LESS)))

    assert await faults(sound) == [
        ("bad", "merge queue", "merge queue is on, its permission is missing")
    ]


async def test_a_route_that_ends_is_found(sound: Bench) -> None:
    sound.server.on("GET /app", reply(200, app(), Sunset="Sat, 01 Jan 2028 00:00:00 GMT"))

    assert await faults(sound) == [("warn", "API", "GET /app ends Sat, 01 Jan 2028 00:00:00 GMT")]
