"""The door to GitHub: one client per installation and one for the App itself.

All trouble is raised as `bot.errors`; `Limited` is never slept out here.
"""

from __future__ import annotations

import random
from asyncio import Semaphore
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from json import JSONEncoder
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode

import aiohttp

from bot.errors import Gone, Refused, Transient
from bot.github.addresses import api_root
from bot.github.auth import AppAuth, Auth, InstallationAuth, Minted
from bot.github.budget import Breaker, Quota, Sort, Spending
from bot.github.classify import sent_at
from bot.github.graph import GraphAnswer, GraphError, prepared
from bot.github.manifest import default_permissions, optional_permissions
from bot.github.transport import Call, HeavyQuery, Moved, Transport, route_of
from bot.github.wire import Wire
from bot.model.wake import Lane

if TYPE_CHECKING:
    from bot.clock import Clock

__all__ = [
    "Answer",
    "Client",
    "GitHub",
    "GitHubSettings",
    "GraphAnswer",
    "GraphError",
    "HeavyQuery",
]


# Made once: `json.dumps` with other separators makes an encoder for every call.
_encode = JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubSettings:
    """Which GitHub, as which App; `limits` False only against a server that has none.

    `app_id`: the client id or the App id. `private_keys`: PEM texts, the newest first.
    `concurrency`: requests under way in this process.
    """

    api_url: str = "https://api.github.com"
    app_id: str
    private_keys: tuple[str, ...] = field(repr=False)
    api_version: str = "2022-11-28"
    limits: bool = True
    concurrency: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A good answer: decoded JSON (None where there was none); header names in any case."""

    status: int
    data: Any
    headers: Mapping[str, str]


class Client:
    """What one installation, or the App itself, may ask of GitHub."""

    def __init__(
        self, transport: Transport, auth: Auth, graphql: str, installation_id: int | None
    ) -> None:
        self.installation_id = installation_id
        self._transport = transport
        self._auth = auth
        self._graphql = graphql

    async def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        lane: Lane = Lane.UPDATE,
        repo_id: int | None = None,
    ) -> Answer:
        """Read one thing; a path holds no unquoted foreign text. Raises Trouble."""
        url = f"{path}?{urlencode(params)}" if params else path
        return await self._call(
            Call(method="GET", url=url, sort=Sort.READ, lane=lane, repo_id=repo_id)
        )

    async def pages(  # noqa: PLR0913  agreed with those who call it
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        key: str | None = None,
        lane: Lane = Lane.UPDATE,
        repo_id: int | None = None,
        at_most: int = 1000,
    ) -> tuple[list[Any], bool]:
        """The rows of a list, and whether these are all; `key`: where they stand in an object."""
        rows: list[Any] = []
        url: str | None = path
        query: Mapping[str, str] | None = {"per_page": "100", **(params or {})}
        total, led = 0, set[str | None]()
        while url is not None:
            answer = await self.get(url, params=query, lane=lane, repo_id=repo_id)
            page = answer.data if key is None else _at(answer.data, key)
            if not isinstance(page, list):
                raise Transient(f"{path} is no list")
            rows += page
            if key is not None and isinstance(known := answer.data.get("total_count"), int):
                total = known
            url, query = next_page(answer.headers), None
            if url is not None and (len(rows) >= at_most or not page):
                return rows[:at_most], False
            if url in led:
                raise Transient(f"the pages of {path} have no end")
            led.add(url)
        return rows[:at_most], total <= len(rows) <= at_most

    async def download(
        self, path: str, at_most: int, *, lane: Lane = Lane.UPDATE, repo_id: int | None = None
    ) -> bytes:
        """The bytes that an address of the API points to elsewhere. Raises Trouble."""
        call = Call(
            method="GET", url=path, sort=Sort.READ, lane=lane, repo_id=repo_id, follow=False
        )
        # The same thing below another name of the repository is still the API's.
        tail = path.split("/", 4)[-1]
        for _ in range(2):
            try:
                await self._call(call)
            except Moved as moved:
                if not (
                    self._transport.reaches(moved.location) and moved.location.endswith(f"/{tail}")
                ):
                    return await self._transport.fetch(moved.location, at_most)
                call.url = moved.location
            else:
                break
        raise Refused(f"{call.route}: GitHub points nowhere")

    async def send(  # noqa: PLR0913  agreed with those who call it
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        *,
        lane: Lane = Lane.UPDATE,
        repo_id: int | None = None,
        content: bool = False,
        repeatable: bool = False,
    ) -> Answer:
        """Write; to a renamed repository once more under its new name. Raises Trouble.

        `content`: creates something that people are told of. `repeatable`: may be sent twice.
        """
        sort = Sort.TALK if content else Sort.CHECK if "/check-runs" in path else Sort.WRITE
        text = _encode(body).encode()
        call = Call(
            method=method,
            url=path,
            sort=sort,
            lane=lane,
            repo_id=repo_id,
            body=text,
            repeatable=repeatable,
        )
        try:
            return await self._call(call)
        except Moved:
            call.url = await self._renamed(path, repo_id, lane)
            return await self._call(call)

    async def graphql(
        self,
        query: str,
        variables: Mapping[str, Any],
        *,
        lane: Lane = Lane.UPDATE,
        repo_id: int | None = None,
    ) -> GraphAnswer:
        """Ask; errors beside the data are part of the answer. Raises Trouble, also HeavyQuery."""
        head, name, mutates = prepared(query)
        body = head + _encode(variables).encode() + b"}"
        sort = Sort.MUTATION if mutates else Sort.QUERY
        call = Call(
            method="POST",
            url=self._graphql,
            sort=sort,
            lane=lane,
            repo_id=repo_id,
            body=body,
            repeatable=not mutates,
            name=name,
        )
        answer = (await self._transport.call(call)).data
        if not isinstance(answer, GraphAnswer):
            raise Transient("an empty answer to a query", sent=mutates)
        return answer

    def permissions(self) -> Mapping[str, str]:
        """What the installation grants us, as last learnt; empty: not known yet."""
        return self._auth.permissions

    def budget_left(self) -> Mapping[str, Quota]:
        """The primary limits by resource, as the newest answers told of them."""
        return self._transport.budget.left()

    @property
    def scale(self) -> float:
        """Which part of our own limits is used."""
        return self._transport.budget.scale

    @property
    def skew(self) -> timedelta:
        """How far this machine's clock is ahead of GitHub's, by the App's newest answer."""
        return self._transport.skew

    def forget(self) -> None:
        """Drop tokens and what was read: what this client may see has changed."""
        self._auth.forget()
        self._transport.forget()

    async def _call(self, call: Call) -> Answer:
        done = await self._transport.call(call)
        return Answer(status=done.status, data=done.data, headers=done.headers)

    async def _renamed(self, path: str, repo_id: int | None, lane: Lane) -> str:
        """The same path under the repository's name of today. Raises Gone."""
        parts = path.split("/", 4)
        if len(parts) < 4 or parts[1] != "repos":
            raise Gone(f"{route_of(path)} has moved")
        found = (await self.get("/".join(parts[:4]), lane=lane, repo_id=repo_id)).data
        name, known = _at(found, "full_name"), _at(found, "id")
        if not isinstance(name, str) or repo_id not in (None, known):
            raise Gone("another repository has the name now")
        return "/".join(["", "repos", quote(name), *parts[4:]])


