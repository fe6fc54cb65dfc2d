"""The policy in force: parsed once per pair of blob ids, the last good copy where one is broken."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from cachetools import LRUCache

from bot.errors import Trouble
from bot.model.keeping import StoredPolicy
from bot.model.known import Known, Unknown
from bot.model.look import NO_ORGANISATION_SEEN, PolicyFile
from bot.model.policy import LeftOut, Mode, Policy
from bot.model.problem import Problem, Severity, Where
from bot.model.relevance import NO_POLICY, Relevance

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.model.claim import Claim
    from bot.model.facts import Changes
    from bot.worker.ports import Ledger, Source

REPOSITORY_PATH = ".github/handoff.yml"
ORGANISATION_PATH = "handoff.yml"
# The code of an extended file that could not be read.
_NOT_READ = "E305"


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The texts that one policy is assembled from; None where a layer does not exist."""

    repo: str
    repository: PolicyFile | None
    organisation: PolicyFile | None
    extended: tuple[tuple[str, PolicyFile], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """What the loader made of the texts; `policy` None with no problems: there is no policy."""

    policy: Policy | None
    problems: tuple[Problem, ...]
    relevance: Relevance = NO_POLICY


class Loader(Protocol):
    """The policy language, as wiring provides it."""

    def assemble(self, texts: Texts) -> Assembled:
        """Policy or problems; pure."""
        ...

    def extends(self, text: str) -> str | None:
        """The `owner/repo:path[@ref]` that must be read first."""
        ...

    def plain_mode(self, text: str) -> str | None:
        """The mode that even a broken file states plainly."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """The policy in force. `policy` None: silence, or `trouble` where a file cannot be used.

    `keep`: good copies to store with the evaluation. `lasting`: False where something that it
    extends could not be read, so that the next look may find more.
    """

    policy: Policy | None
    relevance: Relevance
    keep: tuple[StoredPolicy, ...] = ()
    trouble: tuple[Problem, ...] = ()
    trouble_mode: Mode = Mode.ENFORCE
    lasting: bool = True


def misplaced(repo: str, changes: Changes) -> tuple[Problem, ...]:
    """Changed files that look like a policy and are read by nobody."""
    files = () if isinstance(changes, Unknown) else changes
    layer = repo.endswith("/.github")
    there = (file.path for file in files if file.head_blob is not None)
    return tuple(one for path in there for one in read_by_nobody(path, organisation=layer))


def read_by_nobody(path: str, *, organisation: bool) -> tuple[Problem, ...]:
    """What to say where the path looks like one of a policy; `organisation`: in its repository."""
    if path == ".github/handoff.yaml":
        what = f"{path} is not read; call it {REPOSITORY_PATH}"
    elif path == ORGANISATION_PATH and not organisation:
        what = f"{path} is only read in a repository .github; here it is {REPOSITORY_PATH}"
    else:
        return ()
    return (_problem(path, what, "W501", Severity.WARNING),)


class PolicyBook:
    """Effective policies, cached by the blob ids that they came from."""

    def __init__(self, loader: Loader, source: Source, ledger: Ledger) -> None:
        self._loader = loader
        self._source = source
        self._ledger = ledger
        self._cache: LRUCache[tuple[str, str, str, str], tuple[Effective, frozenset[str]]]
        # With the repositories that it rests on.
        self._cache = LRUCache(maxsize=2000)

    async def effective(
        self, claim: Claim, repository: Known[PolicyFile], organisation: Known[PolicyFile]
    ) -> Effective:
        """What judges this pull request; trouble in reading keeps the last good copy."""
        mine, why_mine = await self._readable(f"repo:{claim.subject.repo_id}", repository)
        owner = claim.repo.partition("/")[0]
        theirs, why_theirs = await self._readable(f"org:{owner}", organisation)
        key = (claim.repo, _version(mine), _version(theirs), why_mine + why_theirs)
        known, _ = self._cache.get(key, (None, None))
        if known is None:
            known = await self._assemble(claim, owner, mine, theirs)
            known = _noting(known, why_mine, why_theirs)
            if known.policy is None and why_mine:
                # The file is there: silence would be taken for a repository without a policy.
                known = replace(
                    known,
                    relevance=Relevance(policy=True),
                    trouble=(_problem(REPOSITORY_PATH, why_mine),),
                )
            if known.lasting:
                self._cache[key] = known, self._below(known, mine)
        return known

    async def problems(
        self, claim: Claim, proposed: PolicyFile, organisation: Known[PolicyFile]
    ) -> tuple[Problem, ...]:
        """What is wrong with a policy file that a pull request proposes."""
        if proposed.text is None and proposed.regular:
            return ()
        texts = Texts(repo=claim.repo, repository=proposed, organisation=None)
        if proposed.path == ORGANISATION_PATH:
            texts = Texts(repo=claim.repo, repository=None, organisation=proposed)
        elif not isinstance(organisation, Unknown) and organisation.text is not None:
            texts = replace(texts, organisation=organisation)
        problems = (await self._made(claim, texts)).problems
        return tuple(
            one
            for one in problems
            if proposed.path == ORGANISATION_PATH or one.where.file != ORGANISATION_PATH
        )

    def extends(self, text: str) -> str | None:
        """The `owner/repo:path[@ref]` that a policy rests on."""
        return self._loader.extends(text)

    def forget(self, pushed: str = "") -> None:
        """Read again at the next use: everything, or what rests on files of that repository."""
        for key, (_, below) in list(self._cache.items()):
            if not pushed or key[0] == pushed or pushed.casefold() in below:
                del self._cache[key]

    def _below(self, known: Effective, mine: PolicyFile | None) -> frozenset[str]:
        """The repositories of what it extends, also of what was too broken to be used."""
        layers = () if known.policy is None else known.policy.origin.layers
        spec = self._loader.extends(mine.text) if mine is not None and mine.text else None
        named = (*(one.path for one in layers), spec or "")
        return frozenset(one.partition(":")[0].casefold() for one in named)

    async def _readable(self, scope: str, file: Known[PolicyFile]) -> tuple[PolicyFile | None, str]:
        if not isinstance(file, Unknown):
            return (None if file.text is None and file.regular else file), ""
        good = await self._ledger.good_policy(scope)
        if good is None:
            return None, "" if file == NO_ORGANISATION_SEEN else file.reason
        path = REPOSITORY_PATH if scope.startswith("repo:") else ORGANISATION_PATH
        return (
            PolicyFile(path=path, blob=good.blob, text=good.text),
            f"last good copy: {file.reason}",
        )

    async def _assemble(
        self, claim: Claim, owner: str, mine: PolicyFile | None, theirs: PolicyFile | None
    ) -> Effective:
        keep: list[StoredPolicy] = []
        floor, floor_note = await self._good_floor(claim, owner, theirs, keep)
        texts = Texts(repo=claim.repo, repository=mine, organisation=floor)
        made = await self._made(claim, texts)
        errors = _errors(made.problems)
        if mine is None or not errors:
            if mine is not None and made.policy is not None and mine.text is not None:
                scope = f"repo:{claim.subject.repo_id}"
                keep.append(StoredPolicy(scope=scope, blob=mine.blob, text=mine.text))
            return _effective(made, keep, floor_note)
        if mine.text is not None and self._loader.extends(mine.text) is not None:
            # What it lacks may come with the other file.
            scope = f"tried:{claim.subject.repo_id}"
            keep.append(StoredPolicy(scope=scope, blob=mine.blob, text=mine.text))
        fallen = await self._last_good(claim, texts, errors, keep)
        lasting = not any(one.code == _NOT_READ for one in errors)
        return replace(_noted(fallen, floor_note), lasting=lasting)

    async def _made(self, claim: Claim, texts: Texts) -> Assembled:
        mine = texts.repository
        for file in (mine, texts.organisation):
            if file is not None and not file.regular:
                return Assembled(policy=None, problems=(not_regular(file.path),))
        spec = self._loader.extends(mine.text) if mine is not None and mine.text else None
        if spec is not None:
            texts = replace(texts, extended=await self._extended(claim, spec))
        return await asyncio.to_thread(self._loader.assemble, texts)

    async def _good_floor(
        self, claim: Claim, owner: str, theirs: PolicyFile | None, keep: list[StoredPolicy]
    ) -> tuple[PolicyFile | None, str]:
        """The organisation's file, or its last good copy where the newest is broken."""
        if theirs is None:
            return None, ""
        errors = await self._wrong_alone(claim, theirs)
        if not errors and theirs.text is not None:
            keep.append(StoredPolicy(scope=f"org:{owner}", blob=theirs.blob, text=theirs.text))
            return theirs, ""
        good = await self._ledger.good_policy(f"org:{owner}")
        if good is None:
            return None, f"{owner}/.github is broken ({_count(errors)}) and was never good"
        older = PolicyFile(path=ORGANISATION_PATH, blob=good.blob, text=good.text)
        if await self._wrong_alone(claim, older):
            return None, f"{owner}/.github is broken ({_count(errors)}), and so is its last copy"
        return older, f"{owner}/.github broken ({_count(errors)}): judged by {good.blob[:7]}"

    async def _wrong_alone(self, claim: Claim, theirs: PolicyFile) -> tuple[Problem, ...]:
        """The errors of an organisation's file as the only layer."""
        alone = Texts(repo=claim.repo, repository=None, organisation=theirs)
        return _errors((await self._made(claim, alone)).problems)

    async def _last_good(
        self, claim: Claim, texts: Texts, errors: tuple[Problem, ...], keep: list[StoredPolicy]
    ) -> Effective:
        broken = texts.repository
        assert broken is not None  # noqa: S101  only called for a file that has errors
        async for older in self._older(claim):
            made = await self._made(claim, replace(texts, repository=older))
            if made.policy is not None and older.text is not None:
                scope = f"repo:{claim.subject.repo_id}"
                keep.append(StoredPolicy(scope=scope, blob=older.blob, text=older.text))
                note = (
                    f"policy broken in {broken.blob[:7]} ({_count(errors)}): "
                    f"judged by {older.blob[:7]}"
                )
                return _effective(made, keep, note)
        alone = await self._made(claim, replace(texts, repository=None))
        # Not the operator's default: that is for repositories without a file.
        if alone.policy is not None and alone.policy.origin.layers[0].origin == "organisation":
            note = (
                f"policy broken in {broken.blob[:7]} ({_count(errors)}): the organisation's alone"
            )
            return _effective(alone, keep, note)
        plain = self._loader.plain_mode(broken.text or "")
        mode = Mode(plain) if plain in {"observe", "advise"} else Mode.ENFORCE
        return Effective(
            policy=None,
            relevance=Relevance(policy=True),
            keep=tuple(keep),
            trouble=errors,
            trouble_mode=mode,
        )

    async def _older(self, claim: Claim) -> AsyncIterator[PolicyFile]:
        good = await self._ledger.good_policy(f"repo:{claim.subject.repo_id}")
        if good is not None:
            yield PolicyFile(path=REPOSITORY_PATH, blob=good.blob, text=good.text)
        for older in await self._source.policy_history(claim, REPOSITORY_PATH):
            yield older

    async def _extended(self, claim: Claim, spec: str) -> tuple[tuple[str, PolicyFile], ...]:
        """The extended file; nothing where it cannot be read or belongs to another owner, which
        the loader then says at its place."""
        where, _, ref = spec.partition("@")
        repo, _, path = where.partition(":")
        if repo.partition("/")[0].casefold() != claim.repo.partition("/")[0].casefold() or not path:
            return ()
        try:
            file = await self._source.policy_file(claim, repo, path, ref or None)
        except Trouble as trouble:
            if trouble.again_after is not None:
                raise
            return ()
        return () if isinstance(file, Unknown) or file.text is None else ((spec, file),)


def _effective(made: Assembled, keep: list[StoredPolicy], note: str) -> Effective:
    bare = Effective(policy=made.policy, relevance=made.relevance, keep=tuple(keep))
    return _noted(bare, note)


def _noted(effective: Effective, note: str) -> Effective:
    """What is broken, beside what was said of it before."""
    policy = effective.policy
    if policy is None or not note:
        return effective
    broken = "; ".join(one for one in (policy.origin.broken, note) if one)
    return replace(effective, policy=replace(policy, origin=replace(policy.origin, broken=broken)))


def _version(file: PolicyFile | None) -> str:
    return "" if file is None else file.blob + ("" if file.regular else " not regular")


def _noting(effective: Effective, why_mine: str, why_theirs: str) -> Effective:
    policy = effective.policy
    if policy is None or not (why_mine or why_theirs):
        return effective
    left = [
        LeftOut(origin=origin, why=why)
        for origin, why in (("repository", why_mine), ("organisation", why_theirs))
        if why
    ]
    origin = replace(policy.origin, left_out=(*policy.origin.left_out, *left))
    return replace(effective, policy=replace(policy, origin=origin))


def _errors(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(one for one in problems if one.severity is Severity.ERROR)


def _count(errors: tuple[Problem, ...]) -> str:
    return f"{len(errors)} error{'s' * (len(errors) > 1)}, line {errors[0].where.line}"


def not_regular(path: str) -> Problem:
    """What is wrong with a policy that is no plain file."""
    return _problem(path, "a symbolic link or submodule is not a policy; commit the file itself")


def _problem(
    path: str, what: str, code: str = "E104", severity: Severity = Severity.ERROR
) -> Problem:
    where = Where(file=path, line=1, column=1)
    return Problem(where=where, what=what, code=code, severity=severity)
