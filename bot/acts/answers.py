"""What was told to a role, what it answered, and what of it holds: folds over the ledger."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from bot.model.act import EVERYTHING, Act, ActKind
from bot.model.known import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.model.known import Known

# What a notice says, group by group and part by part; None is what could not be learnt.
Parts: TypeAlias = "Mapping[str, Mapping[str, str | None] | None]"

_ANSWERS = frozenset({ActKind.ACCEPT, ActKind.RETURN})
# Of each notice what makes an answer to it worthless when it changes.
_MATERIAL = {
    "frontend": ("fields", "operations", "contract"),
    "qa": ("fields", "items"),
    "operations": ("fields",),
}
# A deployment of other code that nobody has to look at again is no news.
_ONLY_WITH_ITEMS = "environment"

# What those told hear next who heard that it will not come, or that it changed.
COMES_AFTER_ALL, AS_IT_WAS = "it comes after all", "it is again as it was"
# The remarks that what was told will not come, before those told hear it, and that it may again.
CLOSED, OPENED = "closed", "opened"
# Between a value and its bounds.
_HAS = " has "
_IN_PATH = re.compile(r"(?:^|; )parameter (\S+) in path(?=; |$)")

# Of items in the same case so many by name.
NAMED = 3


def told_last(notice: str, acts: Iterable[Act]) -> Act | None:
    """The newest telling of the notice."""
    found = [one for one in acts if one.kind is ActKind.TELL and one.subjects == (notice,)]
    return max(found, key=lambda one: one.order, default=None)


def answer_to(tell: Act, force: Iterable[Act]) -> Act | None:
    """The newest answer in force to that telling; what was said before it is no answer to it."""
    found = [
        one
        for one in force
        if one.kind in _ANSWERS and one.subjects[:1] == tell.subjects and one.order > tell.order
    ]
    return max(found, key=lambda one: one.order, default=None)


def heard_last(what: str, tell: Act, acts: Iterable[Act], answer: Act | None) -> bool:
    """Whether those told heard last that it is gone, or changed; who answered since knows more."""
    key, last = f"{what}:{tell.subjects[0]}:{tell.data['revision']}", answer or tell
    return any(act.key == key and act.order > last.order for act in acts)


def closed_last(notice: str, revision: int, acts: Iterable[Act]) -> tuple[Act | None, str]:
    """The remark that it was closed, where it was not opened since; and the key of the remark that
    comes next, of every turn another one."""
    keys = tuple(f"{one}:{notice}:{revision}" for one in (CLOSED, OPENED))
    turns = [act for act in acts if f"{act.key}:".startswith(tuple(f"{one}:" for one in keys))]
    last, nth = max(turns, key=lambda one: one.order, default=None), len(turns) // 2
    shut = last if last and last.detail == CLOSED else None
    return shut, keys[shut is not None] + (f":{nth + 1}" if nth else "")


def holds_back(act: Act, everything: Known[str], digests: Mapping[str, str]) -> bool:
    """Whether a return still lasts: for items while no file has changed, for fields while their
    value is the same. `digests`: of the values by `notice.field`."""
    return any(
        isinstance(everything, Unknown) or everything == scope
        if name == EVERYTHING
        else digests.get(name, scope) == scope
        for name, scope in act.scopes.items()
    )


def lasting(force: Iterable[Act], everything: Known[str], *, merged: bool) -> tuple[Act, ...]:
    """The acts in force without the returns that hold no item back any more: files changed, the
    role was told again, or it accepted. After the merge a return is an issue instead."""
    acts = tuple(force)
    kept: list[Act] = []
    for act in acts:
        if act.kind is ActKind.RETURN:
            tell = told_last(act.subjects[0], acts)
            newest = not merged and tell is not None and answer_to(tell, acts) is act
            if not newest or EVERYTHING not in act.scopes or not holds_back(act, everything, {}):
                continue
        kept.append(act)
    return tuple(kept)


def drift(notice: str, told: Parts, now: Parts) -> tuple[str, ...]:
    """What matters to the role and differs, one line a thing; what is not known differs in
    nothing."""
    differs = {
        group: lines
        for group in _MATERIAL.get(notice, ())
        if (lines := _differences(told.get(group), now.get(group)))
    }
    if "items" not in differs:
        differs.get("fields", {}).pop(_ONLY_WITH_ITEMS, None)
    if "operations" in differs:
        # The operations say it better than the names of the files that hold them.
        differs.pop("contract", None)
    items = differs.pop("items", {})
    said = [
        _line(group, name, was, new)
        for group, lines in differs.items()
        for name, (was, new) in lines.items()
    ]
    return (*said, *_items(items))


def put_back(notice: str, told: Parts, now: Parts) -> tuple[str, ...]:
    """What to say where all that matters to the role is known to be as it was told."""
    groups = _MATERIAL.get(notice, ())
    same = all(_lasting(told.get(one)) == _lasting(now.get(one)) for one in groups)
    return (AS_IT_WAS,) if same else ()


def _lasting(group: Mapping[str, str | None] | None) -> dict[str, str | None] | None:
    return None if group is None else {**group, _ONLY_WITH_ITEMS: ""}


def _items(differing: Mapping[str, tuple[str, str]]) -> Iterable[str]:
    """Items that are in the same case in one line, so that nobody reads thirteen alike."""
    alike: dict[str, list[str]] = {}
    for name, (_, new) in differing.items():
        state = new.partition(" ")[0]
        said = "to be looked at again" if state == "good" else state or "gone"
        alike.setdefault(said, []).append(name)
    for said, names in alike.items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        yield f"{', '.join(names[:NAMED])}{more} {'are' if names[1:] else 'is'} {said}"


def _differences(
    told: Mapping[str, str | None] | None, now: Mapping[str, str | None] | None
) -> dict[str, tuple[str, str]]:
    if told is None or now is None:
        return {}
    found: dict[str, tuple[str, str]] = {}
    for name in dict.fromkeys((*told, *now)):
        was, new = told.get(name, ""), now.get(name, "")
        if was is not None and new is not None and was != new:
            found[name] = (was, new)
    return found


def _line(group: str, name: str, was: str, new: str) -> str:
    if group == "fields":
        return f"{name} is now {new or 'empty'}"
    if group == "contract" or not was or not new:
        turn = "changed" if was and new else "is new" if new else "is gone"
        return f"{spelled(name, was or new)} {turn}"
    before, after = was.split("; "), new.split("; ")
    news = [one if _HAS in one else f"new {one}" for one in after if one not in before]
    olds = [one for one in before if one not in after and _HAS not in one]
    # What a value had is gone or another one now.
    eased = {one.partition(_HAS)[0] for one in before if _HAS in one}
    eased -= {one.partition(_HAS)[0] for one in after if _HAS in one}
    news += [f"{one} has no bound any more" for one in sorted(eased)]
    return f"{spelled(name, new)} " + ", ".join(news + [f"no {one}" for one in olds])


def spelled(operation: str, says: str) -> str:
    """`GET /a/{id}` of `GET /a/{}`, where what is said of it tells the one name."""
    names = _IN_PATH.findall(says)
    alone = len(names) == operation.count("{}") == 1
    return operation.replace("{}", f"{{{names[0]}}}") if alone else operation
