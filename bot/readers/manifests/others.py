"""Names in package.json, go.mod, Gemfile and Terraform."""

from __future__ import annotations

import json
import re
from typing import Any

from bot.model.manifest import Adds, Manifest, Name
from bot.readers.manifests.shape import Lines, hole, package, table
from bot.readers.yaml_tree import Unreadable

_LOCAL = ("workspace:", "file:", "link:", "portal:", "./", "../")
# Modules that only tests import: go.mod does not tell them from the rest.
_GO_TESTING = re.compile(
    r"github\.com/(stretchr/testify|fortytw2/leaktest|onsi/(ginkgo|gomega)|golang/mock|DATA-DOG/go-sqlmock"
    r"|google/go-cmp|h2non/gock|jarcoal/httpmock|testcontainers/.*)$|go\.uber\.org/(mock|goleak)$"
)
_GO_LINE = re.compile(r"^\s*(?:require\s+)?([^\s()/]+\.[^\s()]+)\s+v\S+\s*(//\s*indirect)?")
_GO_REPLACE = re.compile(r"=>\s*([^\s./][^\s]*\.[^\s]+/\S+)\s+v")
_GEM = re.compile(r"^\s*gem[\s(]+(?:[\"']([^\"']+)[\"']|(\S.*))(.*)$")
_GROUP = re.compile(
    r"(?:^\s*group\b|\bgroups?:|:groups?\s*=>)\s*\(?\s*((?:[\[\]:\"'\w\s]|,\s*(?=:|[\"']))*)"
)
_OPENS = re.compile(r"^\s*(?:if|unless|case|begin|def|while)\b|\bdo\b(?:\s*\|[^|]*\|)?\s*$")
_HCL_ASIDE = re.compile(
    r"/\*.*?\*/|(?:^|(?<=\s))(?:#|//)[^\n]*|<<-?\s*(\w+)\n.*?\n\s*\1\b", re.DOTALL
)
_RESOURCE = re.compile(r'^[ \t]*resource\s+"?([A-Za-z][\w-]*)"?\s+"', re.MULTILINE)


def package_json(text: str) -> Manifest:
    """`dependencies` and `optionalDependencies`; `devDependencies` and types need not run."""
    data = json.loads(text)
    if not isinstance(data, dict):
        raise Unreadable("it holds no object")
    lines = Lines(text)
    names: list[Name] = []
    for key, runs in (
        ("dependencies", True),
        ("optionalDependencies", True),
        ("devDependencies", False),
    ):
        at = lines.matching(re.compile(rf'"{key}"\s*:')) or 1
        for name, version in table(data, key).items():
            names += _npm(name, version, lines.of(name, at), runs=runs)
    own = data.get("name")
    return Manifest(names=tuple(names), own=frozenset({own} if isinstance(own, str) else ()))


def _npm(name: str, version: Any, line: int, *, runs: bool) -> list[Name]:
    version = version if isinstance(version, str) else ""
    if version.startswith(_LOCAL):
        return []
    alias = re.fullmatch(r"npm:(@?[^@]+)(?:@.*)?", version)
    real = alias.group(1) if alias else name
    return [package(real, line, runtime=runs and not real.startswith("@types/"))]


def go_mod(text: str) -> Manifest:
    """What is required directly, and what replaces it; the major version is no part of a name."""
    names: list[Name] = []
    own = set[str]()
    block = ""
    for number, line in enumerate(text.split("\n"), 1):
        word = line.split("//")[0].split()
        if word[1:2] == ["("]:
            block = word[0]
        elif word[:1] == [")"]:
            block = ""
        elif word[:1] == ["module"] and len(word) > 1:
            own.add(_plain_go(word[1]))
        elif (block or word[:1] == ["require"]) and block in {"", "require"}:
            match = _GO_LINE.match(line)
            if match and not match.group(2):
                names.append(_go(match.group(1), number))
        if "=>" in word:
            target = _GO_REPLACE.search(line)
            names += [_go(target.group(1), number)] if target else []
    return Manifest(names=tuple(names), own=frozenset(own))


def _go(path: str, line: int) -> Name:
    name = _plain_go(path)
    return package(name, line, runtime=_GO_TESTING.match(name) is None)


def _plain_go(path: str) -> str:
    """Without the major version; gopkg.in is a door to repositories on GitHub."""
    path = re.sub(r"(?:/v\d+|\.v\d+)$", "", path)
    path = re.sub(r"^gopkg\.in/([^/]+)$", r"github.com/go-\1/\1", path)
    return path.replace("gopkg.in/", "github.com/", 1)


def gemfile(text: str) -> Manifest:
    """Gems; those of groups for development or tests need not run."""
    names: list[Name] = []
    holes = []
    inside: list[bool] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = re.split(r"(?:^|\s)#", raw)[0].rstrip()
        gem = _GEM.match(line)
        if gem and gem.group(1):
            local = re.search(r"\bpath(?::|\s*=>)", gem.group(3))
            idle = any(inside) or _is_idle(gem.group(3))
            names += [] if local else [package(gem.group(1), number, runtime=not idle)]
        elif gem:
            holes.append(hole(number, "the Gemfile computes a name", line.strip()))
        elif re.fullmatch(r"\s*end", line):
            inside = inside[:-1]
        elif _OPENS.search(line):
            inside.append(_is_idle(line))
    return Manifest(names=tuple(names), holes=tuple(holes))


def _is_idle(text: str) -> bool:
    found = _GROUP.search(text)
    groups = set(re.findall(r"\w+", found.group(1))) - {"do", "optional"} if found else set()
    return bool(groups) and groups <= {
        "development",
        "test",
        "ci",
        "lint",
        "docs",
        "doc",
        "rubocop",
    }


def terraform(text: str) -> Manifest:
    """Types of resources."""
    plain = _HCL_ASIDE.sub(lambda found: "\n" * found.group().count("\n"), text)
    names = [
        Name(
            adds=Adds.INFRASTRUCTURE,
            name=found.group(1),
            line=plain.count("\n", 0, found.start(1)) + 1,
        )
        for found in _RESOURCE.finditer(plain)
    ]
    return Manifest(names=tuple(names))
