"""What `risks-are-named` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from tests.rules.tables import UNREAD, P, U, case, table, verdicts, words
from tests.support.pulls import pull

GOOD = "Old clients send no currency.\n"
TABLE = table(
    "risks-are-named",
    case("said", pull(body="## Risks\n" + GOOD), P),
    case("in any level and case", pull(body="#### RISKS ###\n" + GOOD), P),
    case("under another heading", pull(body="## Why\n" + GOOD), P),
    case("under the policy's heading", pull(body="## Why\n" + GOOD), P, heading="Why"),
    case("nothing below", pull(body="## Risks\n\n## Next\nText.\n"), P),
    case("a comment", pull(body="## Risks\n<!-- write here -->\n"), P),
    case("the template's words", pull(body="## Risks\nTBD\n"), P),
    case("a box without a tick", pull(body="## Risks\n- [ ] done\n"), P),
    case("none", pull(body="## Risks\nNone.\n"), P),
    case("too long", pull(body="x" * 80_000), U),
    case("not read", pull(body=UNREAD), U),
    case("more below", pull(body="## Risks\n" + GOOD + "\n## Why\nText.\n"), P),
    case("Windows line ends", pull(body="## Risks\r\n" + GOOD), P),
    case("with markup", pull(body="## **Risks**\n- " + GOOD), P),
    case("after a code fence", pull(body="```\n# x\n```\n## Risks\n" + GOOD), P),
)

test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
