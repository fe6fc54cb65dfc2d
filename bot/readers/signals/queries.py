"""Calls that ask a database, by their names and the code round them."""

from __future__ import annotations

import re

from bot.readers.signals.words import listed, words_of

_MODEL = re.compile(r"[A-Z]\w*[a-z]\w*")
_BOUNDED = re.compile(
    rb"(?i)\b(where|filter\w*|limit|take|top|first|skip|page|paginate|per|join|having|cursor|count"
    rb"|max|min|sum|group_?by|in_|distinct)\b"
)
_CHAIN = re.compile(rb"(?:\s*\??\.\s*\w+(?:\([^()]*\))?)*")
_CONSUMED = re.compile(rb"(?:\blist\(|\bin |@\w+ = ?)\s*$")
_USED = re.compile(rb"\.(each|to_a|map|as_json|to_json)\b")
_SQLALCHEMY = re.compile(rb"\bselect\(|\.query[.(]")
_EVERY = re.compile(rb"(?:find\(\s*(?:\{\s*\})?\s*\)|findAll\(\)|findMany\((?s:.*)\))$")
# Statements that are looked at for what they say: the rest of a long call says more than its query.
_AT_MOST = 600

_FINDS = listed("findOne findOneBy findById findByPk findMany findUnique findFirst find_by")
_SESSIONS = listed("session db conn connection cursor cur tx")
_OF_QUERIES = listed("get filter filter_by first exists count get_or_404")
_REPOSITORY = listed("repo repository dao")
_READS = listed("get find list load fetch count exists")
_SELECTS = re.compile(rb"(?i)\bselect\b")
_OF_MANY = re.compile(rb"\bin_\(|__in\b|\bANY\b|\bIN\b")


def asks_for_all(callee: str, source: bytes, start: int, end: int) -> bool:
    """Whether a call has every row of a table brought."""
    receiver, _, last = callee.rpartition(".")
    if last not in {"all", "find", "findMany", "findAll"} or end - start > _AT_MOST:
        return False
    code, after = source[start:end], source[end : end + _AT_MOST]
    chain = (_CHAIN.match(after) or [b""])[0]
    if last != "all":
        whole = _EVERY.search(code) and not _BOUNDED.search(code + chain)
        return bool(whole) and (last == "findMany" or _of_table(receiver, last))
    used = not chain and _CONSUMED.search(source[max(0, start - 40) : start])
    if receiver.endswith(".objects"):
        return bool(used) and after[:1] != b"["
    if code.endswith(b"()"):
        return bool(_SQLALCHEMY.search(code)) and not _BOUNDED.search(code)
    named = code.endswith(b".all") and _MODEL.fullmatch(receiver)
    return bool(named) and bool(used or _USED.match(chain))


def _of_table(receiver: str, last: str) -> bool:
    near = receiver.rpartition(".")[2].removesuffix("()")
    stored = not {*_REPOSITORY, "model", "collection"}.isdisjoint(words_of(near)[-1:])
    return stored or (last == "find" and _MODEL.fullmatch(receiver) is not None)


def is_query(callee: str, source: bytes, start: int, end: int) -> bool:
    """Whether a call asks for what belongs to one row."""
    receiver, _, last = callee.rpartition(".")
    holder, _, near = receiver.rpartition(".")
    if last in {"scalar", "scalars", "execute", "query"} and near in _SESSIONS:
        code = source[start:end]
        asks = last == "query" or _SELECTS.search(code)
        return bool(asks) and not _OF_MANY.search(code)
    if near in {"objects", "query"}:
        model = _MODEL.fullmatch(holder.rpartition(".")[2])
        return bool(model) and last in _OF_QUERIES and not _OF_MANY.search(source[start:end])
    stored = not _REPOSITORY.isdisjoint(words_of(near)[-1:])
    return (
        (last in _FINDS and bool(receiver))
        or (last in {"find", "pluck"} and _MODEL.fullmatch(receiver) is not None)
        or (stored and not _READS.isdisjoint(words_of(last)[:1]))
    )
