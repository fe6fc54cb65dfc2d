"""XML as a stream of elements: nothing is declared, nothing outside opened, nothing deep."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers.expat import ExpatError, ParserCreate

from bot.readers.reports.packed import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

DEPTH_AT_MOST = 100


def each_element(
    content: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None] | None = None,
) -> None:
    """Call `start` and `end` for every element, by its name without a namespace, and `text`.

    A DOCTYPE may stand there and is never resolved. Raises Unreadable.
    """
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH_AT_MOST:
            raise Unreadable(f"its elements are nested deeper than {DEPTH_AT_MOST}")
        start(name.rpartition(":")[2], attributes)

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name.rpartition(":")[2])

    parser = ParserCreate()
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _refuse
    parser.buffer_text = True
    try:
        parser.Parse(content, True)  # noqa: FBT003  expat takes no name for it
    except (ExpatError, LookupError) as error:
        raise Unreadable("it is no whole XML") from error


def _refuse(*_: object) -> None:
    raise Unreadable("it declares entities, which no report needs")
