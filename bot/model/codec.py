"""Values to JSON and back, by their own types; nothing is ever unpickled."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any, Union, get_args, get_origin, get_type_hints

TAG = "_"


def encode(value: object) -> Any:
    """The value as JSON data: dataclasses become objects tagged with their class name.

    A named tuple holds plain values only and is a JSON array of them as it stands.

    Fields that stand at their default are left out, so that old stored values stay readable.
    Raises TypeError for what has no JSON form.
    """
    kind: Any = type(value)
    form = _FORMS.get(kind)
    if form is None:
        form = _FORMS[kind] = _form(kind)
    return form(value)


# One function per type, found once: encoding is on the path of every evaluation.
_FORMS: dict[type, Callable[[Any], Any]] = {}
# Types whose values are JSON data as they stand.
_PLAIN: set[type] = set()


def _form(kind: type) -> Callable[[Any], Any]:
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, type(None) | bool | int | float | str) or hasattr(kind, "_fields"):
        _PLAIN.add(kind)
        return lambda value: value
    if issubclass(kind, date):
        return lambda value: value.isoformat()
    if issubclass(kind, timedelta):
        return lambda value: value.total_seconds()
    if is_dataclass(kind):
        return _object_form(kind)
    if issubclass(kind, Mapping):
        return lambda value: {str(key): encode(item) for key, item in value.items()}
    if issubclass(kind, frozenset | set):
        return lambda value: sorted(_items(value), key=_text)
    if issubclass(kind, tuple | list):
        return _items
    raise TypeError(f"no JSON form for {kind.__name__}")


def _items(value: Iterable[Any]) -> list[Any]:
    return [item if type(item) in _PLAIN else encode(item) for item in value]


def _text(data: Any) -> str:
    # Of a word the same text at a fraction of the cost.
    return encode_basestring_ascii(data) if type(data) is str else json.dumps(data)


def _object_form(kind: type) -> Callable[[Any], Any]:
    tag, known = kind.__name__, _defaults(kind)

    def form(value: Any) -> dict[str, Any]:
        out: dict[str, Any] = {TAG: tag}
        for name, default in known:
            item = getattr(value, name)
            if item is default or item == default:
                continue
            out[name] = item if type(item) in _PLAIN else encode(item)
        return out

    return form


def canonical(value: object) -> bytes:
    """The one JSON text of a value: sorted keys, no blanks, UTF-8 (lone surrogates escaped)."""
    return dumps(encode(value))


def canonical_with(value: Any, many: str) -> bytes:
    """The same of a dataclass in whose mapping `many` stand values that others have too: each of
    those is written once."""
    held: Mapping[str, object] = getattr(value, many)
    data = encode(replace(value, **{many: {}})) | {many: _HERE}
    try:
        start, end = _plain(data).split(_plain(_HERE))
        inner = b",".join(
            b"%s:%s" % (encode_basestring(key).encode(), _written(held[key]))
            for key in sorted(held)
        )
    except ValueError:  # Half a character, or a text that stands elsewhere too.
        return canonical(value)
    return b"%s{%s}%s" % (start, inner, end) if held else canonical(value)


_HERE = "here stand the many"
# By identity, with what keeps that alive: so many as a large repository has files.
_WRITTEN_AT_MOST = 4_000
_WRITTEN: dict[int, tuple[object, bytes]] = {}


def _written(value: object) -> bytes:
    found = _WRITTEN.get(id(value))
    if found is None:
        if len(_WRITTEN) >= _WRITTEN_AT_MOST:
            _WRITTEN.clear()
        found = _WRITTEN[id(value)] = (value, _plain(encode(value)))
    return found[1]


def _plain(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def dumps(data: Any) -> bytes:
    """JSON data as canonical bytes."""
    try:
        return _plain(data)
    except UnicodeEncodeError:
        return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


class Decoder:
    """Reads values back by their types.

    `options`: the options class of each rule by the rule's id; a field of type `object` holds
    options of the rule that the field `rule` beside it names.
    """

    def __init__(self, options: Mapping[str, type] | None = None) -> None:
        self._options = options or {}

    def decode(self, kind: Any, data: Any) -> Any:
        """The value of type `kind` that `data` was encoded from; ValueError if it does not fit."""
        try:
            return self._read(kind, data)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"stored value does not fit {kind}: {error}") from error

    def _read(self, kind: Any, data: Any) -> Any:
        origin = get_origin(kind)
        if origin is Union or origin is types.UnionType:
            return self._union(get_args(kind), data)
        if origin is not None:
            return self._generic(origin, get_args(kind), data)
        if is_dataclass(kind):
            return self._object(kind, data)
        if hasattr(kind, "_fields"):
            hints = _hints(kind).values()
            return kind(*(_scalar(*pair) for pair in zip(hints, data, strict=True)))
        return _scalar(kind, data)

    def _object(self, kind: Any, data: Any) -> Any:
        if not isinstance(data, dict):
            raise TypeError(f"{kind.__name__} expects an object")
        known = {
            name: self._read(self._options[data["rule"]] if hint is object else hint, data[name])
            for name, hint in _hints(kind).items()
            if name in data
        }
        return kind(**known)

    def _generic(self, origin: Any, args: tuple[Any, ...], data: Any) -> Any:
        if origin is tuple:
            if len(args) == 2 and args[1] is Ellipsis:
                return tuple(self._items(args[0], data))
            return tuple(self._read(one, item) for one, item in zip(args, data, strict=True))
        if origin is frozenset:
            return frozenset(self._read(args[0], item) for item in data)
        keys = {int: int}.get(args[0], str)
        return {keys(key): self._read(args[1], item) for key, item in data.items()}

    def _items(self, kind: Any, data: Any) -> Iterable[Any]:
        """Each of them; of lines there are thousands, nearly all of just the right types."""
        if not hasattr(kind, "_fields"):
            return [self._read(kind, item) for item in data]
        kinds = [*_hints(kind).values()]
        return [
            kind._make(item) if [*map(type, item)] == kinds else self._read(kind, item)
            for item in data
        ]

    def _union(self, args: tuple[Any, ...], data: Any) -> Any:
        if data is None and type(None) in args:
            return None
        rest = [one for one in args if one is not type(None)]
        if isinstance(data, dict) and TAG in data:
            for one in rest:
                if is_dataclass(one) and getattr(one, "__name__", "") == data[TAG]:
                    return self._object(one, data)
        plain = [one for one in rest if not is_dataclass(one)]
        if len(plain) != 1:
            raise TypeError(f"cannot tell which of {rest} this is")
        return self._read(plain[0], data)


def _scalar(kind: Any, data: Any) -> Any:
    if kind is datetime or kind is date:
        return kind.fromisoformat(data)
    if kind is timedelta:
        return timedelta(seconds=data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind is float and isinstance(data, int):
        return float(data)
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise TypeError(f"expected {kind.__name__}, found {type(data).__name__}")
    return data


@lru_cache(maxsize=512)
def _hints(kind: type) -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(kind).items() if name in _names(kind)}


@lru_cache(maxsize=512)
def _names(kind: Any) -> frozenset[str]:
    known = kind._fields if hasattr(kind, "_fields") else [one.name for one in fields(kind)]
    return frozenset(known)


@lru_cache(maxsize=512)
def _defaults(kind: type) -> tuple[tuple[str, object], ...]:
    out: list[tuple[str, object]] = []
    for one in fields(kind):
        default = one.default
        if default is MISSING and one.default_factory is not MISSING:
            default = one.default_factory()
        out.append((one.name, default))
    return tuple(out)
