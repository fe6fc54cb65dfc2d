"""What one file of CI, of coverage or of a linter promises to check, and where it looks away."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.area import Area


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One place. `about`: what is checked or left out. `job`: the check it belongs to, as GitHub
    shows its name, "" for a setting of a tool. `certain`: it always weakens what it is about."""

    kind: str
    about: str
    line: int
    job: str = ""
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A number below which something fails."""

    name: str
    value: float
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """One file. `holds`: programs that check, by the job they run in; `loose`: where they may fail
    unseen or are told to leave something out; `commands`: everything that is run or used."""

    holds: tuple[Mark, ...] = ()
    loose: tuple[Mark, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    commands: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()


WORKFLOWS = Area("workflows", (".github/workflows/*.{yml,yaml}",))
# Settings that decide what a check proves, whatever the policy calls evidence.
SETTINGS = Area(
    "settings of checks",
    (
        ".github/workflows/*.{yml,yaml}",
        "**/{pyproject.toml,setup.cfg,tox.ini,pytest.ini,.coveragerc,mypy.ini,.mypy.ini}",
        "**/{.flake8,.pylintrc,ruff.toml,.ruff.toml}",
        "**/{codecov,.codecov}.{yml,yaml}",
        "**/{.rubocop,.golangci}.{yml,yaml}",
        "**/{package.json,jest.config.json,.nycrc,.nycrc.json,.eslintrc,.eslintrc.json}",
        "**/{.eslintignore,.gitleaksignore,.trivyignore,sonar-project.properties}",
        "!**/{node_modules,vendor,third_party}/**",
    ),
)
