"""Boxes that were ticked in the description: which item each stands for, and what that is worth."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.model.act import Act, ActKind
from bot.model.command import CommandLine
from bot.model.facts import Person

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.arrival import Said
    from bot.model.report import Entry, Report

_MARKED = re.compile(r"<!-- *handoff:item=([a-z0-9-]+) *-->")
TICKED, UNTICKED = "ticked", "unticked"


def ticks_of(said: Said, report: Report) -> tuple[tuple[str, bool], ...]:
    """The items that the lines stand for, by a hidden mark or by the item's own title, each with
    whether its box is ticked now."""
    by_title = {_plain(entry.title): entry.item for entry in report.entries}
    known = {entry.item for entry in report.entries}
    found: dict[str, bool] = {}
    for line in said.body.split("\n"):
        text = line[4:]
        mark = _MARKED.search(text)
        item = mark[1] if mark else by_title.get(_plain(_MARKED.sub("", text)), "")
        if item in known:
            found[item] = line.startswith("[x]")
    return tuple(found.items())


def lines_of(ticks: Iterable[tuple[str, bool]]) -> tuple[CommandLine, ...]:
    """What the same person would have typed, where a tick is taken for their word."""
    return tuple(
        CommandLine(number=at, text=f"/handoff {verb} {item}", verb=verb, words=(item,))
        for at, (item, on) in enumerate(ticks, start=1)
        for verb in (["attest"] if on else ["undo"])
    )


def remarks_of(said: Said, ticks: Iterable[tuple[str, bool]], head_sha: str) -> tuple[Act, ...]:
    """Who ticked what, which changes no state."""
    return tuple(
        Act(
            key=f"{said.key}/{item}",
            kind=ActKind.REMARK,
            by=Person(id=said.by_id, login=said.by_login),
            subjects=(item,),
            head_sha=head_sha,
            said_at=said.created_at,
            detail=TICKED if on else UNTICKED,
            through="box",
        )
        for item, on in ticks
    )


def unproved(acts: Iterable[Act], entries: Iterable[Entry]) -> tuple[Act, ...]:
    """The newest tick of each item that is open all the same."""
    newest = {
        act.subjects[0]: act
        for act in sorted(acts, key=lambda one: one.order)
        if act.detail in {TICKED, UNTICKED}
    }
    open_ = {entry.item for entry in entries if entry.state.open}
    return tuple(act for item, act in newest.items() if item in open_ and act.detail == TICKED)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".:")
