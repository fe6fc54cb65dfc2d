"""`validate`, `schema` and `explain` from a checkout, offline: what they print and exit with."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest

from bot.cli.main import main
from bot.wiring.catalogue import problem_codes
from tests.readers.policy.fixtures import SENSE, SHAPE
from tests.readers.policy.given import CONTEXT, EXAMPLE, plain
from tests.readers.policy.test_schema import SHORT

ROOT = Path(__file__).parents[2]
READERS = [*(ROOT / "bot/readers/policy").glob("*.py"), ROOT / "bot/readers/yaml_loader.py"]
OWN = "version: 1\nchecklist:\n  own:\n    title: Own\n    proof: { check: ci / unit }\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".github").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text", "words", "code", "said"),
    [
        (".github/handoff.yml", OWN, [], 0, "0 errors, 0 warnings"),
        (".github/handoff.yml", OWN + "moode: x\n", [], 2, '"mode"?  [E201]'),
        (".github/handoff.yaml", OWN, [".github/handoff.yaml"], 0, "[W501]"),
        ("handoff.yml", OWN, ["handoff.yml"], 0, "[W501]"),
        ("handoff.yml", OWN, ["--organisation"], 2, '"applies-to" is missing'),
        (
            "handoff.yml",
            OWN + 'applies-to: { repositories: ["*"] }\n',
            *(["--organisation"], 0, "0 errors, 0 warnings"),
        ),
    ],
)
def test_validate_answers_by_its_exit_code(
    name: str,
    text: str,
    words: list[str],
    code: int,
    said: str,
    here: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (here / name).write_text(text)

    assert main(["validate", *words]) == code
    assert said in capsys.readouterr().out


def test_what_a_policy_extends_must_be_there(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / ".github/handoff.yml").write_text(OWN)

    assert main(["validate", "--extends", "lacking.yml"]) == 2
    assert "lacking.yml cannot be read: No such file" in capsys.readouterr().err


def test_a_link_is_not_validated(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "real.yml").write_text(OWN)
    (here / ".github/handoff.yml").symlink_to("../real.yml")

    assert main(["validate"]) == 2
    assert "not a regular file" in capsys.readouterr().err


def test_explain_shows_what_the_policy_says_of_an_item_and_where(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "version: 1\npreset: backend-dev@1\nchecklist:\n  docs:\n    level: note\n"
    (here / ".github/handoff.yml").write_text(text)

    assert main(["explain", "docs"]) == 0
    out = capsys.readouterr().out
    assert 'level: "note"  (.github/handoff.yml:5)' in out
    assert re.search(r'proof: \{"any": .*\}  \(preset backend-dev@1:\d+\)', out)


def test_explain_without_a_policy_shows_the_backend_list(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "migrations", "data-model", "qa"]) == 0
    out = capsys.readouterr().out
    assert "migrations-are-reversible" in out
    assert '"migration": ["drops", "narrows", "renames"]' in out
    assert "known-limitations" in out


def test_explain_of_nothing_offers_the_nearest(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "E210"]) == 2
    assert "did you mean 'E" in capsys.readouterr().err


def test_explain_of_a_code_prints_a_wrong_and_a_right_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["explain", "E203"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  wrong: `mode: off`",
        "  right: `mode: observe`",
    ]


def test_every_code_that_the_loader_can_say_is_explained_and_no_other() -> None:
    texts = [path.read_text() for path in (*READERS, ROOT / "bot/worker/policies.py")]

    assert {code for text in texts for code in re.findall(r'"([EW]\d{3})"', text)} == set(
        problem_codes()
    )


# ── the schema that is committed ──────────────────────────────────────────────────────────────


def test_the_printed_schema_is_the_committed_one(capsys: pytest.CaptureFixture[str]) -> None:
    for words, name in (([], "handoff"), (["--organisation"], "handoff-organisation")):
        assert main(["schema", *words]) == 0
        assert capsys.readouterr().out == (ROOT / f"config/{name}.schema.json").read_text()


def test_the_committed_schema_takes_what_is_good_and_refuses_every_wrong_shape() -> None:
    written = json.loads((ROOT / "config/handoff.schema.json").read_text())
    schema = jsonschema_rs.Draft202012Validator(written)
    good = [EXAMPLE.decode(), *SHORT, *CONTEXT.presets.values()]
    bad = [text for code, text, _ in SHAPE if code.startswith("E2")]

    assert [text for text in good if not schema.is_valid(plain(text))] == []
    assert [text for text in bad if schema.is_valid(plain(text))] == []


def test_every_code_about_the_shape_and_the_names_has_an_example() -> None:
    shown = {code for code, _, _ in SHAPE + SENSE}

    assert {code for code in problem_codes() if code[:2] in {"E2", "E3", "E4"}} - shown == {"E406"}
