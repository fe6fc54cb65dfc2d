"""The check run: title, summary, details, annotations and buttons, within GitHub's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.acts.clear import to_clear
from bot.model.act import ActKind
from bot.model.effect import Annotation, Button, SetCheck
from bot.model.episode import Raised
from bot.model.item import Level
from bot.model.policy import Mode
from bot.model.report import Conclusion, State
from bot.model.verdict import Tier
from bot.text.asked import asked_line
from bot.text.escape import code, inert, plain
from bot.text.handover import so_far
from bot.text.notice import lines_of, opening, rows_of, says
from bot.text.title import title_of, turns_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.act import Act
    from bot.model.handover import Handover
    from bot.model.problem import Problem
    from bot.model.report import Entry, NotEvaluated, Report
    from bot.model.verdict import Evidence

# Of GitHub's 65,535 characters each; the summary stays short enough to be read.
SUMMARY_LIMIT = 8_000
TEXT_LIMIT = 60_000
ANNOTATIONS_LIMIT = 100
PROBLEMS_LIMIT = 50
# Of one item: more places help nobody, and would push other items over the edge.
EVIDENCE_LIMIT = 20
NAME_OF = {"handoff": "handoff", "quality": "handoff / quality"}
RECHECK = Button(
    label="Check again", description="Forget what is cached and judge anew", identifier="recheck"
)
READY = Button(label="I'm ready", description="Say that it may be looked at", identifier="ready")
ACKNOWLEDGE = Button(
    label="Acknowledge", description="Take the question that was asked", identifier="ack"
)
_STATES_OPEN_FIRST = (
    State.CONTRADICTED,
    State.MISSING,
    State.UNDECIDED,
    State.WAITING,
)


def check_of(report: Report, check: str = "handoff", details_url: str | None = None) -> SetCheck:
    """The check run of one list."""
    conclusion = report.conclusion(check)
    running = conclusion is Conclusion.IN_PROGRESS
    return SetCheck(
        repo_id=report.repo_id,
        head_sha=report.head_sha,
        name=NAME_OF[check],
        status="in_progress" if running else "completed",
        conclusion=None if running else conclusion.value,
        title=title_of(report, check),
        summary=fit(list(_summary(report, check)), SUMMARY_LIMIT, _foot(report)),
        text=fit(list(_text(report, check)), TEXT_LIMIT),
        annotations=annotations_of(report, check),
        buttons=_buttons(report),
        details_url=details_url,
        enforced=report.mode is Mode.ENFORCE,
    )


def _buttons(report: Report) -> tuple[Button, ...]:
    ready = (READY,) if report.ready is None and report.number else ()
    raised = any(one.state is Raised.RAISED for one in report.escalations)
    return (RECHECK, *ready, *((ACKNOWLEDGE,) if raised else ()))


def markdown_of(report: Report) -> str:
    """What the check run says, as one document for a checkout."""
    head = [f"## {plain(title_of(report))}", ""]
    blocks = [*head, *_summary(report, "handoff"), "", *_text(report, "handoff")]
    return fit(blocks, TEXT_LIMIT, _foot(report))


def could_not(trouble: NotEvaluated, details_url: str | None = None) -> SetCheck:
    """The check of a head that could not be judged: failure in mode enforce, else neutral."""
    next_try = f" · next try {trouble.next_try_at:%H:%M} UTC" if trouble.next_try_at else ""
    heading, why = "Could not evaluate", trouble.why
    if trouble.extra:
        # The lines of a policy file that nobody could use: the place of the first says it best.
        heading, why = "Policy cannot be read", why.rpartition(", ")[2]
    title = f"{heading} · {inert(why, 58 - len(next_try))}{next_try}"
    lines = [
        f"Handoff could not judge this head: {plain(trouble.why, 500)}.",
        f"Reference: {code(trouble.request_id)}." if trouble.request_id else "",
        "Nothing is passed while this lasts.",
        *(f"- {plain(line, 500)}" for line in trouble.extra),
    ]
    enforced = trouble.mode is Mode.ENFORCE
    return SetCheck(
        repo_id=trouble.repo_id,
        head_sha=trouble.head_sha,
        name=NAME_OF["handoff"],
        status="completed",
        conclusion="failure" if enforced else "neutral",
        title=title,
        summary=fit([line for line in lines if line], SUMMARY_LIMIT),
        text="",
        buttons=(RECHECK,),
        details_url=details_url,
        enforced=enforced,
    )


def annotations_of(report: Report, check: str) -> tuple[Annotation, ...]:
    """Remarks at places of the diff, at most 100: a policy's problems first, then by gravity."""
    notes = [
        Annotation(
            path=problem.where.file,
            start_line=max(problem.where.line, 1),
            end_line=max(problem.where.line, 1),
            level="failure" if problem.severity == "error" else "warning",
            title=f"Policy {problem.code}".strip(),
            message=inert(problem.what + (f"; {problem.hint}" if problem.hint else ""), 500),
        )
        for problem in worst_first(report)[:PROBLEMS_LIMIT]
    ]
    for entry in ordered(report, check):
        if entry.state.open:
            notes += _entry_annotations(entry)
    return tuple(dict.fromkeys(notes))[:ANNOTATIONS_LIMIT]