class GitHub:
    """All clients of this process; made once, in wiring, and entered before the first call.

    `on_call` is told (route, status or 0, seconds) of every request. `on_secret` is told every
    token as soon as it exists, for redaction. `together`: what all processes spend on an
    installation, where there are several.
    """

    def __init__(  # noqa: PLR0913  what a process is made of
        self,
        settings: GitHubSettings,
        clock: Clock,
        *,
        on_call: Callable[[str, int, float], None] | None = None,
        on_secret: Callable[[str], None] | None = None,
        jitter: Callable[[], float] = random.random,
        together: Callable[[int], Spending] | None = None,
    ) -> None:
        self.settings = settings
        self.wire = Wire(
            root=api_root(settings.api_url),
            version=settings.api_version,
            clock=clock,
            breaker=Breaker(clock),
            slots=Semaphore(settings.concurrency),
            limits=settings.limits,
            random=jitter,
            on_call=on_call,
        )
        self._clock = clock
        self._on_secret = on_secret
        self._together = together
        self._app = self._client(AppAuth(clock, settings.app_id, settings.private_keys), None)
        self._clients: dict[int, tuple[Client, InstallationAuth]] = {}

    async def __aenter__(self) -> Self:
        # Our own gates bound what is under way; waiting for them is not waiting for GitHub.
        self.wire.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.wire.session is not None:
            await self.wire.session.close()
            self.wire.session = None

    def app(self) -> Client:
        """The client that speaks as the App itself."""
        return self._app

    def installation(self, installation_id: int) -> Client:
        """The client of one installation; its limits, tokens and what it read are no other's."""
        return self._known(installation_id)[0]

    def known(self) -> Mapping[int, Client]:
        """The clients in use, by installation."""
        return {number: client for number, (client, _) in self._clients.items()}

    def learn(self, installation_id: int, granted: Mapping[str, str]) -> bool:
        """Take over what an installation grants; True if that has changed."""
        client, auth = self._known(installation_id)
        changed = auth.learn(granted)
        if changed:
            client.forget()
        return changed

    def keep(self, installation_ids: Collection[int]) -> None:
        """Drop everything about all others: tokens, what was read, what is left."""
        for gone in self._clients.keys() - set(installation_ids):
            self._clients.pop(gone)[0].forget()

    def _known(self, installation_id: int) -> tuple[Client, InstallationAuth]:
        known = self._clients.get(installation_id)
        if known is None:
            mint = _AppSide(self._app, self._clock, installation_id, self._on_secret)
            auth = InstallationAuth(
                self._clock, mint, default_permissions(), optional_permissions()
            )
            known = self._clients[installation_id] = (self._client(auth, installation_id), auth)
        return known

    def _client(self, auth: Auth, installation_id: int | None) -> Client:
        together = None
        if self._together is not None and installation_id is not None:
            together = self._together(installation_id)
        transport = Transport(self.wire, auth, is_app=installation_id is None, together=together)
        return Client(transport, auth, self.wire.graphql, installation_id)


