"""Read layers into the policy that judges, the organisation's own beside it as a floor."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from bot.model.area import Area
from bot.model.codec import canonical
from bot.model.facts import Standing
from bot.model.policy import (
    TRIGGERS,
    Block,
    FieldUse,
    Mode,
    NoticeUse,
    Origin,
    Policy,
    Role,
    TriggerUse,
    WorkingTime,
)
from bot.model.policy import Layer as PolicyLayer
from bot.readers.policy.build import (
    Names,
    away_of,
    ci_of,
    command_of,
    component_of,
    condition_of,
    exempt_of,
    hours_of,
    item_of,
    override_of,
    quiet_of,
    role_of,
    timing_of,
)
from bot.readers.policy.language import AFTER_DEFAULT, NOTICES
from bot.readers.policy.names import BUILT_IN_AREAS, EMPTY_ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.model.item import Item
    from bot.model.rule import AnyRule
    from bot.readers.policy.load import Layer

DEFAULT_ROLES = {
    "architect": Role(name="architect", permission=Standing.MAINTAIN),
    "lead": Role(name="lead", permission=Standing.ADMIN),
    **{name: Role(name=name) for name in EMPTY_ROLES},
}
_WAIVERS = frozenset({"architect", "lead"})


def assembled(
    layer: Layer, origin: str, rules: tuple[AnyRule, ...], titles: Mapping[str, str]
) -> Policy:
    """The policy of one layer by itself, without a digest."""
    data = layer.data
    areas = {name: Area(name, _several(one)) for name, one in _there(data, "areas")}
    names = Names(
        areas={name: Area(name, ()) for name in BUILT_IN_AREAS} | areas,
        rules={rule.id: rule for rule in rules},
        by_word={rule.word: rule for rule in rules if rule.word is not None},
        ci=ci_of(data.get("ci", {})),
        titles=titles,
        components=frozenset(name for name, _ in _there(data, "components")),
        agreed=data.get("contract", {}).get("agreed", ""),
    )
    items = _items(data, names)
    branches = data.get("branches", {})
    files = [PolicyLayer(origin=origin, path=layer.file.path, commit=layer.file.blob)]
    if layer.extended is not None:
        below = layer.extended
        files.append(PolicyLayer(origin="extends", path=below.path, commit=below.blob))
    return Policy(
        mode=Mode(data.get("mode", "enforce")),
        digest="",
        origin=Origin(layers=tuple(files), preset=layer.preset),
        items=items,
        lists=_lists(data, items),
        checks=data.get("checks", ("handoff",)),
        judged=branches.get("judged", ("**",)),
        handed_over=branches.get("handed-over", ("default",)),
        applies_from=data.get("applies-from"),
        policy_changes_by=data.get("policy-changes", {}).get("approved-by"),
        areas=areas,
        components=tuple(component_of(name, one) for name, one in _there(data, "components")),
        roles={
            **DEFAULT_ROLES,
            **{name: role_of(name, one) for name, one in _there(data, "roles")},
        },
        hours=hours_of(data.get("hours")),
        away=away_of(data.get("away", {})),
        quiet=quiet_of(data.get("quiet", {})),
        exempt=exempt_of(data.get("exempt", {}), names),
        ci=names.ci,
        triggers=_triggers(data.get("escalate", {}), names),
        timing=timing_of(data.get("escalate", {}).get("timing", {})),
        notices=_notices(data.get("handoff", {}), names),
        returns=data.get("handoff", {}).get("returns", "issue"),
        labels=data.get("labels", False),
        board_issue=data.get("board-issue", False),
        checkboxes=data.get("checkboxes", "view"),
        co_authors=data.get("co-authors", "count"),
        agreed=data.get("contract", {}).get("agreed"),
        commands={verb: command_of(one) for verb, one in data.get("commands", {}).items()},
        paths=tuple(override_of(glob, one, names) for glob, one in data.get("paths", {}).items()),
    )


def digested(policy: Policy) -> Policy:
    """The policy with the digest of what it says; where it came from does not count."""
    return replace(policy, digest=sha256(canonical(_bare(policy))).hexdigest())


def _bare(policy: Policy) -> Policy:
    floor = None if policy.floor is None else _bare(policy.floor)
    return replace(policy, origin=Origin(), digest="", floor=floor)


def _there(data: dict[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    """The entries of a key that are not taken out by `none`."""
    return ((name, one) for name, one in data.get(key, {}).items() if one != "none")


def _several(written: str | tuple[str, ...]) -> tuple[str, ...]:
    return (written,) if isinstance(written, str) else written


def _items(data: dict[str, Any], names: Names) -> tuple[Item, ...]:
    by = data.get("commands", {}).get("waive", {}).get("by")
    waivers = _WAIVERS if by is None else frozenset(by)
    return tuple(item_of(name, item, names, waivers) for name, item in _there(data, "checklist"))


def _lists(data: dict[str, Any], items: tuple[Item, ...]) -> dict[str, tuple[str, ...]]:
    """Every item is in both lists unless the policy says otherwise; the second holds the first."""
    every = tuple(item.id for item in items)
    lists = data.get("lists", {})
    handoff = tuple(one for one in lists.get("handoff", every) if one in every)
    quality = tuple(one for one in lists.get("quality", every) if one in every)
    return {"handoff": handoff, "quality": tuple(dict.fromkeys(quality + handoff))}


def _triggers(data: dict[str, Any], names: Names) -> tuple[TriggerUse, ...]:
    return tuple(
        TriggerUse(
            id=name,
            when=condition_of(data[name]["when"], names),
            ask=data[name].get("ask", data.get("ask", "architect")),
            block=Block(data[name].get("block", "until-decided")),
        )
        for name in TRIGGERS
        if data.get(name, "none") != "none"
    )


def _notices(data: dict[str, Any], names: Names) -> tuple[NoticeUse, ...]:
    after = data.get("after", AFTER_DEFAULT)
    return tuple(
        NoticeUse(
            name=name,
            when=condition_of(data[name].get("when"), names),
            to=data[name]["to"],
            after=data[name].get("after", after),
            answer=data[name].get("answer", "expected" if name in {"frontend", "qa"} else "none"),
            fields=tuple(
                FieldUse(
                    name=field,
                    sources=_several(one["from"]),
                    confirmed_by=one.get("confirmed-by", ""),
                    when=condition_of(one.get("when"), names),
                    required=one.get("required", True),
                )
                for field, one in data[name].get("tell", {}).items()
            ),
            answer_within=data[name].get("answer-within", WorkingTime(days=1)),
        )
        for name in NOTICES
        if data.get(name, "none") != "none"
    )
