"""The policy as it applies to one pull request whose base branch marks files as generated."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.model.area import Area

if TYPE_CHECKING:
    from bot.model.policy import Policy


def laid(policy: Policy, paths: tuple[str, ...]) -> Policy:
    """The policy with these paths beside those that it calls generated itself.

    What a word is bound to stays, and so does the floor: what a repository marks hides nothing
    there. A contract is one whoever writes it.
    """
    contract = policy.areas.get("contract", Area("contract", ()))
    paths = tuple(path for path in paths if not contract.has(path))
    if not paths:
        return policy
    parts = ("items", "triggers", "notices", "paths", "exempt")
    more = {name: _laid(getattr(policy, name), paths) for name in parts}
    return replace(policy, marked=paths, **more)


def _laid(value: Any, paths: tuple[str, ...]) -> Any:
    if isinstance(value, Area):
        wider = value.name == "generated"
        return replace(value, globs=(*value.globs, *paths)) if wider else value
    if isinstance(value, tuple):
        return tuple(_laid(one, paths) for one in value)
    if not is_dataclass(value):
        return value
    found = {one.name: getattr(value, one.name) for one in fields(value) if one.name != "covers"}
    more = {name: _laid(one, paths) for name, one in found.items()}
    return replace(value, **{name: one for name, one in more.items() if one != found[name]})  # type: ignore[type-var]
