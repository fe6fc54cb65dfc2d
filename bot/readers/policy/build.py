"""Read values into the judge's own frozen types, with areas and rules resolved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_type_hints

from bot.model.area import Area
from bot.model.facts import Change, Standing
from bot.model.item import (
    ALWAYS,
    AddsNames,
    AllOf,
    AnyOf,
    Attested,
    AuthoredBy,
    BasedOn,
    CannotTell,
    Changed,
    ChangedByOthers,
    CheckFailed,
    ComponentsAtLeast,
    Condition,
    ContractTurns,
    Every,
    FilesAtLeast,
    FromFork,
    InterfaceTurns,
    Item,
    ItemOverride,
    Labelled,
    Level,
    LinesAtLeast,
    Migrates,
    NamesEndpoints,
    No,
    Not,
    NotYet,
    PathOverride,
    Proof,
    Registers,
    SameCode,
    Some,
    Titled,
    Use,
)
from bot.model.manifest import MANIFESTS
from bot.model.policy import Ci, CommandRule, Component, Exempt, Hours, Quiet, Role, Timing
from bot.readers.policy.builtins import ALIASES
from bot.readers.policy.roles import DAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from bot.model.rule import AnyRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What names stand for."""

    areas: Mapping[str, Area]
    rules: Mapping[str, AnyRule]
    by_word: Mapping[str, AnyRule]
    ci: Ci
    titles: Mapping[str, str]
    components: frozenset[str]
    agreed: str = ""

    def area(self, name: str) -> Area:
        """The area of a name; one that nobody defines holds nothing."""
        return self.areas.get(name, Area(name, ()))

    def area_list(self, names: Iterable[str]) -> tuple[Area, ...]:
        """The areas of those names that somebody defines."""
        return tuple(self.areas[name] for name in names if name in self.areas)

    def undefined(self, names: Iterable[str]) -> str:
        """What to say of areas that nobody defines, whose files are nobody's guess; else empty."""
        lacking = [name for name in names if name not in self.areas]
        return f"area {lacking[0]} is defined nowhere" if lacking else ""


def condition_of(data: dict[str, Any] | None, names: Names) -> Condition:
    """The condition of a `when`; none means always."""
    if data is None:
        return ALWAYS
    parts = [_entry(word, value, names) for word, value in data.items()]
    return parts[0] if len(parts) == 1 else Every(parts=tuple(parts))


def _entry(word: str, value: Any, names: Names) -> Condition:
    if word == "all":
        return Every(parts=tuple(condition_of(one, names) for one in value))
    if word == "any":
        return Some(parts=tuple(condition_of(one, names) for one in value))
    if word == "not":
        return No(part=condition_of(value, names))
    if word == "changed":
        return _changed(value, names)
    if word == "check-failed":
        return _check_failed(value, names)
    simple: dict[str, Callable[[Any], Condition]] = {
        "labelled": lambda some: Labelled(any_of=some),
        "title": lambda pattern: Titled(pattern=pattern),
        "base": lambda globs: BasedOn(globs=globs),
        "author": lambda roles: AuthoredBy(roles=roles),
        "from-fork": lambda wanted: FromFork(wanted=wanted),
        "lines-at-least": lambda lines: LinesAtLeast(lines=lines),
        "files-at-least": lambda files: FilesAtLeast(files=files),
        "components-at-least": lambda some: ComponentsAtLeast(components=some),
        "changed-by-others": lambda some: _by_others(some, names),
        "contract": lambda what: ContractTurns(
            what=what, area=names.area("contract"), **_around_code(names)
        ),
        "adds": lambda some: AddsNames(what=tuple(some)),
        "migration": lambda some: Migrates(
            what=tuple(some), area=names.area("migrations"), generated=names.area("generated")
        ),
        "registers": lambda some: Registers(
            what=tuple(some), tests=names.area("tests"), generated=names.area("generated")
        ),
        "public-interface": lambda _: InterfaceTurns(
            tests=names.area("tests"), generated=names.area("generated")
        ),
        "same-code-in-components": lambda some: SameCode(
            components=some, tests=names.area("tests"), generated=names.area("generated")
        ),
    }
    return simple[word](value) if word in simple else CannotTell(word=word)


def _changed(value: dict[str, Any], names: Names) -> Condition:
    cannot = names.undefined(value["areas"])
    if cannot:
        return CannotTell(word=cannot)
    changed = Changed(
        areas=names.area_list(value["areas"]),
        kinds=tuple(Change(one) for one in value.get("kinds", ())),
        lines_at_least=value.get("lines-at-least", 1),
    )
    if "mentions" not in value:
        return changed
    return Every(parts=(changed, NamesEndpoints(areas=changed.areas, **_around_code(names))))


def _around_code(names: Names) -> dict[str, Area]:
    return {name: names.area(name) for name in ("endpoints", "tests", "generated")}


def _by_others(components: tuple[str, ...], names: Names) -> Condition:
    lacking = [one for one in components if one not in names.components]
    if lacking:
        return CannotTell(word=f"component {lacking[0]} is defined nowhere")
    return ChangedByOthers(components=components)


