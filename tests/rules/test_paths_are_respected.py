"""What `paths-are-respected` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from bot.model.facts import Change
from tests.rules.tables import CODE, GENERATED, UNREAD, F, P, S, U, case, table, verdicts, words
from tests.support.pulls import changed, pull

TABLE = table(
    "paths-are-respected",
    case("touched", pull(changed("app/a.py", "", "x\n")), F, at=("app/a.py",)),
    case("not touched", pull(changed("lib/a.py", "", "x\n")), P),
    case("other kind", pull(changed("app/a.py", "x\n", "y\n")), P, kinds=(Change.ADDED,)),
    case(
        "renamed out",
        pull(changed("lib/a.py", "", "x\n", previous_path="app/a.py")),
        F,
        at=("lib/a.py",),
    ),
    case("wanted and there", pull(changed("app/a.py", "", "x\n")), P, must="touch"),
    case("wanted, not there", pull(changed("lib/a.py", "", "x\n")), F, must="touch"),
    case("no file", pull(), S),
    case("not known", pull(changes=UNREAD), U),
    case("taken away", pull(changed("app/a.py", "x\n", "")), F, at=("app/a.py",)),
    case("path in another case", pull(changed("App/a.py", "", "x\n")), P),
    case("generated", pull(changed("app/a_pb2.py", "", "x\n")), P, generated=GENERATED),
    case(
        "added where nothing may be",
        pull(changed("app/a.py", "", "x\n")),
        F,
        at=("app/a.py",),
        kinds=(Change.ADDED,),
    ),
    case(
        "wanted, only a generated one",
        pull(changed("app/a_pb2.py", "", "x\n")),
        F,
        must="touch",
        generated=GENERATED,
    ),
    case("wanted, not known", pull(changes=UNREAD), U, must="touch"),
    case(
        "more places than anybody reads",
        pull(*(changed(f"app/{at:02}.py", "", "x\n") for at in range(25))),
        F,
        at=tuple(f"app/{at:02}.py" for at in range(20)),
    ),
    areas=CODE,
)

test_verdict = verdicts(TABLE)
test_golden_words = words(TABLE)
