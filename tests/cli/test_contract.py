"""`handoff contract` as people use it: exit codes, one line a group, JSON, files beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.main import main
from tests.readers.openapi.build import answered, api, operation


def files(folder: Path, base: bytes, head: bytes) -> list[str]:
    """Two contracts on disk, as the words of the command."""
    (folder / "base.yaml").write_bytes(base)
    (folder / "head.yaml").write_bytes(head)
    return ["contract", str(folder / "base.yaml"), str(folder / "head.yaml")]


PETS = """openapi: 3.0.0
paths:
  /pets:
    get:
      responses: {200: {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}}
    post:
      responses: {201: {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}}
components:
  schemas:
    Pet:
      type: object
      required: [id, tag]
      properties:
        id: {type: integer}
        tag: {type: string}
        name: {type: string}
"""
FEWER = PETS.replace("[id, tag]", "[id]").replace("        tag: {type: string}\n", "")


def test_something_breaking_is_exit_one_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(files(tmp_path, PETS.encode(), FEWER.encode()))

    assert code == 1
    assert capsys.readouterr().out.splitlines() == [
        "breaking  Pet: required-property-removed tag · 2 operations: GET /pets, POST /pets",
        "1 breaking, 0 risky, 0 harmless",
    ]


def test_every_change_is_named_with_its_line_on_demand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = PETS.replace("id: {type: integer}", "id: {type: number}")

    main([*files(tmp_path, PETS.encode(), head.encode()), "-v"])

    detail = capsys.readouterr().out.splitlines()[1]
    assert detail.strip() == (
        "breaking type-widened (response) /properties/id  integer → number  line 14"
    )


def test_nothing_breaking_is_exit_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(files(tmp_path, api("{}"), api("{}"))) == 0
    assert capsys.readouterr().out == "no change that a client could notice\n"


def test_a_risk_alone_is_exit_zero(tmp_path: Path) -> None:
    risky = operation("operationId: a"), operation("operationId: b")

    assert main(files(tmp_path, *risky)) == 0


def test_another_profile_weighs_otherwise(tmp_path: Path) -> None:
    body = "requestBody: {content: {a/b: {schema: {}}}}"
    words = files(tmp_path, operation(body), operation(""))

    assert [main(words), main([*words, "--profile", "oasdiff"])] == [0, 1]


def test_the_json_names_every_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = files(tmp_path, PETS.encode(), FEWER.encode())

    assert main([*words, "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "schema": "handoff.contract/1",
        "profile": "default",
        "counts": {"breaking": 1, "risky": 0, "harmless": 0},
        "groups": [
            {
                "title": "Pet",
                "severity": "breaking",
                "operations": ["GET /pets", "POST /pets"],
                "count": 2,
                "changes": [
                    {
                        "kind": "required-property-removed",
                        "severity": "breaking",
                        "direction": "response",
                        "component": "Pet",
                        "pointer": "/properties/tag",
                        "note": "tag",
                        "operations": ["GET /pets", "POST /pets"],
                        "count": 2,
                        "line": None,
                    }
                ],
            }
        ],
    }


def test_at_most_thirty_groups_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = ", ".join(f"/p{i}: {{get: {{responses: {{}}}}}}" for i in range(33))

    main(files(tmp_path, api(f"{{{paths}}}"), api("{}")))

    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), lines[-2]) == (32, "…3 more")


def test_what_cannot_be_read_could_not_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(files(tmp_path, api("{}"), b"asyncapi: 3.0.0")) == 3
    assert "contract kind not read" in capsys.readouterr().err


def test_a_missing_file_is_the_callers_mistake(tmp_path: Path) -> None:
    assert main(["contract", str(tmp_path / "none"), str(tmp_path / "none")]) == 2


def test_a_file_of_the_same_tree_is_read(tmp_path: Path) -> None:
    (tmp_path / "pet.yaml").write_text("Pet: {type: string}\n")
    one = answered("{$ref: 'pet.yaml#/Pet'}")

    assert main(files(tmp_path, one, answered("{type: string}"))) == 0
    assert main(files(tmp_path, one, answered("{type: integer}"))) == 1


def test_text_of_others_cannot_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = files(tmp_path, api('{"/a\\e[2J": {get: {responses: {}}}}'), api("{}"))

    assert main(words) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_a_kind_of_change_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "enum-value-added"]) == 0
    assert capsys.readouterr().out == (
        "enum-value-added: a value is new\n"
        "in a request: harmless · in a response: risky\n"
        "under the profile oasdiff: harmless · risky\n"
    )
