"""The policy language with this version's rules and presets: texts in, policy or problems out."""

from __future__ import annotations

from pathlib import PurePath

from bot import __version__
from bot.model.look import PolicyFile
from bot.model.problem import Problem
from bot.readers import policy as language
from bot.readers.policy import LoadContext, SourceText
from bot.wiring.catalogue import all_rules, presets
from bot.worker.policies import Assembled, Texts, read_by_nobody


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
    )


def _source(file: PolicyFile | None) -> SourceText | None:
    if file is None or file.text is None:
        return None
    return SourceText(path=file.path, text=file.text.encode(), blob=file.blob)
