"""What files of CI, of coverage and of linters promise to check, and where they look away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.evidence import WORKFLOWS, Guards
from bot.model.known import Known, Unknown
from bot.readers.evidence import settings, workflow
from bot.readers.yaml_tree import Unreadable

if TYPE_CHECKING:
    from bot.sandbox.frame import Job

_INI = frozenset(
    {
        "setup.cfg",
        "tox.ini",
        "pytest.ini",
        ".coveragerc",
        "mypy.ini",
        ".mypy.ini",
        ".flake8",
        ".pylintrc",
    }
)
_LISTS = frozenset({".eslintignore", ".gitleaksignore", ".trivyignore", "sonar-project.properties"})


def read(job: Job) -> Known[Guards]:
    """The guards of the file, none for one of another kind; Unknown where it cannot be parsed."""
    text = (job.head or b"").decode("utf-8", "replace").removeprefix("\ufeff")
    if not text.strip():
        return Guards()
    try:
        return _read(text.replace("\r\n", "\n"), job.path)
    except (ValueError, RecursionError, MemoryError) as error:
        why = str(error) if isinstance(error, Unreadable) else "it cannot be parsed"
        return Unknown(f"can't tell: what {job.path} checks - {why}", by_content=True)


def _read(text: str, path: str) -> Guards:
    name = path.rpartition("/")[2]
    if WORKFLOWS.has(path):
        return workflow.read(text, path)
    if name.endswith(".toml"):
        return settings.toml(text, name)
    if name in _INI:
        return settings.ini(text, name)
    if name in _LISTS:
        return settings.plain(text, name)
    if name.endswith(".json") or name in {".nycrc", ".eslintrc"}:
        return settings.javascript(text, name)
    if name.endswith((".yml", ".yaml")):
        return settings.yaml(text, path)
    return Guards()
