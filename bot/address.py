"""The address of a store: a file's, `sqlite:///PATH`, or a Postgres database's as libpq reads it,
`postgresql://USER:PASSWORD@HOST/NAME`, also of several hosts."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

FORM = "postgresql://USER:PASSWORD@HOST/NAME or sqlite:///PATH"
_SQLITE = "sqlite:///"
_POSTGRES = ("postgres://", "postgresql://")


class _Parts(NamedTuple):
    user: str
    # All that follows: hosts, ports and the name of the database.
    place: str
    query: list[str]
    passwords: list[str]


def is_postgres(url: str) -> bool:
    """Whether it is a Postgres database's."""
    return url.startswith(_POSTGRES)


def lacking() -> str:
    """What is not installed that a Postgres database wants, and how to get it; empty where it is
    there."""
    there = find_spec("psycopg") is not None
    return "" if there else "wants the extra that was not installed: handoff-bot[postgres]"


def file_of(url: str) -> Path | None:
    """The file that it names, None where it names none."""
    path = url.removeprefix(_SQLITE)
    return Path(path) if path not in {url, "", ":memory:"} else None


def shown(url: str) -> str:
    """A Postgres database's without its password."""
    user, place, query, _ = _parts(url)
    return "postgresql://" + user + place + ("?" + "&".join(query) if query else "")


def passwords(url: str) -> list[str]:
    """What must not be shown of a Postgres database's, as written and as meant."""
    return [text for one in _parts(url).passwords for text in (unquote(one), one)]


def _parts(url: str) -> _Parts:
    # A password may hold a `?` as it is: libpq looks for the `@` first.
    first, slash, rest = url.partition("://")[2].partition("/")
    who, at, first = first.rpartition("@")
    user, _, password = who.partition(":")
    place, _, query = (first + slash + rest).partition("?")
    kept, secret = list[str](), [password]
    for one in query.split("&") if query else ():
        key, _, value = one.partition("=")
        # Of its own, or of the key of a certificate.
        if unquote(key).endswith("password"):
            secret.append(value)
        else:
            kept.append(one)
    return _Parts(user, at + place, kept, [one for one in secret if one])
