"""The bytes of a contract as plain values, with every limit counted before it hurts."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

from bot.model.known import Known, Unknown
from bot.readers.yaml_loader import Limits, Mapping, Node, Reading, Scalar, Sequence, read_yaml

JSON_AT_MOST = 16 * 1024 * 1024
# Each level takes three frames of the composer, and Python allows a thousand.
DEPTH_AT_MOST = 200
# Two files of 4 MB are read in some seconds; GitHub's own contract of 9 MB has 400,000 values.
YAML_LIMITS = Limits(
    bytes=4 * 1024 * 1024,
    depth=DEPTH_AT_MOST,
    nodes=600_000,
    aliases=10_000,
    expanded=600_000,
    scalar=200_000,
    empty_values=True,
)
# A longer number is no number of a contract, and Python takes its time for it.
DIGITS_AT_MOST = 300

_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WHOLE = re.compile(r"[-+]?[0-9]{1,300}")
_BROKEN = re.compile(
    r"[-+]?(?:\.[0-9]{1,300}|[0-9]{1,300}(?:\.[0-9]{0,300})?)(?:[eE][-+]?[0-9]{1,3})?"
)


class Stop(Exception):
    """The comparison ends here, with the reason that a person reads."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document; `tree` keeps the lines of a YAML file, None for JSON."""

    root: Any
    tree: Node | None = field(default=None, repr=False)

    def line(self, pointer: str) -> int | None:
        """The line where this JSON pointer stands, None where that is not known."""
        node, line = self.tree, None
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, Mapping) and key in node.keys:
                line, node = node.keys[key].line, node.entries.get(key)
            elif isinstance(node, Sequence) and key.isdecimal() and int(key) < len(node.items):
                node = node.items[int(key)]
                line = node.place.line
            else:
                return line
        return line


def load(data: bytes, file: str) -> Known[Loaded]:
    """The document in these bytes, or why it cannot be read."""
    try:
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
            return Loaded(_json(data, file))
        reading = read_yaml(data, file, YAML_LIMITS)
    except RecursionError:
        return Unknown(f"{file} is nested too deeply", by_content=True)
    except Stop as stop:
        return Unknown(stop.reason, by_content=True)
    return _tree(reading, file)


def _tree(reading: Reading, file: str) -> Known[Loaded]:
    if reading.problems or reading.root is None:
        first = reading.problems[0]
        return Unknown(f"{file}:{first.where.line}: {first.what}", by_content=True)
    return Loaded(_plain(reading.root), reading.root)


def _plain(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key: _plain(value) for key, value in node.entries.items()}
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return _scalar(node)


def _scalar(node: Scalar) -> Any:
    """What YAML 1.2 means by a plain word; a date or a version stays text."""
    if node.quoted or node.value is None:
        return node.value
    if node.text in _WORDS:
        return _WORDS[node.text]
    if _WHOLE.fullmatch(node.text):
        return int(node.text)
    if _BROKEN.fullmatch(node.text) and math.isfinite(number := float(node.text)):
        return number
    return node.text


def _json(data: bytes, file: str) -> Any:
    if len(data) > JSON_AT_MOST:
        raise Stop(f"{file} has {len(data)} bytes, at most {JSON_AT_MOST}")
    try:
        root = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_pairs,
            parse_int=_number,
            parse_float=_number,
            parse_constant=_constant,
        )
    except ValueError as error:
        raise Stop(f"{file} is not JSON: {error}") from error
    except Stop as stop:
        raise Stop(f"{file}: {stop.reason}") from stop
    _check_depth(root, file)
    return root


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Stop(f"{key[:80]!r} is set twice")
            seen.add(key)
    return found


def _number(text: str) -> int | float:
    if len(text) > DIGITS_AT_MOST:
        raise Stop(f"a number of {len(text)} characters")
    number = float(text) if re.search("[.eE]", text) else int(text)
    if not math.isfinite(number):
        raise Stop(f"{text[:40]} is no number")
    return number


def _constant(name: str) -> Any:
    raise Stop(f"{name} is no number")


def _check_depth(root: Any, file: str) -> None:
    level = [root]
    for _ in range(DEPTH_AT_MOST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise Stop(f"{file} is nested too deeply")
