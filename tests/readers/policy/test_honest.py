"""Nothing that a person writes is ignored in silence: it works, or it is refused."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.judge.evaluate import evaluate
from bot.model import item as model_item
from bot.model import policy as model_policy
from bot.model.facts import Facts
from bot.model.policy import Policy
from bot.model.report import Conclusion, Matter, Report
from bot.readers.policy import SourceText, schema
from bot.wiring.catalogue import registry
from tests.readers.policy.given import START, errors, item, load, policy
from tests.support.pulls import changed, pull

CODE = changed("app/a.py", "", "x = 1\n")
EVERYWHERE = 'version: 1\napplies-to: { repositories: ["*"] }\n'


def judged(made: Policy, facts: Facts | None = None) -> Report:
    return evaluate(Matter(facts=facts or pull(CODE), policy=made), registry(), "1")


# Keys that change what the judge or the publisher does.
WORKS = {
    *("version", "preset", "extends", "mode", "applies-from", "checks", "branches.judged"),
    *("policy-changes.approved-by", "areas.*", "components.*.paths", "components.*.owner"),
    *("roles.*.team", "roles.*.people", "roles.*.codeowners", "roles.*.permission"),
    *("roles.*.ask", "roles.*.ask-by", "roles.*.channel", "roles.*.duty.*", "roles.*.except"),
    *("roles.*.pick", "roles.*.then", "roles.*.mention-team", "away.*", "quiet.pings-at-most"),
    *("quiet.comment", "quiet.authors", "exempt.only-changed", "exempt.authors"),
    *("exempt.label.name", "exempt.label.set-by", "ci.app", "ci.wait-at-most"),
    *("checklist.*.title", "checklist.*.help", "checklist.*.when", "checklist.*.proof"),
    *("checklist.*.level", "checklist.*.if-unsure", "checklist.*.waive-by", "checklist.*.covers"),
    *("checklist.*.applies-from", "lists.handoff", "lists.quality"),
    *("paths.*.checklist.*.when", "paths.*.checklist.*.proof", "paths.*.checklist.*.level"),
    *("commands.*.by", "commands.*.not-by", "commands.*.reason", "commands.*.lasts"),
    *("commands.*.persons", "checkboxes", "labels", "co-authors", "branches.handed-over"),
    *("ci.when-weakened", "roles.*.mention-team"),
    *("contract.agreed", "applies-to.repositories", "applies-to.except", "may-loosen"),
    *("quiet.drafts", "board-issue", "paths.*.checklist.*.title", "paths.*.checklist.*.help"),
    *("paths.*.checklist.*.covers", "paths.*.checklist.*.applies-from"),
    *("paths.*.checklist.*.if-unsure", "paths.*.checklist.*.waive-by"),
}
# Keys of questions and notices: the report names each one that would be asked or told.
NAMED = ("escalate.", "handoff.", "hours", "roles.*.hours")
# Keys that the loader refuses.
REFUSED = {"stack"}


def dotted(node: Any, where: str = "") -> Iterator[str]:
    """Every key of the schema that holds no keys itself, conditions and proofs as one."""
    if "anyOf" in node and not any("$ref" in one for one in node["anyOf"]):
        below = [one for one in node["anyOf"] if one.get("type") == "object"]
        yield from dotted(below[0], where) if below else [where]
    elif "properties" in node:
        for name, one in node["properties"].items():
            yield from dotted(one, f"{where}.{name}".lstrip("."))
    elif isinstance(node.get("additionalProperties"), dict):
        yield from dotted(node["additionalProperties"], f"{where}.*".lstrip("."))
    else:
        yield where


def test_every_key_of_the_language_works_or_is_refused() -> None:
    known = {*dotted(schema("policy")), *dotted(schema("organisation"))}
    left = {key for key in known - WORKS - REFUSED if not key.startswith(NAMED)}

    assert left == set()
    assert set() == WORKS & REFUSED
    assert known >= WORKS | REFUSED


@pytest.mark.parametrize("key", sorted(REFUSED))
def test_a_key_that_cannot_be_followed_is_refused(key: str) -> None:
    (problem,) = errors(load(f"{START}{key}: [fastapi]\n").problems)

    assert f'"{key}" has no effect: ' in problem
    assert problem.endswith("leave it out  [E408]")


def test_what_the_loader_makes_of_a_key_is_read_somewhere_else() -> None:
    """A word that is accepted and never looked at would lie to whoever wrote it."""
    made = {
        one.name
        for module in (model_policy, model_item)
        for kind in vars(module).values()
        if is_dataclass(kind)
        for one in fields(kind)
    }
    bot = Path(model_policy.__file__).parents[1]
    files = [one.relative_to(bot) for one in bot.rglob("*.py")]
    files = [
        one for one in files if one.parts[0] != "simulator" and "readers/policy/" not in f"{one}"
    ]
    trees = [ast.parse((bot / one).read_text()) for one in files]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    read = {one.attr for one in nodes if isinstance(one, ast.Attribute)}
    read |= {name for one in nodes if isinstance(one, ast.MatchClass) for name in one.kwd_attrs}

    assert made - read == set()


# ── proofs and conditions ─────────────────────────────────────────────────────────────────────

AREAS = "areas: { code: [app/**] }\n"


CANNOT_TELL = [
    "public-interface: changed",
    "same-code-in-components: 2",
    "check-failed: { name: ci, workflow: w.yml }",
    "check-failed: { name: ci, if-absent: skip }",
    *(f"author: [{role}]" for role in ("codeowner", "asked", "holder", "triager", "writer")),
]


@pytest.mark.parametrize("when", [*CANNOT_TELL, *(f"not: {{ {one} }}" for one in CANNOT_TELL)])
def test_an_item_whose_condition_cannot_be_told_is_asked_for(when: str) -> None:
    made = policy(item(f"{{ changed: [tests] }}\n    when: {{ {when} }}", rest=AREAS))

    assert [one.state for one in judged(made).entries] == ["missing"]


def test_an_author_is_never_the_reviewer_and_always_somebody() -> None:
    def states(role: str) -> list[str]:
        made = policy(item(f"{{ changed: [tests] }}\n    when: {{ author: [{role}] }}"))
        return [one.state for one in judged(made).entries]

    assert states("reviewer") == ["not-needed"]
    assert states("author") == states("anyone") == ["missing"]


@pytest.mark.parametrize(
    ("trigger", "block", "undecided", "conclusion"),
    [
        ("contract-gap: { when: { contract: breaking } }", "until-decided", True, "failure"),
        ("data-model: { when: { changed: [code] } }", "until-decided", False, "failure"),
        ("data-model: { when: { changed: [tests] } }", "", False, "success"),
        (
            "contract-gap: { when: { contract: breaking }, block: until-acknowledged }",
            *("until-acknowledged", True, "failure"),
        ),
        (
            "shared-logic: { when: { same-code-in-components: 2 } }",
            *("until-decided", True, "failure"),
        ),
        (
            "shared-logic: { when: { same-code-in-components: 2 }, block: never }",
            "",
            True,
            "success",
        ),
    ],
)
def test_a_question_is_named_and_holds_as_strongly_as_the_policy_says(
    trigger: str, block: str, undecided: bool, conclusion: str
) -> None:
    report = judged(policy(f"{START}{AREAS}escalate: {{ ask: lead, {trigger} }}\n"))

    said = [(one.role, str(one.block), one.undecided) for one in report.questions]
    assert said == ([("lead", block, undecided)] if block else [])
    assert report.conclusion() == conclusion


@pytest.mark.parametrize(
    ("notice", "names", "conclusion"),
    [
        ("qa: { to: qa }", ["qa"], "success"),
        ("qa: { to: qa, when: { changed: [tests] } }", [], "success"),
        ("qa: { to: qa, when: { contract: changed } }", ["qa"], "success"),
        ("qa: { to: qa, after: approved, answer: before-merge }", ["qa"], "failure"),
    ],
)
def test_a_notice_is_named_and_one_due_before_merge_holds(
    notice: str, names: list[str], conclusion: str
) -> None:
    report = judged(policy(f"{START}handoff: {{ {notice} }}\n"))

    assert [one.notice for one in report.told] == names
    assert report.conclusion() == conclusion


# ── names that nobody defines ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("{ changed: [tests] }\n    when: { changed: [endpoint] }", "missing"),
        ("{ changed: [tests] }\n    when: { not: { changed: [endpoint] } }", "missing"),
        ("{ changed: [tests] }\n    when: { changed-by-others: [core] }", "missing"),
        ("{ changed: [endpoint] }", "undecided"),
        ("{ paths: { areas: [endpoint], must: not-touch } }", "undecided"),
        ("{ added-lines: { in: [endpoint], pattern: x } }", "undecided"),
        ("{ companion: { of: [endpoint], needs: [tests] } }", "undecided"),
        ("{ not: { changed: [endpoint] } }", "undecided"),
        ("{ attested-by: chief }", "missing"),
    ],
)
@pytest.mark.parametrize("beside", [None, START])
def test_a_typing_mistake_in_the_organisations_file_never_opens_the_gate(
    body: str, state: str, beside: str | None
) -> None:
    organisation = item(body).replace(START, EVERYWHERE)

    loaded = load(beside, organisation)

    assert loaded.policy is not None
    assert [one.code for one in loaded.problems] == ["W602"]
    report = judged(loaded.policy)
    assert [one.state for one in report.entries] == [state]
    assert report.conclusion() is Conclusion.FAILURE


def test_what_the_repository_defines_for_the_organisation_is_told_again() -> None:
    organisation = item("{ changed: [tests] }\n    when: { changed: [endpoint] }")

    made = policy(
        START + "areas: { endpoint: [api/**] }\n", organisation.replace(START, EVERYWHERE)
    )

    assert [one.state for one in judged(made).entries] == ["not-needed"]


def test_a_role_of_the_organisation_may_get_its_people_from_the_repository() -> None:
    text = item("{ check: ci }\n    waive-by: [qa]").replace(START, EVERYWHERE)

    assert load(None, text).problems == ()
    made = policy(START + "roles: { qa: { people: [li] } }\n", text)
    assert made.floor is not None
    assert made.floor.items[0].waive_by == {"qa"}
    assert made.floor.roles["qa"].people == ("li",)


def test_an_area_that_nobody_defines_exempts_nothing_and_covers_everything() -> None:
    text = item("{ check: ci }\n    covers: [endpoint]").replace(START, EVERYWHERE)

    made = load(None, text + "exempt: { only-changed: [endpoint] }\n").policy

    assert made is not None
    assert made.exempt.only_changed == ()
    assert made.items[0].covers == ()
    assert judged(made).not_needed == ""


# ── who must approve a change of the policy ───────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (".github/handoff.yml", True),
        ("policies/base.yml", True),
        ("policies/other.yml", False),
        ("service.yml", False),
    ],
)
def test_what_the_policy_extends_in_its_own_repository_is_a_change_of_it(
    path: str, asked: bool
) -> None:
    spec = "acme/shop:policies/base.yml@v3"
    text = f"{START}extends: {spec}\npolicy-changes: {{ approved-by: lead }}\n"
    shared = SourceText(path="base.yml", text=START.encode())

    loaded = load(text, extended={spec: shared})

    assert errors(loaded.problems) == []
    assert loaded.policy is not None
    facts = replace(pull(changed(path, "a\n", "b\n")), repo="acme/shop")
    assert [one.item for one in judged(loaded.policy, facts).entries] == (
        ["policy-change"] if asked else []
    )
