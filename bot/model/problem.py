"""What is wrong with something that a person wrote: where, what, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps the file from being used; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A place in a file; line and column count from 1, 0 where there is none. `key` is dotted."""

    file: str
    line: int = 0
    column: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One complaint; `what` ends with how to mend it, `code` is never reused (E201, W502, ...)."""

    where: Where
    what: str
    code: str = ""
    hint: str = ""
    severity: Severity = Severity.ERROR

    def line(self) -> str:
        """`path:line:column  severity  what  [code]`, the one form of every output."""
        place = f"{self.where.file}:{self.where.line}:{self.where.column}"
        mend = f"; {self.hint}" if self.hint else ""
        code = f"  [{self.code}]" if self.code else ""
        return f"{place}  {self.severity}  {self.what}{mend}{code}"
