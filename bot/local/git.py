"""The git program, called so that nothing of the repository's own runs and nothing is fetched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """A checkout; every call has a time limit and raises CannotEvaluate when git refuses.

    `extra`: more variables for git.
    """

    path: Path
    extra: Mapping[str, str] = field(default_factory=dict)

    def text(self, *words: str) -> str:
        """What git prints, bytes that are no UTF-8 replaced, as GitHub shows them."""
        return self.read(*words).decode("utf-8", "replace")

    def root(self) -> Git:
        """The whole checkout that this folder is in."""
        return Git(Path(os.fsdecode(self.read("rev-parse", "--show-toplevel")).rstrip("\n")))

    def try_text(self, *words: str) -> str | None:
        """The same, None when git answers with an error."""
        try:
            return self.text(*words)
        except CannotEvaluate:
            return None

    def blob(self, revision: str, path: str) -> bytes | None:
        """The content of a file at a commit or in a tree, None where there is none."""
        try:
            return self.read("cat-file", "blob", f"{revision}:{path}")
        except CannotEvaluate:
            return None

    def objects(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The contents of blobs by their ids; those that are not here are left out."""
        wanted = "".join(f"{one}\n" for one in ids).encode()
        data, found, at = self.read("cat-file", "--batch", given=wanted), dict[str, bytes](), 0
        for one in ids:
            end = data.index(b"\n", at)
            words = data[at:end].split(b" ")
            at = end + 1
            if len(words) == 3 and words[1] == b"blob":
                size = int(words[2])
                found[one] = data[at : at + size]
                at += size + 1
            elif len(words) == 3:
                at += int(words[2]) + 1
        return found

    def read(self, *words: str, given: bytes = b"") -> bytes:
        """What git prints; `given` is what it reads."""
        home = os.path.expanduser("~")  # noqa: PTH111  Path.home() raises where there is none
        environment = {
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_LAZY_FETCH": "1",
            # As GitHub has it, whatever `git replace` shows instead on this machine.
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            # The person's own trust in this checkout counts; a file in the checkout never does.
            "HOME": home if os.path.isabs(home) else "/nonexistent",  # noqa: PTH117  a text
            **self.extra,
        }
        try:
            done = subprocess.run(  # noqa: S603  a fixed program, no shell
                ["git", *_SAFE, *words],  # noqa: S607  found on the fixed PATH above
                cwd=self.path,
                env=environment,
                input=given,
                capture_output=True,
                timeout=TIME_LIMIT,
                check=False,
            )
        except FileNotFoundError as error:
            if not self.path.exists():
                raise CannotEvaluate(f"there is no {self.path}") from error
            raise CannotEvaluate("git is not installed", "install git") from error
        except NotADirectoryError as error:
            raise CannotEvaluate(f"{self.path} is not a folder") from error
        except subprocess.TimeoutExpired as error:
            raise CannotEvaluate(f"git {words[0]} took over {TIME_LIMIT:.0f} s") from error
        if done.returncode:
            raise CannotEvaluate(*_explained(words, done.stderr.decode("utf-8", "replace")))
        return done.stdout


def _explained(words: tuple[str, ...], complaint: str) -> tuple[str, str]:
    said = [line for line in complaint.strip().split("\n") if not line.startswith("warning:")]
    line = said[0][:200] if said else ""
    if "not a git repository" in complaint:
        return "not a git repository", "run it inside a checkout, or name one"
    if "dubious ownership" in complaint:
        return (
            "git does not trust this checkout's owner",
            "git config --global --add safe.directory, if you do",
        )
    return f"git {words[0]}: {line or 'no such revision'}", "see handoff check --help"
