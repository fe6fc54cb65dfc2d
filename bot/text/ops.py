"""The operators' page: what `handoff queue --json` holds, to be read without any script."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Row = dict[str, Any]

# Longer than that nobody waits who is not limited.
_BEHIND = timedelta(minutes=2)
# No browser shows a page of 100,000 rows; the command tells them all.
_SHOWN = 500
_MOMENTS = frozenset({"since", "until", "started_at", "seen_at", "at", "next"})
_TABLES = (
    ("counts", "Not settled, by account and state", "account word count since"),
    ("limits", "Limits of GitHub", "account what until why"),
    ("rows", "Not settled", "repo number word since until why attempts"),
    ("effects", "Not sent", "repo number key state since why"),
    ("processes", "Processes", "process role host pid build leads started_at seen_at"),
    ("sweeps", "Sweeps: last and next", "sweep at next"),
)
_AGAIN = {"parked because": "resume", "dead": "send again"}
_EMPTY = {
    "counts": "Everything is settled.",
    "limits": "No account is limited.",
    "processes": "This process alone: the store is a file.",
}


def counted(rows: Iterable[Row]) -> list[Row]:
    """How many of each account are in each state, and since when the oldest of them."""
    many: Counter[tuple[str, str]] = Counter()
    oldest: dict[tuple[str, str], str] = {}
    for row in rows:
        place = (row["repo"].partition("/")[0], row["word"])
        many[place] += 1
        if row["since"]:
            oldest[place] = min(oldest.get(place, row["since"]), row["since"])
    return [
        {"account": account, "word": word, "count": count, "since": oldest.get((account, word))}
        for (account, word), count in sorted(many.items())
    ]


def headline(data: Mapping[str, Any], now: datetime) -> str:
    """In a line whether somebody must look: words, for not everybody sees a colour."""
    due = [one["since"] for one in data["rows"] if one["word"] == "due" and one["since"]]
    late = now - datetime.fromisoformat(min(due, default=now.isoformat()))
    parked = sum(one["word"] == "parked because" for one in data["rows"])
    dead = sum(one["state"] == "dead" for one in data["effects"])
    said = [f"BEHIND: the oldest due one waits {late.seconds // 60 + late.days * 1440} min"]
    said = said if late > _BEHIND else []
    said += [f"PARKED: {parked}"] if parked else []
    said += [f"NOT SENT: {dead}"] if dead else []
    return " · ".join(said) or f"All well: {len(data['rows'])} not settled"


def ops_page(data: Mapping[str, Any], now: datetime) -> str:
    """All of it as one page, with a way back for what is parked and what is given up."""
    tables = [_table(key, title, words.split(), data[key]) for key, title, words in _TABLES]
    lines = [f"<h1>{escape(headline(data, now))}</h1>", f"<p>As of {_time(now.isoformat())}</p>"]
    return _page("Handoff operations", [*lines, *tables])


def confirm_page(subject: str, token: str) -> str:
    """Asks before one is tried again; `token`: what its form must carry."""
    return _page(
        "Try again?",
        [
            f"<h1>Try {escape(subject)} again?</h1>",
            "<p>It is judged anew, and what could not be sent is sent again.</p>",
            f'<form method="post"><input type="hidden" name="token" value="{escape(token)}">',
            '<button>Try again</button></form><p><a href="/ops">Back to operations</a></p>',
        ],
    )


def _page(title: str, parts: Sequence[str]) -> str:
    head = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"></head><body><main>'
    )
    return "\n".join([head, *parts, "</main></body></html>\n"])


def _table(key: str, title: str, words: Sequence[str], rows: Sequence[Row]) -> str:
    if not rows:
        return f"<h2>{title}</h2><p>{_EMPTY.get(key, 'None.')}</p>"
    heads = "".join(f'<th scope="col">{word.replace("_at", "")}</th>' for word in words)
    # What somebody must do something about comes first, and then what has waited longest.
    shown = sorted(rows, key=lambda row: _again(row) is None)[:_SHOWN]
    lines = [f"<tr>{''.join(_cell(word, row) for word in words)}{_link(row)}</tr>" for row in shown]
    cut = f", the first {_SHOWN} of them; all: handoff queue --json" if len(rows) > _SHOWN else ""
    top = f"<h2>{title}</h2><table><caption>{title}: {len(rows)}{cut}</caption><thead><tr>{heads}"
    return "\n".join([f"{top}</tr></thead><tbody>", *lines, "</tbody></table>"])


def _cell(word: str, row: Row) -> str:
    value = row[word]
    shown = _time(value) if word in _MOMENTS and value else escape(str(value or ""))
    return f"<td>{shown}</td>"


def _time(moment: str) -> str:
    shown = datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f'<time datetime="{escape(moment)}">{shown}</time>'


def _again(row: Row) -> str | None:
    return _AGAIN.get(row.get("word") or row.get("state") or "") if "subject" in row else None


def _link(row: Row) -> str:
    word = _again(row)
    if word is None:
        return ""
    name = escape(f"{word} {row['repo']}#{row['number']}")
    return f'<td><a href="/ops/resume/{quote(row["subject"], safe="")}">{name}</a></td>'
