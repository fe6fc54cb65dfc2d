"""RE2 patterns of a policy, compiled once; linear time whatever the text."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import re2

if TYPE_CHECKING:
    from collections.abc import Callable

PATTERN_LIMIT = 500


@lru_cache(maxsize=1024)
def finder(pattern: str) -> Callable[[str], bool]:
    """Whether a text contains a match; raises ValueError when it is no RE2 pattern."""
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(error.args[0].decode("utf-8", "replace")) from error
    return lambda text: compiled.search(text) is not None
