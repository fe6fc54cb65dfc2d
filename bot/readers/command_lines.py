"""Lines of a comment that are commands: whole lines, outside quotes, code and hidden text.

One pass over the lines; no expression backtracks, so hostile text costs no more than its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.model.command import CommandLine, Misread

COMMANDS_AT_MOST = 10
LINE_AT_MOST = 1_000

_BLANKS = " \t\u00a0\u202f"
_LINE_END = re.compile(r"\r\n|\n|\r")
_COMMAND = re.compile(rf"^ {{0,3}}/handoff:?(?:[{_BLANKS}](.*))?$", re.IGNORECASE | re.DOTALL)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")
_QUOTE = re.compile(r"^ {0,3}>")
_BECAUSE = re.compile(rf"(?:^|[{_BLANKS}])(?:because|--|–|—)(?=[{_BLANKS}]|$)", re.IGNORECASE)
_OPENING = re.compile(r"<(details|pre)\b", re.IGNORECASE)
_ALIASES = {"na": "n/a"}


def may_command(body: str) -> bool:
    """Whether a comment is worth reading at all."""
    return "/handoff" in body.casefold()


def read_commands(body: str) -> tuple[CommandLine | Misread, ...]:
    """Every command line in order; lines that look like one and are not run come as Misread."""
    if not may_command(body):
        return ()
    found: list[CommandLine | Misread] = []
    scan = _Scan()
    for number, line in enumerate(_LINE_END.split(body), start=1):
        seen = scan.sees(line)
        if seen == "text":
            continue
        if seen == "quoted":
            found.append(
                Misread(
                    number=number,
                    text=line.strip(),
                    what="it is part of the quote above it; leave an empty line above",
                )
            )
            continue
        found.append(_command(number, line))
        if len(found) > COMMANDS_AT_MOST:
            what = (
                f"a comment may hold {COMMANDS_AT_MOST} commands; this one and later were not run"
            )
            found[-1] = Misread(number=number, text=line.strip()[:LINE_AT_MOST], what=what)
            break
    return tuple(found)


def added_commands(before: str, after: str) -> tuple[CommandLine | Misread, ...]:
    """Commands that an edit added: lines whose text the older body did not hold."""
    old = [one.text for one in read_commands(before)]
    added: list[CommandLine | Misread] = []
    for one in read_commands(after):
        if one.text in old:
            old.remove(one.text)
        else:
            added.append(one)
    return tuple(added)


@dataclass(slots=True)
class _Scan:
    """Where in the markdown a line stands."""

    fence: str = ""
    comment: bool = False
    block: str = ""
    quote: bool = False

    def sees(self, line: str) -> str:
        """`command`, `quoted` for a command that belongs to the quote above it, or `text`."""
        if self.fence:
            self._close_fence(line)
            return "text"
        if self.comment or self.block:
            self._close_hidden(line)
            return "text"
        found = _FENCE.match(line)
        if found and not (found.group(1)[0] == "`" and "`" in found.group(2)):
            self.fence, self.quote = found.group(1), False
            return "text"
        if _QUOTE.match(line):
            self.quote = True
            return "text"
        lazy, self.quote = self.quote, self.quote and bool(line.strip())
        if _COMMAND.match(line):
            return "quoted" if lazy else "command"
        self._open_hidden(line)
        return "text"

    def _close_fence(self, line: str) -> None:
        found = _FENCE.match(line)
        if found is None or found.group(2).strip():
            return
        mark = found.group(1)
        if mark[0] == self.fence[0] and len(mark) >= len(self.fence):
            self.fence = ""

    def _open_hidden(self, line: str) -> None:
        start = line.rfind("<!--")
        if start >= 0 and line.find("-->", start) < 0:
            self.comment = True
            return
        found = _OPENING.search(line)
        if found and f"</{found.group(1).lower()}>" not in line.lower():
            self.block = found.group(1).lower()

    def _close_hidden(self, line: str) -> None:
        if self.comment:
            self.comment = "-->" not in line
        elif f"</{self.block}>" in line.lower():
            self.block = ""


def _command(number: int, line: str) -> CommandLine | Misread:
    if len(line) > LINE_AT_MOST:
        what = f"a command has at most {LINE_AT_MOST} characters"
        return Misread(number=number, text=line.strip()[:80] + "…", what=what)
    found = _COMMAND.match(line)
    rest = (found.group(1) if found else None) or ""
    because = _BECAUSE.search(rest)
    reason = rest[because.end() :].strip(_BLANKS) if because else None
    words = re.split(
        rf"[{_BLANKS},]+", (rest[: because.start()] if because else rest).strip(_BLANKS)
    )
    verb = words[0].casefold().rstrip(".!:") if words else ""
    return CommandLine(
        number=number,
        text=line.strip(_BLANKS),
        verb=_ALIASES.get(verb, verb),
        words=tuple(word for word in words[1:] if word),
        reason=reason,
    )
