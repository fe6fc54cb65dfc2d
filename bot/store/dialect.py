"""The store's statements as Postgres takes them: they are written once, as SQLite takes them."""

from __future__ import annotations

import re
from functools import lru_cache

# Written so that one statement serves both; what is left differs in spelling only.
_WORDS = (
    (re.compile(r" INDEXED BY \w+"), ""),
    # Where there is one writer nothing has to be locked.
    (re.compile(r"/\* (FOR UPDATE[A-Za-z ]+) \*/"), r"\1"),
    (
        re.compile(r"SELECT value FROM json_each\(\?\)"),
        "SELECT value::bigint FROM json_array_elements_text(?::json) AS value",
    ),
    (
        re.compile(r"FROM json_each\(:(\w+)\)"),
        r"FROM json_array_elements_text(:\1::json) AS value",
    ),
)
# A text, a value, or a sign that the driver would read as its own.
_PART = re.compile(r"'[^']*'|\?|(?<!:):[a-z_]+|%")
_TYPES = (
    (re.compile(r"\bINTEGER\b"), "BIGINT"),
    # Keys are compared byte by byte, whatever the language of the server.
    (re.compile(r"\bTEXT\b"), 'TEXT COLLATE "C"'),
    (re.compile(r"\bBLOB\b"), "BYTEA"),
    (re.compile(r"\s+WITHOUT ROWID"), ""),
)
# What SQLite has and Postgres has not. Strict: of nothing comes nothing.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION min(bigint, bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT least($1, $2)';
CREATE OR REPLACE FUNCTION max(bigint, bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT greatest($1, $2)';
CREATE OR REPLACE FUNCTION max(bigint, bigint, bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT greatest($1, $2, $3)';
CREATE OR REPLACE FUNCTION json_patch(text, text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT ($1::jsonb || $2::jsonb)::text';
CREATE OR REPLACE FUNCTION joined(text, text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS 'SELECT $1 || '','' || $2';
CREATE OR REPLACE AGGREGATE group_concat(text) (SFUNC = joined, STYPE = text);
"""


@lru_cache(maxsize=512)
def statement(sql: str, *, values: bool = True) -> bytes:
    """One statement, with the driver's placeholders where it has values."""
    for pattern, word in _WORDS:
        sql = pattern.sub(word, sql)
    return (_PART.sub(_placed, sql) if values else sql).encode()


@lru_cache(maxsize=512)
def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """One statement with `$1` and so on where it has values, and the names of these in order."""
    order: list[str] = []

    def place(part: re.Match[str]) -> str:
        text = part[0]
        if text == "?":
            order.append("")
            return f"${len(order)}"
        if not text.startswith(":"):
            return text
        if text[1:] not in order:
            order.append(text[1:])
        return f"${order.index(text[1:]) + 1}"

    for pattern, word in _WORDS:
        sql = pattern.sub(word, sql)
    return _PART.sub(place, sql), tuple(order)


def definition(sql: str) -> str:
    """A statement that makes a table or an index."""
    for pattern, word in _TYPES:
        sql = pattern.sub(word, sql)
    return sql


def _placed(part: re.Match[str]) -> str:
    text = part[0]
    if text == "?":
        return "%s"
    if text.startswith(":"):
        return f"%({text[1:]})s"
    return text.replace("%", "%%")
