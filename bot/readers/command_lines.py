"""Lines of a comment that are commands: whole lines, outside quotes, code and hidden text.

One pass from mark to mark; no expression backtracks and no text is looked at twice, so hostile
text costs no more than its length.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice, product

from bot.model.command import CommandLine, Misread

COMMANDS_AT_MOST = 10
LINE_AT_MOST = 1_000
# No comment for people has so many; one made to be slow has.
MARKS_AT_MOST = 100
STARTS_AT_MOST = 4
# Characters in which code and blocks are looked for, over all readings; a mark costs some more.
EFFORT_AT_MOST = 120_000
MARK_COSTS = 60

_BLANKS = " \t\u00a0\u202f"
_COMMAND = re.compile(rf" {{0,3}}/handoff:?(?:[{_BLANKS}]|$)", re.IGNORECASE | re.MULTILINE)
# What may begin, end or hide a command.
_MARK = re.compile(
    r"/[Hh][Aa][Nn][Dd][Oo][Ff][Ff]|`{3,}|~{3,}|-->|<(?:!--(?:-?>)?|/?(?i:details|pre)\b)"
)
_INDENT = re.compile(r" {0,3}$")
_LISTED = r" {0,3}(?:(?:[-*+]|\d{1,9}[.)]) {1,4})*"
_FENCE_INDENT = re.compile(_LISTED + "$")
# No list is so deep that a fence in it stands further right.
_LEAD = 80
_QUOTE = re.compile(r"^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*>", re.MULTILINE)
# What looks like HTML at the start of a line is HTML up to an empty line.
_TAG = re.compile("</?[a-z]", re.IGNORECASE)
_TAGGED = re.compile(rf"(?im)^{_LISTED}</?[a-z][a-z0-9-]*(?:[\s/>]|$)")
_TAG_AT_MOST = len("</details>")
_HIDING = re.compile("<(?:!--|pre)", re.IGNORECASE)
_SET_IN = re.compile("^ {1,3}(?:```|~~~)", re.MULTILINE)
# Under a line of text only a first item begins a list; behind any other number no fence opens.
_NUMBERED = re.compile(r"^ {0,3}(?!0*1[.)])\d{1,9}[.)] {1,4}(?:```|~~~)", re.MULTILINE)
_ITEM = re.compile(r"\s*(?:(?:[-*+]|\d{1,9}[.)])\s|$)")
# Code of a paragraph begins no earlier than its block: after a list's marker, a heading and such.
_BLOCK = re.compile(r"(?m)^ {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]|^ *(?:#| {4}|\t|<|[-=*_]+$).*\n")
_RUN = re.compile("`+")
# Backticks that are escaped, or stand in a tag or an address, may open no code.
_OPENERS = (
    _RUN,
    re.compile(r"\\.|`+", re.DOTALL),
    re.compile(r"\\.|<[^<>]*>|\]\([^\s()]*\)|`+", re.DOTALL),
)
_BECAUSE = re.compile(rf"(?:^|[{_BLANKS}])(?:because|--|–|—)(?=[{_BLANKS}]|$)", re.IGNORECASE)
_ALIASES = {"na": "n/a"}


def may_command(body: str) -> bool:
    """Whether a comment is worth reading at all."""
    return "/handoff" in body.casefold()


def read_commands(body: str) -> tuple[CommandLine | Misread, ...]:
    """Every command line in order; lines that look like one and are not run come as Misread."""
    if not may_command(body):
        return ()
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    if "\n " in text or "\n\t" in text:
        text = re.sub(r"\n[ \t]+(?=\n)", "\n", text)
    scan, *others = scans = _readings(text)
    found: list[CommandLine | Misread] = []
    for count, mark in enumerate(_MARK.finditer(text)):
        agreed = [one.is_command(mark.start(), mark.group()) for one in scans]
        if count == MARKS_AT_MOST or scan.looks.left < 0:
            what = f"a comment with over {MARKS_AT_MOST} marks of code or HTML is not read further"
            return (*found, Misread(number=scan.number, text="/handoff", what=what))
        if not all(agreed):
            continue
        scan.quoted = scan.quoted or any(one.quoted for one in others)
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
class _Looks:
    """What all readings of a text look for at the same places, once; None where it is too much."""

    text: str
    left: int = EFFORT_AT_MOST
    spans: dict[tuple[int, int, re.Pattern[str]], Sequence[tuple[int, int]]] = field(
        default_factory=dict
    )
    blocks: dict[tuple[int, int], Sequence[int]] = field(default_factory=dict)
    quotes: dict[tuple[int, int], bool] = field(default_factory=dict)
    items: dict[int, tuple[int, int]] = field(default_factory=dict)
    tagged: tuple[int, bool] = 0, False

    def code(self, start: int, end: int, opener: re.Pattern[str]) -> Sequence[tuple[int, int]]:
        """Code spans; all of it is one where looking would take too long."""
        key = (start, end, opener)
        if key not in self.spans:
            marks = sum(self.text.count(one, start, end) for one in ("`", "\\", "<", "]("))
            found = self._pays(end - start + MARK_COSTS * marks)
            self.spans[key] = _spans(self.text, *key) if found else [(start, end)]
        return self.spans[key]

    def begun(self, start: int, end: int) -> Sequence[int]:
        """Where blocks begin, the last ones."""
        key = (start, end)
        if key not in self.blocks:
            cost = end - start + MARK_COSTS * self.text.count("\n", start, end)
            found = _BLOCK.finditer(self.text, *key) if self._pays(cost) else ()
            self.blocks[key] = [one.end() for one in found][-STARTS_AT_MOST:]
        return self.blocks[key]

    def quoted(self, start: int, end: int) -> bool:
        """Whether a quote begins there."""
        key = (start, end)
        if key not in self.quotes:
            may = self.text.find(">", *key) >= 0
            self.quotes[key] = may and _QUOTE.search(self.text, *key) is not None
        return self.quotes[key]

    def in_html(self, at: int) -> bool:
        """Whether this line, or one above it in its paragraph, begins with a tag."""
        seen, found = self.tagged
        blank = self.text.rfind("\n\n", seen, at)
        if seen < at and (blank >= 0 or not found):
            tag = _TAGGED.search(self.text, max(seen, blank + 1), at + _TAG_AT_MOST)
            found = tag is not None and tag.start() <= at
        self.tagged = at, found
        return found

    def left_of(self, inset: int, at: int) -> int:
        """Where a list item ends: at the first line from here that stands further left."""
        begin, end = self.items.get(inset, (0, 0))
        if not begin <= at < end:
            left = re.compile(rf"\n {{0,{inset - 1}}}[^ \n]").search(self.text, at)
            end = left.start() + 1 if left else len(self.text)
            self.items[inset] = at, end
        return end

    def paragraph_from(self, at: int) -> int:
        """Where the paragraph ends."""
        begin, end = self.items.get(0, (0, 0))
        if not begin <= at < end:
            end = self.text.find("\n\n", at) % (len(self.text) + 1)
            self.items[0] = at, end
        return end

    def _pays(self, cost: int) -> bool:
        # Once too much is too much for all that comes: nothing is decided by halves.
        self.left -= cost
        return self.left >= 0


@dataclass(slots=True)
class _Scan:
    """Where in the markdown a mark stands. Positions only grow: no text is looked at twice.

    `line`: where the mark's own begins. `paragraph`, `number` and `quoted`: of the last command
    line. `fence`: what opened it, `inset` in its list item, until `ends` at the latest. `until`:
    what closes hidden text. `starts`: where the last line's paragraph, or what looks like a block
    of its own in it, begins, `begun`: up to where they were looked for. `spans`: of code, from
    those in `known`.
    `hides`: what does hide. `tags`: whether no fence opens in HTML. `inside`: how many more fences
    that are set in stand in list items above them; below nothing, no list has any.
    """

    text: str
    looks: _Looks
    hides: str
    tags: bool
    inside: int
    line: int = 0
    seen: int = 0
    told: int = 0
    begun: int = 0
    number: int = 1
    paragraph: int = 0
    quoted: bool = False
    fence: str = ""
    inset: int = 0
    ends: int = 0
    until: str = ""
    details: int = 0
    starts: list[int] = field(default_factory=lambda: [0])
    known: list[int] = field(default_factory=list)
    spans: list[Sequence[tuple[int, int]]] = field(default_factory=list)

    def is_command(self, at: int, mark: str) -> bool:
        """Whether the mark begins a command line; any other mark changes where we are."""
        self.line = self.text.rfind("\n", self.seen, at) + 1 or self.line
        self.seen = at
        lead = self.text[self.line : at] if at - self.line < _LEAD else "far"
        if self.fence and at >= self.ends:
            self.fence, self.paragraph = "", self.ends
            self.inside -= self.inside > 0
        if self.fence:
            self._close_fence(at, mark, lead)
        elif self.until or self.looks.quoted(self.line, self._end()):
            ends = str.endswith if "<pre" in self.hides else str.__eq__
            self.until = "" if ends(mark.lower(), self.until) else self.until
        elif mark[0] in "`~":
            self._open_fence(at, mark, lead)
        elif mark[0] != "/":
            self._hide("" if self._in_line_of_code(at, lead) else mark.lower())
        elif not self.details and _INDENT.match(lead) and _COMMAND.match(self.text, self.line):
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
        return self.text[self.line : self._end()]

    def _end(self) -> int:
        end = self.text.find("\n", self.line)
        return end if end >= 0 else len(self.text)

    def _place(self) -> None:
        """Number, paragraph and quote of this command line, on from those of the last."""
        self.number += self.text.count("\n", self.told, self.line)
        blank = self.text.rfind("\n\n", self.told, self.line)
        self.paragraph = max(self.paragraph, blank + 2 if blank >= 0 else 0)
        passed = max(self.told, self.paragraph)
        if self.paragraph > self.told:
            self.quoted, self.starts = False, [self.paragraph]
        if self.text.find("`", self.starts[0], self.line) >= 0:
            blocks = self.looks.begun(max(self.begun, self.paragraph), self.line)
            self.starts, self.begun = [*self.starts, *blocks][-STARTS_AT_MOST:], self.line
        self.quoted = self.quoted or self.looks.quoted(passed, self.line)
        self.told = self.line

    def _open_fence(self, at: int, mark: str, lead: str) -> None:
        if _FENCE_INDENT.match(lead) is None or self._in_html(at):
            return
        if self.inside < 0 and lead.strip():
            return
        if mark[0] == "`" and "`" in self._rest()[len(lead + mark) :]:
            return
        self.inset = len(lead) if self.inside > 0 or lead.strip() else 0
        self.fence, self.ends = mark, len(self.text)
        if self.inset:
            self.ends = self.looks.left_of(self.inset, at)

    def _close_fence(self, at: int, mark: str, lead: str) -> None:
        same = mark[0] == self.fence[0] and len(mark) >= len(self.fence)
        near = len(lead.expandtabs(4)) <= self.inset + 3
        if same and near and self._rest().strip(_BLANKS) == mark:
            self.fence, self.paragraph = "", at + len(mark)

    def _hide(self, mark: str) -> None:
        if mark == "<details":
            self.details += 1
        elif mark == "</details":
            self.details = max(self.details - 1, 0)
        elif mark and mark in self.hides:
            self.until = {"<!--": "-->", "<pre": "</pre"}.get(mark, "")

    def _in_html(self, at: int) -> bool:
        return self.tags and self.looks.in_html(at)

    def _in_line_of_code(self, at: int, lead: str) -> bool:
        if "`" not in lead or self._in_html(at):
            return False
        end = self._end()
        return all(_within(self.looks.code(self.line, end, one), at) for one in _OPENERS)

    def _in_code(self, at: int) -> bool:
        """Whether a code span of the paragraph, begun on a line above, goes on here."""
        if self.text.find("`", self.starts[0], at) < 0:
            return False
        if self.known != self.starts:
            end = self.looks.paragraph_from(at)
            every = product(self.starts, (end,), _OPENERS)
            self.spans, self.known = [self.looks.code(*one) for one in every], self.starts
        return any(_within(spans, at) for spans in self.spans)


def _readings(text: str) -> list[_Scan]:
    """Ways in which blocks inside of one another may end; what stands in code in one is code."""
    tags = (False, True) if _TAG.search(text) else (False,)
    hides = ("<!--<pre", "<!--", "") if _HIDING.search(text) else ("",)
    inside = (0, 1, 2) if _SET_IN.search(text) else (0,)
    lists = (-1,) if hides[0] or _numbered_in_text(text) else ()
    every = product((_Looks(text),), hides, tags, (*inside, *lists))
    return [_Scan(text, *one) for one in every]


def _numbered_in_text(text: str) -> bool:
    for one in islice(_NUMBERED.finditer(text), MARKS_AT_MOST):
        above = text.rfind("\n", 0, max(one.start() - 1, 0)) + 1
        if _ITEM.match(text[above : one.start()]) is None:
            return True
    return False


def _spans(text: str, start: int, end: int, opener: re.Pattern[str]) -> list[tuple[int, int]]:
    """Code spans: a run of backticks up to the next run of the same length."""
    runs: dict[int, list[int]] = {}
    for run in _RUN.finditer(text, start, end):
        runs.setdefault(len(run.group()), []).append(run.start())
    spans: list[tuple[int, int]] = []
    at = start
    while begin := opener.search(text, at, end):
        at, size = begin.end(), len(begin.group())
        same = runs.get(size, []) if begin.group()[0] == "`" else []
        later = bisect_left(same, at)
        if later < len(same):
            at = same[later] + size
            spans.append((begin.start(), at))
    return spans


def _within(spans: Sequence[tuple[int, int]], at: int) -> bool:
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