def worst_first(report: Report) -> list[Problem]:
    """A proposed policy's problems, errors first."""
    return sorted(report.problems, key=lambda one: one.severity != "error")


def ordered(report: Report, check: str) -> tuple[Entry, ...]:
    """The entries of a list: what is open first, what blocks first of it, then by gravity."""
    ranks = {state: rank for rank, state in enumerate(_STATES_OPEN_FIRST)}
    levels = (Level.BLOCK, Level.ADVISE, Level.NOTE)

    def gravity(entry: Entry) -> tuple[bool, int, int]:
        return entry.state.good, levels.index(entry.level), ranks.get(entry.state, 9)

    return tuple(sorted(report.of_list(check), key=gravity))


def number_of(report: Report, entry: Entry) -> int:
    """The number people may name the item by: its place in the policy."""
    return [one.item for one in report.entries].index(entry.item) + 1


def open_table(report: Report, check: str) -> list[str]:
    """The table of what is open, one markdown line a row; empty when nothing is."""
    rows = [
        one
        for one in ordered(report, check)
        if (one.state.open or one.state is State.WAITING) and one.level is not Level.NOTE
    ]
    fields = rows_of(report.told) if check == "handoff" else []
    if not rows and not fields:
        return []
    lines = ["| # | Item | State | Because | To clear it |", "|---|---|---|---|---|"]
    for entry in rows:
        level = "" if entry.level is Level.BLOCK else f" ({entry.level})"
        lines.append(
            f"| {number_of(report, entry)} | {entry.item}{level} | {entry.state} "
            f"| {plain(entry.because)} | {plain(to_clear(entry))} |"
        )
    return lines + fields


def asides(report: Report) -> list[str]:
    """Lines about triggers, notices and what this version leaves out."""
    lines: list[str] = [
        asked_line(one, report.zone)
        for one in report.escalations
        if one.state is not Raised.WITHDRAWN
    ]
    lines += [
        f"**Hold:** {one.subjects[0]} by {code(one.speaker)}: {plain(one.reason, 500)}"
        for one in report.holds
    ]
    for question in report.questions:
        strength = f"holds the check {question.block}" if question.blocks else "does not hold"
        opening = "Consider asking" if question.suggested else "Would ask"
        lines.append(
            f"**{opening}** {plain(question.role)}: {question.trigger} - "
            f"{plain(question.summary)} ({strength})"
        )
        lines += [_bullet(piece) for piece in question.evidence]
    if report.weakened:
        lines.append("**Weakened here:**")
        lines += [_bullet(piece) for piece in report.weakened]
    if report.ticked:
        ticks = [f"{plain(act.subjects[0])} (by {code(act.by.login)})" for act in report.ticked]
        lines.append(f"**Ticked, not proved:** {', '.join(ticks)}")
    if report.lost:
        acts = "1 act" if len(report.lost) == 1 else f"{len(report.lost)} acts"
        lines.append(f"**{acts} could not be rebuilt: repeat them**")
        lines += [f"- {code(one.by.login)}: {code(_line(one))}" for one in report.lost[:20]]
    lines += [f"**Told:** {plain(so_far(one, report.zone), 500)}" for one in report.told]
    return lines


def _line(act: Act) -> str:
    return act.data.get("line") or f"/handoff {act.kind} {' '.join(act.subjects)}"


def provenance(report: Report) -> str:
    """Which policy judged, and what of it could not be read."""
    layers = " + ".join(
        code(f"{one.path}@{one.commit[:7]}" if one.commit else one.path) for one in report.layers
    )
    preset = f" · preset {plain(report.preset)}" if report.preset else ""
    left_out = "".join(
        f" · left out: {plain(one.origin)} ({plain(one.why)})" for one in report.left_out
    )
    return f"policy {layers or 'of the operator'}{preset}{left_out}"


def _summary(report: Report, check: str) -> Iterable[str]:
    if report.broken:
        yield f"**{plain(report.broken, 500)}**"
        yield ""
    for problem in worst_first(report)[:20]:
        yield f"- {code(problem.line())}"
    table = open_table(report, check)
    if table:
        yield from table
    elif report.not_needed:
        yield f"The checklist does not apply: {plain(report.not_needed)}."
    elif all(one.state.good for one in report.of_list(check)):
        yield "Every item of the list that applies is good."
    else:
        yield "Only notes are open."
    yield ""
    turns = turns_of(report, check)
    if turns:
        yield f"**Next:** {plain('; '.join(turns), 500)}"
        yield ""
    for line in asides(report) if check == "handoff" else []:
        yield line
        yield ""
    for line in report.unread:
        yield f"Not read: {plain(line)}"
    for fault in report.faults:
        yield f"The rule {code(fault.where)} itself failed, {code(fault.id)}: that is our bug."


def _foot(report: Report) -> str:
    return f"<sub>{provenance(report)} · report {code(report.digests.verdict[:12])}</sub>"


