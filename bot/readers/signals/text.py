"""Signals of files that are no program: which variables they name and take from outside."""

from __future__ import annotations

import re

from bot.model.signal import Sign, Signals
from bot.readers.signals.shape import NAMES_AT_MOST, Draft
from bot.readers.signals.words import Words

_WORD = re.compile(rb"(?<![A-Za-z0-9_])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![A-Za-z0-9_])|\b[A-Z]{3,}\b")
_READ = re.compile(rb"\$\{([A-Z][A-Z0-9_]{1,80})(:?-?[^}\n]{0,200})?\}")
_NONE: frozenset[str] = frozenset()
WORDS = Words(
    sleeps=_NONE,
    randoms=_NONE,
    clocks=_NONE,
    requests=_NONE,
    environment=_NONE,
    skips=_NONE,
    prints=_NONE,
)
_SETTINGS = (".yml", ".yaml", ".properties")


def read(path: str, source: bytes) -> Signals:
    """Capital words; in settings files also the variables that are put in for `${X}`."""
    draft = Draft("text", path, source, WORDS)
    if path.endswith(_SETTINGS):
        draft.comments = [match.span() for match in re.finditer(rb"(?m)^\s*#[^\n]*", source)]
        for match in _READ.finditer(source):
            if not any(start <= match.start() < end for start, end in draft.comments):
                detail = "default" if match.group(2) else ""
                draft.add(Sign.ENVIRONMENT, match.span(), match.group(1).decode(), detail)
    names = sorted({one.decode() for one in _WORD.findall(source)})[:NAMES_AT_MOST]
    return Signals(
        language="text",
        signals=draft.finished().signals,
        names=frozenset(names),
    )
