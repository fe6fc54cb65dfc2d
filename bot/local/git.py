"""The git program, called so that nothing of the repository's own runs and nothing is fetched."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import Trouble

if TYPE_CHECKING:
    from pathlib import Path

TIME_LIMIT = 60.0
_SAFE = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.quotePath=true",
    "-c",
    "core.pager=cat",
    "-c",
    "protocol.allow=never",
    "-c",
    "diff.external=",
    "-c",
    "diff.renameLimit=3000",
)


class CannotEvaluate(Trouble):
    """A checkout that cannot be judged, with the hint that mends it."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Git:
    """A checkout; every call has a time limit and raises CannotEvaluate when git refuses."""

    path: Path

    def text(self, *words: str) -> str:
        """What git prints, undecodable bytes kept as surrogates."""
        return self._call(words).decode("utf-8", "surrogateescape")

    def try_text(self, *words: str) -> str | None:
        """The same, None when git answers with an error."""
        try:
            return self.text(*words)
        except CannotEvaluate:
            return None

    def blob(self, revision: str, path: str) -> bytes | None:
        """The content of a file at a revision (`:` for the index), None where there is none."""
        spec = f"{revision}:{path}" if revision != ":" else f":{path}"
        try:
            return self._call(("cat-file", "blob", spec))
        except CannotEvaluate:
            return None

    def _call(self, words: tuple[str, ...]) -> bytes:
        environment = {
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.path),
        }
        try:
            done = subprocess.run(  # noqa: S603  a fixed program, no shell
                ["git", *_SAFE, *words],  # noqa: S607  found on the fixed PATH above
                cwd=self.path,
                env=environment,
                capture_output=True,
                timeout=TIME_LIMIT,
                check=False,
            )
        except FileNotFoundError as error:
            raise CannotEvaluate("git is not installed", "install git") from error
        except NotADirectoryError as error:
            raise CannotEvaluate(f"{self.path} is not a folder") from error
        except subprocess.TimeoutExpired as error:
            raise CannotEvaluate(f"git {words[0]} took over {TIME_LIMIT:.0f} s") from error
        if done.returncode:
            raise CannotEvaluate(*_explained(words, done.stderr.decode("utf-8", "replace")))
        return done.stdout


def _explained(words: tuple[str, ...], complaint: str) -> tuple[str, str]:
    line = complaint.strip().split("\n")[0][:200]
    if "not a git repository" in complaint:
        return "not a git repository", "run it inside a checkout, or name one"
    if "dubious ownership" in complaint:
        return "git does not trust this checkout's owner", "git config --global safe.directory"
    return f"git {words[0]}: {line or 'no such revision'}", "see handoff check --help"
