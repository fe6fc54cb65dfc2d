from __future__ import annotations

import asyncio
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from bot.errors import Gone, Invalid, Limited, Suspended, Unauthorized
from bot.github.auth import AppAuth, InstallationAuth, Minted, down_scoped, load_key
from bot.github.manifest import default_permissions
from bot.model.wake import Lane
from tests.github.little import (
    INSTALLATION,
    REPO,
    REPO_ID,
    Bench,
    QuickClock,
    Reply,
    Seen,
    door,
    pem,
    reply,
)
from tests.support.clock import FakeClock

TOKENS = f"POST /app/installations/{INSTALLATION}/access_tokens"
HOME = f"GET /app/installations/{INSTALLATION}"
NOT_GRANTED = "The permissions requested are not granted to this installation."


def claims(header: str, key: str) -> dict[str, Any]:
    public: Any = load_pem_private_key(key.encode(), None).public_key()
    options: Any = {"verify_exp": False, "verify_iat": False}
    text = header.removeprefix("Bearer ")
    return jwt.decode(text, public, algorithms=["RS256"], options=options)


async def test_the_app_signs_with_a_minute_to_spare_and_below_ten_minutes() -> None:
    clock = QuickClock()
    now = int(clock.now().timestamp())

    header = await AppAuth(clock, "Iv1.x", (pem(),)).header(None)

    assert claims(header, pem()) == {"iat": now - 60, "exp": now + 540, "iss": "Iv1.x"}


async def test_a_signature_is_used_for_seven_minutes() -> None:
    clock = QuickClock()
    auth = AppAuth(clock, "1", (pem(),))
    headers = [await auth.header(None)]
    for seconds in (419, 1):
        clock.advance(seconds)
        headers.append(await auth.header(None))
    clock.jump(-3600)
    headers.append(await auth.header(None))

    assert headers[0] == headers[1]
    assert len(set(headers)) == 3


async def test_the_other_key_is_tried_when_github_does_not_know_the_first(bench: Bench) -> None:
    old, new = pem(1), pem(2)

    async def only_new(seen: Seen) -> Reply:
        try:
            claims(seen.headers["Authorization"], new)
        except jwt.PyJWTError:
            return reply(401, {"message": "A JSON web token could not be decoded"})
        return reply(200, {"id": 1})

    bench.server.script["GET /app"] = only_new
    async with door(bench.server, bench.clock, private_keys=(old, new)) as github:
        await github.app().get("/app")
        await github.app().get("/app")

    assert len(bench.server.seen) == 3


async def test_a_key_that_github_does_not_know_is_tried_once(bench: Bench) -> None:
    bench.server.on("GET /app", reply(401, {"message": "A JSON web token could not be decoded"}))

    with pytest.raises(Unauthorized, match="could not be decoded"):
        await bench.github.app().get("/app")

    assert len(bench.server.seen) == 1


async def test_a_wrong_clock_is_named_and_the_app_pauses(bench: Bench) -> None:
    words = "'Issued at' claim ('iat') must be an Integer representing the time"
    slow = bench.server.clock = QuickClock()
    slow.jump(-600)
    bench.server.on("GET /app", reply(401, {"message": words}))

    with pytest.raises(Unauthorized, match=r"this machine's clock is \+600 s against GitHub's"):
        await bench.github.app().get("/app")
    with pytest.raises(Limited):
        await bench.github.app().get("/app", lane=Lane.COMMAND)

    assert len(bench.server.seen) == 1


def bad_keys() -> list[str]:
    curve = ec.generate_private_key(ec.SECP256R1())
    text = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return ["", "SECRET-TEXT", pem()[:-200], text]


@pytest.mark.parametrize("number", range(4))
async def test_a_bad_key_is_named_without_being_shown(number: int) -> None:
    text = bad_keys()[number]

    with pytest.raises(Unauthorized, match="the App's private key") as refused:
        await AppAuth(QuickClock(), "1", (text,)).header(None)

    assert "SECRET" not in refused.value.what


async def test_no_key_at_all_names_the_setting() -> None:
    with pytest.raises(Unauthorized, match="HANDOFF_PRIVATE_KEY_FILE"):
        await AppAuth(QuickClock(), "1", ()).header(None)


