from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.linking.news import SourceOptions
from bot.model.area import Area
from bot.model.facts import Change
from bot.model.item import (
    ALWAYS,
    AddsNames,
    AllOf,
    Attested,
    AuthoredBy,
    BasedOn,
    CannotTell,
    Changed,
    ChangedByOthers,
    CheckFailed,
    ComponentsAtLeast,
    Condition,
    ContractTurns,
    Every,
    FilesAtLeast,
    FromFork,
    InterfaceTurns,
    Item,
    ItemOverride,
    Labelled,
    Level,
    LinesAtLeast,
    Migrates,
    NamesEndpoints,
    No,
    Not,
    PathOverride,
    Proof,
    Registers,
    SameCode,
    Some,
    Titled,
    Use,
)
from bot.model.rule import AnyRule
from bot.rules import (
    added_lines_are_allowed,
    changed_lines_are_covered,
    companion_files_changed,
    contract_is_compatible,
    deployment_succeeded,
    endpoint_cases_are_tested,
    endpoints_are_guarded,
    errors_use_standard_format,
    inputs_are_bounded,
    labels_are_right,
    layers_are_respected,
    no_environment_values_added,
    no_secrets_added,
    paths_are_respected,
    required_checks_pass,
    reviewers_approved,
    section_is_filled,
    syntax_is_allowed,
    tests_did_not_flake,
    tests_ran,
)
from tests.readers.policy.given import START, item, load, policy

AREAS = "areas: { docs: [docs/**], src: [src/**], generated: [gen/**] }\n"
DOCS, SRC = Area("docs", ("docs/**",)), Area("src", ("src/**",))
NONE = Area("tests", ())
GENERATED = Area("generated", ("gen/**",))


def own(proof: str, rest: str = "") -> Item:
    (found,) = policy(item(proof, rest=AREAS + rest)).items
    return found


