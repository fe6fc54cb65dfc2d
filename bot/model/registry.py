"""What a package holds, found by walking it: there is no second list to forget."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from types import ModuleType

T = TypeVar("T")


def discover(package: ModuleType, attribute: str, kind: type[T]) -> tuple[T, ...]:
    """The `attribute` of every module of the package, ordered by id.

    Raises ValueError where a module has none, or one of another type, or one whose id is not the
    module's name (so no id stands twice).
    """
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(package.__path__):
        name = f"{package.__name__}.{module.name}"
        value: Any = getattr(importlib.import_module(name), attribute, None)
        if not isinstance(value, kind):
            raise ValueError(f"{name} has no {attribute} of type {kind.__name__}")  # noqa: TRY004  one kind of mistake, one exception
        identity = value.id  # type: ignore[attr-defined]
        if identity.replace("-", "_") != module.name:
            raise ValueError(f"{name} holds {identity}, which is not its name")
        found[identity] = value
    return tuple(found[identity] for identity in sorted(found))