def test_blanks_around_a_key_do_not_matter() -> None:
    assert load_key(f"\n {pem()} \n").key_size == 2048


async def test_a_hundred_first_calls_mint_one_token(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}", reply(200, {"id": REPO_ID}))

    await asyncio.gather(*(bench.get() for _ in range(100)))

    assert bench.server.minted == 1
    assert bench.server.bodies(TOKENS) == [
        {"permissions": default_permissions(), "repository_ids": [REPO_ID]}
    ]


async def test_one_repository_cannot_be_reached_with_the_token_of_another(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}", reply(200, {}))
    for repo_id in (7, 8, None, 7):
        await bench.client.get(REPO, repo_id=repo_id)

    asked = [one.get("repository_ids") for one in bench.server.bodies(TOKENS)]
    across = bench.server.bodies(TOKENS)[2]["permissions"]

    assert asked == [[7], [8], None]
    assert set(across.values()) == {"read"}


async def test_a_token_is_renewed_five_minutes_before_its_end(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}", reply(200, {}))
    minted = []
    for seconds in (0, 3299, 1):
        bench.clock.advance(seconds)
        await bench.get()
        minted.append(bench.server.minted)

    assert minted == [1, 1, 2]


@pytest.mark.parametrize("length", [40, 520, 4000])
async def test_tokens_of_any_length_work_and_are_told_for_redaction(
    bench: Bench, length: int
) -> None:
    bench.server.token_length = length
    bench.server.on(f"GET {REPO}", reply(200, {}))
    await bench.get()
    token = "ghs_1_".ljust(length, "x")

    assert bench.secrets == [token]
    assert bench.server.seen[-1].headers["Authorization"] == f"Bearer {token}"
    assert token not in repr(bench.client.__dict__) + repr(bench.github.__dict__)
    assert pem() not in repr(bench.github.settings)


async def test_a_refused_token_is_replaced_once(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}", reply(401, {"message": "Bad credentials"}), reply(200, {"a": 1}))

    assert await bench.get() == {"a": 1}
    used = [one.headers["Authorization"] for one in bench.server.seen if one.path == REPO]
    assert (bench.server.minted, len(set(used))) == (2, 2)


async def test_a_second_refusal_ends_the_call(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}", reply(401, {"message": "Bad credentials"}))

    with pytest.raises(Unauthorized):
        await bench.get()

    assert bench.server.lines() == [f"GET {REPO}"] * 2


async def test_a_leader_that_is_cancelled_leaves_the_lead_to_another(bench: Bench) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slow(seen: Seen) -> Reply:
        reached.set()
        await go_on.wait()
        return bench.server.token()

    bench.server.script[TOKENS] = slow
    bench.server.on(f"GET {REPO}", reply(200, {}))
    leader = asyncio.create_task(bench.get())
    await reached.wait()
    follower = asyncio.create_task(bench.get())
    await asyncio.sleep(0)
    leader.cancel()
    go_on.set()

    assert await follower == {}
    assert len(bench.secrets) == 1


async def test_all_who_wait_learn_why_there_is_no_token(bench: Bench) -> None:
    words = {"message": "This installation has been suspended"}
    bench.server.on(TOKENS, reply(403, words))

    ends = await asyncio.gather(*(bench.get() for _ in range(5)), return_exceptions=True)

    assert [type(one) for one in ends] == [Suspended] * 5
    assert bench.server.lines(tokens=True) == [TOKENS]


async def test_what_is_not_granted_is_not_asked_for_again(bench: Bench) -> None:
    bench.server.on(TOKENS, reply(422, {"message": NOT_GRANTED}), bench.server.token(checks="read"))
    bench.server.on(HOME, reply(200, {"permissions": {"checks": "read", "issues": "write"}}))
    bench.server.on(f"GET {REPO}", reply(200, {}))
    await bench.get()

    asked = [one["permissions"] for one in bench.server.bodies(TOKENS)]

    assert asked == [default_permissions(), {"checks": "read", "issues": "write"}]
    assert bench.client.permissions() == {"checks": "read"}


async def test_a_repository_that_left_the_installation_is_gone(bench: Bench) -> None:
    words = "There is at least one repository that does not exist or is not accessible"
    bench.server.on(TOKENS, reply(422, {"message": words}))

    with pytest.raises(Gone):
        await bench.get()


