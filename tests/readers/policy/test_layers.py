from __future__ import annotations

import pytest

from bot.model.item import Level, Use
from bot.model.policy import Mode
from bot.readers.policy import LoadContext, SourceText, load_policy
from tests.readers.policy.given import CONTEXT, SHARED, START, errors, item, load, policy

THIRTEEN = {
    "contract": Level.BLOCK,
    "unit-tests": Level.BLOCK,
    "integration-tests": Level.BLOCK,
    "api-tests": Level.BLOCK,
    "deterministic-tests": Level.ADVISE,
    "error-format": Level.BLOCK,
    "input-validation": Level.ADVISE,
    "authorization": Level.BLOCK,
    "no-hardcoded-values": Level.BLOCK,
    "docs": Level.BLOCK,
    "migrations": Level.BLOCK,
    "logging": Level.ADVISE,
    "conventions": Level.ADVISE,
}
NINE = (
    "contract",
    "unit-tests",
    "integration-tests",
    "api-tests",
    "error-format",
    "docs",
    "migrations",
    "no-hardcoded-values",
    "logging",
)


def test_no_file_anywhere_is_no_policy_at_all() -> None:
    loaded = load()

    assert (loaded.policy, loaded.problems) == (None, ())


def test_the_operators_preset_counts_where_there_is_no_file() -> None:
    loaded = load(default_preset="docs-only@1", default_mode="advise")

    assert loaded.policy is not None
    assert loaded.policy.mode is Mode.ADVISE
    assert [one.id for one in loaded.policy.items] == ["links", "approval"]


def test_the_operators_preset_does_not_touch_a_repository_with_a_file() -> None:
    loaded = load(START, default_preset="docs-only@1")

    assert loaded.policy is not None
    assert loaded.policy.items == ()


@pytest.mark.parametrize("name", sorted(CONTEXT.presets))
def test_every_preset_is_a_valid_policy_on_an_empty_repository(name: str) -> None:
    loaded = load(f"{START}preset: {name}\n")

    assert loaded.problems == ()
    assert loaded.policy is not None
    assert loaded.policy.origin.preset == name
    ids = {one.id for one in loaded.policy.items}
    assert set(loaded.policy.lists["quality"]) == ids
    assert set(loaded.policy.lists["handoff"]) <= ids
    assert all(one.title != one.id for one in loaded.policy.items)


def test_there_are_seven_presets() -> None:
    assert set(CONTEXT.presets) == {
        f"{name}@1" for name in ("backend-dev", "http-api", "worker", "library", "docs-only", "qa")
    } | {"frontend-dev@1"}


def test_the_backend_preset_is_the_seed() -> None:
    made = policy(START + "preset: backend-dev@1\n")

    assert {one.id: one.level for one in made.items} == THIRTEEN
    assert made.lists == {"handoff": NINE, "quality": tuple(THIRTEEN)}
    by_id = {one.id: one for one in made.items}
    assert by_id["no-hardcoded-values"].waive_by == {"architect"}
    assert by_id["authorization"].if_unsure == "reviewer"
    assert by_id["docs"].if_unsure is None


def test_an_area_of_the_backend_preset_knows_the_usual_folders() -> None:
    areas = policy(START + "preset: backend-dev@1\n").areas

    assert areas["endpoints"].has("src/shop/api/refunds.py")
    assert areas["logic"].has("app/services/price.py")
    assert areas["migrations"].has("db/migrate/001_users.rb")
    assert areas["generated"].has("web/package-lock.json")
    assert areas["evidence"].has(".github/workflows/ci.yml")
    assert areas["tests"].has("pkg/price_test.go")
    assert not areas["endpoints"].has("README.md")


def test_what_a_file_writes_wins_over_its_preset_key_by_key() -> None:
    made = policy(
        START + "preset: backend-dev@1\nchecklist: { docs: { level: note }, logging: none }\n"
    )
    by_id = {one.id: one for one in made.items}

    assert by_id["docs"].level is Level.NOTE
    assert by_id["docs"].title == "The API documentation is up to date"
    assert "logging" not in by_id
    assert "logging" not in made.lists["handoff"]


def test_a_proof_and_a_condition_are_replaced_whole() -> None:
    made = policy(
        START + "preset: backend-dev@1\n"
        "checklist: { docs: { when: { labelled: [api] }, proof: { check: docs } } }\n"
    )
    docs = next(one for one in made.items if one.id == "docs")

    assert isinstance(docs.proof, Use)
    assert docs.covers == ()


def test_inherited_stands_for_the_list_below_and_a_list_without_it_replaces() -> None:
    preset = policy(START + "preset: backend-dev@1\n").areas
    made = policy(
        START + "preset: backend-dev@1\nareas: { docs: [inherited, 'x/**'], tests: ['t/**'] }\n"
    ).areas

    assert made["docs"].globs == (*preset["docs"].globs, "x/**")
    assert made["tests"].globs == ("t/**",)


def test_inherited_without_a_list_below_is_nothing() -> None:
    assert policy(START + "areas: { tests: [inherited, 'x/**'] }\n").areas["tests"].globs == (
        "x/**",
    )


def test_the_extended_file_lies_between_preset_and_repository() -> None:
    shared = SourceText(
        path="service.yml",
        text=b"version: 1\npreset: docs-only@1\nmode: observe\nquiet: { comment: never }\n",
    )

    loaded = load(START + f"extends: {SHARED}\nmode: advise\n", extended={SHARED: shared})

    assert loaded.problems == ()
    assert loaded.policy is not None
    assert loaded.policy.mode is Mode.ADVISE
    assert loaded.policy.quiet.comment == "never"
    assert loaded.policy.origin.preset == "docs-only@1"


def test_the_nearest_preset_that_is_written_counts() -> None:
    shared = SourceText(path="service.yml", text=b"version: 1\npreset: docs-only@1\n")

    loaded = load(START + f"extends: {SHARED}\npreset: qa@1\n", extended={SHARED: shared})

    assert loaded.policy is not None
    assert loaded.policy.origin.preset == "qa@1"


def test_a_preset_without_a_number_means_the_newest() -> None:
    presets = {**CONTEXT.presets, "qa@2": START + "mode: observe\n"}

    loaded = load(START + "preset: qa\n", presets=presets)

    assert loaded.policy is not None
    assert loaded.policy.origin.preset == "qa@2"
    assert [one.code for one in loaded.problems] == ["W509"]


def test_the_owner_of_an_extended_file_is_compared_without_case() -> None:
    shared = SourceText(path="service.yml", text=START.encode())

    loaded = load(START + "extends: ACME/p:x.yml\n", extended={"ACME/p:x.yml": shared})

    assert errors(loaded.problems) == []


def test_a_comment_changes_no_digest_and_a_level_does() -> None:
    plain, noted = policy(item("{ check: ci }")), policy(item("{ check: ci }") + "# why\n")
    other = policy(item("{ check: ci }\n    level: note"))

    assert plain.digest == noted.digest
    assert plain.digest != other.digest


def test_an_item_that_no_list_names_is_in_both() -> None:
    assert policy(item("{ check: ci }")).lists == {"handoff": ("own",), "quality": ("own",)}


def test_a_context_without_presets_still_reads_a_file() -> None:
    context = LoadContext(rules=(), presets={})
    file = SourceText(path="handoff.yml", text=item("{ check: ci }").encode())

    loaded = load_policy(repository=file, organisation=None, context=context)

    assert loaded.policy is not None
