"""Commands of a script: which program checks something, and what lets it fail unseen."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Programs whose result is evidence, by how they are called; the first group is their name.
_PROGRAMS = re.compile(
    r"(?:^|[\s;&|(/])(?:"
    r"(pytest|tox|nox|jest|vitest|mocha|karma|rspec|phpunit|rubocop|brakeman|ruff|flake8|pylint|mypy"
    r"|pyright|eslint|golangci-lint|staticcheck|biome|bandit|semgrep|gitleaks|trivy"
    r"|gotestsum|ginkgo|pest|phpstan|psalm|pint --test|standardrb|detekt|ktlint"
    r"|cypress run|playwright test|go test|go vet|cargo test|cargo clippy|dotnet test"
    r"|dotnet format --verify-no-changes|rails test|artisan test"
    r"|python[\d.]* -m (?:unittest|pytest)|coverage run|tsc|black --check|prettier --check"
    r"|manage\.py test|bundle exec rake|rake (?:test|spec))"
    r"|(?:npm|yarn|pnpm|bun|composer)(?: run(?:-script)?)? "
    r"((?:test|lint|check|typecheck|type-check|e2e|coverage)[\w:-]*)"
    r"|make(?: -\S+)* ((?:test|lint|check|coverage)[\w-]*)"
    r"|(?:\./)?(?:mvnw?|gradlew?)(?: (?:-x|--exclude-task) \S+| (?!-x |--exclude-task )\S+)*?"
    r" :?(?:[\w.-]+:)*(test|verify|check|build|package|install|(?!assemble|compile|install)\w+Test"
    r"|detekt\w*|ktlintCheck|spotlessCheck|jacocoTestCoverageVerification)"
    r")(?=$|[\s;&|)])(?! --version| -V\b| version\b)"
)
# Before a name: it is fetched or printed, not run.
_NOT_RUN = re.compile(
    r"(?<![-\w])(?:install|require|add|i|go get|pull|curl|wget|echo|printf|which|cache|mkdir|rm|cp"
    r"|mv|chmod)\s"
)
_MASKED = re.compile(r"\|\|\s*(true|:|exit 0|echo\b[^|&;]*)\s*(?:$|[;)#])")
_NARROWED = re.compile(
    r"(?<=\s)(--exit-zero|--passWithNoTests|--deselect[= ]\S+|-DskipTests(?:=true)?"
    r"|-DskipITs(?:=true)?|-Dmaven\.test\.skip(?:=true)?|-Dmaven\.test\.failure\.ignore(?:=true)?"
    r"|-x test|-short"
    r"|-(?:k|m)[= ](?:\"[^\"]*\"|'[^']*'|\S+)|--testPathIgnorePatterns[= ]\S+)(?=\s|$|[;|&)])"
)


@dataclass(frozen=True, slots=True)
class Command:
    """One line of a script with its continuations; `line` counts from 0."""

    line: int
    text: str


def commands(script: str) -> list[Command]:
    """The script's lines, continuations joined, without comments."""
    found: list[Command] = []
    open_ = False
    for number, raw in enumerate(script.split("\n")):
        text = re.sub(r"(?:^|\s)#.*", "", raw).strip()
        if open_:
            last = found.pop()
            found.append(Command(last.line, f"{last.text} {text}".removesuffix("\\").rstrip()))
        elif text:
            found.append(Command(number, text.removesuffix("\\").rstrip()))
        open_ = text.endswith("\\")
    return found


def program(text: str) -> str:
    """The name of the program that checks something, "" where none does."""
    for part in re.split(r"&&|;", text):
        match = _PROGRAMS.search(part)
        if match and not _NOT_RUN.search(part[: match.start() + 1]):
            name = next(one for one in match.groups() if one)
            return re.sub(r"^python[\d.]* -m ", "", name)
    return ""


def loosening(text: str) -> list[tuple[str, str]]:
    """Kinds with what they are about: failure masked, or part of the checks left out."""
    found = _PROGRAMS.search(text)
    rest = text[found.end() :] if found else text
    marks = [("failure-masked", f"|| {one[1].split()[0]}") for one in [_MASKED.search(rest)] if one]
    # The flag of the program, not of what runs it: `python -m pytest -m "not slow"`.
    marks += [("checks-left-out", one) for one in _NARROWED.findall(" " + rest.lstrip(" "))]
    return marks
