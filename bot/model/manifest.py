"""Which names of packages, services and infrastructure one file declares."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.area import Area


class Adds(StrEnum):
    """What a new name stands for, in the policy's words."""

    PACKAGE = "package"
    SERVICE = "service"
    INFRASTRUCTURE = "infrastructure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One name as its tool compares names. `runtime` False: for development, tests, an extra.

    `alias`: how build files of the same project refer to it.
    """

    adds: Adds
    name: str
    line: int
    runtime: bool = True
    alias: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A place whose names are computed; `digest`: of its text, which tells whether it changed."""

    line: int
    why: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One file; `own`: names that the project itself has there, which depend on nobody else."""

    names: tuple[Name, ...] = ()
    own: frozenset[str] = frozenset()
    holes: tuple[Hole, ...] = ()


# Files whose names are compared with each other: moved from one to another, a name is not new.
FAMILIES = {
    "python": (
        "**/{pyproject.toml,setup.cfg,setup.py,Pipfile}",
        "**/*requirements*.{txt,in}",
        "**/requirements/*.{txt,in}",
    ),
    "node": ("**/package.json",),
    "go": ("**/go.mod",),
    "jvm": ("**/pom.xml", "**/build.gradle", "**/build.gradle.kts", "**/*.versions.toml"),
    "ruby": ("**/Gemfile",),
    "images": (
        "**/{Dockerfile,Containerfile}",
        "**/{Dockerfile,Containerfile}.*",
        "**/*.{Dockerfile,dockerfile}",
        "**/{docker-compose,compose}*.{yml,yaml}",
        ".github/workflows/*.{yml,yaml}",
    ),
    "terraform": ("**/*.tf",),
    "helm": ("**/Chart.yaml",),
    "kubernetes": (
        "**/{k8s,kubernetes,kustomize,helm,charts,deploy,deployment,manifests,infra}/**/*.{yml,yaml}",
    ),
}
_NOT_OURS = ("!**/{node_modules,vendor,third_party,.terraform}/**", "!**/*.dockerignore")
_AREAS = {name: Area(f"{name} manifests", (*own, *_NOT_OURS)) for name, own in FAMILIES.items()}
MANIFESTS = Area("manifests", (*(g for own in FAMILIES.values() for g in own), *_NOT_OURS))


def family_of(path: str) -> str:
    """The family of a manifest, "" for any other file."""
    return next((name for name, area in _AREAS.items() if area.has(path)), "")


def family(name: str) -> Area:
    """All files of a family."""
    return _AREAS[name]
