"""What GitHub says in the body of a GraphQL answer, where even refusals come as HTTP 200."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from json import dumps
from typing import Any

from bot.github.classify import is_secondary


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphError:
    """One error beside the data; `type` is GitHub's word, "" where it gives none."""

    type: str
    path: tuple[str | int, ...]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphAnswer:
    """All parts of an answer: data may be there beside errors."""

    data: dict[str, Any]
    errors: tuple[GraphError, ...]


class GraphTrouble(Enum):
    """Errors that concern the whole call."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    TRANSIENT = "transient"


def read_answer(body: Any) -> GraphAnswer | GraphTrouble:
    """The parts of a decoded body, or why there are none."""
    if not isinstance(body, dict):
        return GraphTrouble.TRANSIENT
    data, told = body.get("data"), body.get("errors")
    listed = told if isinstance(told, list) else []
    errors = tuple(_error(one) for one in listed if isinstance(one, dict))
    for error in errors:
        if error.type in ("RATE_LIMITED", "RATE_LIMIT"):
            return GraphTrouble.PRIMARY
        # Only in GitHub's own error, never in what somebody wrote: those have a path.
        if not error.path and is_secondary(error.message.lower()):
            return GraphTrouble.SECONDARY
    if isinstance(data, dict):
        return GraphAnswer(data=data, errors=errors)
    if any(error.type for error in errors):
        return GraphAnswer(data={}, errors=errors)
    return GraphTrouble.TRANSIENT


@lru_cache(maxsize=256)
def prepared(query: str) -> tuple[bytes, str, bool]:
    """Of a query: the JSON up to its variables, its name for metrics, whether it is a mutation."""
    head = f'{{"query":{dumps(query)},"variables":'.encode()
    kind, _, rest = query.lstrip().partition(" ")
    name = ""
    for char in rest.lstrip():
        if not (char.isalnum() or char == "_"):
            break
        name += char
    return head, f"graphql {name}".rstrip(), kind.startswith("mutation")


def _error(one: dict[str, Any]) -> GraphError:
    extensions = one.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    path = one.get("path")
    return GraphError(
        type=str(one.get("type") or code or ""),
        path=tuple(step for step in path if isinstance(step, str | int))
        if isinstance(path, list)
        else (),
        message=" ".join(str(one.get("message") or "").split())[:300],
    )
