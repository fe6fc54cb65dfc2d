"""REST for people: roles in a repository, teams, memberships, accounts."""

from __future__ import annotations

from bot.simulator import shapes
from bot.simulator.answers import Answer, not_found
from bot.simulator.base import Missing
from bot.simulator.route import Call, Route
from bot.simulator.things import Account, Json, Organisation, Repository, Team

# What the older field `permission` says of a role.
_LEGACY = {"maintain": "write", "triage": "read"}
_CAN = ("pull", "triage", "push", "maintain", "admin")


def _who(call: Call) -> Account:
    try:
        return call.world.account(call.params["login"])
    except Missing:
        raise not_found() from None


def get_permission(call: Call) -> Answer:
    """`GET …/collaborators/{login}/permission`: the live role, custom ones by their name."""
    repo, who = call.repo(), _who(call)
    role = call.world.role(repo, who)
    named = _role_name(repo, who, role)
    rank = ("none", "read", "triage", "write", "maintain", "admin").index(role)
    user = shapes.user(call.world, who) | {
        "permissions": {name: at < rank for at, name in enumerate(_CAN)},
        "role_name": named,
    }
    body = {"permission": _LEGACY.get(role, role), "role_name": named, "user": user}
    return Answer(json=body)


def _role_name(repo: Repository, who: Account, role: str) -> str:
    key = str(who.id)
    return repo.role_names.get(key, role) if repo.roles.get(key) == role else role


def _org(call: Call) -> Organisation:
    found = call.world.accounts.get(call.params["org"])
    if not isinstance(found, Organisation) or call.bearer().installation.account is not found:
        raise not_found()
    return found


def _team(call: Call) -> Team:
    found = _org(call).teams.get(call.params["slug"])
    if found is None:
        raise not_found()
    return found


def get_team(call: Call) -> Answer:
    """`GET /orgs/{org}/teams/{slug}`."""
    return Answer(json=shapes.full_team(call.world, _team(call)))


def list_members(call: Call) -> Answer:
    """`GET /orgs/{org}/teams/{slug}/members`."""
    team = _team(call)
    people = [one for one in call.world.accounts.values() if one.id in team.members]

    def shape(one: Account) -> Json:
        return shapes.user(call.world, one) | {"role": team.members[one.id]}

    return call.listing(people, shape)


def get_membership(call: Call) -> Answer:
    """`GET /orgs/{org}/teams/{slug}/memberships/{login}`."""
    team, who = _team(call), _who(call)
    if who.id not in team.members:
        raise not_found()
    url = f"{call.world.api}/organizations/{team.org.id}/team/{team.id}/memberships/{who.login}"
    return Answer(json={"state": "active", "role": team.members[who.id], "url": url})


def get_user(call: Call) -> Answer:
    """`GET /users/{login}`."""
    return Answer(json=shapes.public_user(call.world, _who(call)))


TEAM = "/orgs/{org}/teams/{slug}"
MEMBERS = ("members=read",)
ROUTES = (
    Route(
        "GET",
        "/repos/{owner}/{repo}/collaborators/{login}/permission",
        get_permission,
        ("metadata=read",),
    ),
    Route("GET", TEAM, get_team, MEMBERS),
    Route("GET", TEAM + "/members", list_members, MEMBERS),
    Route("GET", TEAM + "/memberships/{login}", get_membership, MEMBERS),
    Route("GET", "/users/{login}", get_user),
)
