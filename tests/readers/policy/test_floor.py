from __future__ import annotations

from datetime import date

import pytest

from bot.model.area import Area
from bot.model.item import Changed, Labelled, Level, Some
from bot.model.policy import Block, CommandRule, Mode, Policy
from bot.readers.policy import relevance_of
from tests.readers.policy.given import START, errors, item, lines, load, policy

EVERYWHERE = 'version: 1\napplies-to: { repositories: ["*"] }\n'


def organisation(proof: str, rest: str = "") -> str:
    return item(proof, rest=rest).replace(START, EVERYWHERE)


def floor(made: Policy) -> Policy:
    assert made.floor is not None
    return made.floor


def test_an_organisation_alone_is_the_policy() -> None:
    made = policy(None, organisation("{ check: ci }"))

    assert [one.id for one in made.items] == ["own"]
    assert made.floor is None
    assert [(one.origin, one.path) for one in made.origin.layers] == [
        ("organisation", "handoff.yml")
    ]


@pytest.mark.parametrize(
    ("scope", "applies"),
    [
        ('{ repositories: ["*"] }', True),
        ('{ repositories: ["SHOP"] }', True),
        ('{ repositories: ["s*", "x"] }', True),
        ('{ repositories: ["*"], except: ["sh*"] }', False),
        ('{ repositories: ["shop-*"] }', False),
    ],
)
def test_an_organisation_says_for_which_repositories(scope: str, applies: bool) -> None:
    text = organisation("{ check: ci }").replace('{ repositories: ["*"] }', scope)

    loaded = load(None, text)

    assert loaded.problems == ()
    assert (loaded.policy is not None) == applies


def test_both_files_are_judged_and_the_organisations_items_are_the_floor() -> None:
    made = policy(item("{ check: mine }"), organisation("{ check: theirs }"))

    assert [one.proof.options.name for one in made.items] == ["mine"]  # type: ignore[union-attr]
    assert [one.proof.options.name for one in floor(made).items] == ["theirs"]  # type: ignore[union-attr]
    assert [one.origin for one in made.origin.layers] == ["repository", "organisation"]


def test_a_broken_organisation_file_is_no_policy_and_names_its_file() -> None:
    loaded = load(START, EVERYWHERE + "mode: off\n")

    assert loaded.policy is None
    assert errors(loaded.problems) == [
        'handoff.yml:3:7  error  "off" is not a mode; one of observe, advise, enforce  [E203]'
    ]


def test_what_a_repository_may_not_move_does_not_reach_the_floor() -> None:
    mine = (
        "applies-from: 2030-01-01\nbranches: { judged: [main] }\n"
        'exempt: { only-changed: [docs] }\npaths: { "x/**": { checklist: none } }\n'
        "areas: { docs: [docs/**], generated: [gen/**] }\n"
    )

    below = floor(policy(item("{ check: ci }", rest=mine), organisation("{ check: ci }")))

    assert below.applies_from is None
    assert below.judged == ("**",)
    assert below.exempt.only_changed == ()
    assert below.paths == ()
    assert below.generated == Area("generated", ())


def test_names_that_the_organisation_does_not_define_come_from_the_repository() -> None:
    text = organisation("{ attested-by: chief }\n    when: { changed: [api] }")
    mine = START + "areas: { api: [api/**] }\nroles: { chief: { people: [ana] } }\n"

    loaded = load(mine, text)

    assert loaded.problems == ()
    assert loaded.policy is not None
    below = floor(loaded.policy)
    assert below.items[0].when == Changed(areas=(Area("api", ("api/**",)),))
    assert below.roles["chief"].people == ("ana",)


def test_a_name_that_nobody_defines_is_said_and_keeps_the_organisation() -> None:
    loaded = load(None, organisation("{ changed: [api] }"))

    assert loaded.policy is not None
    assert lines(loaded.problems) == [
        '6:24 W602 unknown area "api" (unless it is defined elsewhere)'
    ]


def test_areas_and_roles_of_the_same_name_are_the_organisations() -> None:
    theirs = "areas: { api: [api/**] }\nroles: { chief: { people: [ana] } }\n"
    mine = "areas: { api: [x/**] }\nroles: { chief: { people: [bo] } }\n"

    loaded = load(
        item("{ attested-by: chief }\n    when: { changed: [api] }", rest=mine),
        organisation("{ check: ci }", theirs),
    )

    assert loaded.policy is not None
    assert loaded.policy.items[0].when == Changed(areas=(Area("api", ("api/**",)),))
    assert loaded.policy.roles["chief"].people == ("ana",)
    assert [one.code for one in loaded.problems if one.where.file != "handoff.yml"] == [
        "W601",
        "W601",
    ]


