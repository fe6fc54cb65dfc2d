"""Coordinates in pom.xml, Gradle's build files and version catalogues."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn
from xml.parsers import expat

from bot.model.manifest import Manifest, Name
from bot.readers.manifests.shape import Lines, hole, package, table
from bot.readers.yaml_tree import Unreadable

_DEPENDENCY = (
    ["project", "dependencies", "dependency"],
    ["project", "profiles", "profile", "dependencies", "dependency"],
)
_PLUGIN = ["project", "build", "plugins", "plugin"]
_CALL = re.compile(r"^\s*([a-z]\w*)\s*[( ]\s*(.+)$")
_RUNS = re.compile(
    r"implementation|api|compile|runtimeOnly|runtime|compileOnly|annotationProcessor|kapt|ksp"
    r"|developmentOnly|providedRuntime|provided"
)
_LITERAL = re.compile(r"[\"']([\w.-]+):([\w.-]+)(?::[^\"']*)?[\"']")
_PARTS = re.compile(r"group\s*[:=]\s*[\"']([\w.-]+)[\"']\s*,\s*name\s*[:=]\s*[\"']([\w.-]+)[\"']")
_CATALOGUE = re.compile(r"\blibs\.((?!versions\b|plugins\b|bundles\b)[\w.]+)")
_OUR_OWN = re.compile(
    r"\bproject\s*\(|\bprojects\.|\bfiles\s*\(|\bfileTree\s*\(|\blibs\.|\bkotlin\s*\("
)


@dataclass
class _Pom:
    """Where the parser is, and the coordinates found so far."""

    parser: Any
    depth_at_most: int = 100
    path: list[str] = field(default_factory=list)
    text: str = ""
    one: dict[str, str] = field(default_factory=dict)
    line: int = 1
    names: list[Name] = field(default_factory=list)
    own: dict[str, str] = field(default_factory=dict)

    def open(self, tag: str, _: object) -> None:
        self.path.append(tag.rpartition(":")[2])
        self.text = ""
        if len(self.path) > self.depth_at_most:
            raise Unreadable("it is nested too deeply")
        if self.path in (*_DEPENDENCY, _PLUGIN):
            self.one, self.line = {}, self.parser.CurrentLineNumber

    def words(self, text: str) -> None:
        self.text += text

    def close(self, _: str) -> None:
        path, value = self.path, self.text.strip()
        if path[:-1] in (*_DEPENDENCY, _PLUGIN):
            self.one[path[-1]] = value
            if path[-1] == "artifactId":
                self.line = self.parser.CurrentLineNumber
        elif path in (*_DEPENDENCY, _PLUGIN):
            self._add(runtime=path != _PLUGIN and self.one.get("scope") != "test")
        elif len(path) == 2:
            self.own[path[-1]] = value
        elif path[:2] == ["project", "parent"] and path[-1] == "groupId":
            self.own.setdefault("groupId", value)
        self.path, self.text = path[:-1], ""

    def _add(self, *, runtime: bool) -> None:
        group, artifact = self.one.get("groupId", ""), self.one.get("artifactId", "")
        name = f"{group or 'org.apache.maven.plugins'}:{artifact}"
        if artifact and "${project." not in name and "${pom." not in name:
            self.names.append(package(name, self.line, runtime=runtime))


def pom(text: str) -> Manifest:
    """Dependencies with their scope, plugins as what need not run; no entity is ever read."""
    parser = expat.ParserCreate()
    found = _Pom(parser)
    parser.StartElementHandler = found.open
    parser.CharacterDataHandler = found.words
    parser.EndElementHandler = found.close
    parser.StartDoctypeDeclHandler = _refuse
    parser.buffer_text = True
    try:
        parser.Parse(text.encode("utf-8"), True)  # noqa: FBT003  expat's own signature
    except expat.ExpatError as error:
        raise Unreadable("it is not well-formed") from error
    own = f"{found.own.get('groupId', '')}:{found.own.get('artifactId', '')}"
    return Manifest(names=tuple(found.names), own=frozenset({own}))


def _refuse(*_: object) -> NoReturn:
    raise Unreadable("it declares a document type")


def gradle(text: str) -> Manifest:
    """Coordinates by configuration; those of test configurations need not run."""
    plain = re.sub(r"/\*.*?\*/", lambda one: "\n" * one.group().count("\n"), text, flags=re.DOTALL)
    names: list[Name] = []
    holes = []
    for number, raw in enumerate(plain.split("\n"), 1):
        line = re.sub(r"(?:^|\s)//.*", "", raw)
        call = _CALL.match(line)
        if call is None:
            continue
        word, rest = call.groups()
        tests = word.startswith(("test", "androidTest", "integrationTest"))
        if not _RUNS.fullmatch(word) and not (tests and word[0].islower() and word.endswith(_ENDS)):
            continue
        found = _LITERAL.search(rest) or _PARTS.search(rest)
        reference = _CATALOGUE.search(rest)
        if found:
            names.append(package(":".join(found.groups()[:2]), number, runtime=not tests))
        elif reference:
            alias = reference.group(1).removesuffix(".get")
            names.append(replace(package("", number, runtime=not tests), alias=alias))
        elif re.search(r"[\"']", rest) and not _OUR_OWN.search(rest) and not tests:
            holes.append(hole(number, "the build file computes a name", line.strip()))
    return Manifest(names=tuple(names), holes=tuple(holes))


_ENDS = ("mplementation", "ompile", "untimeOnly", "ompileOnly", "untime", "pi", "Processor")


def catalogue(text: str) -> Manifest:
    """Libraries of a version catalogue by alias; what uses them says whether they run."""
    lines = Lines(text)
    names = []
    for alias, told in table(tomllib.loads(text), "libraries").items():
        name = _coordinate(told)
        if name:
            one = package(name, lines.of(alias), runtime=False)
            names.append(replace(one, alias=re.sub(r"[-_]", ".", alias)))
    return Manifest(names=tuple(names))


def _coordinate(told: Any) -> str:
    if isinstance(told, str):
        return ":".join(told.split(":")[:2])
    one = table(told)
    module = one.get("module")
    if isinstance(module, str):
        return module
    return f"{one['group']}:{one['name']}" if {"group", "name"} <= one.keys() else ""
