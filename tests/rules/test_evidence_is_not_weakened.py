"""A table of what weakens the evidence of a change, and of what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.linking.evidence import evidence_needs
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.verdict import Outcome
from bot.readers.evidence.shell import commands, loosening, program
from bot.rules.evidence_is_not_weakened import RULE, Options, needs
from tests.support.pulls import changed, pull
from tests.support.sources import written

P, F, S, U = Outcome.PASS, Outcome.FAIL, Outcome.SKIP, Outcome.UNKNOWN
CI = ".github/workflows/ci.yml"
OTHER = ".github/workflows/other.yml"


def judged(rule: str, facts: Facts, **options: Any) -> Outcome:
    assert rule == RULE.id
    return RULE.prove(facts, Options(**options)).outcome


def change(files: dict[str, tuple[str, str]], **more: Any) -> Facts:
    renamed = more.get("renamed")
    rows = written(frozenset(), files, renamed=renamed)
    return written(needs(Options(), rows.changes), files, **more)


def said(facts: Facts) -> list[str]:
    """Kinds with their places, likely ones in brackets."""
    verdict = RULE.prove(facts, Options())
    sure = [f"{one.kind.id} {one.file}:{one.line}" for one in verdict.evidence]
    return sure + [f"({one.note})" for one in verdict.advice]


def job(*steps: str, head: str = "", name: str = "unit", on: str = "on: pull_request") -> str:
    lines = [on, "jobs:", f"  {name}:", "    runs-on: ubuntu-latest"]
    lines += [f"    {one}" for one in head.split("\n") if one]
    lines += ["    steps:", "      - uses: actions/checkout@v4"]
    for step in steps:
        first, *rest = step.split("\n")
        lines += [f"      - {first}", *(f"        {one}" for one in rest)]
    return "\n".join(lines) + "\n"


TEST = "run: pytest tests"
CYPRESS = "uses: cypress-io/github-action@v6\nwith:\n  runTests: false"
LINT = "uses: golangci/golangci-lint-action@v6"
PLAIN = job(TEST)


def ci(after: str, before: str = PLAIN, **more: Any) -> Facts:
    return change({CI: (before, after)}, **more)


def settings(path: str, before: str, after: str) -> Facts:
    return change({path: (before, after)})


COVERAGE = "[tool.coverage.report]\nfail_under = {}\nomit = [{}]\n"
RUFF = "[tool.ruff.lint]\nselect = [{}]\nignore = [{}]\n"
ONE = "def test_one():\n    assert f()\n"
TWO = ONE + "\n\ndef test_two():\n    assert g()\n"
SKIPPED = ONE + "\n\n@pytest.mark.skip\ndef test_two():\n    assert g()\n"
IMPORT = "import pytest\n\n\n"
GO = ("tests/a_test.go", "package a\n\nfunc TestOne(t *testing.T) {\n%s\tf()\n}\n")
PY = ("tests/test_a.py", "import pytest\n\ndef test_one():\n%s    assert f()\n")
RB = ("test/a_test.rb", "class ATest < Minitest::Test\n  def test_one\n%s    f\n  end\nend\n")
JAVA = ("src/test/AT.java", "class AT {\n  @Test\n  void one() {\n%s    f();\n  }\n}\n")


def stopped(file: tuple[str, str], line: str) -> Facts:
    """A test that gets a line."""
    return change({file[0]: (file[1] % "", file[1] % line)})


WEAKER = [
    (
        "the job goes on",
        ci(job(TEST, head="continue-on-error: true")),
        f"continues-on-error {CI}:5",
    ),
    ("the step goes on", ci(job(f"{TEST}\ncontinue-on-error: true")), f"continues-on-error {CI}:8"),
    ("masked", ci(job("run: pytest tests || true")), f"failure-masked {CI}:7"),
    (
        "masked in a script",
        ci(job("run: |\n  set -e\n  pytest tests || :")),
        f"failure-masked {CI}:9",
    ),
    ("on two lines", ci(job("run: |\n  pytest \\\n    tests || true")), f"failure-masked {CI}:8"),
    (
        "exit zero",
        ci(job("run: ruff check --exit-zero"), job("run: ruff check")),
        f"checks-left-out {CI}:7",
    ),
    ("selected", ci(job("run: pytest tests -k fast")), f"checks-left-out {CI}:7"),
    ("deselected", ci(job("run: pytest --deselect tests/a.py")), f"checks-left-out {CI}:7"),
    ("marked", ci(job('run: python -m pytest -m "not slow"')), f"checks-left-out {CI}:7"),
    (
        "skipped in Maven",
        ci(job("run: ./mvnw verify -DskipTests"), job("run: ./mvnw verify")),
        f"checks-left-out {CI}:7",
    ),
    ("the step has a condition", ci(job(f"{TEST}\nif: github.ref == 'x'")), f"runs-only-if {CI}:8"),
    (
        "paths ignored",
        ci(job(TEST, on="on:\n  pull_request:\n    paths-ignore: [app/**]")),
        f"paths-ignored {CI}:3",
    ),
    (
        "step gone",
        ci(job("run: ruff check"), job("run: ruff check", TEST)),
        f"check-removed {CI}:None",
    ),
    (
        "step gone, one that fails unseen stays",
        ci(job("run: pytest a || true"), job(TEST, "run: pytest a || true")),
        f"check-removed {CI}:None",
    ),
    ("workflow gone", change({CI: (PLAIN, "")}), f"check-removed {CI}:None"),
    ("an action that checks gone", ci(job(TEST), job(TEST, LINT)), f"check-removed {CI}:None"),
    (
        "an action that checks may fail",
        ci(job(f"{LINT}\ncontinue-on-error: true"), job(LINT)),
        f"continues-on-error {CI}:8",
    ),
    (
        "a task of Gradle gone",
        ci(job(TEST), job(TEST, "run: ./gradlew :app:integrationTest")),
        f"check-removed {CI}:None",
    ),
    (
        "threshold",
        settings("pyproject.toml", COVERAGE.format(85, ""), COVERAGE.format(70, "")),
        "threshold-lowered pyproject.toml:2",
    ),
    (
        "threshold, ini",
        settings(".coveragerc", "[report]\nfail_under = 85\n", "[report]\nfail_under = 80.5\n"),
        "threshold-lowered .coveragerc:2",
    ),
    (
        "threshold in CI",
        ci(job("run: pytest --cov-fail-under=70"), job("run: pytest --cov-fail-under=80")),
        f"threshold-lowered {CI}:7",
    ),
    (
        "threshold of jest",
        settings(
            "package.json",
            '{"jest": {"coverageThreshold": {"global": {"lines": 90}}}}',
            '{"jest": {"coverageThreshold": {"global": {"lines": 9}}}}',
        ),
        "threshold-lowered package.json:1",
    ),
    (
        "codecov",
        settings(
            "codecov.yml",
            "coverage:\n  status:\n    project:\n      default:\n        target: 90%\n",
            "coverage:\n  status:\n    project:\n      default:\n        target: 80%\n",
        ),
        "threshold-lowered codecov.yml:5",
    ),
    (
        "left out of coverage",
        settings("pyproject.toml", COVERAGE.format(85, ""), COVERAGE.format(85, '"app/pay.py"')),
        "exclusions-lengthened pyproject.toml:3",
    ),
    (
        "left out, ini",
        settings(
            "setup.cfg",
            "[coverage:run]\nomit = a.py\n",
            "[coverage:run]\nomit =\n    a.py\n    b.py\n",
        ),
        "exclusions-lengthened setup.cfg:4",
    ),
    (
        "linter",
        settings("pyproject.toml", RUFF.format('"E", "F"', ""), RUFF.format('"E", "F"', '"E722"')),
        "exclusions-lengthened pyproject.toml:3",
    ),
    (
        "flake8",
        settings(".flake8", "[flake8]\nignore = E1\n", "[flake8]\nignore = E1, F401\n"),
        "exclusions-lengthened .flake8:2",
    ),
    (
        "mypy",
        settings(
            "mypy.ini",
            "[mypy]\nstrict = True\n",
            "[mypy]\nstrict = True\n[mypy-app.*]\nignore_errors = True\n",
        ),
        "exclusions-lengthened mypy.ini:3",
    ),
    (
        "eslint",
        settings(".eslintrc.json", '{"rules": {"a": 2}}', '{"rules": {"a": 2, "b": ["off"]}}'),
        "exclusions-lengthened .eslintrc.json:1",
    ),
    (
        "rubocop",
        settings(".rubocop.yml", "A:\n  Enabled: true\n", "A:\n  Enabled: false\n"),
        "exclusions-lengthened .rubocop.yml:1",
    ),
    (
        "golangci",
        settings(".golangci.yml", "linters:\n  disable: [a]\n", "linters:\n  disable: [a, b]\n"),
        "exclusions-lengthened .golangci.yml:2",
    ),
    (
        "secret scanner",
        settings(".gitleaksignore", "a\n", "a\nb\n"),
        "exclusions-lengthened .gitleaksignore:2",
    ),
    (
        "sonar",
        settings("sonar-project.properties", "sonar.exclusions=a\n", "sonar.exclusions=a,lib/**\n"),
        "exclusions-lengthened sonar-project.properties:1",
    ),
    (
        "pytest's own options",
        settings(
            "pytest.ini", "[pytest]\naddopts = -q\n", "[pytest]\naddopts = -q --ignore=tests/api\n"
        ),
        "exclusions-lengthened pytest.ini:2",
    ),
    (
        "switched off",
        change({"tests/test_a.py": (IMPORT + TWO, IMPORT + SKIPPED)}),
        "test-switched-off tests/test_a.py:8",
    ),
    (
        "runs alone",
        change({"a.test.ts": ("it('x', () => {})\n", "it.only('x', () => {})\n")}),
        "test-switched-off a.test.ts:1",
    ),
    ("test removed", change({"tests/test_a.py": (TWO, ONE)}), "test-removed tests/test_a.py:None"),
    ("off at once", stopped(GO, "\tt.Skip()\n"), "test-switched-off tests/a_test.go:4"),
    (
        "off after a branch",
        stopped(GO, "\tif a() {\n\t\tb()\n\t}\n\tt.Skip()\n"),
        "test-switched-off tests/a_test.go:7",
    ),
    ("off with a reason", stopped(RB, "    skip 'x'\n"), "test-switched-off test/a_test.rb:3"),
    (
        "left out beside a group of fewer letters",
        settings(
            "pyproject.toml",
            RUFF.format('"ALL"', '"S"'),
            RUFF.format('"ALL"', '"S", "SIM102"'),
        ),
        "exclusions-lengthened pyproject.toml:3",
    ),
    (
        "left out in a second file",
        change(
            {
                "a/ruff.toml": (
                    'lint.ignore = ["F401"]\n',
                    'lint.ignore = ["F401"]\nexclude = []\n',
                ),
                "b/ruff.toml": ("lint.ignore = []\n", 'lint.ignore = ["F401"]\n'),
            }
        ),
        "exclusions-lengthened b/ruff.toml:1",
    ),
    (
        "test removed beside one that is off",
        change({"tests/test_a.py": (IMPORT + SKIPPED, IMPORT + SKIPPED[len(ONE) :])}),
        "test-removed tests/test_a.py:None",
    ),
    (
        "test removed that ran sometimes",
        change({"tests/test_a.py": (IMPORT + SKIPPED.replace("skip", "skipif(X)"), IMPORT + ONE)}),
        "test-removed tests/test_a.py:None",
    ),
]


@pytest.mark.parametrize(("why", "facts", "first"), WEAKER)
def test_evidence_is_weakened(why: str, facts: Facts, first: str) -> None:
    assert said(facts)[0] == first
    assert RULE.prove(facts, Options()).outcome is F


ONE_OF_EACH = list({row[2].split(" ")[0]: row for row in WEAKER}.values())


@pytest.mark.parametrize(("why", "facts", "first"), ONE_OF_EACH)
def test_weakened_evidence_fails(why: str, facts: Facts, first: str) -> None:
    assert judged("evidence-is-not-weakened", facts) is F


AS_STRONG = [
    ("an action's version", ci(PLAIN.replace("@v4", "@v5")), P),
    ("formatted", ci(PLAIN.replace("pytest tests", '"pytest tests"')), P),
    ("a comment", ci("# continue-on-error: true\n" + PLAIN), P),
    ("a comment in a script", ci(job("run: |\n  pytest tests # || true")), P),
    ("another step goes on", ci(job(TEST, "run: upload\ncontinue-on-error: true")), P),
    ("another step is masked", ci(job(TEST, "run: rm -f x || true")), P),
    ("never goes on", ci(job(f"{TEST}\ncontinue-on-error: false")), P),
    ("always runs", ci(job(f"{TEST}\nif: ${{{{ always() }}}}")), P),
    ("masked at the base", ci(job("run: pytest a || true"), job("run: pytest b || true")), P),
    (
        "a new job that may fail",
        ci(PLAIN + job(TEST, name="new", head="continue-on-error: true").partition("jobs:\n")[2]),
        P,
    ),
    ("a second run in part", ci(job(TEST, "run: pytest -k slow")), P),
    ("moved to another file", change({CI: (PLAIN, ""), OTHER: ("", PLAIN)}), P),
    ("renamed", change({OTHER: (PLAIN, PLAIN + "\n")}, renamed={OTHER: CI}), P),
    ("runs in an unchanged one", change({CI: (PLAIN, "")}, unchanged={OTHER: PLAIN}), P),
    ("only installed", ci(job("run: ls", TEST), job("run: pip install pytest || true", TEST)), P),
    ("an action that checks, newer", ci(job(LINT.replace("v6", "v8")), job(LINT)), P),
    ("an action that only installed", ci(job(TEST), job(TEST, CYPRESS)), P),
    ("an action's program runs by itself", ci(job("run: golangci-lint run"), job(LINT)), P),
    ("gone and masked before", ci(job(TEST), job(TEST, "run: ruff check || true")), P),
    (
        "less left out than before",
        settings(
            "pyproject.toml",
            RUFF.format('"ALL"', '"S", "B", "PL"'),
            RUFF.format('"ALL"', '"S101", "B019", "B904", "PLR0913"')
            + 'per-file-ignores = { "tests/*" = ["S105"] }\n',
        ),
        P,
    ),
    (
        "threshold raised",
        settings("pyproject.toml", COVERAGE.format(70, ""), COVERAGE.format(85, "")),
        P,
    ),
    (
        "first threshold",
        settings("pyproject.toml", "[tool.coverage.report]\n", COVERAGE.format(85, "")),
        P,
    ),
    ("first settings", settings("pyproject.toml", "[project]\n", RUFF.format('"E"', '"E1"')), P),
    (
        "shorter list",
        settings("pyproject.toml", RUFF.format("", '"E1", "E2"'), RUFF.format("", '"E2"')),
        P,
    ),
    (
        "order",
        settings("pyproject.toml", RUFF.format("", '"E1", "E2"'), RUFF.format("", '"E2", "E1"')),
        P,
    ),
    (
        "moved to another file",
        change(
            {
                ".coveragerc": ("[report]\nomit = a.py\n", ""),
                "pyproject.toml": ("[tool.x]\n", COVERAGE.format(9, '"a.py"')),
            }
        ),
        P,
    ),
    ("a new file is skipped", change({"tests/test_b.py": ("", IMPORT + SKIPPED)}), P),
    (
        "a skip moved",
        change(
            {
                "tests/test_a.py": (IMPORT + SKIPPED, IMPORT + ONE),
                "tests/test_b.py": ("", IMPORT + SKIPPED.replace("one", "three")),
            }
        ),
        P,
    ),
    (
        "a test renamed",
        change({"tests/test_a.py": (TWO, TWO.replace("test_two", "test_three"))}),
        P,
    ),
    (
        "a test that was off removed",
        change({"tests/test_a.py": (IMPORT + SKIPPED, IMPORT + ONE)}),
        P,
    ),
    (
        "its subject removed",
        change({"tests/test_a.py": (TWO, ONE), "app/a.py": ("def g():\n    pass\n", "")}),
        P,
    ),
    (
        "removed and another added",
        change({"tests/test_a.py": (TWO, ONE + "\n\ndef test_x():\n    assert h()\n")}),
        P,
    ),
    ("in a string", change({"tests/test_a.py": (ONE, ONE + '\nX = "@pytest.mark.skip"\n')}), P),
    ("source alone", change({"app/a.py": ("", "x = 1\n")}), S),
    ("nothing", pull(), S),
    ("files not known", pull(changes=Unknown("not visible")), U),
    ("not YAML", ci("jobs: [\n"), U),
    ("not TOML", settings("pyproject.toml", "[a]\n", "[a\n"), U),
    ("not JSON", settings("package.json", "{}", "{"), U),
    ("not read", pull(changed(CI, PLAIN, "x")), U),
    ("test not read", pull(changed("tests/test_a.py", ONE, TWO)), U),
    ("over the limit", settings("package.json", "{}", " " * 1_000_001), U),
]


@pytest.mark.parametrize(("why", "facts", "outcome"), AS_STRONG)
def test_evidence_is_as_strong_as_before(why: str, facts: Facts, outcome: Outcome) -> None:
    assert judged("evidence-is-not-weakened", facts) is outcome


PERHAPS = [
    ("off in a branch", stopped(GO, "\tif !ready() {\n\n\t\tt.Skip()\n\t}\n")),
    ("in a long one", stopped(GO, "\tif a() &&\n\t\tb() {\n\t\tt.Skip()\n\t}\n")),
    ("in brackets", stopped(PY, "    if (\n        x\n    ):\n        pytest.skip('x')\n")),
    ("in the other", stopped(PY, "    if x:\n        g()\n    else:\n        pytest.skip('')\n")),
    ("on one line", stopped(PY, "    if x: pytest.skip('')\n")),
    ("unless", stopped(RB, "    skip 'x' unless ready\n")),
    ("if, in brackets", stopped(RB, "    skip('x') if slow\n")),
    ("assumed", stopped(JAVA, "    assumeTrue(ready());\n")),
    ("a condition of the job", ci(job(TEST, head="if: github.ref == 'x'"))),
    ("an expression", ci(job(TEST, head="continue-on-error: ${{ matrix.next }}"))),
    ("docs ignored", ci(job(TEST, on="on:\n  pull_request:\n    paths-ignore: ['**.md']"))),
    ("replaced", ci(job("run: make all"))),
    (
        "replaced by what another workflow runs too",
        ci(
            job("run: npx vitest run"),
            job("run: npm test"),
            unchanged={OTHER: job("run: npx vitest run")},
        ),
    ),
    ("with what it checked", change({CI: (PLAIN, ""), "app/a.py": ("x\n", "")})),
    ("entry replaced", settings(".flake8", "[flake8]\nignore = E1\n", "[flake8]\nignore = E2\n")),
    ("rule that is not chosen", settings("ruff.toml", "[lint]\n", '[lint]\nignore = ["UP1"]\n')),
    (
        "chosen and left out",
        settings("pyproject.toml", RUFF.format('"E"', ""), RUFF.format('"E", "F"', '"F1"')),
    ),
    (
        "left out by default",
        settings(".flake8", "[flake8]\na = 1\n", "[flake8]\na = 1\nexclude = .git\n"),
    ),
    (
        "left out as it is added",
        change(
            {
                "pyproject.toml": (COVERAGE.format(9, ""), COVERAGE.format(9, '"gen/*"')),
                "gen/a.py": ("", "x = 1\n"),
            }
        ),
    ),
    (
        "lines that need no test",
        settings(
            "pyproject.toml",
            "[tool.coverage.report]\n",
            '[tool.coverage.report]\nexclude_also = ["if TYPE_CHECKING"]\n',
        ),
    ),
]


@pytest.mark.parametrize(("why", "facts"), PERHAPS)
def test_what_may_be_right_is_only_mentioned(why: str, facts: Facts) -> None:
    assert [one[0] for one in said(facts)] == ["("]
    assert RULE.prove(facts, Options()).outcome is P


def test_the_finding_names_job_and_command() -> None:
    verdict = RULE.prove(ci(job("run: pytest tests || true")), Options())

    assert verdict.summary == "unit: pytest may now fail without being seen (|| true)"


def test_evidence_of_another_form_is_for_a_person() -> None:
    evidence = Area("evidence", (".gitlab-ci.yml", "**/.dockerignore"))
    other = pull(changed(".gitlab-ci.yml", "a\n", "b\n"))

    assert judged("evidence-is-not-weakened", other, evidence=evidence) is U
    assert judged("evidence-is-not-weakened", other) is S
    ignoring = pull(changed(".dockerignore", "a\n", "b\n"))
    assert judged("evidence-is-not-weakened", ignoring, evidence=evidence) is S


def test_nothing_is_asked_for_where_no_evidence_changed() -> None:
    files = (changed("app/a.py", "", "x\n"),)

    assert needs(Options(), files) == frozenset()
    assert evidence_needs(Unknown("x"), Options().tests, Options().generated) == frozenset()


PROGRAMS = [
    ("uv run pytest -q", "pytest"),
    ("python3 -m pytest", "pytest"),
    ("cd ui && yarn test --ci", "test"),
    ("npm run lint:fix", "lint:fix"),
    ("./gradlew clean check", "check"),
    ("./gradlew :app:test integrationTest", "test"),
    ("./gradlew assemble", ""),
    ("./gradlew bootJar -x test", ""),
    ("./gradlew --exclude-task integrationTest build", "build"),
    ("./gradlew assembleDebugAndroidTest", ""),
    ("composer require --dev pestphp/pest", ""),
    ("curl -sSLO https://example.org/1.0/ktlint && chmod a+x ktlint && sudo mv ktlint /bin/", ""),
    ("golangci-lint --version", ""),
    ("nyc --require ts-node/register mocha", "mocha"),
    ("docker run -i --pull always app pytest", "pytest"),
    ("go test ./...", "go test"),
    ("gotestsum -- ./...", "gotestsum"),
    ("go install gotest.tools/gotestsum@latest", ""),
    ("php artisan test", "artisan test"),
    ("composer run-script lint", "lint"),
    ("composer install", ""),
    ("bin/rake test", "rake test"),
    ("rake db:migrate", ""),
    ("pip install pytest", ""),
    ("echo pytest", ""),
    ("cat pytest.ini", ""),
    ("ls tests", ""),
]


@pytest.mark.parametrize(("text", "name"), PROGRAMS)
def test_a_command_is_known_by_what_it_runs(text: str, name: str) -> None:
    assert program(text) == name


def test_options_of_what_runs_the_program_are_not_its_own() -> None:
    assert loosening("python -m pytest") == []
    assert [one.text for one in commands("a \\\n  b\n# c\nd # e\n")] == ["a b", "d"]