@pytest.mark.parametrize(
    ("proof", "rule", "options"),
    [
        (
            "{ check: ci / unit }",
            "required-checks-pass",
            required_checks_pass.Options(
                name="ci / unit", app="circle", wait_at_most=timedelta(minutes=30)
            ),
        ),
        (
            "{ check: { name: ci, app: other, workflow: w.yml, if-absent: skip, "
            "conclusions: [success, neutral], status-by: bo } }",
            "required-checks-pass",
            required_checks_pass.Options(
                name="ci",
                app="other",
                workflow="w.yml",
                if_absent="skip",
                conclusions=("success", "neutral"),
                status_by="bo",
                wait_at_most=timedelta(minutes=30),
            ),
        ),
        (
            "{ changed: [docs] }",
            "companion-files-changed",
            companion_files_changed.Options(areas=(DOCS,), generated=GENERATED),
        ),
        (
            "{ changed: { areas: [docs, src], kinds: [added], lines-at-least: 9 } }",
            "companion-files-changed",
            companion_files_changed.Options(
                areas=(DOCS, SRC), kinds=(Change.ADDED,), lines_at_least=9, generated=GENERATED
            ),
        ),
        (
            "{ companion: { of: [src], needs: [docs], if-missing: unsure } }",
            "companion-files-changed",
            companion_files_changed.Options(
                areas=(DOCS,),
                of=(SRC,),
                lines_at_least=1,
                if_missing="unsure",
                generated=GENERATED,
            ),
        ),
        (
            "{ section: { heading: Rollback, keys: [Steps], words-at-least: 9, "
            "accept-none: true } }",
            "section-is-filled",
            section_is_filled.Options(
                heading="Rollback", keys=("Steps",), words_at_least=9, accept_none=True
            ),
        ),
        ("{ approvals: 2 }", "reviewers-approved", reviewers_approved.Options(at_least=2)),
        (
            "{ approvals: { from: codeowner, of: any-commit } }",
            "reviewers-approved",
            reviewers_approved.Options(from_role="codeowner", of="any-commit"),
        ),
        (
            "{ labels: { has: [ok], has-none: [wip], set-by: [lead] } }",
            "labels-are-right",
            labels_are_right.Options(has=("ok",), has_none=("wip",), set_by=("lead",)),
        ),
        (
            "{ added-lines: { in: [src], pattern: print, except: log, must: match, say: No. } }",
            "added-lines-are-allowed",
            added_lines_are_allowed.Options(
                areas=(SRC,),
                pattern="print",
                except_pattern="log",
                must="match",
                say="No.",
                generated=GENERATED,
            ),
        ),
        (
            "{ ast-grep: { in: [src], language: go, rule: { kind: block, not: { regex: x } } } }",
            "syntax-is-allowed",
            syntax_is_allowed.Options(
                areas=(SRC,),
                language="go",
                rule='{"language": "go", "rule": {"kind": "block", "not": {"regex": "x"}}}',
                generated=GENERATED,
            ),
        ),
        (
            "{ paths: { areas: [src], must: touch } }",
            "paths-are-respected",
            paths_are_respected.Options(areas=(SRC,), must="touch", generated=GENERATED),
        ),
        (
            "{ cases: { for-each: changed-endpoint, expect: [success, conflict], tests: src, "
            "artifact: 'api-*' } }",
            "endpoint-cases-are-tested",
            endpoint_cases_are_tested.Options(
                expect=("success", "conflict"), tests=SRC, generated=GENERATED, artifact="api-*"
            ),
        ),
        (
            "{ builtin: { rule: endpoints-are-guarded, guards: [a.b], public: [GET /a] } }",
            "endpoints-are-guarded",
            endpoints_are_guarded.Options(
                guards=("a.b",),
                public=("GET /a",),
                generated=GENERATED,
            ),
        ),
        (
            "{ junit: { artifact: unit, workflow: ci.yml, files: '*.xml', cases: [a/**], "
            "ran-at-least: 2, failed-at-most: 1, skipped-at-most: 3, if-absent: skip } }",
            "tests-ran",
            tests_ran.Options(
                artifact="unit",
                workflow="ci.yml",
                files="*.xml",
                cases=("a/**",),
                ran_at_least=2,
                failed_at_most=1,
                skipped_at_most=3,
                if_absent="skip",
                wait_at_most=timedelta(minutes=30),
            ),
        ),
        (
            "{ coverage: { artifact: cov, in: [src], uncovered-lines-at-most: 1, "
            "uncovered-branches-at-most: 2, total-at-least: 80 } }",
            "changed-lines-are-covered",
            changed_lines_are_covered.Options(
                artifact="cov",
                areas=(SRC,),
                uncovered_lines_at_most=1,
                uncovered_branches_at_most=2,
                total_at_least=80,
                generated=GENERATED,
                wait_at_most=timedelta(minutes=30),
            ),
        ),
        (
            "{ builtin: { rule: tests-did-not-flake, artifact: unit } }",
            "tests-did-not-flake",
            tests_did_not_flake.Options(app="circle", artifact="unit"),
        ),
        (
            "{ builtin: { rule: layers-are-respected, forbid: { src: [os] } } }",
            "layers-are-respected",
            layers_are_respected.Options(forbid=((SRC, ("os",)),), generated=GENERATED),
        ),
        (
            "{ changed: { areas: [src], mentions: changed-endpoints } }",
            "companion-files-changed",
            companion_files_changed.Options(
                areas=(SRC,), mentions="changed-endpoints", generated=GENERATED
            ),
        ),
        (
            "{ deployment: staging }",
            "deployment-succeeded",
            deployment_succeeded.Options(environment="staging", wait_at_most=timedelta(minutes=30)),
        ),
        (
            "{ builtin: { rule: environment-values, except-in: [src] } }",
            "no-environment-values-added",
            no_environment_values_added.Options(except_in=(SRC,), docs=DOCS, generated=GENERATED),
        ),
    ],
)
def test_a_word_of_the_policy_becomes_a_rule_with_its_options(
    proof: str, rule: str, options: object
) -> None:
    around = "ci: { app: circle, wait-at-most: 30m }\n"

    assert own(proof, around).proof == Use(rule=rule, options=options)


def test_each_thing_that_is_asked_of_a_contract_is_a_rule_of_its_own() -> None:
    place: dict[str, Any] = {"file": "a.yaml"}
    compatible = contract_is_compatible.Options(**place, allow="additive", generated=GENERATED)
    errors = errors_use_standard_format.Options(**place, schema=("Problem", "Fault"))
    bounded = inputs_are_bounded.RULE.options(**place)
    asked = "file: a.yaml, bounded: true, errors-use: [Problem, Fault]"

    both = (
        Use(rule="errors-use-standard-format", options=errors),
        Use(rule="inputs-are-bounded", options=bounded),
    )
    assert own(f"{{ contract: {{ {asked} }} }}").proof == AllOf(parts=both)
    first = Use(rule="contract-is-compatible", options=compatible)
    proof = own(f"{{ contract: {{ allow: additive, {asked} }} }}").proof
    assert proof == AllOf(parts=(first, *both))
    alone = own("{ contract: { file: a.yaml, allow: additive, bounded: false } }").proof
    assert alone == first
    code = own("{ contract: { file: a.yaml, matches-code: true } }").proof
    assert isinstance(code, Use)
    assert code.rule == "contract-covers-changed-endpoints"