def _check_failed(value: dict[str, Any], names: Names) -> Condition:
    # Whether it may still run is for a proof to say: a condition has no deadline.
    if value.get("if-absent", "unsure") != "unsure":
        return CannotTell(word=f"check-failed if-absent {value['if-absent']}")
    return CheckFailed(
        name=value["name"],
        app=value.get("app", names.ci.app),
        workflow=value.get("workflow"),
        conclusions=tuple(value.get("conclusions", ("success",))),
        status_by=value.get("status-by"),
    )


def proof_of(pair: tuple[str, Any], names: Names) -> Proof:
    """The proof of a `(word, value)` pair."""
    word, value = pair
    if word in {"all", "any"}:
        parts = tuple(proof_of(one, names) for one in value)
        return AllOf(parts=parts) if word == "all" else AnyOf(parts=parts)
    if word == "not":
        return Not(part=proof_of(value, names))
    if word == "attested-by":
        return Attested(
            role=value["role"],
            people_at_least=value.get("people-at-least", 1),
            prompted_by=_prompts(value.get("prompted-by", ()), names),
            this_push=value.get("lasts") == "this-push",
        )
    return _contract(value, names) if word == "contract" else _leaf(word, value, names)


# What `contract` may ask beside its own rule: the rule that answers, and the option for the value.
_BESIDE = {
    "matches-code": ("contract-covers-changed-endpoints", ""),
    "errors-use": ("errors-use-standard-format", "schema"),
    "bounded": ("inputs-are-bounded", ""),
}


def _contract(value: dict[str, Any], names: Names) -> Proof:
    own = {key: one for key, one in value.items() if key not in _BESIDE}
    place = {key: one for key, one in own.items() if key == "file"}
    parts = [
        _leaf("builtin", {"rule": rule, **place, **({key: value[word]} if key else {})}, names)
        for word, (rule, key) in _BESIDE.items()
        if value.get(word)
    ]
    if "allow" in value or not parts:
        parts.insert(0, _leaf("contract", own, names))
    return parts[0] if len(parts) == 1 else AllOf(parts=tuple(parts))


def _prompts(rules: Iterable[str], names: Names) -> tuple[Use, ...]:
    leaves = (_leaf("builtin", {"rule": rule}, names) for rule in rules)
    return tuple(one for one in leaves if isinstance(one, Use))


def _leaf(word: str, value: dict[str, Any], names: Names) -> Proof:
    kinds: dict[str, str] = {}
    if word == "builtin":
        kinds = value.get("kinds", {})
        word = ALIASES.get(value["rule"], value["rule"])
        rule = names.rules.get(word)
        value = {key: one for key, one in value.items() if key not in {"rule", "kinds"}}
    else:
        rule = names.by_word.get("changed" if word == "companion" else word)
    if word == "companion":
        value = {"lines-at-least": 1, **value}
    if rule is None:
        return NotYet(word=word)
    options = {_RENAMED.get(key, key.replace("-", "_")): one for key, one in value.items()}
    hints = get_type_hints(rule.options)
    areas = [key for key in options if hints[key] in (Area, tuple[Area, ...])]
    lacking = names.undefined(name for key in areas for name in options[key])
    if lacking:
        return NotYet(word=word, why=lacking)
    read = {key: _option(hints[key], one, names) for key, one in options.items()}
    made = rule.options(**(_around(rule, names) | read))
    return Use(rule=rule.id, options=made, kinds=tuple(sorted(kinds.items())))


_RENAMED = {"in": "areas", "needs": "areas", "from": "from_role", "except": "except_pattern"}


def _around(rule: AnyRule, names: Names) -> dict[str, Any]:
    """What the policy says elsewhere and the rule asks for."""
    known = {
        "generated": names.areas["generated"],
        "app": names.ci.app,
        "wait_at_most": names.ci.wait_at_most,
        "agreed": names.agreed,
    }
    own = get_type_hints(rule.options)
    # A field of that name and type asks for the policy's area; one that the policy leaves empty
    # leaves the rule its own.
    areas = {
        name: names.areas[name]
        for name, kind in own.items()
        if kind is Area and name in names.areas and names.areas[name].globs
    }
    return areas | {name: known[name] for name in own if name in known}


def _option(kind: Any, value: Any, names: Names) -> Any:
    if kind == tuple[Area, ...]:
        return names.area_list(value)
    if kind is Area:
        return Area(
            " and ".join(value), tuple(g for one in names.area_list(value) for g in one.globs)
        )
    if kind == tuple[tuple[Area, tuple[str, ...]], ...]:
        return tuple((names.area(name), tuple(given)) for name, given in value.items())
    if kind == tuple[Change, ...]:
        return tuple(Change(one) for one in value)
    return value


