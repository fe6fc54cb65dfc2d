"""Entries of the lists that say what a tool does not look at, as `ruff: S101`."""

from __future__ import annotations

import re
from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bot.model.evidence import Guards, Mark

_CODE = re.compile(r"([A-Z]+)\d+")


def entries(some: Iterable[Guards]) -> Counter[str]:
    """How many entries the lists of each tool have."""
    return Counter(
        one.about.partition(":")[0] for each in some for one in each.loose if not one.job
    )


def is_about(mark: Mark, added: Iterable[str]) -> bool:
    """Whether the entry names files that this very change adds: nothing proved them before."""
    glob = mark.about.partition(": ")[2].split(" ")[0].rstrip("/*^$\\")
    entry, name = glob.strip("*/"), glob.rpartition("/")[2]
    return len(entry) > 2 and any(
        entry in path or fnmatchcase(path.rpartition("/")[2], name) for path in added
    )


def was_wider(mark: Mark, before: Collection[str]) -> bool:
    """Whether what the entry leaves out was left out already: `S101` by `S`, in some files by
    everywhere."""
    tool, _, entry = mark.about.partition(": ")
    glob, _, code = entry.rpartition(" ")
    whole = _CODE.fullmatch(code)
    if not whole:
        return False
    # To Ruff a group is all its letters, S holds none of SIM; but PL holds every one of Pylint's.
    least = 2 if code.startswith("PL") else len(whole[1])
    heads = [code[:end] for end in range(1 if tool == "flake8" else least, len(code) + 1)]
    return any(f"{tool}: {one}" in before or f"{tool}: {glob} {one}" in before for one in heads)