@dataclass(frozen=True, slots=True)
class _AppSide:
    """Asks, as the App, for what an installation's tokens need."""

    app: Client
    clock: Clock
    installation_id: int
    on_secret: Callable[[str], None] | None

    async def mint(self, body: Mapping[str, Any]) -> Minted:
        """A new token. Raises Trouble."""
        path = f"/app/installations/{self.installation_id}/access_tokens"
        # A token that nobody uses does no harm, so a lost answer is asked for again.
        try:
            answer = await self.app.send("POST", path, body, lane=Lane.COMMAND, repeatable=True)
        except Gone as gone:
            # Of an installation that is no more the webhook tells, and the listing.
            raise Transient(gone.what) from gone
        token, ends = _at(answer.data, "token"), _at(answer.data, "expires_at")
        granted = _at(answer.data, "permissions")
        now = sent_at(answer.headers, self.clock.now())
        try:
            lives = datetime.fromisoformat(str(ends)) - now
        except (ValueError, TypeError) as error:
            raise Transient("a token without its end") from error
        if not isinstance(token, str) or not token:
            raise Transient("an answer without a token")
        if self.on_secret is not None:
            self.on_secret(token)
        return Minted(
            header=f"Bearer {token}",
            lives=lives,
            permissions=granted if isinstance(granted, dict) else {},
        )

    async def granted(self) -> Mapping[str, str]:
        """What the installation grants now. Raises Trouble."""
        path = f"/app/installations/{self.installation_id}"
        granted = _at((await self.app.get(path, lane=Lane.COMMAND)).data, "permissions")
        return granted if isinstance(granted, dict) else {}


def _at(data: Any, key: str) -> Any:
    return data.get(key) if isinstance(data, dict) else None


def next_page(headers: Mapping[str, str]) -> str | None:
    """The address of a list's next page; whose it is, the transport looks at."""
    link = headers.get("link", "")
    for part in link.split(",") if link else ():
        address, _, rel = part.partition(";")
        if 'rel="next"' in rel:
            return address.strip().removeprefix("<").removesuffix(">")
    return None
