"""People as a policy names them: roles, logins, and when they work."""

from __future__ import annotations

from bot.readers.policy.shape import Flag, Text, Word
from bot.readers.policy.structure import Either, Key, ListOf, MapOf, Obj
from bot.readers.policy.words import Day, Named, Span, Zone

SOURCES = ("team", "people", "codeowners", "permission")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Nobody's login holds anything else: what does is a mistake, and would name nobody.
LOGIN = Text("a login", r"[A-Za-z0-9_-]+(?:\[bot\])?", limit=80, example="ana")

_TIME = Text("a time", r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", example='"09:00"')
_RANGE = Text("days", rf"(?:{'|'.join(DAYS)})-(?:{'|'.join(DAYS)})", example="mon-fri")
HOURS = Either(
    "working hours",
    scalar=Word("working hours", ("always",)),
    mapping=Obj(
        "hours",
        {
            "days": Key(
                Either("days", scalar=_RANGE, sequence=ListOf(Word("a day", DAYS), at_least=1)),
                "Working days.",
                "mon-fri",
            ),
            "from": Key(_TIME, "Start.", "09:00"),
            "to": Key(_TIME, "End.", "17:00"),
            "zone": Key(Zone(), "IANA name.", "UTC"),
            "holidays": Key(ListOf(Day()), "Days off.", []),
        },
    ),
)
ROLE = Obj(
    "a role",
    {
        "team": Key(Text("a team", r"[\w.-]+/[\w.-]+", example="acme/architects"), "A team."),
        "people": Key(ListOf(LOGIN), "Logins."),
        "codeowners": Key(Flag(), "Owners by CODEOWNERS."),
        "permission": Key(Word("a permission", ("write", "maintain", "admin")), "By permission."),
        "ask": Key(Word("1 to 5, or all", (1, 2, 3, 4, 5, "all")), "How many are asked.", 1),
        "pick": Key(
            Word("a way to pick", ("rotation", "listed", "fewest-open")), "Who first.", "rotation"
        ),
        "then": Key(Named("role"), "Who is asked next."),
        "except": Key(ListOf(LOGIN), "Never these.", []),
        "channel": Key(
            Text("a channel", r"[a-z][a-z0-9-]{0,39}", example="web-handoffs"),
            "A name that the operator configured.",
        ),
        "ask-by": Key(Word("a way to ask", ("comment", "review")), "How.", "comment"),
        "mention-team": Key(Flag(), "Mention the whole team at last.", default=False),
        "duty": Key(MapOf(Span(), LOGIN), "Who is on duty when."),
        "hours": Key(HOURS, "Their own hours.", otherwise="hours"),
    },
    more={
        "not": {
            "anyOf": [
                {"required": [one, other]}
                for at, one in enumerate(SOURCES)
                for other in SOURCES[at + 1 :]
            ]
        }
    },
)
