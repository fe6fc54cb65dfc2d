"""What people type, from the webhook in to what stands on the pull request afterwards."""

from __future__ import annotations

from pathlib import Path

from bot.simulator.things import Pull
from tests.support.hurried import quiet
from tests.support.talk import Talk, talking

DONE, REFUSED, SILENCE = ("+1",), ("confused",), ()
NBSP = "\u00a0"

# Who, what, our reaction, and what our reply says ("" for none); each talk on its own pull request.
Row = tuple[str, str, tuple[str, ...], str]
OUTSIDE: dict[str, tuple[Row, ...]] = {
    "1 status": (("kim", "/handoff", DONE, "left · "),
                 ("kim", "   /HandOff: Status please", DONE, "left · ")),
    "2 a blank that is none": (("ana", f"/handoff ready{NBSP}", DONE, "still open: "),),
    "3 quotes": (("ana", "> /handoff ready", SILENCE, ""),
                 ("ana", "> quoted\n/handoff ready", REFUSED, "leave an empty line above")),
    "4 fences": (("ana", "````\n```\n/handoff ready\n````\n/handoff readdy", REFUSED,
                  "- `/handoff readdy`: I do not know"),),
    "5 no commands": tuple(("ana", body, SILENCE, "") for body in (
        "    /handoff ready", "`/handoff ready`", "<!-- /handoff ready -->",
        "please /handoff ready", "/handoffs ready", "- /handoff ready")),
    "34 words too many": (("ana", "/handoff ready thanks", REFUSED,
                           'I do not know "thanks". Nothing was done.'),),
}  # fmt: skip
WAIVERS: dict[str, tuple[Row, ...]] = {
    "6 a slip": (("maria", "/handoff waiv docs because built elsewhere", REFUSED,
                  'I do not know "waiv". Did you mean /handoff waive docs because built '
                  "elsewhere? Nothing was done."),),
    "7 by the author": (("ana", "/handoff waive docs because built elsewhere", REFUSED,
                         "waiving is not for the author. Architect (acme/architects) or lead "
                         "(maria) may. Nothing was done."),),
    "8 with a reason": (
        ("maria", "/handoff waive docs", REFUSED, "it needs a reason. Type /handoff waive ITEM"),
        ("maria", "/handoff waive docs — the site is built from acme/handbook, PR 77", DONE, "")),
    "9 by nobody": (("maria", "/handoff waive no-hardcoded-values because sandbox key", REFUSED,
                     "cannot be waived here: 1 added line(s) match what must not be added: "
                     "sk_live (app/refunds.py:2). Mend it."),),
    "10 too long and too short": (
        ("maria", "/handoff waive docs until 2027-12-01 because later", REFUSED,
         "until is at most 90 days ahead, 2026-05-31, and not in the past; "
         "a reason has at least 10 characters."),),
    "11 for a push": (
        ("maria", "/handoff waive docs for this push because release at noon", DONE, ""),),
    "in no role": (("ben", "/handoff waive docs because I would like it so", REFUSED,
                    "this is for architect (acme/architects) or lead (maria)."),),
}  # fmt: skip
WORDS: dict[str, tuple[Row, ...]] = {
    "12 by number and prefix": (("ana", "/handoff attest 9, api", DONE, ""),),
    "13 one without a place": (("ana", "/handoff attest log migr", REFUSED,
        "migrations is proved by required-checks-pass alone and has no place for a word. "
        "Say /handoff attest logging. Nothing was done."),),
    "14 too short, and all": (
        ("ana", "/handoff attest d", REFUSED, "three letters at least: deterministic-tests or doc"),
        ("ana", "/handoff attest all", REFUSED, "`all` is for a reviewer. Nothing was done.")),
    "15 all of a reviewer": (("ben", "/handoff attest all", DONE, ""),),
    "18 not needed already": (("ana", "/handoff n/a contract because none is here", DONE, ""),),
    "19 against the machine": (("ana", "/handoff n/a no-prints because internal", REFUSED,
        "no-prints: 1 added line(s) match what must not be added: print (app/refunds.py:1). "
        "Nothing was done. Mend it, or ask architect (acme/architects) or lead (maria): "
        "/handoff waive no-prints because …"),),
    "25 hold and resume": (
        ("jo", "/handoff hold because I say so", REFUSED, "this is for "),
        ("ben", "/handoff hold because pricing is not decided", DONE, ""),
        ("ben", "/handoff resume h1", DONE, "")),
    "30 three lines": (
        ("ana", "/handoff attest logging\n/handoff waiv docs because x\n/handoff ready", REFUSED,
         "- `/handoff attest logging`: done\n"
         '- `/handoff waiv docs because x`: I do not know "waiv". '
         "Did you mean /handoff waive docs because x? Nothing was done.\n"
         "- `/handoff ready`: not run"),),
}  # fmt: skip


async def played(talk: Talk, talks: dict[str, tuple[Row, ...]]) -> dict[str, Pull]:
    """Every talk on a pull request of its own; a difference names its row."""
    pulls: dict[str, Pull] = {}
    for name, rows in talks.items():
        pulls[name] = await talk.opened()
        for who, body, reactions, says in rows:
            answer = await talk.says(pulls[name], who, body)
            assert (name, body, answer.reactions) == (name, body, reactions), answer
            assert says in answer.reply, (name, answer)
            assert bool(says) == bool(answer.reply), (name, answer)
    return pulls


async def test_what_is_and_what_is_no_command(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pulls = await played(talk, OUTSIDE)

        kept = {name: [one.kind.value for one in await talk.ledger(pulls[name])] for name in pulls}
        assert {name: kinds for name, kinds in kept.items() if kinds} == {
            "2 a blank that is none": ["ready"]
        }


async def test_waivers(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pulls = await played(talk, WAIVERS)
        waived = {name for name, pull in pulls.items() if talk.state(pull, "docs") == "waived"}
        noon = pulls["11 for a push"]
        before = talk.state(noon, "docs")

        talk.demo.stage.world.push(noon, talk.demo.stage.people["ana"], {"README.md": "Else.\n"})
        await quiet(talk.demo)

        assert waived == {"8 with a reason", "11 for a push"}
        assert (before, talk.state(noon, "docs")) == ("waived", "missing")
        assert talk.state(pulls["9 by nobody"], "no-hardcoded-values") == "missing"
        answers = [one.body for one in pulls["9 by nobody"].comments if one.user.kind == "Bot"]
        assert all("sk_live'" not in body for body in answers)


async def test_words_about_items(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        pulls = await played(talk, WORDS)

        def states(name: str) -> list[str]:
            named = ("deterministic-tests", "api-tests", "logging", "conventions")
            return [talk.state(pulls[name], item) for item in named]

        said, open_ = "attested", "missing"
        assert states("12 by number and prefix") == [open_, said, said, open_]
        assert states("13 one without a place") == [open_, open_, open_, open_]
        assert states("15 all of a reviewer") == [said, open_, open_, said]
        assert states("30 three lines") == [open_, open_, said, open_]
        assert await talk.ledger(pulls["18 not needed already"]) == []
        assert "attest all by `ben`" in (talk.run(pulls["15 all of a reviewer"]).text or "")
        every = await talk.ledger(pulls["15 all of a reviewer"])
        assert sorted((one.subjects, one.detail) for one in every) == [
            (("conventions",), "all"),
            (("deterministic-tests",), "all"),
        ]
