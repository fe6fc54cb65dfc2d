"""One repository as one evaluation reads it, and an answer that knows which parts to trust."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from bot.errors import Denied, Gone, Transient, Trouble

if TYPE_CHECKING:
    from bot.github.client import Answer, Client, GraphAnswer, GraphError
    from bot.model.wake import Lane

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")

# Nulls that mean "not seen" by themselves, wherever they stand.
_MAY_BE_MISSING = frozenset({"workflowRun"})


@dataclass(frozen=True, slots=True)
class Look:
    """One GraphQL answer; a part with an error at, above or below it is not to be trusted."""

    data: Mapping[str, Any]
    errors: tuple[GraphError, ...]

    @staticmethod
    def of(answer: GraphAnswer) -> Look:
        """The answer without the errors that null explains well enough."""
        kept = tuple(one for one in answer.errors if not _MAY_BE_MISSING & set(one.path))
        return Look(answer.data, kept)

    def error(self, *path: str) -> GraphError | None:
        """The error that spoils the part at `path`; one without a path spoils everything."""
        for one in self.errors:
            shorter = min(len(one.path), len(path))
            if one.path[:shorter] == path[:shorter]:
                return one
        return None

    def must(self, *path: str) -> Mapping[str, Any]:
        """The object at `path`. Raises Gone, Denied or Transient where it is null."""
        at: Any = self.data
        for key in path:
            at = at.get(key) if isinstance(at, dict) else None
        if isinstance(at, dict):
            return at
        raise self._trouble(path)

    def _trouble(self, path: tuple[str, ...]) -> Trouble:
        error = self.error(*path)
        name = path[-1] if path else "answer"
        if error is None:
            return Transient(f"GitHub's answer has no {name}")
        if error.type == "NOT_FOUND":
            return Gone(f"GitHub has no such {name}: {error.message[:200]}")
        if error.type == "FORBIDDEN":
            return Denied(error.message[:200])
        return Transient(f"GitHub could not answer about the {name}: {error.message[:200]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A pull request (number 0: only its repository) with the client that reads it."""

    client: Client
    repo: str
    repo_id: int
    number: int
    lane: Lane

    @property
    def owner(self) -> str:
        """The account that the repository belongs to."""
        return self.repo.partition("/")[0]

    @property
    def name(self) -> str:
        """The repository's name without its owner."""
        return self.repo.partition("/")[2]

    def may(self, permission: str) -> bool:
        """Whether the installation grants it; as long as nothing is known, asking shows it."""
        granted = self.client.permissions()
        return not granted or permission in granted

    async def ask(self, document: str, **variables: Any) -> Look:
        """Send a query about the pull request."""
        return await self._send(document, self.repo_id, {"number": self.number} | variables)

    async def ask_repository(self, document: str, **variables: Any) -> Look:
        """Send a query about the repository alone."""
        return await self._send(document, self.repo_id, variables)

    async def ask_widely(self, document: str, **variables: Any) -> Look:
        """Send a query that also looks into the owner's `.github` repository."""
        return await self._send(document, None, variables)

    async def get(self, tail: str, params: Mapping[str, str] | None = None) -> Answer:
        """GET below the repository's address."""
        return await self.client.get(
            f"/repos/{self.repo}/{tail}", params=params, lane=self.lane, repo_id=self.repo_id
        )

    async def write(
        self, method: str, tail: str, body: Mapping[str, Any], *, creates: bool = False
    ) -> Answer:
        """Write below the repository's address; `creates`: something that people are told of."""
        return await self.client.send(
            method,
            f"/repos/{self.repo}/{tail}",
            body,
            lane=self.lane,
            repo_id=self.repo_id,
            content=creates,
            repeatable=method == "PATCH" and "annotations" not in (body.get("output") or {}),
        )

    async def _send(self, document: str, repo_id: int | None, variables: dict[str, Any]) -> Look:
        variables |= {"owner": self.owner, "name": self.name}
        answer = await self.client.graphql(document, variables, lane=self.lane, repo_id=repo_id)
        return Look.of(answer)


def moment(text: str) -> datetime:
    """A time as GitHub writes it; raises TypeError or ValueError for anything else."""
    return datetime.fromisoformat(text)


async def together(*jobs: Coroutine[Any, Any, T]) -> list[T]:
    """All results in order; the first trouble cancels the others and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(job) for job in jobs]
    except BaseExceptionGroup as many:
        first: BaseException = many
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None
    return [task.result() for task in tasks]


async def both(one: Coroutine[Any, Any, A], other: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Both results, asked for at the same time."""
    found: list[Any] = await together(one, other)
    return found[0], found[1]