@pytest.mark.parametrize(
    ("around", "agreed"), [("contract: { agreed: docs/a.yaml }\n", "docs/a.yaml"), ("", "")]
)
def test_a_contract_is_compared_with_what_the_policy_calls_agreed(around: str, agreed: str) -> None:
    options = contract_is_compatible.Options(
        allow="additive", compare_with="agreed", agreed=agreed, generated=GENERATED
    )

    proof = own("{ contract: { allow: additive, compare-with: agreed } }", around).proof

    assert proof == Use(rule="contract-is-compatible", options=options)


def test_a_builtin_that_the_catalogue_has_is_used() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Options:
        except_in: tuple[Area, ...] = ()

    rule: AnyRule = no_environment_values_added.RULE
    rule = replace(rule, options=Options)
    text = item(
        "[{ builtin: { rule: environment-values, except-in: [docs] } }, "
        "{ builtin: { rule: environment-values, "
        "kinds: { foreign-host-added: off, environment-value-added: likely } } }]",
        rest=AREAS,
    )

    made = load(text, rules=(rule,)).policy

    assert made is not None
    assert made.items[0].proof == AllOf(
        parts=(
            Use(rule="no-environment-values-added", options=Options(except_in=(DOCS,))),
            Use(
                rule="no-environment-values-added",
                options=Options(),
                kinds=(("environment-value-added", "likely"), ("foreign-host-added", "off")),
            ),
        )
    )


@pytest.mark.parametrize(
    ("proof", "meant"),
    [
        ("{ attested-by: author }", Attested(role="author")),
        (
            "{ attested-by: { role: lead, people-at-least: 2, prompted-by: [secrets] } }",
            Attested(
                role="lead",
                people_at_least=2,
                prompted_by=(
                    Use(rule="no-secrets-added", options=no_secrets_added.Options(docs=DOCS)),
                ),
            ),
        ),
        ("[{ attested-by: author }]", AllOf(parts=(Attested(role="author"),))),
        ("{ not: { paths: [src] } }", None),
    ],
)
def test_words_of_people_and_groups_are_kept(proof: str, meant: Proof | None) -> None:
    found = own(proof).proof

    assert isinstance(found, Not) if meant is None else found == meant


@pytest.mark.parametrize(
    ("when", "meant"),
    [
        ("{ changed: [docs] }", Changed(areas=(DOCS,))),
        (
            "{ changed: { areas: [src], kinds: removed, lines-at-least: 3 } }",
            Changed(areas=(SRC,), kinds=(Change.REMOVED,), lines_at_least=3),
        ),
        ("{ labelled: [a, b] }", Labelled(any_of=("a", "b"))),
        ("{ title: ^fix }", Titled(pattern="^fix")),
        ("{ base: [default] }", BasedOn(globs=("default",))),
        ("{ author: [lead] }", AuthoredBy(roles=("lead",))),
        ("{ from-fork: false }", FromFork(wanted=False)),
        ("{ lines-at-least: 9 }", LinesAtLeast(lines=9)),
        ("{ files-at-least: 9 }", FilesAtLeast(files=9)),
        ("{ components-at-least: 2 }", ComponentsAtLeast(components=2)),
        ("{ changed-by-others: [core] }", ChangedByOthers(components=("core",))),
        ("{ check-failed: bench }", CheckFailed(name="bench", app="github-actions")),
        (
            "{ check-failed: { name: bench, workflow: w.yml, conclusions: [success, skipped] } }",
            CheckFailed(
                name="bench",
                app="github-actions",
                workflow="w.yml",
                conclusions=("success", "skipped"),
            ),
        ),
        (
            "{ check-failed: { name: bench, status-by: bot, if-absent: unsure } }",
            CheckFailed(name="bench", app="github-actions", status_by="bot"),
        ),
        (
            "{ check-failed: { name: bench, if-absent: skip } }",
            CannotTell(word="check-failed if-absent skip"),
        ),
        ("{ adds: [package] }", AddsNames(what=("package",))),
        ("{ registers: handler }", Registers(what=("handler",), tests=NONE, generated=GENERATED)),
        (
            "{ contract: breaking }",
            ContractTurns(what="breaking", area=Area("contract", ()), generated=GENERATED),
        ),
        (
            "{ migration: [drops] }",
            Migrates(what=("drops",), area=Area("migrations", ()), generated=GENERATED),
        ),
        ("{ public-interface: changed }", InterfaceTurns(tests=NONE, generated=GENERATED)),
        (
            "{ same-code-in-components: 2 }",
            SameCode(components=2, tests=NONE, generated=GENERATED),
        ),
        (
            "{ changed: { areas: src, mentions: changed-endpoints } }",
            Every(
                parts=(
                    Changed(areas=(SRC,)),
                    NamesEndpoints(
                        areas=(SRC,),
                        endpoints=Area("endpoints", ()),
                        tests=NONE,
                        generated=GENERATED,
                    ),
                )
            ),
        ),
        ("{ not: { labelled: x } }", No(part=Labelled(any_of=("x",)))),
        (
            "{ any: [{ labelled: x }, { all: [{ from-fork: true }] }] }",
            Some(parts=(Labelled(any_of=("x",)), Every(parts=(FromFork(),)))),
        ),
        (
            "{ labelled: x, from-fork: true }",
            Every(parts=(Labelled(any_of=("x",)), FromFork())),
        ),
    ],
)
def test_a_condition_becomes_what_the_judge_asks(when: str, meant: Condition) -> None:
    components = "components: { core: { paths: [src/core/**], owner: lead } }\n"

    assert own(f"{{ check: ci }}\n    when: {when}", components).when == meant


