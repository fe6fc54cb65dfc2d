"""What git does not hold, read from JSON (`handoff.facts/1`): fields of facts, each optional."""

from __future__ import annotations

from typing import Any, get_type_hints

from bot.model.codec import TAG, Decoder
from bot.model.facts import Facts

SCHEMA = "handoff.facts/1"
_GIT_HOLDS = frozenset({"changes", "base_sha", "head_sha", "owners", "tree"})
_NOT_SAID = {TAG: "Unknown", "reason": "not given to a checkout"}


def given_from(data: dict[str, Any]) -> dict[str, Any]:
    """Fields of facts by name; raises ValueError for keys that mean nothing or values that do not
    fit. Checks, reviews and people may be written shorter than the bot stores them."""
    if data.get("schema", SCHEMA) != SCHEMA:
        raise ValueError(f"{data['schema']} is not {SCHEMA}")
    kinds = {name: kind for name, kind in get_type_hints(Facts).items() if name not in _GIT_HOLDS}
    unknown = sorted(data.keys() - kinds - {"schema", TAG})
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; one of {', '.join(sorted(kinds))}")
    whole = dict(data)
    if "author" in data:
        whole["author"] = _person(data["author"])
    if isinstance(data.get("checks"), list):
        whole["checks"] = [_check(one) for one in data["checks"]]
    if isinstance(data.get("reviews"), list):
        opinions = [_review(one) for one in data["reviews"]]
        whole["reviews"] = {TAG: "Reviews", "opinions": opinions}
        whole["reviews"] |= {"requested": [], "requested_teams": []}
    return {name: _read(name, kinds[name], whole[name]) for name in kinds if name in whole}


def _read(name: str, kind: Any, value: Any) -> Any:
    try:
        return Decoder().decode(kind, value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _person(one: dict[str, Any]) -> dict[str, Any]:
    return {"id": 0, **one}


def _check(one: Any) -> dict[str, Any]:
    """`app` for its slug; what the bot would know and nobody said is unknown, not absent."""
    if not isinstance(one, dict):
        raise TypeError(f"checks: {one!r} is no JSON object")
    if TAG in one:
        return one
    status = "completed" if one.get("conclusion") else "in_progress"
    app = one.get("app", None if "status_by" in one else "github-actions")
    rest = {name: value for name, value in one.items() if name != "app"}
    return {"status": status, "app_slug": app, "workflow": _NOT_SAID, **rest}


def _review(one: dict[str, Any]) -> dict[str, Any]:
    return {"commit_sha": None, "may_write": _NOT_SAID, **one, "by": _person(one["by"])}
