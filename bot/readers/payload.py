"""Fields of a payload: None where there is none, or not one of the right kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from bot.model.arrival import RepoSeen

Json: TypeAlias = Mapping[str, object]

# GitHub takes 65,536 characters of comment; the inbox keeps no more.
_BODY_LIMIT = 65_536
# Longer than any name, reference or node id that GitHub makes.
_TEXT_LIMIT = 1024
# What both stores hold in one column.
_WHOLE_LIMIT = 2**63

NOTHING: Json = {}
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FULL_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")


def mapping_of(data: Json, key: str) -> Json:
    """The object of that key, an empty one where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else NOTHING


def mappings_of(data: Json, key: str) -> list[Json]:
    """The objects of a list."""
    value = data.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text_of(data: Json, key: str) -> str | None:
    """A text of at most 1,024 characters that a database takes."""
    value = data.get(key)
    if not isinstance(value, str) or len(value) > _TEXT_LIMIT:
        return None
    return value if _storable(value) else None


def body_of(data: Json, key: str) -> str | None:
    """A text of a person's, cut where GitHub would have refused it."""
    value = data.get(key)
    if not isinstance(value, str):
        return None
    body = value[:_BODY_LIMIT]
    return body if _storable(body) else body.encode(errors="replace").decode()


def _storable(value: str) -> bool:
    """JSON can hold halves of characters, which no database takes, and NUL, which not all do."""
    halves = not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value)
    return not halves and "\0" not in value


def whole_of(data: Json, key: str) -> int | None:
    """A whole number that fits a column."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < _WHOLE_LIMIT else None


def sha_of(data: Json, key: str) -> str | None:
    """A commit id; GitHub writes zeros where there is none."""
    value = data.get(key)
    if not isinstance(value, str) or not _SHA.fullmatch(value):
        return None
    return value if value.strip("0") else None


def moment_of(data: Json, key: str) -> datetime | None:
    """A moment with its zone, in UTC."""
    value = data.get(key)
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def repo_of(data: Json) -> RepoSeen | None:
    """A repository with its id and full name."""
    id_, name = whole_of(data, "id"), text_of(data, "full_name")
    if id_ is None or name is None or not _FULL_NAME.fullmatch(name):
        return None
    return RepoSeen(id=id_, full_name=name, default_branch=text_of(data, "default_branch"))


def repos_of(data: Json, key: str) -> tuple[RepoSeen, ...]:
    """The repositories of a list."""
    found = (repo_of(one) for one in mappings_of(data, key))
    return tuple(one for one in found if one is not None)
