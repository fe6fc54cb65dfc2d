"""Who may do what, and who is in which role: asked by login, held against the account's id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cachetools import TTLCache

from bot.errors import Gone, Refused, Transient
from bot.github.facts import GHOST, whole
from bot.github.place import Look, together
from bot.github.queries import SAID
from bot.github.talk import answer_to
from bot.model.facts import Person, Standing
from bot.model.known import Known, Unknown
from bot.model.look import CommentNow

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.github.place import Place
    from bot.model.facts import Owners
    from bot.model.policy import Role

# Judging may rest on an answer that old; a person's own act never does.
FRESH = 300.0
AN_HOUR = 3600.0
ANSWERS = 20_000
# Nobody picks one of more.
TEAM_AT_MOST = 200


async def ask_standing(place: Place, person: Person) -> Known[Standing]:
    """What the person may do in the repository, asked now; Unknown in trouble."""
    try:
        return await _standing(place, person)
    except (Refused, Transient) as trouble:
        return Unknown(f"GitHub does not tell what {person.login} may do: {trouble.what}")


async def _standing(place: Place, person: Person) -> Known[Standing]:
    login = quote(person.login, safe="")
    try:
        answer = await place.get(f"collaborators/{login}/permission")
    except Gone:
        return Standing.NONE
    found = (answer.data.get("user") or {}).get("id") if isinstance(answer.data, dict) else None
    if isinstance(found, int) and person.id not in {0, found}:
        return Unknown(f"{person.login} is another account by now")
    return whole(f"the permission of {person.login}", lambda: _of(answer.data))


def _of(data: Mapping[str, Any]) -> Standing:
    """Custom roles count by the permission that they rest on."""
    name = data.get("role_name")
    return Standing(name if name in set(Standing) else data["permission"])


async def comment_now(place: Place, node_id: str) -> Known[CommentNow | None]:
    """What somebody wrote as it stands by now; None where it was deleted or hidden."""
    try:
        answer = await place.client.graphql(
            SAID, {"id": node_id}, lane=place.lane, repo_id=place.repo_id
        )
        said = Look.of(answer).must("node")
    except Gone:
        return None
    except (Refused, Transient) as trouble:
        return Unknown(f"GitHub does not tell: {trouble.what}")

    def stands() -> CommentNow | None:
        return None if said["isMinimized"] else CommentNow(str(said["body"]), answer_to(said))

    return whole("the comment", stands)


class People:
    """Roles of people, remembered for five minutes."""

    def __init__(self, clock: Clock) -> None:
        self._teams: TTLCache[tuple[object, str, object], Known[bool]]
        self._may: TTLCache[tuple[object, str, object], Known[Standing]]
        self._teams = TTLCache(ANSWERS, FRESH, clock.monotonic)
        self._may = TTLCache(ANSWERS, FRESH, clock.monotonic)
        self._accounts: TTLCache[str, Person] = TTLCache(ANSWERS, AN_HOUR, clock.monotonic)

    def forget(self, logins: Iterable[str] | None = None) -> None:
        """Ask again from now on, for these people or for everybody."""
        if logins is None:
            self._teams.clear()
            self._may.clear()
            return
        gone = {login.casefold() for login in logins}
        for known in (self._teams, self._may):
            for key in [key for key in known if key[1] in gone]:
                known.pop(key, None)

    async def standing(self, place: Place, person: Person) -> Known[Standing]:
        """What the person may do, for judging; Unknown where GitHub refuses to tell."""
        key = (place.repo_id, person.login.casefold(), person.id)
        known = self._may.get(key)
        if known is None:
            try:
                known = await _standing(place, person)
            except Refused as refused:
                known = Unknown(f"GitHub does not tell what {person.login} may do: {refused.what}")
            self._may[key] = known
        return known

    async def members(
        self, place: Place, role: Role, people: Iterable[Person], owners: Known[Owners]
    ) -> Known[frozenset[int]]:
        """Ids of those of the people who are in the role; Unknown as soon as one is not known."""
        some = [person for person in people if person.id != GHOST.id]
        answers = await together(*(self._in_role(place, role, one, owners) for one in some))
        ids: set[int] = set()
        for person, answer in zip(some, answers, strict=True):
            if isinstance(answer, Unknown):
                return answer
            if answer and person.id == 0:
                return Unknown(f"GitHub does not tell the account id of {person.login}")
            if answer:
                ids.add(person.id)
        return frozenset(ids)

    async def roster(
        self, place: Place, role: Role, owners: Known[Owners]
    ) -> Known[tuple[Person, ...]]:
        """Who is in the role; Unknown where GitHub does not tell, or where it is too many to ask.
        Raises Transient."""
        if role.permission is not None:
            return Unknown(f"the policy names nobody of {role.name} who could be asked")
        if role.codeowners and isinstance(owners, Unknown):
            return owners
        names = list(role.people) or ([f"{role.team}"] if role.team else [])
        if role.codeowners and not isinstance(owners, Unknown):
            names = _owning(owners)
        found: list[Person] = []
        for name in names:
            some = await (_team(place, name) if "/" in name else self._person(place, name))
            if isinstance(some, Unknown):
                return some
            found += some
        return tuple(dict.fromkeys(found))

    async def _person(self, place: Place, login: str) -> list[Person]:
        """The account of that name, none where there is none any more, or where it may not even
        read the repository: who has left cannot answer."""
        known = self._accounts.get(login.casefold())
        if known is None:
            try:
                answer = await place.client.get(f"/users/{quote(login, safe='')}", lane=place.lane)
            except Gone:
                return []
            data = answer.data
            if not isinstance(data, dict) or not data.get("id") or not data.get("login"):
                raise Transient("GitHub's answer about an account is not complete")
            known = Person(id=data["id"], login=data["login"], bot=data.get("type") == "Bot")
            self._accounts[login.casefold()] = known
        return [] if await self.standing(place, known) is Standing.NONE else [known]

    async def roles_of(
        self, place: Place, person: Person, roles: Mapping[str, Role], owners: Known[Owners]
    ) -> Mapping[str, Known[bool]]:
        """Whether the person is in each of the roles; each that cannot be learnt is Unknown."""
        answers = await together(
            *(self._or_unknown(place, role, person, owners) for role in roles.values())
        )
        return dict(zip(roles, answers, strict=True))

    async def _or_unknown(
        self, place: Place, role: Role, person: Person, owners: Known[Owners]
    ) -> Known[bool]:
        try:
            return await self._in_role(place, role, person, owners)
        except Transient as trouble:
            return Unknown(f"GitHub does not answer: {trouble.what}")

    async def _in_role(
        self, place: Place, role: Role, person: Person, owners: Known[Owners]
    ) -> Known[bool]:
        if role.people:
            return person.login.casefold() in {one.casefold() for one in role.people}
        if role.team is not None:
            return await self._in_team(place, role.team, person)
        if role.permission is not None:
            standing = await self.standing(place, person)
            if isinstance(standing, Unknown):
                return standing
            return standing.at_least(role.permission)
        return await self._owns(place, person, owners) if role.codeowners else False

    async def _owns(self, place: Place, person: Person, owners: Known[Owners]) -> Known[bool]:
        """Whether the person owns one of the changed paths, by name or through a team."""
        if isinstance(owners, Unknown):
            return owners
        names = {name for some in owners.by_path.values() for name in some}
        if f"@{person.login}".casefold() in {name.casefold() for name in names}:
            return True
        unsure: Known[bool] = False
        for team in sorted(name[1:] for name in names if name[:1] == "@" and "/" in name):
            answer = await self._in_team(place, team, person)
            if answer is True:
                return True
            unsure = answer if isinstance(answer, Unknown) else unsure
        return unsure

    async def _in_team(self, place: Place, team: str, person: Person) -> Known[bool]:
        if not place.may("members"):
            return Unknown(f"team {team}: reading teams needs the permission members: read")
        if person.bot:
            return False
        key = (place.client.installation_id, person.login.casefold(), team.casefold())
        known = self._teams.get(key)
        if known is None:
            known = await _membership(place, team, person.login)
            self._teams[key] = known
        return known


async def _membership(place: Place, team: str, login: str) -> Known[bool]:
    org, _, slug = team.removeprefix("@").partition("/")
    address = f"/orgs/{quote(org, safe='')}/teams/{quote(slug, safe='')}"
    try:
        answer = await place.client.get(
            f"{address}/memberships/{quote(login, safe='')}", lane=place.lane
        )
    except Gone:
        return await _not_in(place, address, team)
    except Refused as refused:
        return Unknown(f"team {team} cannot be read: {refused.what}")
    return whole(f"team {team}", lambda: bool(answer.data["state"] == "active"))


async def _not_in(place: Place, address: str, team: str) -> Known[bool]:
    """404 also means that there is no such team: then nobody can say who is in it."""
    try:
        await place.client.get(address, lane=place.lane)
    except Refused as refused:
        return Unknown(f"team {team} cannot be read: {refused.what}")
    return False


def _owning(owners: Owners) -> list[str]:
    names = dict.fromkeys(name for some in owners.by_path.values() for name in some)
    return [name[1:] for name in names if name[:1] == "@"]


async def _team(place: Place, team: str) -> Known[list[Person]]:
    if not place.may("members"):
        return Unknown(f"team {team}: reading teams needs the permission members: read")
    org, _, slug = team.removeprefix("@").partition("/")
    try:
        rows, whole_list = await place.client.pages(
            f"/orgs/{quote(org, safe='')}/teams/{quote(slug, safe='')}/members",
            params={"per_page": "100"},
            lane=place.lane,
            at_most=TEAM_AT_MOST,
        )
    except Refused as trouble:
        return Unknown(f"team {team} cannot be read: {trouble.what}")
    if not whole_list:
        return Unknown(f"team {team} has more than {TEAM_AT_MOST} members")
    return whole(
        f"team {team}",
        lambda: [
            Person(id=one["id"], login=one["login"], bot=one.get("type") == "Bot") for one in rows
        ],
    )