def item_of(name: str, data: dict[str, Any], names: Names, waive_by: frozenset[str]) -> Item:
    """One item of the checklist; `waive_by`: who may waive where the item does not say."""
    when = condition_of(data.get("when"), names)
    covers = names.area_list(data["covers"]) if "covers" in data else _areas_of(when)
    waive = frozenset(data["waive-by"]) if "waive-by" in data else waive_by
    return Item(
        id=name,
        title=data.get("title") or names.titles.get(name, name),
        help=data.get("help", ""),
        level=Level(data.get("level", "block")),
        when=when,
        covers=covers,
        proof=proof_of(data["proof"], names),
        if_unsure=data.get("if-unsure"),
        waive_by=waive,
        applies_from=data.get("applies-from"),
    )


def _areas_of(condition: Condition) -> tuple[Area, ...]:
    match condition:
        case Changed(areas=areas):
            return areas
        case Migrates(area=area) | ContractTurns(area=area):
            return (area,)
        case AddsNames():
            return (MANIFESTS,)
        case Every(parts=parts) | Some(parts=parts):
            return tuple(dict.fromkeys(area for part in parts for area in _areas_of(part)))
        case _:
            return ()


def override_of(glob: str, data: dict[str, Any], names: Names) -> PathOverride:
    """One entry of `paths`."""
    area = Area(glob, (glob,))
    if data["checklist"] == "none":
        return PathOverride(area=area, none=True)
    items = []
    for name, over in data["checklist"].items():
        if over == "none":
            items.append((name, ItemOverride(drop=True)))
            continue
        change = ItemOverride(
            title=over.get("title"),
            help=over.get("help"),
            level=Level(over["level"]) if "level" in over else None,
            when=condition_of(over["when"], names) if "when" in over else None,
            covers=names.area_list(over["covers"]) if "covers" in over else None,
            proof=proof_of(over["proof"], names) if "proof" in over else None,
            if_unsure=over["if-unsure"] or "" if "if-unsure" in over else None,
            waive_by=frozenset(over["waive-by"]) if "waive-by" in over else None,
            applies_from=over.get("applies-from"),
        )
        items.append((name, change))
    return PathOverride(area=area, items=tuple(items))


def role_of(name: str, data: dict[str, Any]) -> Role:
    """One role."""
    permission = data.get("permission")
    ask = data.get("ask", 1)
    return Role(
        name=name,
        team=data.get("team"),
        people=data.get("people", ()),
        codeowners=data.get("codeowners", False),
        permission=Standing(permission) if permission else None,
        ask=5 if ask == "all" else ask,
        pick=data.get("pick", "rotation"),
        then=data.get("then"),
        apart=data.get("except", ()),
        channel=data.get("channel"),
        ask_by=data.get("ask-by", "comment"),
        mention_team=data.get("mention-team", False),
        duty=data.get("duty", {}),
        hours=hours_of(data["hours"]) if "hours" in data else None,
    )


def quiet_of(data: dict[str, Any]) -> Quiet:
    """`quiet`."""
    return Quiet(
        comment=data.get("comment", "when-needed"),
        drafts=data.get("drafts", True),
        authors=data.get("authors", ()),
        pings_at_most=data.get("pings-at-most", 6),
    )


def exempt_of(data: dict[str, Any], names: Names) -> Exempt:
    """`exempt`."""
    label = data.get("label", {})
    return Exempt(
        only_changed=names.area_list(data.get("only-changed", ())),
        label=label.get("name"),
        label_set_by=label.get("set-by", ()),
        authors=data.get("authors", ()),
    )


def ci_of(data: dict[str, Any]) -> Ci:
    """`ci`."""
    return Ci(
        app=data.get("app", "github-actions"),
        wait_at_most=data.get("wait-at-most", timedelta(minutes=60)),
        when_weakened=data.get("when-weakened", "unsure"),
    )


def component_of(name: str, data: dict[str, Any]) -> Component:
    """One component."""
    return Component(name=name, area=Area(name, data["paths"]), owner=data.get("owner"))


def command_of(data: dict[str, Any]) -> CommandRule:
    """One verb's rule."""
    return CommandRule(
        by=frozenset(data["by"]) if "by" in data else None,
        not_by=frozenset(data.get("not-by", ())),
        reason_required=data.get("reason") == "required",
        lasts=data.get("lasts"),
        persons=data.get("persons", 1),
    )


def hours_of(data: Any) -> Hours:
    """`hours`."""
    if data is None or data == "always":
        return Hours(always=data == "always")
    days = data.get("days", "mon-fri")
    if isinstance(days, str):
        first, last = (DAYS.index(one) for one in days.split("-"))
        numbers = tuple((first + day) % 7 for day in range((last - first) % 7 + 1))
    else:
        numbers = tuple(DAYS.index(one) for one in days)
    return Hours(
        days=numbers,
        start=data.get("from", "09:00"),
        end=data.get("to", "17:00"),
        zone=data.get("zone", "UTC"),
        holidays=data.get("holidays", ()),
    )


def timing_of(data: dict[str, Any]) -> Timing:
    """`escalate.timing`; what is not written stands as it is."""
    return Timing(**{name.replace("-", "_"): one for name, one in data.items()})


def away_of(data: dict[str, Any]) -> dict[str, tuple[tuple[date, date], ...]]:
    """`away`: first and last day of each absence."""
    return {login: tuple(spans) for login, spans in data.items()}