@pytest.mark.parametrize(
    ("mine", "theirs", "joint"),
    [
        ("mode: observe", "mode: advise", Mode.ADVISE),
        ("mode: enforce", "mode: advise", Mode.ENFORCE),
        ("mode: observe", "", Mode.OBSERVE),
        ("", "mode: observe", Mode.ENFORCE),
    ],
)
def test_the_later_mode_counts_where_both_set_one(mine: str, theirs: str, joint: Mode) -> None:
    made = policy(f"{START}{mine}\n", f"{EVERYWHERE}{theirs}\n")

    assert made.mode is joint


def test_checks_lists_and_bases_are_united() -> None:
    made = policy(
        item("{ check: ci }", rest="branches: { judged: [main] }\n"),
        EVERYWHERE + "preset: docs-only@1\nchecks: [handoff, quality]\n"
        "branches: { judged: [release] }\n",
    )

    assert made.checks == ("handoff", "quality")
    assert made.lists["handoff"] == ("own", "links", "approval")
    assert made.judged == ("main", "release")


def test_the_earlier_date_counts_where_both_set_one() -> None:
    made = policy(START + "applies-from: 2027-01-01\n", EVERYWHERE + "applies-from: 2026-01-01\n")

    assert made.applies_from == date(2026, 1, 1)


def test_a_waiver_needs_somebody_whom_both_admit() -> None:
    made = policy(
        item("{ check: ci }\n    waive-by: [lead, author]"),
        organisation("{ check: ci }\n    waive-by: [lead]"),
    )

    assert made.items[0].waive_by == {"lead"}
    assert floor(made).items[0].waive_by == {"lead"}


@pytest.mark.parametrize(
    ("mine", "theirs", "joint"),
    [
        ("ask author", "block", None),
        ("block", "ask lead", None),
        ("ask author", "ask lead", "lead"),
    ],
)
def test_block_wins_over_asking_else_the_organisation_says_whom(
    mine: str, theirs: str, joint: str | None
) -> None:
    made = policy(
        item(f"{{ check: ci }}\n    if-unsure: {mine}"),
        organisation(f"{{ check: ci }}\n    if-unsure: {theirs}"),
    )

    assert (made.items[0].if_unsure, floor(made).items[0].if_unsure) == (joint, joint)


def test_the_higher_level_counts() -> None:
    made = policy(
        item("{ check: ci }\n    level: note"), organisation("{ check: ci }\n    level: advise")
    )

    assert made.items[0].level is Level.ADVISE


def test_a_trigger_of_both_fires_for_either_and_holds_as_the_stricter() -> None:
    trigger = "escalate: {{ data-model: {{ when: {{ labelled: {0} }}, ask: {1}, block: {2} }} }}\n"

    made = policy(
        START + trigger.format("a", "lead", "until-decided"),
        EVERYWHERE + trigger.format("b", "architect", "never"),
    )

    (found,) = made.triggers
    assert found.when == Some(parts=(Labelled(any_of=("a",)), Labelled(any_of=("b",))))
    assert (found.ask, found.block) == ("architect", Block.UNTIL_DECIDED)


def test_a_notice_of_both_goes_to_the_organisations_role_with_the_fields_of_both() -> None:
    told = "tell: {{ {3}: {{ from: diff }} }}"
    notice = "handoff: {{ docs: {{ to: {0}, after: {1}, answer: {2}, " + told + " }} }}\n"

    made = policy(
        START + notice.format("lead", "approved", "expected", "pages"),
        EVERYWHERE + notice.format("architect", "ready", "none", "rollback"),
    )

    (found,) = made.notices
    assert (found.to, found.after) == ("architect", ("approved", "ready"))
    assert (found.answer, [one.name for one in found.fields]) == ("expected", ["pages", "rollback"])


