"""Trouble outside, as exceptions that say whether and when to try again.

Trouble
├── Limited        GitHub's limits; nothing failed, wait
├── Transient      5xx, time-outs, broken connections
├── Refused        GitHub will not do it: Denied, Gone, Invalid, TooLarge, Unauthorized
├── Suspended      the installation is suspended
├── Stale          GitHub still shows an older state than its own webhook told of
└── StoreTrouble   the store cannot commit
"""

from __future__ import annotations

from datetime import datetime, timedelta


class Trouble(Exception):
    """Something outside went wrong; `again_after` None means never by itself."""

    def __init__(self, what: str, *, again_after: timedelta | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.again_after = again_after


class Limited(Trouble):
    """A rate limit; `until` by GitHub's clock, `resource`: core, graphql or write."""

    def __init__(self, what: str, *, until: datetime, resource: str) -> None:
        super().__init__(what)
        self.until = until
        self.resource = resource


class Transient(Trouble):
    """A server error, a time-out or a broken connection; `sent`: it may have taken effect."""

    def __init__(
        self, what: str, *, sent: bool = False, again_after: timedelta | None = None
    ) -> None:
        super().__init__(what, again_after=again_after)
        self.sent = sent


class Refused(Trouble):
    """GitHub answered and will answer the same again."""


class Denied(Refused):
    """Not permitted; `accepted`: the permissions that would do, as GitHub names them."""

    def __init__(self, what: str, *, accepted: str = "") -> None:
        super().__init__(what)
        self.accepted = accepted


class Gone(Refused):
    """Not there (404, 410, 451), or not visible to us."""


class Invalid(Refused):
    """422: the request itself is wrong."""


class TooLarge(Refused):
    """GitHub does not show what is asked for because of its size."""


class Unauthorized(Refused):
    """401: the credentials are not taken."""


class Suspended(Trouble):
    """The installation is suspended; nothing is read or written."""


class Stale(Trouble):
    """GitHub answered with a state older than its own webhook; ask again in a moment."""


class StoreTrouble(Trouble):
    """The store cannot commit; `fatal`: only a fresh process may trust the file again."""

    def __init__(self, what: str, *, fatal: bool = False) -> None:
        super().__init__(what)
        self.fatal = fatal


class Misnamed(Trouble):
    """A setting that a command line goes by cannot be used; says which, and what it must be."""
