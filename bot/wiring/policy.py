"""The policy language with this version's rules and presets: texts in, policy or problems out."""

from __future__ import annotations

from typing import Any

from bot import __version__
from bot.model.problem import Problem
from bot.wiring.catalogue import all_rules, presets
from bot.worker.policies import Assembled, Texts


class PolicyLoader:
    """What the worker and the command line load policies with."""

    def __init__(self, default_preset: str | None = None, default_mode: str = "observe") -> None:
        self._default_preset = default_preset
        self._default_mode = default_mode

    def assemble(self, texts: Texts) -> Assembled:
        """Policy or problems; pure."""
        from bot.readers import policy as language  # noqa: PLC0415  pydantic only when needed

        def source(file: Any) -> Any:
            if file is None or file.text is None:
                return None
            return language.SourceText(path=file.path, text=file.text.encode(), blob=file.blob)

        context = language.LoadContext(
            rules=all_rules(),
            presets=presets(),
            extended={spec: source(file) for spec, file in texts.extended},
            repo=texts.repo,
            version=__version__,
            default_preset=self._default_preset,
            default_mode=self._default_mode,
        )
        loaded = language.load_policy(
            repository=source(texts.repository),
            organisation=source(texts.organisation),
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
        from bot.readers import policy as language  # noqa: PLC0415

        return language.extends_of(text.encode())

    def plain_mode(self, text: str) -> str | None:
        """The mode that even a broken file states plainly."""
        from bot.readers import policy as language  # noqa: PLC0415

        return language.mode_plainly_written(text.encode())


def check_policy_file(
    name: str, text: bytes, *, organisation: bool = False, extended: bytes | None = None
) -> list[Problem]:
    """Every problem of one file, as `handoff validate` prints them."""
    from bot.readers import policy as language  # noqa: PLC0415

    file = language.SourceText(path=name, text=text)
    spec = language.extends_of(text)
    found = {}
    if spec is not None and extended is not None:
        found[spec] = language.SourceText(path=spec, text=extended)
    context = language.LoadContext(
        rules=all_rules(),
        presets=presets(),
        extended=found,
        repo="owner/repository",
        version=__version__,
    )
    loaded = language.load_policy(
        repository=None if organisation else file,
        organisation=file if organisation else None,
        context=context,
    )
    return list(loaded.problems)
