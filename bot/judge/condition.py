"""Whether a condition of the policy holds: yes, no, or unknown with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

import re2

from bot.judge.code import code_holds, code_needs, code_shown, places_of
from bot.linking.checks import INCONCLUSIVE, is_made_by
from bot.linking.contracts import breaking, turns
from bot.linking.contracts import told as said
from bot.linking.corrected import CORRECTED, correction_needs, corrections
from bot.linking.libraries import LIBRARIES, users
from bot.linking.manifests import additions, manifest_needs
from bot.linking.migrations import does, gather, told
from bot.linking.reports import moved_lines
from bot.model.area import Area, name_matches
from bot.model.item import (
    AddsNames,
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
    Labelled,
    LinesAtLeast,
    Migrates,
    NamesEndpoints,
    No,
    Registers,
    SameCode,
    Some,
    Titled,
)
from bot.model.known import Known, Unknown
from bot.model.need import Members, Need, Part
from bot.model.policy import RESERVED_ROLES
from bot.model.reading import BOTH, CONTRACT, HEAD_ONLY, MIGRATION, SIGNALS, Read
from bot.model.signal import SOURCE
from bot.model.verdict import Evidence, Kind, Says, Tier, clip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.facts import ChangedFile, Changes, CheckRun, Facts
    from bot.model.manifest import Name
    from bot.model.policy import Policy

REST = "(rest)"
NEW_NAME = Kind(
    id="new-dependency",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="All manifests of its family were compared: no other text names it at the base.",
)
NEW_IDLE_NAME = Kind(
    id="new-development-dependency",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="It is new, but for development, tests, CI or an extra.",
)

NEW_LIBRARY = Kind(
    id="library-swapped",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="Who logs in, or what is logged, commonly rests on it; it may serve something else.",
)

MIGRATES = Kind(
    id="data-model-change",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The operation was read from a migration, and what it works on was there before.",
)
MAY_MIGRATE = Kind(
    id="data-model-move",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="Rows are rewritten, a type changes or a way back loses rows: often as planned.",
)

CONTRACT_GAP = Kind(
    id="contract-gap",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="Both versions were compared, and a client that was right before fails.",
)
BROKEN_SHOWN = 10
USERS_SHOWN = 5


def holds(condition: Condition, facts: Facts, policy: Policy) -> Known[bool]:
    """The answer for these facts; generated files never count."""
    match condition:
        case Every(parts=parts):
            return _every(holds(part, facts, policy) for part in parts)
        case Some(parts=parts):
            return _negate(_every([_negate(holds(part, facts, policy)) for part in parts]))
        case No(part=part):
            return _negate(holds(part, facts, policy))
        case Migrates(what=what):
            gathered = gather(facts, condition.area, condition.generated)
            return gathered if isinstance(gathered, Unknown) else does(gathered, what)
        case ContractTurns(what=turn):
            return turns(facts, condition.area, turn, corrections(facts, places_of(condition)))
        case AddsNames(what=what):
            return _adds(what, facts)
        case Changed() | LinesAtLeast() | FilesAtLeast() | ComponentsAtLeast() | ChangedByOthers():
            return _about_files(condition, facts, policy)
        case SameCode() | InterfaceTurns() | NamesEndpoints() | Registers():
            return code_holds(condition, facts, lambda path: part_of(path, policy))
        case _:
            return _about_the_rest(condition, facts)


def _about_the_rest(
    condition: Labelled | Titled | BasedOn | AuthoredBy | FromFork | CheckFailed | CannotTell,
    facts: Facts,
) -> Known[bool]:
    match condition:
        case Labelled(any_of=wanted):
            return (
                facts.labels
                if isinstance(facts.labels, Unknown)
                else bool(facts.labels & set(wanted))
            )
        case Titled(pattern=pattern):
            return re2.search(pattern, facts.title) is not None
        case BasedOn(globs=globs):
            return is_base(facts, globs)
        case FromFork(wanted=wanted_fork):
            return facts.from_fork is wanted_fork
        case CannotTell(word=word):
            return Unknown(f"this version cannot tell: {word}")
        case CheckFailed():
            return _check_failed(condition, facts)
        case AuthoredBy(roles=roles):
            return _negate(_every([_negate(_author_in(role, facts)) for role in roles]))
        case _:
            assert_never(condition)


def condition_needs(condition: Condition, policy: Policy, changes: Changes) -> frozenset[Need]:
    """What must be known to answer the condition."""
    match condition:
        case Every(parts=parts) | Some(parts=parts):
            return frozenset().union(*(condition_needs(part, policy, changes) for part in parts))
        case No(part=part):
            return condition_needs(part, policy, changes)
        case AddsNames(what=what):
            # Where a library is used tells more than where it is named.
            libraries = not LIBRARIES.keys().isdisjoint(what)
            used = {Read(reading=SIGNALS.id, area=SOURCE, sides=HEAD_ONLY)} if libraries else set()
            return manifest_needs(changes) | used
        case CheckFailed():
            return frozenset({Part.CHECKS})
        case SameCode() | InterfaceTurns() | NamesEndpoints() | Registers():
            return code_needs(condition, changes)
        case ContractTurns(area=area):
            read = Read(reading=CONTRACT.id, area=area, pair=True)
            return correction_needs(places_of(condition), changes) | {read}
        case Migrates(area=area):
            return frozenset({Read(reading=MIGRATION.id, area=area, sides=BOTH)})
        case AuthoredBy(roles=roles):
            return members_of(roles)
        case ChangedByOthers(components=names):
            owners = [one.owner for one in policy.components if one.name in names and one.owner]
            return members_of(owners)
        case _:
            return frozenset()


def shown(condition: Condition, facts: Facts, policy: Policy) -> tuple[Evidence, ...]:
    """What in these facts the condition is about, surest first; empty where it shows nothing."""
    match condition:
        case Every(parts=parts) | Some(parts=parts):
            # Where another part is plainly not so, there is nothing to ask about.
            if isinstance(condition, Every) and any(
                holds(one, facts, policy) is False and not shown(one, facts, policy)
                for one in parts
            ):
                return ()
            return tuple(piece for one in parts for piece in shown(one, facts, policy))
        case SameCode() | InterfaceTurns() | NamesEndpoints() | Registers():
            return code_shown(condition, facts, lambda path: part_of(path, policy))
        case AddsNames(what=what):
            found = additions(facts)
            names = () if isinstance(found, Unknown) else found.names
            of = [(path, one) for path, one in names if _is_of(one, what)]
            pieces = [piece for path, one in of for piece in _new_name(path, one, what, facts)]
            return tuple(sorted(pieces, key=lambda one: one.kind is not NEW_NAME))
        case Migrates():
            return _migrated(condition, facts)
        case ContractTurns():
            return _broken(facts, condition)
        case _:
            return ()


def _is_of(name: Name, what: tuple[str, ...]) -> bool:
    """Whether a new name is of what is asked for: its sort, or a library that much rests on."""
    rests = name.runtime and any(name.name in LIBRARIES.get(one, ()) for one in what)
    return name.adds in what or rests


def _new_name(path: str, name: Name, what: tuple[str, ...], facts: Facts) -> list[Evidence]:
    kind = NEW_NAME if name.runtime else NEW_IDLE_NAME
    note = clip(f"{name.adds} {name.name}", 200)
    if name.adds in what:
        return [kind.at(note, path, name.line)]
    places = [(path, name.line), *users(facts, name.name)[:USERS_SHOWN]]
    return [NEW_LIBRARY.at(note, *place) for place in places]


def _broken(facts: Facts, condition: ContractTurns) -> tuple[Evidence, ...]:
    files, corrected = facts.changed_in(condition.area), corrections(facts, places_of(condition))
    if isinstance(files, Unknown):
        return ()
    pieces: list[Evidence] = []
    for file in files:
        found = facts.read(CONTRACT, file.path)
        if isinstance(found, Unknown):
            continue
        if found.gone or found.unreadable:
            pieces.append(CONTRACT_GAP.at(f"{file.path} is no contract any more"[:200], file.path))
        pieces += [
            (CORRECTED if corrected(one) else CONTRACT_GAP).at(said(one), file.path, one.line)
            for one in breaking(found)
        ]
    return tuple(sorted(pieces, key=lambda one: one.kind is CORRECTED)[:BROKEN_SHOWN])


def _migrated(condition: Migrates, facts: Facts) -> tuple[Evidence, ...]:
    gathered = gather(facts, condition.area, condition.generated)
    if isinstance(gathered, Unknown):
        return ()
    pieces = [
        (MIGRATES if word in condition.what else MAY_MIGRATE).at(clip(note, 200), path, line)
        for word, note, path, line in told(gathered)
        if word in condition.what or word != "irreversible"
    ]
    return tuple(sorted(pieces, key=lambda one: one.kind is not MIGRATES))


def _adds(what: tuple[str, ...], facts: Facts) -> Known[bool]:
    found = additions(facts)
    if isinstance(found, Unknown):
        return found
    if any(one.runtime and _is_of(one, what) for _, one in found.names):
        return True
    return found.doubt or False


def members_of(roles: Iterable[str]) -> frozenset[Need]:
    """The needs behind roles: those of the policy by membership, reviewers by their standing."""
    asked: set[Need] = {Members(role=role) for role in roles if role not in RESERVED_ROLES}
    return frozenset(asked)


def is_base(facts: Facts, globs: tuple[str, ...]) -> bool:
    """Whether the base branch fits; the word `default` is the default branch."""
    plain = tuple(facts.default_branch if glob == "default" else glob for glob in globs)
    return facts.base_ref in plain or Area("branches", plain).has(facts.base_ref)


def counted(facts: Facts, policy: Policy) -> Known[tuple[ChangedFile, ...]]:
    """The changed files that are not generated."""
    if isinstance(facts.changes, Unknown):
        return facts.changes
    generated = policy.generated
    return tuple(
        file for file in facts.changes if not all(generated.has(path) for path in file.paths)
    )


def _about_files(
    condition: Changed | LinesAtLeast | FilesAtLeast | ComponentsAtLeast | ChangedByOthers,
    facts: Facts,
    policy: Policy,
) -> Known[bool]:
    files = counted(facts, policy)
    if isinstance(files, Unknown):
        return files
    match condition:
        case Changed():
            return _changed(condition, files)
        case LinesAtLeast(lines=lines):
            moves = moved_lines(replace(facts, changes=files))
            return _enough_lines(files, lines + 2 * sum(len(one) for one in moves.values()))
        case FilesAtLeast(files=least):
            return len(files) >= least
        case ComponentsAtLeast(components=least):
            return len({_component(path, policy) for path in _paths(files)}) >= least
        case ChangedByOthers(components=names):
            return _changed_by_others(names, files, facts, policy)
        case _:
            assert_never(condition)


def _enough_lines(files: tuple[ChangedFile, ...], wanted: int) -> Known[bool]:
    total = sum(file.additions + file.deletions for file in files)
    uncounted = [
        file.added
        for file in files
        if isinstance(file.added, Unknown)
        and not (file.added.by_content or file.additions or file.deletions)
    ]
    return uncounted[0] if total < wanted and uncounted else total >= wanted


def _changed(condition: Changed, files: tuple[ChangedFile, ...]) -> Known[bool]:
    touched = tuple(
        file
        for file in files
        if (not condition.kinds or file.change in condition.kinds)
        and any(area.has(path) for area in condition.areas for path in file.paths)
    )
    if condition.lines_at_least <= 1:
        return bool(touched)
    return _enough_lines(touched, condition.lines_at_least)


def _changed_by_others(
    names: tuple[str, ...], files: tuple[ChangedFile, ...], facts: Facts, policy: Policy
) -> Known[bool]:
    touched = {_component(path, policy) for path in _paths(files)}
    strange = [
        _negate(_author_in(component.owner, facts))
        for component in policy.components
        if component.owner and component.name in names and component.name in touched
    ]
    return _negate(_every([_negate(one) for one in strange]))


def part_of(path: str, policy: Policy) -> str:
    """The component of a path; its folder where the policy names no component."""
    return _component(path, policy) if policy.components else path.rpartition("/")[0]


def _component(path: str, policy: Policy) -> str:
    for component in policy.components:
        if component.area.has(path):
            return component.name
    return REST


def _paths(files: tuple[ChangedFile, ...]) -> tuple[str, ...]:
    return tuple(path for file in files for path in file.paths)


def _author_in(role: str, facts: Facts) -> Known[bool]:
    if role in {"author", "anyone", "reviewer"}:
        return role != "reviewer"
    if role in RESERVED_ROLES:
        return Unknown(f"this version cannot tell whether the author is {role}")
    members = facts.role_members(role)
    return members if isinstance(members, Unknown) else facts.author.id in members


def _check_failed(condition: CheckFailed, facts: Facts) -> Known[bool]:
    if isinstance(facts.checks, Unknown):
        return facts.checks
    ended: list[CheckRun] = []
    for run in facts.checks:
        if name_matches(condition.name, run.name):
            made = is_made_by(run, condition.app, condition.workflow, condition.status_by)
            if isinstance(made, Unknown):
                return made
            ended += [run] if made else []
    if not ended or any(run.conclusion is None for run in ended):
        return Unknown(f"{condition.name} has not reported")
    wrong = [run.conclusion for run in ended if run.conclusion not in condition.conclusions]
    if wrong and INCONCLUSIVE.issuperset(wrong):
        return Unknown(f"{condition.name} ended as {wrong[0]}")
    return bool(wrong)


def _every(parts: Iterable[Known[bool]]) -> Known[bool]:
    answer: Known[bool] = True
    for part in parts:
        if part is False:
            return False
        answer = part if answer is True else answer
    return answer


def _negate(part: Known[bool]) -> Known[bool]:
    return part if isinstance(part, Unknown) else not part
