"""Lines of a comment that are commands: whole lines, outside quotes, code and hidden text.

One pass from mark to mark; no expression backtracks and no text is looked at twice, so hostile
text costs no more than its length.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from bot.model.command import CommandLine, Misread

COMMANDS_AT_MOST = 10
LINE_AT_MOST = 1_000
# No comment for people has so many; one made to be slow has.
MARKS_AT_MOST = 2_000

_BLANKS = " \t\u00a0\u202f"
_COMMAND = re.compile(rf" {{0,3}}/handoff:?(?:[{_BLANKS}]|$)", re.IGNORECASE)
# What may begin, end or hide a command.
_MARK = re.compile(
    r"/[Hh][Aa][Nn][Dd][Oo][Ff][Ff]|`{3,}|~{3,}|-->|<(?:!--(?:-?>)?|/?(?i:details|pre)\b)"
)
_INDENT = re.compile(r" {0,3}$")
_LISTED = r" {0,3}(?:(?:[-*+]|\d{1,9}[.)]) {1,4})*"
_FENCE_INDENT = re.compile(_LISTED + "$")
# No list is so deep that a fence in it stands further right.
_LEAD = 80
_QUOTE = re.compile(f"^{_LISTED}>", re.MULTILINE)
_BECAUSE = re.compile(rf"(?:^|[{_BLANKS}])(?:because|--|–|—)(?=[{_BLANKS}]|$)", re.IGNORECASE)
_ALIASES = {"na": "n/a"}


def may_command(body: str) -> bool:
    """Whether a comment is worth reading at all."""
    return "/handoff" in body.casefold()


def read_commands(body: str) -> tuple[CommandLine | Misread, ...]:
    """Every command line in order; lines that look like one and are not run come as Misread."""
    if not may_command(body):
        return ()
    text = re.sub(r"\n[ \t]+(?=\n)", "\n", body.replace("\r\n", "\n").replace("\r", "\n"))
    scan = _Scan(text)
    found: list[CommandLine | Misread] = []
    for count, mark in enumerate(_MARK.finditer(text)):
        if count == MARKS_AT_MOST:
            what = f"a comment with over {MARKS_AT_MOST} marks of code or HTML is not read further"
            return (*found, Misread(number=scan.number, text="/handoff", what=what))
        if not scan.is_command(mark.start(), mark.group()):
            continue
        if len(found) == COMMANDS_AT_MOST:
            what = f"a comment may hold {COMMANDS_AT_MOST} commands"
            return (*found, scan.misread(f"{what}; this one and later were not run"))
        found.append(scan.command())
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
    """Where in the markdown a mark stands. Positions only grow: no text is looked at twice.

    `line`: where the mark's own begins. `paragraph`, `number` and `quoted`: of the last command
    line. `fence`: what opened it, `inset` in its list item, until `ends` at the latest. `until`:
    what closes hidden text. `spans`: of code, in the paragraph that begins at `known`.
    """

    text: str
    line: int = 0
    seen: int = 0
    told: int = 0
    number: int = 1
    paragraph: int = 0
    quoted: bool = False
    fence: str = ""
    inset: int = 0
    ends: int = 0
    until: str = ""
    details: int = 0
    known: int = -1
    spans: list[tuple[int, int]] = field(default_factory=list)

    def is_command(self, at: int, mark: str) -> bool:
        """Whether the mark begins a command line; any other mark changes where we are."""
        self.line = self.text.rfind("\n", self.seen, at) + 1 or self.line
        self.seen = at
        lead = self.text[self.line : at] if at - self.line < _LEAD else "far"
        if self.fence and at >= self.ends:
            self.fence, self.paragraph = "", self.ends
        if self.fence:
            self._close_fence(at, mark, lead)
        elif self.until or _QUOTE.match(self.text, self.line):
            self.until = "" if mark.lower() == self.until else self.until
        elif mark[0] in "`~":
            self._open_fence(at, mark, lead)
        elif mark[0] != "/":
            code = "`" in lead and _within(_spans(self.text, self.line, at + _LEAD), at)
            self._hide("" if code else mark.lower())
        elif not self.details and _INDENT.match(lead) and _COMMAND.match(self._rest()):
            self._place()
            return not self._in_code(at)
        return False

    def command(self) -> CommandLine | Misread:
        """The command line that was found last."""
        line = self._rest()
        if self.quoted:
            return self.misread("it is part of the quote above it; leave an empty line above")
        if len(line) > LINE_AT_MOST:
            return self.misread(f"a command has at most {LINE_AT_MOST} characters")
        return _command(self.number, line)

    def misread(self, what: str) -> Misread:
        """The line that was found last, and why it is not run."""
        text = self._rest().strip()
        shown = text if len(text) <= LINE_AT_MOST else text[:80] + "…"
        return Misread(number=self.number, text=shown, what=what)

    def _rest(self) -> str:
        end = self.text.find("\n", self.line)
        return self.text[self.line : end if end >= 0 else len(self.text)]

    def _place(self) -> None:
        """Number, paragraph and quote of this command line, on from those of the last."""
        self.number += self.text.count("\n", self.told, self.line)
        blank = self.text.rfind("\n\n", self.told, self.line)
        self.paragraph = max(self.paragraph, blank + 2 if blank >= 0 else 0)
        if self.paragraph > self.told:
            self.quoted = False
        passed = max(self.told, self.paragraph)
        self.quoted = self.quoted or _QUOTE.search(self.text, passed, self.line) is not None
        self.told = self.line

    def _open_fence(self, at: int, mark: str, lead: str) -> None:
        if _FENCE_INDENT.match(lead) is None:
            return
        if mark[0] == "`" and "`" in self._rest()[len(lead + mark) :]:
            return
        self.inset = len(lead) if lead.strip() else 0
        self.fence, self.ends = mark, len(self.text)
        if self.inset:
            # In a list item it ends with the item: at the first line that stands further left.
            left = re.compile(rf"\n {{0,{self.inset - 1}}}[^ \n]").search(self.text, at)
            self.ends = left.start() + 1 if left else self.ends

    def _close_fence(self, at: int, mark: str, lead: str) -> None:
        same = mark[0] == self.fence[0] and len(mark) >= len(self.fence)
        if same and len(lead) <= self.inset + 3 and self._rest().strip(_BLANKS) == mark:
            self.fence, self.paragraph = "", at + len(mark)

    def _hide(self, mark: str) -> None:
        if mark == "<details":
            self.details += 1
        elif mark == "</details":
            self.details = max(self.details - 1, 0)
        else:
            self.until = {"<!--": "-->", "<pre": "</pre"}.get(mark, "")

    def _in_code(self, at: int) -> bool:
        """Whether a code span of the paragraph, begun on a line above, goes on here."""
        if self.known != self.paragraph:
            end = self.text.find("\n\n", at) % (len(self.text) + 1)
            tangled = self.text.count("`", self.paragraph, end) > MARKS_AT_MOST
            found = [(self.paragraph, end)] if tangled else _spans(self.text, self.paragraph, end)
            self.spans, self.known = found, self.paragraph
        return _within(self.spans, at)


def _spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Code spans: a run of backticks up to the next run of the same length."""
    runs = [found.span() for found in re.compile("`+").finditer(text, start, end)]
    later: dict[int, list[int]] = {}
    for begin, stop in reversed(runs):
        later.setdefault(stop - begin, []).append(begin)
    spans: list[tuple[int, int]] = []
    for begin, stop in runs:
        same = later[stop - begin]
        same.pop()
        if same and (not spans or begin >= spans[-1][1]):
            spans.append((begin, same[-1] + stop - begin))
    return spans


def _within(spans: list[tuple[int, int]], at: int) -> bool:
    before = bisect_right(spans, (at,)) - 1
    return before >= 0 and at < spans[before][1]


def _command(number: int, line: str) -> CommandLine:
    rest = line.strip(" ")[len("/handoff") :].removeprefix(":")
    because = _BECAUSE.search(rest)
    reason = rest[because.end() :].strip(_BLANKS) if because else None
    said = (rest[: because.start()] if because else rest).strip(_BLANKS + ",")
    verb, *words = re.split(rf"[{_BLANKS},]+", said)
    verb = verb.casefold().rstrip(".!:")
    return CommandLine(
        number=number,
        text=line.strip(_BLANKS),
        verb=_ALIASES.get(verb, verb),
        words=tuple(words),
        reason=reason,
    )
