"""What the verbs that only show something answer, to whom; their words are golden."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.judge.evaluate import evaluate
from bot.judge.hear import AllHeard, Court, hear
from bot.model.arrival import Said
from bot.model.command import Asker, Command, Heard, Scene
from bot.model.facts import Facts, Person, Standing
from bot.model.known import Known, Unknown
from bot.model.report import Matter
from bot.readers.command_lines import read_commands
from bot.text.reply import reply_body
from bot.text.title import title_of
from bot.wiring.catalogue import all_commands, generated_files, registry
from tests.support.golden import assert_golden
from tests.support.judging import BASIC, CODE, PAGE, policy
from tests.support.pulls import ANA, BEN, NOW, SAM, changed, check, pull

COMMANDS = {command.verb: command for command in all_commands()}
LACKING = pull(CODE, checks=(check("ci", "failure"),))
MORE = (
    BASIC.replace("title: Docs\n", "title: Docs\n    help: Write a page under docs/\n")
    .replace("lists:", "  docker: { title: Images are built, proof: { check: image } }\nlists:")
    .replace("[tests, docs]", "[tests, docs, docker]")
)
KIM = Person(id=7, login="kim")


def asker(person: Person = BEN, standing: Known[Standing] = Standing.READ) -> Asker:
    return Asker(person=person, standing=standing, is_author=person == ANA)


def heard(
    body: str,
    facts: Facts = LACKING,
    who: Asker | None = None,
    text: str = MORE,
    commands: dict[str, Command] | None = None,
) -> AllHeard:
    """What comes of a comment on a pull request as it stands under a policy."""
    matter = Matter(facts=facts, policy=policy(text))
    report = evaluate(matter, registry(), "1")
    said = Said(
        key="comment:9",
        node_id="n",
        body=body,
        by_id=2,
        by_login="ben",
        by_type="User",
        created_at=NOW,
        updated_at=NOW,
    )
    lines = read_commands(body)
    court = Court(
        said=said,
        asker=who or asker(),
        commands=commands or COMMANDS,
        judge=lambda one: evaluate(one, registry(), "1"),
    )
    return hear(lines, court, matter, report)


def reply(body: str, facts: Facts = LACKING, who: Asker | None = None, text: str = MORE) -> str:
    report = evaluate(Matter(facts=facts, policy=policy(text)), registry(), "1")
    return reply_body(heard(body, facts, who, text), title_of(report))


MODULE = changed("go.mod", "", "require a.b/c v1.0.0\n")
EMPTY_TRIGGER = "escalate: { new-dependency: { when: { adds: [package] } } }\n"
REPLIES: dict[str, str] = {
    "bare": reply("/handoff"),
    "status by an outsider": reply("   /HandOff: Status please", who=asker(KIM)),
    "status, all good": reply("/handoff", pull(CODE, PAGE, checks=(check("ci"), check("image")))),
    "status, only a question left": reply(
        "/handoff",
        pull(CODE, PAGE, MODULE, checks=(check("ci"), check("image"))),
        text=MORE + EMPTY_TRIGGER,
    ),
    "status, awaited": reply("/handoff", pull(CODE, PAGE)),
    "status, not needed": reply(
        "/handoff", pull(PAGE), text=MORE + "exempt: { only-changed: [docs] }\n"
    ),
    "why, by id": reply("/handoff why docs please"),
    "why, by number": reply("/handoff why 1"),
    "why, by prefix": reply("/handoff why tes"),
    "why, something forbidden with its place": reply(
        "/handoff why tests",
        text=MORE.replace(
            "{ check: ci }", "{ added-lines: { in: [code], pattern: x, must: not-match } }"
        ),
    ),
    "why, a file without a line": reply(
        "/handoff why tests",
        text=MORE.replace("{ check: ci }", "{ paths: { areas: [code], must: not-touch } }"),
    ),
    "why, nothing named": reply("/handoff why"),
    "why, a slip": reply("/handoff why dcos"),
    "why, nothing like it": reply("/handoff why contract"),
    "why, fits two": reply("/handoff why doc"),
    "why, too short": reply("/handoff why d"),
    "why, too short and only one": reply("/handoff why t"),
    "why, number nought": reply("/handoff why 0"),
    "why, number too high": reply("/handoff why 99"),
    "why, a number that is none": reply("/handoff why ²"),
    "why, where no item applies": reply(
        "/handoff why docs", pull(PAGE), text=MORE + "exempt: { only-changed: [docs] }\n"
    ),
    "help, for the author": reply("/handoff help", who=asker(ANA)),
    "help, for somebody with triage": reply("/handoff help", who=asker(BEN, Standing.TRIAGE)),
    "help, for an outsider": reply("/handoff help", who=asker(KIM)),
    "help, for nobody knows whom": reply("/handoff help", who=asker(KIM, Unknown("403"))),
    "help, where no item applies": reply(
        "/handoff help", pull(PAGE), text=MORE + "exempt: { only-changed: [docs] }\n"
    ),
    "recheck, by an outsider": reply("/handoff recheck", who=asker(KIM)),
    "recheck, could not check": reply(
        "/handoff recheck", who=asker(KIM, Unknown("GitHub answered 403"))
    ),
    "a slip in the verb": reply("/handoff statsu"),
    "a slip, with words and a reason": reply("/handoff wyh docs because <b>@team</b>"),
    "a verb that is not offered": reply("/handoff merge docs"),
    "under a quote": reply("> quoted\n/handoff status"),
    "the first refusal stops the rest": reply("/handoff why docs\n/handoff x\n/handoff status"),
    "ten at once": reply("/handoff why tests\n" * 10),
    "eleven at once": reply("/handoff why tests\n" * 11),
}


def test_golden_replies() -> None:
    text = "\n\n".join(f"== {name}\n{body}" for name, body in REPLIES.items())

    assert_golden(Path(__file__).parent / "golden" / "replies.txt", text + "\n")


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_has_fifteen_lines_at_most_and_mentions_nobody(name: str) -> None:
    lines = [line for line in REPLIES[name].split("\n") if line and not line.startswith("<!--")]

    assert len(lines) <= 15
    assert "@team" not in REPLIES[name]


@pytest.mark.parametrize(
    "who", [asker(ANA, Unknown("403")), asker(BEN, Standing.TRIAGE), asker(BEN, Standing.ADMIN)]
)
def test_recheck_is_for_the_author_and_for_triage(who: Asker) -> None:
    answer = heard("/handoff recheck now", who=who)

    assert (answer.recheck, answer.refused, reply("/handoff recheck", who=who)) == (True, False, "")


@pytest.mark.parametrize("who", [asker(KIM), asker(KIM, Standing.NONE), asker(KIM, Unknown("x"))])
def test_nobody_else_rechecks(who: Asker) -> None:
    answer = heard("/handoff recheck", who=who)

    assert (answer.recheck, answer.refused) == (False, True)


@pytest.mark.parametrize("body", ["/handoff why docs", "/handoff help", "/handoff recheck"])
def test_only_a_status_renders_the_comment_anew(body: str) -> None:
    assert heard(body, who=asker(ANA)).show is False
    assert heard("/handoff status").show is True


def test_a_command_of_ours_that_fails_is_refused_and_its_fault_is_told() -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("surprise")

    broken = replace(COMMANDS["why"], decide=fails)  # type: ignore[arg-type]  # it never returns

    answer = heard("/handoff why docs\n/handoff status", commands=COMMANDS | {"why": broken})

    (fault,) = answer.faults
    assert (fault.where, fault.what) == ("/handoff why", "RuntimeError: surprise")
    assert [one.done for one in answer.answers] == [False, False]
    assert answer.answers[0].said == (
        f"the command itself failed, {fault.id}: that is our bug. Nothing was done."
    )


# ── what all of them keep ─────────────────────────────────────────────────────────────────────


EXAMPLES = [(verb, one) for verb, command in COMMANDS.items() for one in command.examples]


@pytest.mark.parametrize(("verb", "example"), EXAMPLES)
def test_every_example_is_a_line_that_its_own_command_answers(verb: str, example: str) -> None:
    told = {name: replace(one, decide=_names(name)) for name, one in COMMANDS.items()}

    (answer,) = heard(example, who=asker(ANA), commands=told).answers

    assert answer.said == verb


def _names(verb: str) -> Callable[[Scene], Heard]:
    return lambda _: Heard(answer=verb)


def test_help_offers_what_may_be_said_and_nothing_else() -> None:
    (answer,) = heard("/handoff help", who=asker(ANA)).answers
    offered = {line.split(" - ")[0] for line in answer.said.split("\n")[:-1]}
    usages = {command.verb: command.usage for command in COMMANDS.values()}

    assert offered <= set(usages.values())
    assert {usages[one] for one in ("status", "why", "help", "recheck", "ready", "n/a")} <= offered
    assert offered & {usages[one] for one in ("waive", "hold", "resume", "undo", "attest")} == set()


def test_help_the_page_and_the_table_say_the_same() -> None:
    page = generated_files()["commands.md"]
    lines = [line for line in page.split("\n") if line.startswith("| `/handoff")]
    rows = [[cell.replace("\\|", "|") for cell in re.split(r"(?<!\\)\| ", line)] for line in lines]
    sam = replace(asker(SAM, Standing.ADMIN), is_author=True, is_reviewer=True)
    everything = replace(sam, roles=dict.fromkeys(("architect", "lead"), True))
    (answer,) = heard("/handoff help", who=everything).answers
    offered = {line.split(" - ")[0] for line in answer.said.split("\n")[:-1]}

    table = [[f"`{one.usage}` ", f"{one.does} ", f"{one.who} "] for one in all_commands()]
    assert [row[1:4] for row in rows] == table
    assert {"/handoff waive", "/handoff hold"} <= {" ".join(one.split()[:2]) for one in offered}
    assert offered <= {one.usage for one in all_commands()}


def test_a_command_is_known_by_its_verb() -> None:
    named = {"not-applicable": "n/a", "give-back": "return"}

    assert {named.get(one.id, one.id) for one in COMMANDS.values()} == set(COMMANDS)
