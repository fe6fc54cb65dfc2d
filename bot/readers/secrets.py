"""Secrets by their formats, as Kingfisher knows them: offline, and no value leaves this module."""

from __future__ import annotations

import hashlib
import hmac
import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from kingfisher_sdk import DetectionPolicy, Rules, ScanInput, Scanner

from bot.model.secret import Secret, Secrets
from bot.readers.signals.words import is_sensitive

if TYPE_CHECKING:
    from kingfisher_sdk import Finding

    from bot.sandbox.frame import Job

# Compiling its rules takes seconds, loading them a fraction of one: `main` compiles beforehand.
CACHE = f"{sys.prefix}/share/handoff/secret-rules"
# Equal values have equal marks, which match no table of plain hashes.
_KEY = b"handoff: one mark for each value"
# Often meant to be read by anybody, or too loose to accuse by.
_LOOSE = re.compile(r"jwt|gcp-api-key|curl-auth|generic|client-id|pub-|publishable|privateai")
# Rated lower by Kingfisher than their fixed prefix and length deserve.
_STRICT = frozenset({"npmjsaccesstoken", "sendgrid", "postmanapikey"})
_PLACEHOLDER = re.compile(
    r"(?i)example|sample|dummy|fake|test|placeholder|change.?me|redacted|your[_-]|x{5}|0{6}|1{6}"
    r"|(?:abcdef|bcdefg|012345|123456|234567|345678|456789|987654).*(?:abcdef|bcdefg|ghijkl|mnopqr"
    r"|012345|123456|234567|345678|456789|987654)"
)

# A line of what a key is made of; code that looks for the marks around one has none.
_KEY_LINE = re.compile(r"[A-Za-z0-9+/]{40}")

# A name, and a string literal that it is set to.
_LITERAL = re.compile(
    r"([A-Za-z_][\w-]{2,79})[\"']?\s*(?::\s*\w+\s*)?[:=]\s*[\"']([^\"'\s{}<>$%]{8,200})[\"']"
)
# What every such literal with a digit in it holds, and few lines do.
_ASSIGNED = re.compile(r"[:=]\s*[\"'](?=[^\"'\s{}<>$%]{8})[^\"'\s{}<>$%\d]*\d")
# Words are labels; what people or machines make up as a secret mixes digits into it.
_MIXED = re.compile(r"(?=.*\d)(?=.*[A-Za-z])(?!https?:|/|\.)")


def read(job: Job) -> Secrets:
    """Every place in the file that holds what looks like a secret."""
    return Secrets(found=places(job.path, job.head or b""))


def places(path: str, text: bytes) -> tuple[Secret, ...]:
    """Every place in a text that holds what looks like a secret, in order."""
    if not text.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = text.replace(b"\0", b" ")
    found = _scanner().scan_input(ScanInput(path, text))
    names = {_kind(one) for one in found if one.visible}
    kept = [_secret(one) for one in found if one.visible or _completes(one, names)]
    lines = {one.line for one in kept}
    kept += [one for one in _named(text) if one.line not in lines]
    return tuple(sorted(kept, key=lambda one: one.line))


def main() -> None:
    """Compile the rules, so that no reading has to."""
    _scanner()


@lru_cache(maxsize=1)
def _scanner() -> Scanner:
    # Comments that ask to look away are the author's own words.
    policy = DetectionPolicy(inline_ignores=False, base64_max_depth=1)
    return Scanner(Rules(cache_dir=CACHE), policy=policy)


def _named(text: bytes) -> list[Secret]:
    """Literals that only what they are called gives away."""
    found = []
    for number, line in enumerate(text.decode("utf-8", "replace").split("\n"), 1):
        looks = len(line) < 1000 and _ASSIGNED.search(line)
        for name, value in _LITERAL.findall(line) if looks else ():
            if is_sensitive(name) and _MIXED.match(value) and not _PLACEHOLDER.search(value):
                kind, mark = "literal-under-secret-name", _mark(value)
                found.append(Secret(kind=kind, line=number, end=number, mark=mark, name=name[:80]))
    return found


def _mark(value: str) -> str:
    # A key that is indented anew, or has other line ends, is the same key.
    bare = "".join(value.split()).encode("utf-8", "replace")
    return hmac.new(_KEY, bare, hashlib.sha256).hexdigest()[:8]


def _completes(one: Finding, names: set[str]) -> bool:
    """The secret half of a pair, whose other half stands in the same file."""
    return _kind(one) == "aws-secret-access-key" and "aws-access-token" in names


def _kind(one: Finding) -> str:
    return one.rule_id.rpartition("/")[2].rpartition("betterleaks.")[2]


def _secret(one: Finding) -> Secret:
    kind, value, place = _kind(one), one.secret, one.location
    sound = one.confidence == "high" or kind in _STRICT or not one.visible
    exact = sound and not _LOOSE.search(kind) and not _PLACEHOLDER.search(value[:200])
    exact = exact and (kind != "private-key" or _KEY_LINE.search(value) is not None)
    first, last = int(place["line"]), int(place.get("end_line", place["line"]))
    return Secret(kind=kind, line=first, end=last, mark=_mark(value), exact=exact)


if __name__ == "__main__":
    main()