async def test_a_token_request_that_is_wrong_twice_is_given_up(bench: Bench) -> None:
    bench.server.on(TOKENS, reply(422, {"message": NOT_GRANTED}))
    bench.server.on(HOME, reply(200, {"permissions": {}}))

    with pytest.raises(Invalid):
        await bench.get()

    assert bench.server.lines(tokens=True) == [TOKENS, HOME, TOKENS]


async def test_a_date_that_is_hours_ahead_does_not_make_a_token_a_call(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = bench.clock.now() + timedelta(hours=2)
    monkeypatch.setattr(bench.server, "date", lambda: format_datetime(ahead, usegmt=True))
    bench.server.on(f"GET {REPO}", reply(200, {}))
    for _ in range(3):
        await bench.get()

    assert bench.server.minted == 1


@pytest.mark.parametrize(
    "data", [[], {}, {"token": "", "expires_at": "2026-03-02T10:00:00Z"}, {"token": "x"}]
)
async def test_an_answer_without_a_token_is_tried_later(bench: Bench, data: Any) -> None:
    bench.server.on(TOKENS, reply(201, data))

    with pytest.raises(Exception, match="token"):
        await bench.get()


async def test_after_200_scopes_in_an_hour_one_token_serves_all_repositories(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}", reply(200, {}))
    async with door(bench.server, bench.clock, limits=False) as github:
        client = github.installation(INSTALLATION)
        for repo_id in (*range(1, 206), 1):
            await client.get(REPO, repo_id=repo_id)
        asked = [one.get("repository_ids") for one in bench.server.bodies(TOKENS)]
        bench.clock.advance(3600)
        await client.get(REPO, repo_id=300)

    assert asked == [[one] for one in range(1, 201)] + [None]
    assert bench.server.bodies(TOKENS)[-1]["repository_ids"] == [300]


async def test_news_about_what_is_granted_replace_the_tokens(bench: Bench) -> None:
    bench.server.on(f"GET {REPO}", reply(200, {}))
    news, known = [], []
    for granted in ({"checks": "write"}, {"checks": "write"}, {"checks": "read"}):
        news.append(bench.github.learn(INSTALLATION, granted))
        known.append(dict(bench.client.permissions()))
        await bench.get()

    asked = [one["permissions"] for one in bench.server.bodies(TOKENS)]

    assert news == [False, False, True]
    assert known[-1] == {"checks": "read"}
    assert asked == [{"checks": "write"}, {"checks": "read"}]


@pytest.mark.parametrize(
    ("granted", "news"),
    [({"checks": "write"}, False), ({"checks": "write", "deployments": "read"}, True)],
)
async def test_what_a_token_from_before_the_first_listing_lacked_is_news(
    bench: Bench, granted: dict[str, str], news: bool
) -> None:
    bench.server.on(f"GET {REPO}", reply(200, {}))
    await bench.get()

    assert bench.github.learn(INSTALLATION, granted) is news


async def test_a_token_that_was_made_while_more_was_granted_is_made_again() -> None:
    class Slow:
        """Grants more while it makes the first token."""

        def __init__(self) -> None:
            self.asked: list[Any] = []

        async def mint(self, body: Any) -> Minted:
            self.asked.append(body["permissions"])
            if len(self.asked) == 1:
                auth.learn({"checks": "write", "deployments": "read"})
            lives = timedelta(hours=1)
            return Minted(header="token", lives=lives, permissions=body["permissions"])

        async def granted(self) -> Any:
            raise AssertionError("nothing was refused")

    mint = Slow()
    auth = InstallationAuth(FakeClock(), mint, {"checks": "write"}, {"deployments": "read"})
    await auth.header(7)

    assert mint.asked == [{"checks": "write"}, {"checks": "write", "deployments": "read"}]
    assert auth.permissions == mint.asked[-1]


def test_the_lower_level_of_two_counts() -> None:
    wanted = {"checks": "write", "issues": "read", "actions": "read", "statuses": "read"}
    granted = {"checks": "read", "issues": "write", "actions": "odd"}

    assert down_scoped(wanted, granted) == {"checks": "read", "issues": "read"}