def _text(report: Report, check: str) -> Iterable[str]:
    entries = ordered(report, check)
    brief = [one for one in entries if one.state.good and not (one.verdict.advice or one.stale)]
    for entry in entries:
        if entry not in brief:
            yield "\n".join(_details(report, entry))
    if brief:
        yield "#### good"
    for entry in brief:
        number, summary = number_of(report, entry), plain(entry.verdict.summary)
        yield "\n".join([f"- {number} {entry.item}: {entry.state} - {summary}", *_words(entry)])
    if report.refused and check == "handoff":
        yield "\n".join(["#### not done", *map(_refusal, report.refused)])
    for told in report.told if check == "handoff" else ():
        if told.fields:
            yield "\n".join(_notice(told))


def _refusal(act: Act) -> str:
    pressed = " (a button)" * ("button" in act.data)
    said = f"{code(act.data['line'])}{pressed} by {code(act.by.login)}"
    return f"- {said}: {plain(act.data['why'], 500)}"


def _notice(told: Handover) -> Iterable[str]:
    yield f"<details><summary>{plain(opening(told), 500)}</summary>\n"
    for field in told.fields:
        yield f"- {plain(says(field))}"
        for note, place in lines_of(field):
            yield f"  - {plain(note, 500)}" + (f" {code(place)}" if place else "")
    yield "\n</details>\n"


def _details(report: Report, entry: Entry) -> Iterable[str]:
    yield f"#### {number_of(report, entry)} {entry.item}: {entry.state} ({entry.level})"
    yield f"{plain(entry.title)} - {plain(entry.because)}"
    bullets = [_bullet(piece) for piece in entry.verdict.evidence]
    bullets += [_bullet(piece, "also: ") for piece in entry.verdict.advice]
    yield from bullets[:EVIDENCE_LIMIT]
    if len(bullets) > EVIDENCE_LIMIT:
        yield f"- … {len(bullets) - EVIDENCE_LIMIT} more"
    yield from _words(entry)
    for act in entry.stale:
        yield f"- {code(act.speaker)}'s word is from {_since(act, report)}"
    if len(entry.leaves) > 1:
        yield "- looked at: " + ", ".join(
            f"{leaf.rule} {leaf.verdict.outcome}" for leaf in entry.leaves
        )
    clear = to_clear(entry)
    if clear:
        yield f"- to clear it: {plain(clear)}"


def _since(act: Act, report: Report) -> str:
    """Which head a word that counts no more was about, and why it ended."""
    if act.lost:
        return "before a loss of data, about a head that is not known"
    over = act.ends_at is not None and act.ends_at <= report.judged_at
    pushed = "there was a push since" if act.ends_with_push else "its files changed since"
    return f"{act.head_sha[:7]}; {'its time is over' if over else pushed}"


def _words(entry: Entry) -> Iterable[str]:
    """What people said of the item that counts, each with the role that entitled them."""
    for act in entry.acts:
        role = f" ({plain(', '.join(sorted(act.roles)))})" if act.roles else ""
        reason = f": {plain(act.reason, 500)}" if act.reason else ""
        rebuilt = ", read again from the comment" if act.rebuilt else ""
        alone = act.kind is ActKind.WAIVE and entry.state is not State.WAIVED
        more = ", needs one more" if alone and entry.state.open else ""
        # `all`: it was said of everything at once.
        kind = f"{act.kind} {act.detail}".rstrip()
        yield f"  - {kind} by {code(act.speaker)}{role}{rebuilt}{more}{reason}"


def _bullet(piece: Evidence, prefix: str = "") -> str:
    place = ""
    if piece.file is not None:
        place = " " + code(piece.file + (f":{piece.line}" if piece.line else ""))
    return f"- {prefix}{plain(piece.note)}{place}"


def _entry_annotations(entry: Entry) -> list[Annotation]:
    level = {Level.BLOCK: "failure", Level.ADVISE: "warning", Level.NOTE: "notice"}[entry.level]
    # What may be wrong is pointed at and fails nothing.
    softer = "warning" if entry.level is Level.BLOCK else level
    pieces = [(level, piece) for piece in entry.verdict.evidence]
    pieces += [(softer, piece) for piece in entry.verdict.advice]
    return [
        Annotation(
            path=piece.file,
            start_line=piece.line,
            end_line=piece.line,
            level=weight,
            title=f"{entry.item}: {entry.state}",
            message=inert(piece.note, 500),
        )
        for weight, piece in pieces
        if piece.file is not None and piece.line is not None and piece.kind.tier is not Tier.HINT
    ]


def fit(blocks: list[str], limit: int, foot: str = "") -> str:
    """Whole blocks while they fit in `limit` UTF-8 bytes, then how many were left out, then the
    foot, which always fits."""
    kept: list[str] = []
    room = limit - 80 - len(foot.encode())
    for at, block in enumerate(blocks):
        size = len(block.encode()) + 1
        if size > room:
            kept.append(f"\n… {len(blocks) - at} more not shown")
            break
        room -= size
        kept.append(block)
    return "\n\n".join(part for part in ("\n".join(kept).strip(), foot) if part)