def test_an_item_without_more_is_asked_of_every_pull_request_at_level_block() -> None:
    assert own("{ attested-by: author }") == Item(
        id="own",
        title="Own",
        level=Level.BLOCK,
        when=ALWAYS,
        covers=(),
        proof=Attested(role="author"),
        waive_by=frozenset({"architect", "lead"}),
    )


@pytest.mark.parametrize(
    ("line", "field", "meant"),
    [
        ("if-unsure: ask reviewer", "if_unsure", "reviewer"),
        ("if-unsure: block", "if_unsure", None),
        ("waive-by: nobody", "waive_by", frozenset()),
        ("waive-by: [lead]", "waive_by", frozenset({"lead"})),
        ("level: note", "level", Level.NOTE),
        ("help: Do it.", "help", "Do it."),
        ("covers: [src]", "covers", (SRC,)),
        ("when: { changed: [docs] }", "covers", (DOCS,)),
        ("when: { any: [{ changed: [docs] }, { changed: [src, docs] }] }", "covers", (DOCS, SRC)),
        ("when: { not: { changed: [docs] } }", "covers", ()),
    ],
)
def test_each_key_of_an_item_counts(line: str, field: str, meant: object) -> None:
    assert getattr(own(f"{{ check: ci }}\n    {line}"), field) == meant


def test_who_may_waive_can_be_said_once_for_all_items() -> None:
    assert own("{ check: ci }", "commands: { waive: { by: [lead] } }\n").waive_by == {"lead"}


def test_one_of_the_thirteen_items_needs_no_title_of_its_own() -> None:
    made = policy(START + "checklist: { unit-tests: { proof: { check: ci } } }\n")

    assert made.items[0].title == "Changed logic has unit tests, and they pass"


def test_overrides_for_paths_are_kept_in_written_order() -> None:
    rest = (
        AREAS + 'paths:\n  "scripts/**": { checklist: none }\n'
        '  "src/**": { checklist: { own: { level: note, if-unsure: ask lead } } }\n'
        '  "docs/**": { checklist: { own: none } }\n'
    )

    assert policy(item("{ check: ci }", rest=rest)).paths == (
        PathOverride(area=Area("scripts/**", ("scripts/**",)), none=True),
        PathOverride(
            area=Area("src/**", ("src/**",)),
            items=(("own", ItemOverride(level=Level.NOTE, if_unsure="lead")),),
        ),
        PathOverride(area=Area("docs/**", ("docs/**",)), items=(("own", ItemOverride(drop=True)),)),
    )


def test_an_override_can_change_everything_that_an_item_says() -> None:
    says = (
        "title: A, help: B, level: note, when: { labelled: x }, proof: { check: other }, "
        "covers: [src], if-unsure: block, waive-by: [lead], applies-from: 2026-12-01"
    )
    rest = AREAS + f'paths:\n  "src/**": {{ checklist: {{ own: {{ {says} }} }} }}\n'

    ((_, over),) = policy(item("{ check: ci }", rest=rest)).paths[0].items

    assert [one.name for one in fields(over) if getattr(over, one.name) is None] == []
    assert (over.title, over.help, over.level) == ("A", "B", Level.NOTE)
    assert (over.if_unsure, over.waive_by) == ("", frozenset({"lead"}))
    assert over.covers == (policy(item("{ check: ci }", rest=rest)).areas["src"],)
    assert over.applies_from == date(2026, 12, 1)


def test_an_area_that_the_policy_leaves_empty_leaves_the_rule_its_own() -> None:
    proof = "{ builtin: tests-are-deterministic }"
    own_tests = own(proof).proof
    (item_,) = policy(item(proof, rest="areas: { tests: [checks/**] }\n")).items

    assert own_tests == Use(
        rule="tests-are-deterministic", options=SourceOptions(generated=GENERATED)
    )
    assert item_.proof == Use(
        rule="tests-are-deterministic",
        options=SourceOptions(tests=Area("tests", ("checks/**",))),
    )
