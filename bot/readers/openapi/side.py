"""One version of a contract: its files, its references and the places in it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from bot.model.known import Unknown
from bot.readers.openapi.load import Loaded, Stop, load

PAIRS_AT_MOST = 200_000
# Each pair may look at some places before it is understood.
STEPS_AT_MOST = 10 * PAIRS_AT_MOST
FILES_AT_MOST = 50
# People write chains of two or three; ten thousand is an attack.
HOPS_AT_MOST = 100
OPAQUE = "$opaque"

_NAMED = re.compile(
    r"/(?:components/(?P<kind>\w+)|definitions|parameters|responses)/(?P<name>[^/]+)(?P<rest>.*)",
    re.DOTALL,
)
_REFERENCE = re.compile(rb"""\$ref["']?\s*:\s*["']?([^"'\s#,}]+)""")


@dataclass(frozen=True, slots=True)
class Contract:
    """What is compared: the bytes, the path in the tree, and the files that it refers to."""

    data: bytes
    path: str = "openapi.yaml"
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Budget:
    """What both sides together may cost; a hostile pair ends here."""

    pairs: int = PAIRS_AT_MOST
    steps: int = STEPS_AT_MOST

    def spend(self, steps: int = 1, pairs: int = 0) -> None:
        """Count work; raises Stop where it is too much."""
        self.steps -= steps
        self.pairs -= pairs
        if self.steps < 0 or self.pairs < 0:
            raise Stop("contract too deep to compare")


@dataclass(frozen=True, slots=True)
class Spot:
    """A value and where it stands."""

    value: Any
    file: str
    pointer: str

    @property
    def key(self) -> tuple[str, str]:
        """What tells this place from every other."""
        return self.file, self.pointer

    @property
    def map(self) -> dict[str, Any]:
        """The value where it is a mapping, else an empty one."""
        return self.value if isinstance(self.value, dict) else {}

    def at(self, key: str) -> Spot:
        """The place below this key; its value is None where the key is missing."""
        return Spot(self.map.get(key), self.file, f"{self.pointer}/{_escaped(key)}")

    def each(self, key: str) -> list[Spot]:
        """The entries of the list below this key."""
        held = self.map.get(key)
        if not isinstance(held, list):
            return []
        at = f"{self.pointer}/{key}"
        return [Spot(one, self.file, f"{at}/{index}") for index, one in enumerate(held)]

    def under(self, key: str) -> dict[str, Spot]:
        """The entries of the mapping below this key."""
        return self.at(key).under_all() if self.map.get(key) else {}

    def under_all(self) -> dict[str, Spot]:
        """The entries of this mapping."""
        return {name: self.at(name) for name in self.map}

    @property
    def component(self) -> str:
        """The named component that this place lies in, empty where there is none."""
        match = _NAMED.fullmatch(self.pointer)
        if match is None:
            return ""
        kind = match["kind"] or self.pointer.split("/")[1]
        name = _unescaped(match["name"])
        return name if kind in {"schemas", "definitions"} else f"{kind}/{name}"

    @property
    def within(self) -> str:
        """The pointer below the named component, else the whole one."""
        match = _NAMED.fullmatch(self.pointer)
        return match["rest"] if match else self.pointer


class Side:
    """One version, loaded; resolves references inside its own files and opens nothing."""

    def __init__(self, contract: Contract, budget: Budget) -> None:
        self.budget = budget
        self._contract = contract
        self._loaded: dict[str, Loaded] = {}
        self._targets: dict[tuple[str, str], Spot] = {}
        self.root = Spot(self._file(contract.path).root, contract.path, "")
        self.version = _version(self.root)

    @property
    def merges_siblings(self) -> bool:
        """Keywords beside a `$ref` count, as since OpenAPI 3.1."""
        return self.version not in {"2.0", "3.0"}

    def replace_root(self, value: Any) -> None:
        """Read the main document as this value from now on."""
        self.root = Spot(value, self._contract.path, "")
        self._targets.clear()
        self._loaded[self._contract.path] = Loaded(value, self._file(self._contract.path).tree)

    def follow(self, spot: Spot) -> Spot:
        """The place that a chain of references ends at; an unread one ends in an opaque value."""
        seen: set[tuple[str, str]] = set()
        while isinstance(reference := spot.map.get("$ref"), str):
            self.budget.spend()
            if spot.key in seen:
                raise Stop(f"a reference leads back to itself: {reference[:80]}")
            if len(seen) >= HOPS_AT_MOST:
                raise Stop(f"more than {HOPS_AT_MOST} references in a row: {reference[:80]}")
            seen.add(spot.key)
            held = (spot.file, reference)
            if held not in self._targets:
                self._targets[held] = self._target(reference, spot.file)
            spot = self._targets[held]
        return spot

    def line(self, spot: Spot) -> int | None:
        """The line of a place in the main file."""
        if spot.file != self._contract.path:
            return None
        return self._file(spot.file).line(spot.pointer)

    def _target(self, reference: str, origin: str) -> Spot:
        address, _, fragment = reference.partition("#")
        opaque = Spot({OPAQUE: reference}, origin, f"{OPAQUE}/{reference}")
        if re.match(r"[A-Za-z][\w+.-]*:|//", address):
            return opaque
        file = _joined(origin, unquote(address)) if address else origin
        value: Any = self._file(file).root
        pointer = ""
        for part in unquote(fragment).split("/")[1:] if fragment else []:
            key = _unescaped(part)
            pointer += f"/{part}"
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list) and key.isdecimal() and int(key[:9]) < len(value):
                value = value[int(key[:9])]
            else:
                return opaque
        if fragment and not fragment.startswith("/"):
            return opaque
        return Spot(value, file, pointer)

    def _file(self, path: str) -> Loaded:
        if path not in self._loaded:
            if len(self._loaded) > FILES_AT_MOST:
                raise Stop(f"the contract refers to more than {FILES_AT_MOST} files")
            data = self._contract.files.get(path)
            if path == self._contract.path:
                data = self._contract.data
            if data is None:
                raise Stop(f"the contract refers to a file that was not read: {path[:80]}")
            loaded = load(data, path)
            if isinstance(loaded, Unknown):
                raise Stop(loaded.reason)
            self._loaded[path] = loaded
        return self._loaded[path]


def referenced_files(data: bytes, path: str) -> frozenset[str]:
    """The files of the tree that a contract may refer to, found without reading its grammar.

    Addresses of other machines and paths that leave the tree are not among them.
    """
    found = set()
    for match in _REFERENCE.finditer(data):
        address = match.group(1).decode("utf-8", "replace")
        if not re.match(r"[A-Za-z][\w+.-]*:|//", address):
            joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(address)))
            if not joined.startswith(("../", "/")) and joined != "..":
                found.add(joined)
    return frozenset(found)


def _joined(origin: str, address: str) -> str:
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(origin), address))
    if joined.startswith(("../", "/")) or joined == "..":
        raise Stop(f"the contract refers to a file outside the repository: {address[:80]}")
    return joined


def _version(root: Spot) -> str:
    swagger, openapi = root.map.get("swagger"), root.map.get("openapi")
    if str(swagger) in {"2.0", "2"}:
        return "2.0"
    match = re.match(r"3\.\d+", str(openapi))
    if match is None:
        raise Stop("contract kind not read: neither OpenAPI 3 nor Swagger 2.0")
    return match.group()


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
