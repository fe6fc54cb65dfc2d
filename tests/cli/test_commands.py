"""The command line as people use it: exit codes, formats, places."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import main, run
from bot.model.policy import TRIGGERS
from bot.simulator.access import Access
from tests.support.postgres import Postgres

POLICY = """\
version: 1
areas: { code: ["app/**"], docs: ["docs/**"] }
checklist:
  docs:
    title: Docs
    when: { changed: [code] }
    proof: { changed: { areas: [docs], lines-at-least: 1 } }
  tests: { title: Tests, when: { changed: [code] }, proof: { check: ci / unit } }
"""


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=ana", "-c", "user.email=ana@example.com"]
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def write(folder: Path, files: dict[str, str], message: str) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", message)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with a policy on main and a branch that adds code without docs."""
    git(tmp_path, "init", "-q", "-b", "main")
    write(tmp_path, {".github/handoff.yml": POLICY, "app/a.py": "x = 1\n"}, "first")
    git(tmp_path, "checkout", "-qb", "feature")
    write(tmp_path, {"app/b.py": "y = 2\n"}, "code")
    return tmp_path


def test_what_would_block_is_exit_one(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", str(checkout), "--base", "main"])

    out = capsys.readouterr().out
    assert code == 1
    assert "BLOCKING 1" in out
    assert "CAN'T TELL 1" in out


def test_the_json_is_the_reports_own(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", str(checkout), "--base", "main", "--head", "HEAD", "--format", "json"])

    data = json.loads(capsys.readouterr().out)
    assert code == 1
    assert data["schema"] == "handoff.report/1"
    assert [(one["id"], one["state"]) for one in data["items"]] == [
        ("docs", "missing"),
        ("tests", "undecided"),
    ]
    assert data["subject"]["head_sha"] == git(checkout, "rev-parse", "HEAD")


def test_given_checks_count_as_the_bots(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(checkout, {"docs/b.md": "words\n"}, "docs")
    checks = checkout / "checks.json"
    checks.write_text('[{"name": "ci / unit", "app": "github-actions", "conclusion": "success"}]')

    code = main(["check", str(checkout), "--base", "main", "--checks", str(checks)])

    assert code == 0
    assert "nothing stands against the handoff" in capsys.readouterr().out


def test_markdown_goes_into_a_file(checkout: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.md"

    main(["check", str(checkout), "--base", "main", "--format", f"markdown={target}"])

    assert target.read_text().startswith("## 0 of 2 ")


def test_an_unknown_base_could_not_be_evaluated(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["check", str(checkout), "--base", "nowhere"])

    assert code == 3
    assert "no commit nowhere here" in capsys.readouterr().err


def test_a_folder_without_git_could_not_be_evaluated(tmp_path: Path) -> None:
    assert main(["check", str(tmp_path)]) == 3


def test_no_policy_is_the_callers_mistake(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(checkout, "checkout", "-q", "main")
    git(checkout, "rm", "-q", ".github/handoff.yml")
    git(checkout, "commit", "-qm", "no policy")

    code = main(["check", str(checkout), "--base", "HEAD~1"])

    assert code == 2
    assert "no policy" in capsys.readouterr().err


def test_a_preset_stands_in_for_a_policy(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["check", str(checkout), "--base", "main", "--preset", "backend-dev@1", "-v"])

    assert code == 0
    assert "preset backend-dev@1" in capsys.readouterr().out


def test_the_index_and_the_worktree_can_be_judged(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "docs").mkdir()
    (checkout / "docs/new.md").write_text("words\n")
    git(checkout, "add", "-A")

    main(["check", str(checkout), "--base", "main", "--staged", "--format", "json"])
    staged = json.loads(capsys.readouterr().out)
    main(["check", str(checkout), "--base", "main", "--worktree", "--format", "json"])
    tree = json.loads(capsys.readouterr().out)

    assert staged["items"][0]["state"] == tree["items"][0]["state"] == "proved"


@pytest.mark.parametrize(
    ("files", "words", "said"),
    [
        ({}, [], ""),
        ({"app/b.py": "y = 3\n"}, [], "1 changed file not judged: --worktree"),
        ({"app/b.py": "y = 2\n"}, [], ""),
        ({"app/b.py": "y\n", "new/c.py": "", "no.log": ""}, [], "3 changed files not judged"),
        ({"app/b.py": "y = 3\n"}, ["--worktree"], ""),
        ({"app/b.py": "y = 3\n"}, ["--quiet"], ""),
        ({"app/b.py": "y = 3\n"}, ["--head", "feature"], ""),
    ],
)
def test_what_is_left_out_is_said(
    files: dict[str, str],
    words: list[str],
    said: str,
    checkout: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (checkout / "app/a.py").unlink()
    git(checkout, "checkout", "--", "app/a.py")
    for name, text in files.items():
        (checkout / name).parent.mkdir(exist_ok=True)
        (checkout / name).write_text(text)
    main(["check", str(checkout), "--base", "main", *words])

    assert (said in capsys.readouterr().err) if said else not capsys.readouterr().err


def test_what_is_staged_removed_or_linked_is_left_out_too(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "staged").write_text("1")
    git(checkout, "add", "staged")
    (checkout / "app/a.py").unlink()
    (checkout / "app/b.py").unlink()
    (checkout / "app/b.py").symlink_to("a.py")
    main(["check", str(checkout), "--base", "main"])

    assert "3 changed files not judged" in capsys.readouterr().err


def test_a_proposed_policy_is_previewed_and_the_old_one_judges(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(checkout, {".github/handoff.yml": POLICY.replace("areas: [docs]", "areas: [dosc]")}, "p")

    code = main(["check", str(checkout), "--base", "main"])

    out = capsys.readouterr().out
    assert code == 1
    assert 'unknown area "dosc"; did you mean "docs"?' in out
    assert "BLOCKING 1" in out


def test_validate_names_place_and_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "handoff.yml"
    file.write_text("version: 1\nmode: off\n")

    code = main(["validate", str(file)])

    assert code == 2
    assert f"{file}:2:7  error" in capsys.readouterr().out


def test_validate_answers_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "handoff.yml"
    file.write_text(POLICY)

    code = main(["validate", str(file), "--format", "json"])

    assert code == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "handoff.problems/1"


def test_validate_refuses_what_is_no_file(tmp_path: Path) -> None:
    link = tmp_path / "link.yml"
    link.symlink_to(tmp_path / "elsewhere.yml")

    assert main(["validate", str(link)]) == 2


@pytest.mark.parametrize("word", ["required-checks-pass", "check", "why", "no-cases", *TRIGGERS])
def test_explain_prints_a_page(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", word]) == 0
    assert len(capsys.readouterr().out) > 40


def test_explain_offers_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "chek"]) == 2
    assert "did you mean 'check'?" in capsys.readouterr().err


def test_the_doctor_answers_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody: Any = None
    (tmp_path / "key.pem").write_text(Access(nobody).private_key_pem)
    monkeypatch.setenv("HANDOFF_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HANDOFF_APP_ID", "1")
    monkeypatch.setenv("HANDOFF_PRIVATE_KEY_FILE", str(tmp_path / "key.pem"))
    monkeypatch.setenv("HANDOFF_WEBHOOK_SECRET", "s3cret-s3cret-s3cret")

    assert main(["doctor", "--offline", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["schema"] == "handoff.doctor/1"
    assert [one["what"] for one in said["findings"]][-2:] == ["disk", "store"]
    monkeypatch.setenv("HANDOFF_DEFAULT_PRESET", "backend-dev@99")
    assert main(["doctor", "--offline"]) == 1
    assert main(["doctor", "--offline", "--repo", "orders-api"]) == 2
    assert '✗ preset  HANDOFF_DEFAULT_PRESET: unknown preset "backend' in capsys.readouterr().out


def test_the_doctor_says_that_a_file_is_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody: Any = None
    monkeypatch.setenv("HANDOFF_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HANDOFF_APP_ID", "1")
    monkeypatch.setenv("HANDOFF_PRIVATE_KEY", Access(nobody).private_key_pem)
    monkeypatch.setenv("HANDOFF_WEBHOOK_SECRET", "s3cret-s3cret-s3cret")
    file = tmp_path / "handoff.sqlite"
    file.write_text("something else")

    assert main(["doctor", "--offline"]) == 1
    assert f"✗ store  {file} cannot be used as a store: file is not" in capsys.readouterr().out
    monkeypatch.setenv("HANDOFF_DATA_DIR", str(file))
    assert main(["doctor", "--offline"]) == 1
    assert "✗ disk  [Errno 17] File exists" in capsys.readouterr().out
    monkeypatch.setenv("HANDOFF_DATA_DIR", str(tmp_path))
    assert main(["serve"]) == 2
    assert "cannot be used as a store" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("off", "code", "says"),
    [
        ("", 0, " ✓ store  a durable write on Postgres takes "),
        ("synchronous_commit", 1, " ✗ store  synchronous_commit is off"),
    ],
)
def test_the_doctor_looks_at_the_database_that_holds_the_store(
    off: str,
    code: int,
    says: str,
    postgres: Postgres,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    nobody: Any = None
    url = postgres.create(f"doctor{len(off)}")
    if off:
        postgres.ask(f"ALTER DATABASE doctor{len(off)} SET {off} = off")
    monkeypatch.setenv("HANDOFF_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HANDOFF_APP_ID", "1")
    monkeypatch.setenv("HANDOFF_PRIVATE_KEY", Access(nobody).private_key_pem)
    monkeypatch.setenv("HANDOFF_WEBHOOK_SECRET", "s3cret-s3cret-s3cret")
    monkeypatch.setenv("HANDOFF_DATABASE_URL", url)

    assert main(["doctor", "--offline"]) == code
    assert says in capsys.readouterr().out
    monkeypatch.setenv("HANDOFF_DATABASE_URL", "postgresql://handoff@127.0.0.1:1/none")
    assert main(["doctor", "--offline"]) == 1
    assert " ✗ store  the database cannot be reached" in capsys.readouterr().out


def test_the_doctor_names_targets_and_mistakes_of_the_channels_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody: Any = None
    monkeypatch.setenv("HANDOFF_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HANDOFF_APP_ID", "1")
    monkeypatch.setenv("HANDOFF_PRIVATE_KEY", Access(nobody).private_key_pem)
    monkeypatch.setenv("HANDOFF_WEBHOOK_SECRET", "s3cret-s3cret-s3cret")
    file = tmp_path / "channels.yml"
    file.write_text("targets: {ops: {slack: {token: xoxb-hidden, channel: C1}}}")
    monkeypatch.setenv("HANDOFF_CHANNELS_FILE", str(file))

    assert main(["doctor", "--offline"]) == 0
    assert "✓ target ops  slack\n" in capsys.readouterr().out
    file.write_text("targets: {ops: {slack: {tokem: xoxb-hidden}}}")
    for words in (["doctor", "--offline"], ["serve"]):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert "HANDOFF_CHANNELS: targets.ops.slack: lacks token (line 1)" in said
        assert "hidden" not in said


def test_rules_can_be_listed_by_item(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--item", "docs"]) == 0
    assert capsys.readouterr().out.startswith("companion-files-changed")


def test_rules_can_be_listed_by_what_they_advise_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--guide", "service-layer"]) == 0
    rows = capsys.readouterr().out.splitlines()

    assert [row.split()[0] for row in rows] == [
        "domain-errors-are-translated-once",
        "queries-do-not-write",
        "services-know-no-transport",
        "transactions-have-one-owner",
    ]


def test_rules_that_only_advise_come_last(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    guides = [row.split()[2] for row in capsys.readouterr().out.splitlines()]

    advising = guides[guides.count("checklist") :]
    assert advising == sorted(advising) != []
    assert "checklist" not in advising


def test_rules_stand_in_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    rows = capsys.readouterr().out.splitlines()
    column = max(len(row.split()[0]) for row in rows) + 1

    assert all(row[column - 1] == " " != row[column] for row in rows)


@pytest.mark.parametrize("words", [["schema"], ["schema", "--organisation"]])
def test_schemas_are_json(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["$schema"].startswith("https://json-schema.org/")


def test_generate_check_fails_with_a_diff_when_a_file_is_stale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "config"
    shutil.copytree(Path(__file__).parents[2] / "config", folder)
    fresh = main(["generate", "--check", "--into", str(folder)])
    (folder / "commands.md").write_text("old\n")

    stale = main(["generate", "--check", "--into", str(folder)])

    assert (fresh, stale) == (0, 1)
    assert "-old" in capsys.readouterr().out


def test_migrate_makes_checks_and_takes_back_a_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--data-dir", str(tmp_path)]

    codes = [
        main(["migrate", "--check", *words]),
        main(["migrate", *words]),
        main(["migrate", "--check", *words]),
        main(["db", "downgrade", "base", *words]),
        main(["migrate", *words]),
    ]

    assert codes == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    "words",
    [["queue"], ["resume", "acme/x#1"], ["rebuild", "acme/x#1"], ["replay", "acme/x#1"]],
)
def test_without_a_server_or_store_there_is_nothing_to_ask(
    words: list[str], tmp_path: Path
) -> None:
    assert main([*words, "--data-dir", str(tmp_path)]) == 3


@pytest.mark.parametrize(
    "text", ["[1]", '{"matter": 1, "report": "{}"}', "{", "\x00", "[" * 100_000]
)
def test_a_file_that_no_replay_has_kept_is_said(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kept.json"
    file.write_text(text)

    assert main(["replay", "--file", str(file)]) == 3
    assert "handoff: nothing to replay: " in capsys.readouterr().err


@pytest.mark.parametrize("command", ["resume", "rebuild", "replay", "decisions"])
@pytest.mark.parametrize("name", ["acme", "acme/x#²", "acme/ü#1", "a/b/c#1", "acme/x y#1", "/#1"])
def test_a_wrong_name_is_the_callers_mistake(command: str, name: str, tmp_path: Path) -> None:
    assert main([command, name, "--data-dir", str(tmp_path)]) == 2


def test_a_replay_names_what_it_is_about(tmp_path: Path) -> None:
    assert main(["replay", "--data-dir", str(tmp_path)]) == 2


@pytest.mark.parametrize("command", ["validate", "backup", "restore", "check"])
def test_a_name_that_no_file_can_have_is_no_bug_of_ours(
    command: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main([command, "x" * 300]) in {2, 3}
    assert "xxx" in capsys.readouterr().err


def test_an_error_that_names_no_file_is_one_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError("a bug")

    monkeypatch.setattr("bot.cli.rules.run", lambda _: broken())

    with pytest.raises(OSError, match="a bug"):
        main(["rules"])


def test_help_and_version_need_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert main(["--version"]) == 0
    assert "for operators" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["check", "migrate"])
def test_every_command_shows_the_trace_of_a_bug(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: argparse.Namespace) -> int:
        raise ValueError("a bug")

    monkeypatch.setattr(f"bot.cli.{name}.run", broken)
    monkeypatch.setattr("sys.argv", ["handoff", name])
    with pytest.raises(SystemExit, match="3"):
        run()
    assert "our own bug: ValueError: a bug (-vv shows" in capsys.readouterr().err

    monkeypatch.setattr("sys.argv", ["handoff", name, "-vv"])
    with pytest.raises(ValueError, match="a bug"):
        run()


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["chekc"])

    assert ended.value.code == 2


REPORTS = POLICY.replace("{ check: ci / unit }", "{ junit: { artifact: unit, if-absent: skip } }")
JUNIT = '<testsuite><testcase name="a"/>{}</testsuite>'
GIVEN = [
    ("nothing said", [], "not given to a checkout"),
    ("CI left none", ["none"], "no such report in an artifact unit"),
    ("all passed", ["unit={}"], "1 cases ran, 0 skipped (unit)"),
    ("another name", ["other={}"], "no such report in an artifact unit"),
]


@pytest.mark.parametrize(("why", "words", "says"), GIVEN)
def test_reports_of_ci_are_judged_in_a_checkout(
    why: str, words: list[str], says: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, report = checkout / "policy.yml", checkout / "junit.xml"
    policy.write_text(REPORTS)
    report.write_text(JUNIT.format(""))
    given = [word for one in words for word in ("--report", one.format(report))]

    main(["check", str(checkout), "--base", "main", "--policy", str(policy), "-v", *given])

    assert says in capsys.readouterr().out


DEPLOYED = {"environment": "staging", "state": "success", "updated_at": "2026-11-24T12:00:00Z"}


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({}, "deployments - not given to a checkout. Give --facts FILE"),
        ({"deployments": [DEPLOYED]}, "is deployed to staging"),
    ],
)
def test_deployments_are_given_to_a_checkout(
    known: dict[str, Any], says: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, facts = checkout / "policy.yml", checkout / "facts.json"
    policy.write_text(POLICY.replace("{ check: ci / unit }", "{ deployment: staging }"))
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=checkout, text=True).strip()
    facts.write_text(
        json.dumps({name: [one | {"sha": head} for one in rows] for name, rows in known.items()})
    )

    words = ["--base", "main", "--policy", str(policy), "--facts", str(facts), "-v"]
    main(["check", str(checkout), *words])

    assert says in capsys.readouterr().out


@pytest.mark.parametrize("word", ["unit", "=x.xml", "unit=", "unit=/no/such/file"])
def test_a_report_without_name_or_file_is_a_mistake(
    word: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(checkout), "--base", "main", "--report", word]) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "text"),
    [("--facts", "[]"), ("--facts", "null"), ("--checks", '["ci"]'), ("--checks", "[" * 100_000)],
)
def test_facts_of_another_shape_are_a_mistake(
    option: str, text: str, checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "given.json").write_text(text)
    words = ["--base", "main", option, str(tmp_path / "given.json")]

    assert main(["check", str(checkout), *words]) == 2
    assert "the given facts cannot be read" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_to_is_a_mistake(
    checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    for place in (tmp_path / "folder", tmp_path / "nowhere" / "report.json"):
        assert main(["check", str(checkout), "--base", "main", "--format", f"json={place}"]) == 2
        assert f"{place} cannot be written" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.new"))
