"""Which code an act is about: the head that was meant, and the content that must be the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.acts.force import in_force
from bot.acts.who import refusal, several
from bot.model.act import Act
from bot.model.facts import Standing
from bot.model.known import Unknown
from bot.model.problem import Problem
from bot.model.verbs import rule_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from bot.model.act import ActKind
    from bot.model.command import Scene, Stood


def meant(scene: Scene, at: str) -> tuple[Stood, ...] | Problem:
    """The heads besides the present one that the person may have looked at; one without a name
    where it is not known which there was."""
    now = scene.matter.facts.head_sha
    if not at:
        return scene.stood
    fitting = [sha for sha in dict.fromkeys((*scene.heads, now)) if sha.startswith(at)]
    if len(fitting) != 1:
        why = "is no head of this pull request" if not fitting else "fits more than one head"
        return refusal(f"{at} {why}", f"the head now is {now[:7]}")
    return tuple(one for one in scene.stood if one.sha == fitting[0])


def one_head(scene: Scene, at: str) -> Problem | None:
    """What is wrong with a word about the push itself, where two heads may have been meant."""
    heads = meant(scene, at)
    if isinstance(heads, Problem):
        return heads
    now = scene.matter.facts.head_sha[:7]
    if not heads:
        return None
    seen = any(one.sha for one in heads)
    why = f"{now} was pushed while you wrote" if seen else f"{now} may be newer than what you wrote"
    return refusal(why, _again(now))


def scopes_of(items: Iterable[str], scene: Scene, at: str) -> Mapping[str, str] | Problem:
    """Of each item its fingerprint at the present head, if it is the same at every head meant."""
    heads = meant(scene, at)
    if isinstance(heads, Problem):
        return heads
    scopes: dict[str, str] = {}
    for item in items:
        scope = scene.scope_of(item, scene.matter)
        if isinstance(scope, Unknown):
            return refusal(f"I cannot see the whole diff ({scope.reason})")
        for head in heads:
            wrong = _moved(item, scope, scene, head)
            if wrong is not None:
                return wrong
        scopes[item] = scope
    return scopes


def _moved(item: str, scope: str, scene: Scene, head: Stood) -> Problem | None:
    now = scene.matter.facts.head_sha[:7]
    if head.matter is None:
        name = head.sha[:7] or f"a head before {now}"
        return refusal(f"{name}, which you may have looked at, was never judged", _again(now))
    if scene.scope_of(item, head.matter) == scope:
        return None
    path = _path(item, scene, head.matter.facts.changes)
    return refusal(f"{path} changed in {now} while you wrote", _again(now))


def _path(item: str, scene: Scene, before: Any) -> str:
    """The first file of the item that differs."""
    changes = scene.matter.facts.changes
    old = () if isinstance(before, Unknown) else before
    new = () if isinstance(changes, Unknown) else changes
    blobs = {file.path: file.head_blob for file in old}
    paths = [file for file in new if blobs.get(file.path, "") != file.head_blob]
    gone = {file.path for file in new}
    nothing = _alone(item, scene, ())
    for file in (*paths, *(file for file in old if file.path not in gone)):
        if _alone(item, scene, (file,)) != nothing:
            return str(file.path)
    return f"what {item} is about"


def _alone(item: str, scene: Scene, files: Any) -> Any:
    facts = replace(scene.matter.facts, changes=files)
    return scene.scope_of(item, replace(scene.matter, facts=facts))


def _again(now: str) -> str:
    return f"look again and repeat with at {now}. Nothing was done"


def standing(scene: Scene) -> tuple[Act, ...]:
    """The acts in force when the line was said."""
    return in_force(scene.matter.acts, scene.matter.facts.head_sha)


def about(item: str, scene: Scene, kind: ActKind, scopes: Mapping[str, str], **known: Any) -> Act:
    """The act about the item alone, one of those that the line leads to."""
    key, scope = f"{scene.key}/{item}", {item: scopes[item]}
    known = lasting(kind, scene) | known
    return act_of(scene, kind, (item,), key=key, scopes=scope, **known)


def lasting(kind: ActKind, scene: Scene) -> dict[str, Any]:
    """How long the policy lets a word of that verb hold at most."""
    lasts = rule_of(kind.value, scene.matter.policy.commands).lasts or ""
    days = timedelta(days=int(lasts[:-1])) if lasts.endswith("d") else None
    return {
        "ends_with_push": lasts == "this-push",
        "ends_at": None if days is None else scene.said_at + days,
    }


def needs_second(acts: Iterable[Act], scene: Scene) -> str:
    """What is answered where words count only with somebody else's; empty where they do alone."""
    earlier = standing(scene)
    for act in acts:
        what = (act.kind, act.subjects, act.detail)
        alike = [one for one in earlier if (one.kind, one.subjects, one.detail) == what]
        if isinstance(why := scene.asker.is_contributor, Unknown) and not several([*alike, act]):
            return f"it counts once somebody else who may says the same: {why.reason}"
    return ""


def act_of(scene: Scene, kind: ActKind, subjects: Iterable[str], **known: Any) -> Act:
    """The act of the scene's person at the present head."""
    asker = scene.asker
    data = known.pop("data", {})
    if isinstance(asker.is_contributor, Unknown) and not asker.is_author:
        data = {**data, "wrote": "unknown"}
    return Act(
        key=known.pop("key", scene.key),
        kind=kind,
        by=asker.person,
        subjects=tuple(subjects),
        head_sha=scene.matter.facts.head_sha,
        said_at=scene.said_at,
        place=scene.place,
        standing=Standing.NONE if isinstance(asker.standing, Unknown) else asker.standing,
        is_author=asker.is_author,
        is_contributor=asker.is_contributor is True,
        through=scene.through,
        data=data,
        **known,
    )
