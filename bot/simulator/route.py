"""A REST call on its way to its handler, and the table that finds the handler."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bot.simulator.access import Access, Token
from bot.simulator.answers import Answer, Page, Refusal, not_found
from bot.simulator.base import Missing
from bot.simulator.deliveries import Deliveries
from bot.simulator.things import Account, Json, Pull, Repository
from bot.simulator.world import World


@dataclass(slots=True, kw_only=True)
class Call:
    """What a handler sees of a request."""

    world: World
    access: Access
    deliveries: Deliveries
    path: str
    query: Mapping[str, str]
    body: Json
    accept: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    token: Token | None = None

    def integer(self, name: str) -> int:
        """A number in the path. Raises Refusal."""
        text = self.params[name]
        if not text.isdigit():
            raise not_found()
        return int(text)

    def repo(self) -> Repository:
        """The repository of the path. Raises Refusal."""
        try:
            if "repo_id" in self.params:
                return self.world.repositories[self.integer("repo_id")]
            return self.world.repo(f"{self.params['owner']}/{self.params['repo']}")
        except (Missing, KeyError):
            raise not_found() from None

    def pull(self) -> Pull:
        """The pull request of the path. Raises Refusal."""
        try:
            return self.world.pull(self.repo(), self.integer("number"))
        except Missing:
            raise not_found() from None

    def bearer(self) -> Token:
        """The installation token of the call. Raises Refusal."""
        if self.token is None:
            raise Refusal(401, "Requires authentication")
        return self.token

    def bot(self) -> Account:
        """The account for which an App speaks."""
        return self.world.app.bot

    def page(self) -> Page:
        """The page that was asked for."""
        return Page.of(self.query, self.world.quirks.page_cap)

    def listing(self, rows: Sequence[Any], shape: Callable[[Any], Json]) -> Answer:
        """One page of a list, with its links."""
        page = self.page()
        return Answer(json=[shape(one) for one in page.cut(rows)], headers=self.links(len(rows)))

    def counted(self, name: str, rows: Sequence[Any], shape: Callable[[Any], Json]) -> Answer:
        """One page of a list in an object with its total."""
        cut = [shape(one) for one in self.page().cut(rows)]
        body = {"total_count": len(rows), name: cut}
        return Answer(json=body, headers=self.links(len(rows)))

    def links(self, total: int) -> dict[str, str]:
        """The `Link` header for this call."""
        return self.page().links(self.world.api + self.path, self.query, total)


Handler: TypeAlias = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path template; `needs`: permissions of which one suffices.

    `by`: app, token or anyone.
    """

    method: str
    template: str
    handler: Handler
    needs: tuple[str, ...] = ()
    by: str = "token"

    @property
    def pattern(self) -> re.Pattern[str]:
        """The template as an expression; `{path+}` takes slashes too."""
        text = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", self.template)
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", text) + "$")


class Table:
    """All routes, in the order in which they are tried."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(route, route.pattern) for route in routes]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route for a request, with the parameters of its path."""
        for route, pattern in self._routes:
            match = pattern.match(path)
            if match and route.method == method:
                return route, match.groupdict()
        return None
