"""Values to JSON and back, by their own types; nothing is ever unpickled."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

TAG = "_"


def encode(value: object) -> Any:
    """The value as JSON data: dataclasses become objects tagged with their class name.

    Fields that stand at their default are left out, so that old stored values stay readable.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_dataclass(value) and not isinstance(value, type):
        return _encode_object(value)
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((encode(item) for item in value), key=lambda one: json.dumps(one))
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _encode_object(value: Any) -> dict[str, Any]:
    out: dict[str, Any] = {TAG: type(value).__name__}
    for name, default in _defaults(type(value)):
        item = getattr(value, name)
        if item is not default and item != default:
            out[name] = encode(item)
    return out


def canonical(value: object) -> bytes:
    """The one JSON text of a value: sorted keys, no blanks, UTF-8 (lone surrogates escaped)."""
    return dumps(encode(value))


def dumps(data: Any) -> bytes:
    """JSON data as canonical bytes."""
    try:
        text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


class Decoder:
    """Reads values of the given classes back; `options` names rule options by rule id.

    `classes`: every dataclass that may stand where the annotation says `object`.
    """

    def __init__(self, classes: tuple[type, ...] = ()) -> None:
        self._classes = {one.__name__: one for one in classes}

    def decode(self, kind: Any, data: Any) -> Any:
        """The value of type `kind` that `data` was encoded from; ValueError if it does not fit."""
        try:
            return self._read(kind, data)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"stored value does not fit {kind}: {error}") from error

    def _read(self, kind: Any, data: Any) -> Any:
        origin = get_origin(kind)
        if kind is Any or kind is object:
            return self._tagged(data)
        if origin is Union or origin is types.UnionType:
            return self._union(get_args(kind), data)
        if origin is not None:
            return self._generic(origin, get_args(kind), data)
        if is_dataclass(kind):
            return self._object(kind, data)
        return _scalar(kind, data)

    def _object(self, kind: Any, data: Any) -> Any:
        if not isinstance(data, dict):
            raise TypeError(f"{kind.__name__} expects an object")
        hints = _hints(kind)
        known = {name: self._read(hints[name], data[name]) for name in hints if name in data}
        return kind(**known)

    def _generic(self, origin: Any, args: tuple[Any, ...], data: Any) -> Any:
        if origin is tuple:
            if len(args) == 2 and args[1] is Ellipsis:
                return tuple(self._read(args[0], item) for item in data)
            return tuple(self._read(one, item) for one, item in zip(args, data, strict=True))
        if origin is frozenset:
            return frozenset(self._read(args[0], item) for item in data)
        if origin is type:
            raise TypeError("types are not stored")
        keys = {int: int}.get(args[0], str)
        return {keys(key): self._read(args[1], item) for key, item in data.items()}

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

    def _tagged(self, data: Any) -> Any:
        if isinstance(data, dict) and TAG in data:
            return self._object(self._classes[data[TAG]], data)
        return data


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
def _names(kind: type) -> frozenset[str]:
    return frozenset(one.name for one in fields(kind))


@lru_cache(maxsize=512)
def _defaults(kind: type) -> tuple[tuple[str, object], ...]:
    out: list[tuple[str, object]] = []
    for one in fields(kind):
        default = one.default
        if default is MISSING and one.default_factory is not MISSING:
            default = one.default_factory()
        out.append((one.name, default))
    return tuple(out)
