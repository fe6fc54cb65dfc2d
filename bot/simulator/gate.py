"""What happens to every request before and after its handler: faults, headers, limits, ETags."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.simulator import graphql
from bot.simulator.access import Access, Token
from bot.simulator.answers import Answer, Refusal, etag_of, without_removed
from bot.simulator.deliveries import Deliveries
from bot.simulator.exchange import Exchange
from bot.simulator.faults import Fault, with_nulls
from bot.simulator.gql_types import Context
from bot.simulator.limits import Meter
from bot.simulator.quirks import Limits, Quirks
from bot.simulator.rest import Rest
from bot.simulator.route import Call
from bot.simulator.things import Json
from bot.simulator.world import World

_MINTS = re.compile(r"/app/installations/(\d+)/access_tokens")
VERSIONS = ("2022-11-28", "2026-03-10")


class Gate:
    """Turns a request into an answer; knows nothing of sockets."""

    def __init__(self, world: World, access: Access, deliveries: Deliveries) -> None:
        self.world = world
        self.access = access
        self.deliveries = deliveries
        self.rest = Rest()
        self.limits = Limits()
        self.meter = Meter(world.clock, self.limits)

    @property
    def quirks(self) -> Quirks:
        """The world's oddities."""
        return self.world.quirks

    def answer(self, exchange: Exchange, fault: Fault | None = None) -> Answer:
        """The complete answer to a request, refusals included."""
        token = self._token(exchange)
        owner = token.installation.id if token else 0
        resource = "graphql" if exchange.path == "/graphql" else "core"
        try:
            self._headers(exchange)
            self.meter.admit(owner, exchange.method, exchange.path)
            if resource == "core" and self.meter.exhausted(owner, resource):
                raise self.meter.primary(owner, resource)
            answer = self._query(exchange, fault) if resource == "graphql" else self._call(exchange)
        except Refusal as refusal:
            answer = refusal.answer()
        return self._finish(exchange, answer, (owner, resource))

    def owner(self, exchange: Exchange) -> int | None:
        """The installation that asks, by its token or for one."""
        found = _MINTS.fullmatch(exchange.path)
        token = self._token(exchange)
        return int(found[1]) if found else token.installation.id if token else None

    def _token(self, exchange: Exchange) -> Token | None:
        text = exchange.headers.get("authorization", "").partition(" ")[2].strip()
        return self.access.tokens.get(text)

    def _headers(self, exchange: Exchange) -> None:
        if not exchange.headers.get("user-agent") and self.quirks.user_agent_needed:
            message = "Request forbidden by administrative rules. Please make sure your request"
            raise Refusal(403, message + " has a User-Agent header.")
        version = exchange.headers.get("x-github-api-version", VERSIONS[0])
        if version in self.quirks.withdrawn_versions:
            raise Refusal(410, f"API version {version} is no longer supported.")
        if version not in VERSIONS:
            raise Refusal(400, f"API version {version} is not supported.")

    def _call(self, exchange: Exchange) -> Answer:
        if exchange.method != "GET" and not isinstance(exchange.body, dict | None):
            raise Refusal(400, "Body should be a JSON object")
        call = Call(
            world=self.world,
            access=self.access,
            deliveries=self.deliveries,
            path=exchange.path,
            query=exchange.query,
            body=exchange.body or {},
            accept=exchange.headers.get("accept", ""),
        )
        answer = self.rest.answer(exchange.method, call, exchange.headers.get("authorization", ""))
        if exchange.path == "/rate_limit" and call.token:
            answer.json = self._numbers(call.token.installation.id)
        return answer

    def _numbers(self, owner: int) -> Json:
        core = self.meter.budget(owner, "core").numbers()
        query = self.meter.budget(owner, "graphql").numbers()
        return {"resources": {"core": core, "search": core, "graphql": query}, "rate": core}

    def _query(self, exchange: Exchange, fault: Fault | None) -> Answer:
        if exchange.method != "POST" or not isinstance(exchange.body, dict):
            raise Refusal(400, "Problems parsing JSON")
        token = self.access.token(exchange.headers.get("authorization", ""))
        owner = token.installation.id
        if self.meter.exhausted(owner, "graphql"):
            message = f"API rate limit already exceeded for installation ID {owner}."
            return Answer(json={"errors": [{"type": "RATE_LIMITED", "message": message}]})
        context = Context(world=self.world, access=self.access, meter=self.meter, token=token)
        found = graphql.answer(context, exchange.body)
        exchange.cost = context.cost
        if fault is not None and fault.partial and "data" in found:
            found["data"] = with_nulls(found["data"], fault.nulls)
            found["errors"] = [*found.get("errors", []), *fault.errors]
        return Answer(json=found)

    def _finish(self, exchange: Exchange, answer: Answer, budget: tuple[int, str]) -> Answer:
        version = exchange.headers.get("x-github-api-version", VERSIONS[0])
        if version == VERSIONS[1] and budget[1] == "core" and self.quirks.removed_since_2026_03_10:
            answer.json = without_removed(answer.json)
        body = answer.body()
        answer.headers.setdefault("Content-Type", "application/json; charset=utf-8")
        self._tag(exchange, answer, body)
        if answer.status != 304:
            self.meter.budget(*budget).charge(self.world.clock.now(), max(1, exchange.cost))
        answer.headers = {**self.meter.headers(*budget), **answer.headers}
        answer.headers |= {
            "Date": self.world.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "Server": "github.com",
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Api-Version-Selected": version,
            "X-GitHub-Request-Id": f"{self.world.random.getrandbits(64):016X}",
        }
        return answer

    def _tag(self, exchange: Exchange, answer: Answer, body: bytes) -> None:
        if exchange.method != "GET" or answer.status != 200 or not self.quirks.etags:
            return
        tag = etag_of(exchange.headers.get("accept", "").encode() + body)
        answer.headers["ETag"] = tag
        if exchange.headers.get("if-none-match") == tag:
            answer.status, answer.json, answer.raw = 304, None, b""


def decoded(raw: bytes) -> Any:
    """The JSON of a body, or None where there is none; raises ValueError for anything else."""
    return json.loads(raw) if raw else None


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}
