"""Names of packages, services and infrastructure that one file declares; nothing is executed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.known import Known, Unknown
from bot.model.manifest import Manifest, family_of
from bot.readers.manifests import deployed, jvm, others, python
from bot.readers.manifests.shape import aside, not_running
from bot.readers.yaml_tree import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.frame import Job

_BY_NAME: dict[str, Callable[[str], Manifest]] = {
    "pyproject.toml": python.pyproject,
    "setup.cfg": python.setup_cfg,
    "setup.py": python.setup_py,
    "Pipfile": python.pipfile,
    "package.json": others.package_json,
    "go.mod": others.go_mod,
    "Gemfile": others.gemfile,
    "pom.xml": jvm.pom,
    "build.gradle": jvm.gradle,
    "build.gradle.kts": jvm.gradle,
}


def read(job: Job) -> Known[Manifest]:
    """The names of the file; Unknown where its own tool could not read it either."""
    text = (job.head or b"").decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        found = _read(text.replace("\r\n", "\n"), job.path)
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        if aside(job.path) or "/template" in job.path:
            return Manifest()
        why = str(error) if isinstance(error, Unreadable) else "it cannot be parsed"
        return Unknown(f"can't tell: the names in {job.path} - {why}", by_content=True)
    return replace(found, names=not_running(found.names)) if aside(job.path) else found


def _read(text: str, path: str) -> Manifest:
    if not text.strip():
        return Manifest()
    name = path.rpartition("/")[2]
    if name in _BY_NAME:
        return _BY_NAME[name](text)
    if name.endswith((".txt", ".in")):
        return python.requirements(text)
    if name.endswith(".versions.toml"):
        return jvm.catalogue(text)
    return _deployed(text, path)


def _deployed(text: str, path: str) -> Manifest:
    match family_of(path):
        case "terraform":
            return others.terraform(text)
        case "helm":
            return deployed.chart(text, path)
        case "kubernetes":
            return deployed.kubernetes(text)
        case "images" if path.startswith(".github/workflows/"):
            return deployed.workflow(text, path)
        case "images" if path.endswith((".yml", ".yaml")):
            return deployed.compose(text, path)
        case "images":
            return deployed.dockerfile(text)
        case _:
            return Manifest()