def test_commands_of_both_are_joined_to_the_narrower() -> None:
    mine = "commands: { waive: { by: [lead, author], lasts: 30d, persons: 1 } }\n"
    theirs = (
        "commands: { waive: { by: [lead, architect], not-by: [author], reason: required, "
        "lasts: 7d, persons: 2 }, hold: { by: [lead] } }\n"
    )

    made = policy(START + mine, EVERYWHERE + theirs)

    assert made.commands == {
        "waive": CommandRule(
            by=frozenset({"lead"}),
            not_by=frozenset({"author"}),
            reason_required=True,
            lasts="7d",
            persons=2,
        ),
        "hold": CommandRule(by=frozenset({"lead"})),
    }


@pytest.mark.parametrize(
    ("mine", "theirs", "joint"),
    [
        ("this-push", "3d", "this-push"),
        ("until-scope-changes", "this-push", "this-push"),
        ("90d", "until-scope-changes", "90d"),
    ],
)
def test_the_shorter_life_of_a_word_counts(mine: str, theirs: str, joint: str) -> None:
    waive = "commands: { waive: { lasts: %s } }\n"

    made = policy(START + waive % mine, EVERYWHERE + waive % theirs)

    assert made.commands["waive"].lasts == joint


def test_the_list_is_set_aside_only_where_both_exempt() -> None:
    areas = "areas: { docs: [docs/**], web: [web/**] }\n"
    mine = (
        areas + "exempt: { only-changed: [docs, web], authors: [a, b], "
        "label: { name: skip, set-by: [lead] } }\n"
    )
    theirs = "areas: { docs: [docs/**] }\nexempt: { only-changed: [docs], authors: [b], "

    one = policy(
        START + mine, EVERYWHERE + theirs + "label: { name: skip, set-by: [lead, qa] } }\n"
    )
    other = policy(START + mine, EVERYWHERE + theirs + "label: { name: off, set-by: [lead] } }\n")

    assert [area.name for area in one.exempt.only_changed] == ["docs"]
    assert (one.exempt.authors, one.exempt.label) == (("b",), "skip")
    assert one.exempt.label_set_by == ("lead",)
    assert other.exempt.label is None


def test_hours_and_quiet_are_the_repositorys_where_it_says_them() -> None:
    theirs = EVERYWHERE + "quiet: { comment: never, pings-at-most: 1 }\nhours: always\n"

    made = policy(START + "quiet: { comment: always }\n", theirs)

    assert (made.quiet.comment, made.quiet.pings_at_most) == ("always", 1)
    assert made.hours.always


def test_weakened_evidence_counts_as_the_stricter_says() -> None:
    made = policy(
        START + "ci: { when-weakened: list, app: mine }\n",
        EVERYWHERE + "ci: { when-weakened: unsure, app: theirs }\n",
    )

    assert (made.ci.when_weakened, made.ci.app) == ("unsure", "mine")


LOOSE = """version: 1
mode: observe
applies-from: 2030-01-01
ci: { when-weakened: list }
checklist:
  own: { title: Own, proof: { check: ci }, level: note, waive-by: [author], if-unsure: ask author }
  other: none
escalate:
  data-model: { when: { labelled: a }, block: never }
  performance: none
handoff: { docs: none }
"""
STRICT = """version: 1
applies-to: { repositories: ["*"] }
mode: enforce
applies-from: 2026-01-01
ci: { when-weakened: unsure }
checklist:
  own: { title: Own, proof: { check: ci }, level: block, waive-by: [lead], if-unsure: block }
  other: { title: Other, proof: { check: ci } }
escalate:
  data-model: { when: { labelled: a }, block: until-decided }
  performance: { when: { labelled: a } }
handoff: { docs: { to: lead } }
"""


def test_a_line_that_loosens_has_no_effect_and_says_so_with_both_places() -> None:
    loaded = load(LOOSE, STRICT)

    assert [line.partition(" W601 ")[0] for line in lines(loaded.problems)] == [
        "2:7",
        "3:15",
        "4:22",
        "6:51",
        "6:67",
        "6:88",
        "7:10",
        "9:47",
        "10:16",
        "11:18",
    ]
    assert loaded.problems[0].what == (
        "this line has no effect: the organisation asks for enforce (handoff.yml:3:7)"
    )


def test_a_line_of_a_preset_is_nobodys_loosening() -> None:
    text = EVERYWHERE + "preset: backend-dev@1\nchecklist: { logging: { level: block } }\n"

    loaded = load(START + "preset: backend-dev@1\n", text)

    assert [one.code for one in loaded.problems] == []


