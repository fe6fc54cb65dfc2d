"""Who may do what and who is in which role; what GitHub does not tell is Unknown."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import Denied, Gone, Limited, Transient
from bot.github.people import People, ask_standing, comment_now
from bot.model.facts import Owners, Person, Standing
from bot.model.known import NOT_ASKED, Known, Unknown
from bot.model.look import CommentNow
from bot.model.policy import Role
from tests.github.double import FakeClient, place
from tests.support.clock import START, FakeClock

ANA, BEN = Person(id=1, login="ana"), Person(id=2, login="Ben")
GHOST = Person(id=10137, login="ghost")
MAY = "GET collaborators/ana/permission"
TEAM = "GET /orgs/acme/teams/qa"
IN = {"state": "active"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"permission": "write", "role_name": "maintain"}, Standing.MAINTAIN),
        ({"permission": "read", "role_name": "triage"}, Standing.TRIAGE),
        ({"permission": "write", "role_name": "release manager"}, Standing.WRITE),
        ({"permission": "none", "role_name": None}, Standing.NONE),
        ({"permission": "write", "role_name": "write", "user": {"id": 1}}, Standing.WRITE),
        (None, Standing.NONE),
    ],
)
async def test_standing_is_the_role_or_what_a_custom_role_rests_on(
    answer: Any, expected: Standing
) -> None:
    client = FakeClient(rest={MAY: answer} if answer else {})

    assert await ask_standing(place(client), ANA) is expected


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"permission": "root"}, "GitHub's answer about the permission of ana is not complete"),
        ([], "GitHub's answer about the permission of ana is not complete"),
        ({"role_name": "admin", "user": {"id": 77}}, "ana is another account by now"),
        (Denied("no"), "GitHub does not tell what ana may do: no"),
        (Transient("502"), "GitHub does not tell what ana may do: 502"),
    ],
)
async def test_a_standing_that_cannot_be_learnt_is_unknown(answer: Any, why: str) -> None:
    assert await ask_standing(place(FakeClient(rest={MAY: answer})), ANA) == Unknown(why)


READY = "/handoff ready"
SAID = {"body": READY, "isMinimized": False}


def reacted(*ours: str) -> dict[str, Any]:
    """The reactions of a comment; others hooray."""
    groups = [{"content": one, "viewerHasReacted": True} for one in ours]
    return {"reactionGroups": [*groups, {"content": "HOORAY", "viewerHasReacted": False}]}


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"node": SAID}, CommentNow(READY)),
        ({"node": SAID | reacted("THUMBS_UP")}, CommentNow(READY, "+1")),
        ({"node": SAID | reacted("THUMBS_UP", "CONFUSED")}, CommentNow(READY, "confused")),
        ({"node": SAID | reacted("EYES")}, CommentNow(READY)),
        ({"node": SAID | {"isMinimized": True}}, None),
        (Gone("no such comment"), None),
        (Denied("no"), Unknown("GitHub does not tell: no")),
        (Transient("502"), Unknown("GitHub does not tell: 502")),
        ({"node": None}, Unknown("GitHub does not tell: GitHub's answer has no node")),
        ({"node": {}}, Unknown("GitHub's answer about the comment is not complete")),
    ],
)
async def test_a_comment_is_read_as_it_stands(answer: Any, text: Known[CommentNow | None]) -> None:
    assert await comment_now(place(FakeClient(graph={"Said": answer})), "IC_1") == text


async def test_a_limit_is_no_answer_about_a_person() -> None:
    client = FakeClient(rest={MAY: Limited("later", until=START, resource="core")})

    with pytest.raises(Limited):
        await ask_standing(place(client), ANA)


async def test_a_login_cannot_leave_its_place_in_the_address() -> None:
    client = FakeClient()

    await ask_standing(place(client), Person(id=3, login="a/../../x[bot]"))

    assert client.calls == [
        "GET /repos/acme/orders/collaborators/a%2F..%2F..%2Fx%5Bbot%5D/permission"
    ]


async def members(
    client: FakeClient, role: Role, *people: Person, owners: Known[Owners] = NOT_ASKED
) -> Known[frozenset[int]]:
    return await People(FakeClock()).members(place(client), role, people, owners)


async def test_people_are_named_in_any_case() -> None:
    assert await members(FakeClient(), Role(name="r", people=("ANA", "x")), ANA, BEN) == frozenset(
        {1}
    )


async def test_a_role_of_nobody_and_a_deleted_account_have_no_members() -> None:
    assert await members(FakeClient(), Role(name="r"), ANA) == frozenset()
    assert await members(FakeClient(), Role(name="r", people=("ghost",)), GHOST) == frozenset()


async def test_a_named_person_without_an_id_makes_the_role_unknown() -> None:
    found = await members(FakeClient(), Role(name="r", people=("ana",)), Person(id=0, login="ana"))

    assert found == Unknown("GitHub does not tell the account id of ana")


async def test_a_team_has_its_active_members() -> None:
    client = FakeClient(
        rest={
            TEAM: {"slug": "qa"},
            f"{TEAM}/memberships/ana": IN,
            f"{TEAM}/memberships/Ben": {"state": "pending"},
        }
    )
    kim, bot = Person(id=3, login="kim"), Person(id=4, login="x[bot]", bot=True)

    assert await members(client, Role(name="r", team="acme/qa"), ANA, BEN, kim, bot) == frozenset(
        {1}
    )
    assert f"{TEAM}/memberships/x%5Bbot%5D" not in client.calls


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        ({}, "team acme/qa cannot be read: GET /orgs/acme/teams/qa: Not Found"),
        ({f"{TEAM}/memberships/ana": Denied("no")}, "team acme/qa cannot be read: no"),
        ({f"{TEAM}/memberships/ana": []}, "GitHub's answer about team acme/qa is not complete"),
    ],
)
async def test_a_team_that_cannot_be_read_is_unknown(rest: dict[str, Any], why: str) -> None:
    found = await members(FakeClient(rest=rest), Role(name="r", team="acme/qa"), ANA)

    assert found == Unknown(why)


async def test_teams_need_their_permission() -> None:
    client = FakeClient(granted={"checks": "write"})

    found = await members(client, Role(name="r", team="acme/qa"), ANA)

    assert found == Unknown("team acme/qa: reading teams needs the permission members: read")
    assert client.calls == []


async def test_a_permission_is_a_role() -> None:
    client = FakeClient(
        rest={
            MAY: {"role_name": "maintain"},
            "GET collaborators/Ben/permission": {"role_name": "triage"},
        }
    )
    role = Role(name="r", permission=Standing.WRITE)

    assert await members(client, role, ANA, BEN) == frozenset({1})
    client.rest[MAY] = Denied("no")
    assert isinstance(await members(client, role, ANA, BEN), Unknown)


CODEOWNERS = Owners(by_path={"a": ("@Ana",), "b": ("@acme/qa", "x@example.org")})


async def test_codeowners_are_people_and_members_of_teams() -> None:
    client = FakeClient(rest={TEAM: {}, f"{TEAM}/memberships/Ben": IN})
    role = Role(name="r", codeowners=True)
    kim = Person(id=3, login="kim")

    assert await members(client, role, ANA, BEN, kim, owners=CODEOWNERS) == frozenset({1, 2})
    assert await members(client, role, ANA, owners=Unknown("no")) == Unknown("no")
    hidden = await members(FakeClient(), role, BEN, owners=CODEOWNERS)
    assert isinstance(hidden, Unknown)


async def test_answers_are_remembered_for_five_minutes_or_until_forgotten() -> None:
    clock = FakeClock()
    people, role = People(clock), Role(name="r", team="acme/qa")
    client = FakeClient(rest={f"{TEAM}/memberships/ana": IN, MAY: {"role_name": "read"}})

    async def asked() -> int:
        client.calls.clear()
        await people.members(place(client), role, [ANA], NOT_ASKED)
        await people.standing(place(client), ANA)
        return len(client.calls)

    assert [await asked(), await asked()] == [2, 0]
    people.forget(["kim"])
    assert await asked() == 0
    people.forget(["ANA"])
    assert await asked() == 2
    people.forget()
    assert await asked() == 2
    clock.advance(301)
    assert await asked() == 2


@pytest.mark.parametrize("data", [None, [], {}, {"id": None, "login": "kim"}])
async def test_an_account_without_its_name_is_githubs_trouble(data: Any) -> None:
    client, kim = FakeClient(rest={"GET /users/kim": data}), Role(name="qa", people=("kim",))

    with pytest.raises(Transient):
        await People(FakeClock()).roster(place(client), kim, NOT_ASKED)


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        ({"permission": "read"}, (ANA,)),
        ({"permission": "none"}, ()),
        (Gone("Not Found"), ()),
        (Denied("Resource not accessible by integration"), (ANA,)),
    ],
    ids=["reads", "sees nothing", "is no member", "not told"],
)
async def test_who_may_not_even_read_is_not_asked(answer: Any, asked: tuple[Person, ...]) -> None:
    client = FakeClient(rest={"GET /users/ana": {"id": 1, "login": "ana"}, MAY: answer})
    role = Role(name="qa", people=("ana",))

    assert await People(FakeClock()).roster(place(client), role, NOT_ASKED) == asked
