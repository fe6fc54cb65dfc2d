"""What `plan-is-linked` answers, one row per reason that a person could argue with."""

from __future__ import annotations

from tests.rules.tables import UNREAD, P, U, case, table, verdicts, words
from tests.support.pulls import pull

GOOD = "https://example.org/ORD-118\n"
TABLE = table(
    "plan-is-linked",
    case("said", pull(body="## Plan\n" + GOOD), P),
    case("in any level and case", pull(body="#### PLAN ###\n" + GOOD), P),
    case("under another heading", pull(body="## Why\n" + GOOD), P),
    case("under the policy's heading", pull(body="## Why\n" + GOOD), P, heading="Why"),
    case("nothing below", pull(body="## Plan\n\n## Next\nText.\n"), P),
    case("a comment", pull(body="## Plan\n<!-- write here -->\n"), P),
    case("the template's words", pull(body="## Plan\nTBD\n"), P),
    case("a box without a tick", pull(body="## Plan\n- [ ] done\n"), P),
    case("too long", pull(body="x" * 80_000), U),
    case("not read", pull(body=UNREAD), U),
    case("more below", pull(body="## Plan\n" + GOOD + "\n## Why\nText.\n"), P),
    case("Windows line ends", pull(body="## Plan\r\n" + GOOD), P),
    case("with markup", pull(body="## **Plan**\n- " + GOOD), P),
    case("after a code fence", pull(body="```\n# x\n```\n## Plan\n" + GOOD), P),
)

test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