def test_where_an_organisation_allows_it_the_repositorys_value_wins() -> None:
    loaded = load(LOOSE, STRICT + "may-loosen: [mode, checklist.own.level, checklist.other]\n")

    assert loaded.policy is not None
    assert loaded.policy.mode is Mode.OBSERVE
    below = floor(loaded.policy)
    assert below.mode is Mode.OBSERVE
    assert [(one.id, one.level) for one in below.items] == [("own", Level.NOTE)]


def test_a_dotted_key_must_begin_with_a_key_of_the_policy() -> None:
    loaded = load(None, EVERYWHERE + "may-loosen: [moode]\n")

    assert lines(loaded.problems) == ['3:14 E201 unknown key "moode"; did you mean "mode"?']


def test_conditions_and_overrides_say_which_events_matter() -> None:
    relevance = relevance_of(
        policy(
            item(
                "{ not: { changed: [tests] } }\n"
                "    when: { any: [{ title: x }, { not: { check-failed: bench } }] }",
                rest='paths: { "a/**": { checklist: { own: { when: { labelled: x }, '
                "proof: { check: slow } } } } }\n",
            )
        )
    )

    assert relevance.checks == (("github-actions", "bench"), ("github-actions", "slow"))
    assert relevance.matters == {"draft", "labels", "text"}


@pytest.mark.parametrize("rule", ["plan-is-linked", "open-questions-are-answered"])
def test_the_text_matters_to_a_rule_that_prompts_by_it(rule: str) -> None:
    asked = "{ attested-by: { role: author, prompted-by: [%s] } }"
    relevance = relevance_of(policy(item(asked % rule)))

    assert relevance.matters >= {"reviews", "text"}
    assert "text" not in relevance_of(policy(item(asked % "tests-did-not-flake"))).matters


def test_what_ci_leaves_matters_to_cases_that_a_report_may_fill() -> None:
    cases = "{ cases: { for-each: changed-endpoint, expect: [success]%s } }"

    assert "artifacts" in relevance_of(policy(item(cases % ", artifact: api"))).matters
    assert "artifacts" not in relevance_of(policy(item(cases % ""))).matters


def test_a_failed_commit_status_of_a_condition_matters() -> None:
    when = "when: { check-failed: { name: bench, status-by: bo } }"

    relevance = relevance_of(policy(item(f"{{ check: slow }}\n    {when}")))

    assert relevance.checks == (("github-actions", "slow"),)
    assert relevance.statuses == ("bench",)


def test_what_migrations_rest_on_matters() -> None:
    rules = "[{ builtin: migrations-are-reversible }, { builtin: migrations-have-one-head }]"

    assert relevance_of(policy(item(rules))).matters == {"draft", "text", "base"}
    assert relevance_of(policy(item("{ deployment: x }"))).matters == {"draft", "deployments"}


@pytest.mark.parametrize(
    ("tell", "matters"),
    [
        ("tell: { pages: { from: diff } }", {"draft", "text"}),
        ("tell: { base-url: { from: deployment x } }", {"deployments", "draft", "text"}),
        ("after: [merged, deployed-to x]", {"deployments", "draft"}),
        ("answer: none", {"draft"}),
    ],
)
def test_what_a_notice_tells_of_and_waits_for_matters(tell: str, matters: set[str]) -> None:
    made = policy(START + f"handoff: {{ docs: {{ to: lead, {tell} }} }}\n")

    assert relevance_of(made).matters == matters


def test_who_approves_a_change_of_the_policy_makes_reviews_matter() -> None:
    made = policy(
        START + "policy-changes: { approved-by: lead }\n"
        "exempt: { label: { name: x, set-by: lead } }\n"
    )

    assert relevance_of(made).matters == {"draft", "labels", "reviews"}


def test_events_that_only_the_floor_looks_at_matter_too() -> None:
    relevance = relevance_of(
        policy(
            item("{ check: mine }"),
            organisation(
                "[{ check: { name: theirs, status-by: bo } }, { section: Rollback }, "
                "{ labels: ok }, { approvals: 1 }]"
            ),
        )
    )

    assert relevance.checks == (("github-actions", "mine"),)
    assert relevance.statuses == ("theirs",)
    assert relevance.matters == {"draft", "labels", "reviews", "text"}
