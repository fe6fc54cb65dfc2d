"""What `refactor-has-a-reason` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from bot.model.facts import Change, ChangedFile
from tests.rules.tables import GENERATED, UNREAD, P, S, U, case, table, verdicts, words
from tests.support.pulls import changed, pull

NEW = "".join(f"total += {at}\n" for at in range(20))
SAID = "## Why this refactor\nThe new price needs orders apart.\n"


def moves(number: int, folder: str = "app") -> tuple[ChangedFile, ...]:
    """Files that are moved and nothing else."""
    return tuple(
        ChangedFile(
            path=f"{folder}/new/{at}.py", change=Change.RENAMED, previous_path=f"{folder}/{at}.py"
        )
        for at in range(number)
    )


def new(text: str = NEW, path: str = "app/price.py") -> ChangedFile:
    """One file with these lines added."""
    return changed(path, "x = 1\n", "x = 1\n" + text)


IDLE = "from a import (\n    b,\n)\nimport c\nexport { d } from 'e'\n# note\n// note\n}\n\n" * 9
HIDDEN = changed("app/price.py", "x", "y", added=UNREAD)
TABLE = table(
    "refactor-has-a-reason",
    case("moves and alters", pull(*moves(3), new()), P),
    case("alters what it moves", pull(*moves(3), new(), body="## Why this refactor\nTBD\n"), P),
    case("says why", pull(*moves(3), new(), body=SAID), P),
    case("says why elsewhere", pull(*moves(3), new(), body=SAID.replace("this", "the")), P),
    case(
        "under the policy's heading", pull(*moves(3), new(), body="## Why\nSo.\n"), P, heading="Why"
    ),
    case("a line less", pull(*moves(3), new(NEW.partition("\n")[2])), S),
    case("imports, comments and brackets alone", pull(*moves(3), new(IDLE)), S),
    case("moves alone", pull(*moves(9)), S),
    case("alters alone", pull(new()), S),
    case("two moves", pull(*moves(2), new()), S),
    case("four of ten", pull(*moves(4), *(new(path=f"app/{at}.py") for at in range(6))), S),
    case("five of twelve", pull(*moves(5), *(new(path=f"app/{at}.py") for at in range(7))), P),
    case("tests are new", pull(*moves(3), new(path="tests/test_price.py")), S),
    case("documents are new", pull(*moves(3), new(path="docs/price.md")), S),
    case("generated", pull(*moves(3), new(path="app/price_pb2.py")), S),
    case("a document cannot be seen", pull(*moves(3), changed("a.md", "x", "y", added=UNREAD)), S),
    case("lines not visible", pull(*moves(3), HIDDEN), U),
    case("description not read", pull(*moves(3), new(), body=UNREAD), U),
    case("files not known", pull(changes=UNREAD), U),
    case("nothing changed", pull(), S),
    generated=GENERATED,
)

test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
