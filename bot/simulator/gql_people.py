"""GraphQL's accounts, teams, Apps and labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.simulator.base import Missing
from bot.simulator.git import Signature
from bot.simulator.gql_types import (
    Context,
    Fields,
    GraphError,
    Spec,
    attr,
    calc,
    fixed,
    from_world,
    paged,
)
from bot.simulator.things import Account, Organisation, Team


def could_not(kind: str, what: str) -> GraphError:
    """GitHub's words for something that is not there or may not be seen."""
    return GraphError("NOT_FOUND", f"Could not resolve to a {kind} {what}.")


THING: Fields = {
    "id": attr("ID", "node_id"),
    "databaseId": attr("Int", "id"),
    "createdAt": attr("DateTime", "created_at"),
}
FULL_ID: Fields = {"fullDatabaseId": calc("BigInt", lambda one: str(one.id))}

ACTOR: Fields = {
    "login": calc("String", lambda one: one.login.removesuffix("[bot]")),
    "avatarUrl": Spec("URI", lambda c, one, _a: f"{c.world.web}/avatars/u/{one.id}", ("size",)),
    "url": from_world("URI", lambda world, one: f"{world.web}/{one.login}"),
    "resourcePath": calc("URI", lambda one: f"/{one.login}"),
}

ACCOUNT: Fields = {**THING, **ACTOR}


def _team(context: Context, org: Organisation, args: Mapping[str, Any]) -> Team | None:
    context.need("members")
    return org.teams.get(args["slug"])


def _members(context: Context, team: Team, _args: Mapping[str, Any]) -> list[Account]:
    context.need("members")
    return [one for one in context.world.accounts.values() if one.id in team.members]


def organisation(context: Context, _one: Any, args: Mapping[str, Any]) -> Organisation:
    """`organization(login:)`. Raises GraphError."""
    found = context.world.accounts.get(args["login"])
    if not isinstance(found, Organisation):
        raise could_not("Organization", f"with the login of '{args['login']}'")
    return found


def user(context: Context, _one: Any, args: Mapping[str, Any]) -> Account:
    """`user(login:)`. Raises GraphError."""
    try:
        return context.world.account(args["login"])
    except Missing:
        raise could_not("User", f"with the login of '{args['login']}'") from None


def _of_account(_context: Context, one: Signature, _args: Mapping[str, Any]) -> Account | None:
    found = one.account
    return found if found is not None and found.kind == "User" else None


TYPES: Mapping[str, Fields] = {
    "Actor": ACTOR,
    "User": {
        **ACCOUNT,
        "name": calc("String", lambda one: one.name or None),
        "email": fixed("String", ""),
        "isViewer": fixed("Boolean", value=False),
    },
    "Bot": ACCOUNT,
    "Mannequin": ACCOUNT,
    "EnterpriseUserAccount": {"id": THING["id"], **ACTOR},
    "RepositoryOwner": {"id": THING["id"], **ACTOR},
    "Organization": {
        **ACCOUNT,
        "name": attr("String", "login"),
        "team": Spec("Team", _team, ("slug",)),
    },
    "Team": {
        **THING,
        "slug": attr("String", "slug"),
        "name": attr("String", "name"),
        "combinedSlug": calc("String", lambda one: f"{one.org.login}/{one.slug}"),
        "privacy": fixed("TeamPrivacy", "VISIBLE"),
        "organization": attr("Organization", "org"),
        "members": paged("TeamMember", _members, "membership", "role"),
        "url": from_world("URI", lambda w, one: f"{w.web}/orgs/{one.org.login}/teams/{one.slug}"),
    },
    "App": {
        **THING,
        "slug": attr("String", "slug"),
        "name": attr("String", "name"),
        "url": from_world("URI", lambda world, one: f"{world.web}/apps/{one.slug}"),
    },
    "Label": {
        "id": attr("ID", "node_id"),
        "name": attr("String", "name"),
        "color": attr("String", "color"),
        "description": attr("String", "description"),
        "createdAt": attr("DateTime", "created_at"),
        "isDefault": fixed("Boolean", value=False),
    },
    "GitActor": {
        "name": attr("String", "name"),
        "email": attr("String", "email"),
        "date": calc("GitTimestamp", lambda one: one.at),
        "user": Spec("User", _of_account),
    },
}
