"""What single places of a source file may mean for logging, tests, settings and conventions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.area import Area

# A signature beyond is cut off, so that two of that length cannot be told apart.
SIGNATURE_AT_MOST = 400


class Sign(StrEnum):
    """One kind of place."""

    SWALLOWED = "swallowed"
    DISCARDED = "discarded"
    LOG = "log"
    LOGS_SECRET = "logs-secret"
    SLEEP = "sleep"
    RANDOM = "random"
    NETWORK = "network"
    NOW = "now"
    ORDER = "order"
    ENVIRONMENT = "environment"
    SWITCHED_OFF = "switched-off"
    SUPPRESSED = "suppressed"
    LITERAL = "literal"
    SECRET_NAME = "secret-name"
    FLAG = "flag"
    NO_TIMEOUT = "no-timeout"
    VALIDATION = "validation"
    CAUGHT = "caught"
    COMMIT_IN_LOOP = "commit-in-loop"
    CALL_IN_TRANSACTION = "call-in-transaction"
    UNBOUNDED = "unbounded"
    QUERY_IN_LOOP = "query-in-loop"
    REGISTERED = "registered"
    STAND_IN = "stand-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A place. `digest`: of its code with white space folded; never the code, which may be secret.

    `name`: what it is about: the variable read, the callee, the name of a secret's target, the
    field that is validated, the type that is caught. `detail`: environment: `default` where it has
    one; literal: `environment`, `credentials` or `external`; suppressed: by what; validation: the
    constraint; swallowed: `validator` inside of one, `constant` where one is answered and no type
    can be named; registered: `handler` or `middleware` for every request.
    `excused`: a comment, a seed, a frozen clock or a network double says that it is meant.
    """

    sign: Sign
    line: int
    end: int
    digest: str
    name: str = ""
    detail: str = ""
    excused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function, a method (`Class.method`) or a class without its methods.

    `digest`: of its code, white space, comments and types aside. `statements`: its lines that
    hold more than brackets. `writes`, `logs`: it calls something that stores, or a logger.
    """

    name: str
    line: int
    end: int
    statements: int
    signature: str
    digest: str
    public: bool = True
    test: bool = False
    writes: bool = False
    logs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """One source file; `imports`: modules by the line that imports them.

    `type_imports`: those for types alone. `attributes`: `Class.attribute` of what classes declare.
    `names`: identifiers of a test file; capital words of a text. `code_digest`: of the code outside
    functions and classes, imports aside. `holes`: first and last line of what was not understood.
    `generated`: it says of itself that it is not to be edited.
    """

    language: str
    signals: tuple[Signal, ...] = ()
    functions: tuple[Function, ...] = ()
    imports: tuple[tuple[int, str], ...] = ()
    type_imports: tuple[tuple[int, str], ...] = ()
    attributes: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    code_digest: str = ""
    holes: tuple[tuple[int, int], ...] = ()
    generated: bool = False


# Suppressions that take code out of the coverage figure.
COVERAGE = frozenset({"pragma: no cover", "istanbul ignore", "c8 ignore", "v8 ignore", ":nocov:"})
# Files whose language is understood.
SOURCE = Area("source", ("**/*.{py,js,jsx,mjs,cjs,ts,tsx,mts,cts,java,kt,kts,go,rb,rake}",))
