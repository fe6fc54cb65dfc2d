"""The policy language with this version's rules and presets: texts in, policy or problems out."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from bot import __version__
from bot.clock import SystemClock
from bot.errors import Misnamed
from bot.model.known import Known, Unknown
from bot.model.look import PolicyFile
from bot.model.problem import Problem
from bot.model.reading import SYNTAX
from bot.readers import policy as language
from bot.readers.policy import LoadContext, SourceText
from bot.sandbox.frame import Job
from bot.sandbox.pool import Pool
from bot.wiring.catalogue import all_rules, presets
from bot.worker.policies import Assembled, Texts, read_by_nobody

# Compiling takes milliseconds; the rest is for starting a process on a busy machine.
COMPILE_SECONDS = 20.0


@lru_cache(maxsize=256)
def refused(forms: tuple[str, ...]) -> tuple[str, ...]:
    """Why each ast-grep rule cannot be used, asked of a process that it may take down."""
    # A loop of its own: this is called with one running and without.
    with ThreadPoolExecutor(1) as thread:
        given = thread.submit(asyncio.run, _compiled(forms)).result()
    return tuple(one.reason if isinstance(one, Unknown) else "" for one in given)


async def _compiled(forms: tuple[str, ...]) -> list[Known[Any]]:
    pool = Pool(SystemClock())
    jobs = [Job(reading=SYNTAX.id, path="the rule", options=form) for form in forms]
    try:
        return await pool.read_all([(job, COMPILE_SECONDS) for job in jobs])
    finally:
        await pool.close()


class PolicyLoader:
    """What the worker and the command line load policies with."""

    def __init__(self, default_preset: str | None = None, default_mode: str = "observe") -> None:
        self._default_preset = default_preset
        self._default_mode = default_mode

    def assemble(self, texts: Texts) -> Assembled:
        """Policy or problems; pure."""
        extended = {spec: _source(file) for spec, file in texts.extended}
        context = LoadContext(
            rules=all_rules(),
            presets=presets(),
            extended={spec: file for spec, file in extended.items() if file is not None},
            repo=texts.repo,
            version=__version__,
            default_preset=self._default_preset,
            default_mode=self._default_mode,
            refused=refused,
        )
        loaded = language.load_policy(
            repository=_source(texts.repository),
            organisation=_source(texts.organisation),
            context=context,
        )
        if loaded.policy is None:
            return Assembled(policy=None, problems=loaded.problems)
        return Assembled(
            policy=loaded.policy,
            problems=loaded.problems,
            relevance=language.relevance_of(loaded.policy),
        )

    def refuse_default(self) -> None:
        """Raise Misnamed where the operator's preset is none of this version's: repositories
        without a policy would be left in silence."""
        made = self.assemble(
            Texts(repo=language.ANY_REPOSITORY, repository=None, organisation=None)
        )
        if self._default_preset is not None and made.policy is None:
            raise Misnamed(f"HANDOFF_DEFAULT_PRESET: {made.problems[0].what}")

    def extends(self, text: str) -> str | None:
        """The `owner/repo:path[@ref]` that must be read first."""
        return language.extends_of(text.encode())

    def plain_mode(self, text: str) -> str | None:
        """The mode that even a broken file states plainly."""
        return language.mode_plainly_written(text.encode())


def check_policy_file(
    name: str, text: bytes, *, organisation: bool = False, extended: bytes | None = None
) -> list[Problem]:
    """Every problem of one file, as `handoff validate` prints them."""
    file = SourceText(path=name, text=text)
    loaded = language.load_policy(
        repository=None if organisation else file,
        organisation=file if organisation else None,
        context=_unbound(text, extended),
    )
    place = PurePath(name)
    hidden = place.parent.name == ".github"
    tail = f".github/{place.name}" if hidden else place.name
    nobody = read_by_nobody(tail, organisation=organisation)
    return [*nobody, *loaded.problems]


def explained(item: str, name: str, text: bytes) -> list[str]:
    """Each key of an item as a policy file has it, and where it is written."""
    file = SourceText(path=name, text=text)
    return language.explained(file, item, _unbound(text, None))


def _unbound(text: bytes, extended: bytes | None) -> LoadContext:
    """The context of a file that is read without its repository."""
    spec = language.extends_of(text)
    found = {}
    if spec is not None and extended is not None:
        found[spec] = SourceText(path=spec, text=extended)
    return LoadContext(
        rules=all_rules(),
        presets=presets(),
        extended=found,
        repo=language.ANY_REPOSITORY,
        version=__version__,
        refused=refused,
    )


def _source(file: PolicyFile | None) -> SourceText | None:
    if file is None or file.text is None:
        return None
    return SourceText(path=file.path, text=file.text.encode(), blob=file.blob)
