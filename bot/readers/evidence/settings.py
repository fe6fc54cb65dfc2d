"""Settings of coverage, linters and scanners: thresholds, and lists of what they leave out."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.model.evidence import Guards, Mark, Threshold
from bot.readers.manifests.shape import Lines, table, texts
from bot.readers.yaml_tree import below, entries, items, tree, word

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPLIT = re.compile(r"[,\n]")
_FAIL_UNDER = re.compile(r"--cov-fail-under[= ](\d+(?:\.\d+)?)")
_OFF = frozenset({"off", 0})
# What tools leave out by themselves or formatters ask to leave out: naming it weakens nothing.
_USUAL = re.compile(
    r"(?:\*\*/|\./)?(?:\.\w[\w.-]*|__pypackages__|_build|build|dist|node_modules|site-packages|venv|env"
    r"|buck-out|__pycache__|coverage|vendor)(?:/\**)*|W50[34]|E203|E70[14]|E501"
)
_GOLANGCI = (
    ("run", "skip-dirs"),
    ("run", "skip-files"),
    ("issues", "exclude"),
    ("issues", "exclude-dirs"),
    ("issues", "exclude-files"),
    ("linters", "exclusions", "paths"),
)
_DEFAULT_RULES = ["E4", "E7", "E9", "F"]


@dataclass(slots=True)
class Draft:
    """What one file of settings says."""

    lines: Lines
    holds: list[Mark] = field(default_factory=list)
    loose: list[Mark] = field(default_factory=list)
    thresholds: list[Threshold] = field(default_factory=list)
    tools: set[str] = field(default_factory=set)

    def leaves_out(self, tool: str, some: Iterable[str], *, certain: bool = True) -> None:
        """Entries of a list of what a tool does not look at."""
        for one in some:
            entry = one.strip()
            if entry:
                line = self.lines.matching(re.compile(re.escape(entry.split(" ")[0]))) or 1
                about, sure = f"{tool}: {entry}", certain and not _USUAL.fullmatch(entry)
                self.loose.append(Mark(kind="leaves-out", about=about, line=line, certain=sure))

    def least(self, name: str, value: Any) -> None:
        """A threshold, where it is a number."""
        try:
            figure = float(str(value).strip().removesuffix("%"))
        except ValueError:
            return
        line = self.lines.matching(re.compile(re.escape(name.rpartition(" ")[2]))) or 1
        self.thresholds.append(Threshold(name=name, value=figure, line=line))

    def options(self, text: str) -> None:
        """Options that pytest is always given."""
        figure = _FAIL_UNDER.search(text)
        if figure:
            self.least("coverage --cov-fail-under", figure[1])
        self.leaves_out("pytest", re.findall(r"--(?:ignore|deselect)[= ](\S+)", text))

    def guards(self) -> Guards:
        """The value."""
        return Guards(
            holds=tuple(self.holds),
            loose=tuple(self.loose),
            thresholds=tuple(self.thresholds),
            tools=frozenset(self.tools),
        )


def toml(text: str, name: str) -> Guards:
    """pyproject.toml and ruff.toml."""
    data = tomllib.loads(text)
    draft = Draft(Lines(text))
    tool = table(data, "tool")
    if name.endswith("ruff.toml"):
        tool = {"ruff": data}
    draft.tools |= tool.keys()
    report, run = table(tool, "coverage", "report"), table(tool, "coverage", "run")
    draft.least("coverage fail_under", report.get("fail_under"))
    draft.leaves_out("coverage", texts(report.get("omit")) + texts(run.get("omit")))
    added = texts(report.get("exclude_also")) + texts(report.get("exclude_lines"))
    draft.leaves_out("coverage", added, certain=False)
    options = table(tool, "pytest", "ini_options").get("addopts", "")
    draft.options(" ".join(texts(options)) if isinstance(options, list) else str(options))
    _ruff([table(tool, "ruff"), table(tool, "ruff", "lint")], draft)
    draft.leaves_out("pylint", texts(table(tool, "pylint", "messages control").get("disable")))
    mypy = table(tool, "mypy")
    draft.leaves_out("mypy", texts(mypy.get("disable_error_code")))
    overrides = mypy.get("overrides")
    for one in overrides if isinstance(overrides, list) else []:
        told = table(one)
        if told.get("ignore_errors") is True:
            named = told.get("module")
            draft.leaves_out("mypy", [named] if isinstance(named, str) else texts(named))
    return draft.guards()


def _ruff(tables: list[dict[str, Any]], draft: Draft) -> None:
    chosen = [rule for one in tables for rule in texts(one.get("select"))] or _DEFAULT_RULES
    chosen = chosen + [rule for one in tables for rule in texts(one.get("extend-select"))]
    draft.holds += [Mark(kind="rule", about=f"ruff: {rule}", line=1) for rule in chosen]

    def is_chosen(rule: str) -> bool:
        return any(one == "ALL" or rule.startswith(one) or one.startswith(rule) for one in chosen)

    for one in tables:
        for key in ("exclude", "extend-exclude"):
            draft.leaves_out("ruff", texts(one.get(key)))
        for key in ("ignore", "extend-ignore"):
            for rule in texts(one.get(key)):
                draft.leaves_out("ruff", [rule], certain=is_chosen(rule))
        for key in ("per-file-ignores", "extend-per-file-ignores"):
            for glob, rules in table(one, key).items():
                for rule in texts(rules):
                    draft.leaves_out("ruff", [f"{glob} {rule}"], certain=is_chosen(rule))


def ini(text: str, name: str) -> Guards:
    """setup.cfg, tox.ini, pytest.ini, .coveragerc, .flake8, .pylintrc and mypy.ini."""
    draft = Draft(Lines(text))
    for section, key, value in _pairs(text):
        plain = section.lower().removeprefix("tool:").removeprefix("coverage:")
        draft.tools.add("coverage" if plain in {"run", "report"} else plain.partition("-")[0])
        if plain in {"run", "report"} and key == "omit":
            draft.leaves_out("coverage", _SPLIT.split(value))
        elif plain == "report" and key == "fail_under":
            draft.least("coverage fail_under", value)
        elif plain == "pytest" and key == "addopts":
            draft.options(value)
        elif plain == "flake8" and key in {"ignore", "extend-ignore", "exclude", "extend-exclude"}:
            draft.leaves_out("flake8", _SPLIT.split(value))
        elif plain == "flake8" and key == "per-file-ignores":
            draft.leaves_out("flake8", value.split("\n"))
        elif key == "disable" and (name == ".pylintrc" or "pylint" in plain or "messages" in plain):
            draft.leaves_out("pylint", _SPLIT.split(value))
        elif plain.startswith("mypy-") and key == "ignore_errors" and value.lower() == "true":
            draft.leaves_out("mypy", [section[5:]])
    return draft.guards()


def _pairs(text: str) -> list[tuple[str, str, str]]:
    """Section, key and value of an INI file, continued lines joined by line breaks."""
    section, found = "", list[tuple[str, str, str]]()
    for raw in text.split("\n"):
        line = re.sub(r"(?:^|\s)[#;].*", "", raw).rstrip()
        if line.startswith("["):
            section = line.strip("[] ")
        elif line[:1].isspace() and found:
            old = found.pop()
            found.append((old[0], old[1], f"{old[2]}\n{line.strip()}"))
        elif line:
            key, _, value = re.sub(r"\s*[=:]\s*", "=", line, count=1).partition("=")
            found.append((section, key.strip().lower(), value.strip()))
    return found


def javascript(text: str, name: str) -> Guards:
    """Jest, nyc and ESLint in JSON."""
    data = json.loads(text)
    draft = Draft(Lines(text))
    jest = table(data, "jest") if name == "package.json" else table(data)
    if name in {"package.json", "jest.config.json"} and jest:
        draft.tools.add("jest")
        for key, value in table(jest, "coverageThreshold", "global").items():
            draft.least(f"jest coverage {key}", value)
        draft.leaves_out("coverage", texts(jest.get("coveragePathIgnorePatterns")))
        draft.leaves_out("jest", texts(jest.get("testPathIgnorePatterns")))
        draft.tools |= {"coverage"}
    if name.startswith(".nycrc"):
        draft.tools |= {"coverage"}
        for key in ("lines", "branches", "functions", "statements"):
            draft.least(f"nyc coverage {key}", table(data).get(key))
        draft.leaves_out("coverage", texts(table(data).get("exclude")))
    eslint = table(data, "eslintConfig") if name == "package.json" else table(data)
    if eslint and (name == "package.json" or name.startswith(".eslintrc")):
        draft.tools.add("eslint")
        for rule, how in table(eslint, "rules").items():
            level = how[0] if isinstance(how, list) and how else how
            if isinstance(level, str | int) and level in _OFF:
                draft.leaves_out("eslint", [rule])
        draft.leaves_out("eslint", texts(eslint.get("ignorePatterns")))
    return draft.guards()


def yaml(text: str, path: str) -> Guards:
    """codecov.yml, .rubocop.yml and .golangci.yml."""
    root, draft = tree(text, path), Draft(Lines(text))
    if "codecov" in path.rpartition("/")[2]:
        draft.tools.add("coverage")
        draft.leaves_out("coverage", map(word, items(below(root, "ignore"))))
        for kind in ("project", "patch"):
            for name, one in entries(below(root, "coverage", "status", kind)):
                target = below(one, "target")
                draft.least(f"codecov {kind} {name} target", word(target))
    elif "rubocop" in path:
        draft.tools.add("rubocop")
        for cop, told in entries(root):
            if word(below(told, "Enabled")) == "false":
                draft.leaves_out("rubocop", [cop])
            draft.leaves_out(
                "rubocop", (f"{cop} {word(one)}" for one in items(below(told, "Exclude")))
            )
    else:
        draft.tools.add("golangci-lint")
        draft.leaves_out("golangci-lint", map(word, items(below(root, "linters", "disable"))))
        for keys in _GOLANGCI:
            draft.leaves_out("golangci-lint", map(word, items(below(root, *keys))))
    return draft.guards()


def plain(text: str, name: str) -> Guards:
    """Files that hold one entry a line, and Sonar's properties."""
    draft = Draft(Lines(text))
    lines = [line.strip() for line in text.split("\n") if not line.lstrip().startswith("#")]
    tool = {".eslintignore": "eslint", ".gitleaksignore": "gitleaks", ".trivyignore": "trivy"}.get(
        name
    )
    if tool:
        draft.tools.add(tool)
        draft.leaves_out(tool, lines)
        return draft.guards()
    draft.tools.add("sonar")
    for key, _, value in (line.partition("=") for line in lines):
        if key.strip() in {
            "sonar.coverage.exclusions",
            "sonar.exclusions",
            "sonar.test.exclusions",
        }:
            draft.leaves_out("sonar", value.split(","))
    return draft.guards()
