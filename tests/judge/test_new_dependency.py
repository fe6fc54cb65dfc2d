"""What makes a name of a package, service or piece of infrastructure new, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from bot.judge.condition import condition_needs, holds, shown
from bot.model.item import AddsNames, Every, No
from bot.model.known import Known, Unknown
from bot.model.manifest import MANIFESTS, family_of
from bot.model.verdict import Tier
from bot.readers.manifests.python import requirement
from tests.support.judging import policy
from tests.support.pulls import changed, pull
from tests.support.sources import written

POLICY = policy("version: 1\nchecklist: {}\n")
ALL = AddsNames(what=("package", "service", "infrastructure"))
PYPROJECT = '[project]\nname = "shop"\ndependencies = [{}]\n'


def seen(
    files: dict[str, tuple[str, str]], condition: Any = ALL, **more: Any
) -> tuple[Known[bool], list[str]]:
    """Whether the condition holds, and its evidence, likely ones in brackets."""
    rows = pull(*(changed(path, *texts) for path, texts in files.items()))
    changes = rows.changes
    for path, old in (more.get("renamed") or {}).items():
        changes = written(frozenset(), files, renamed={path: old}).changes
    needs = condition_needs(condition, POLICY, changes)
    facts = written(needs, files, **more)
    said = []
    for piece in shown(condition, facts, POLICY):
        text = f"{piece.note} {piece.file}:{piece.line}"
        said.append(text if piece.kind.tier is Tier.SURE else f"({text})")
    return holds(condition, facts, POLICY), said


def poetry(*lines: str, group: str = "") -> str:
    return f"[tool.poetry{group}.dependencies]\n" + "\n".join(lines) + "\n"


NEW = [
    ("pyproject.toml", PYPROJECT.format(""), PYPROJECT.format('"redis>=5"'), "package redis", 3),
    ("pyproject.toml", "", poetry('python = "^3.11"', 'Redis = "5"'), "package redis", 3),
    ("pyproject.toml", poetry(), poetry('a = {git = "https://x.dev/a"}'), "package a", 2),
    ("requirements.txt", "flask\n", "flask\nredis[hiredis]==5 ; x\n", "package redis", 2),
    ("requirements.txt", "", "-e git+https://x.dev/o/b.git#egg=Our_Lib\n", "package our-lib", 1),
    ("requirements/base.in", "", "https://x.dev/f/redis-5.0-py3-none.whl\n", "package redis", 1),
    ("setup.cfg", "", "[options]\ninstall_requires =\n    a>1\n", "package a", 3),
    ("setup.py", "", 'setup(install_requires=["a>1"])\n', "package a", 1),
    ("setup.py", "", 'NEED = ["a"]\nsetup(install_requires=NEED)\n', "package a", 1),
    ("Pipfile", "", '[packages]\na = "*"\n', "package a", 2),
    ("package.json", "{}", '{\n "dependencies": {\n  "a": "1"\n }\n}', "package a", 3),
    ("ui/package.json", "{}", '{"optionalDependencies": {"a": "1"}}', "package a", 1),
    ("package.json", "{}", '{"dependencies": {"x": "npm:@a/b@1"}}', "package @a/b", 1),
    ("go.mod", "module a.b/c\n", "module a.b/c\nrequire x.y/z/v3 v3.1.0\n", "package x.y/z", 2),
    ("go.mod", "", "replace a.b/c => x.y/z v1.0.0\n", "package x.y/z", 1),
    (
        "build.gradle",
        "",
        "dependencies {\n  implementation 'g.h:a:1'\n}\n",
        "package g.h:a",
        2,
    ),
    ("app/build.gradle.kts", "", 'runtimeOnly("g:a:$v")\n', "package g:a", 1),
    ("build.gradle", "", "implementation group: 'g', name: 'a', version: '1'\n", "package g:a", 1),
    ("Gemfile", "", "source 'x'\ngem 'sidekiq', '~> 7'\n", "package sidekiq", 2),
    ("Dockerfile", "FROM python:3.11\n", "FROM redis:7\n", "infrastructure redis", 1),
    ("Dockerfile", "", "ARG B=a/b:1\nFROM ${B} AS x\nFROM x\n", "infrastructure a/b", 2),
    (
        "compose.yaml",
        "",
        "services:\n  cache:\n    image: docker.io/library/redis:7@sha256:00\n",
        "service redis",
        3,
    ),
    ("infra/a.tf", "", 'resource "aws_sqs_queue" "x" {}\n', "infrastructure aws_sqs_queue", 1),
    (
        "chart/Chart.yaml",
        "",
        "dependencies:\n  - name: redis\n    version: 1\n",
        "infrastructure chart redis",
        2,
    ),
    (
        "k8s/a.yaml",
        "",
        "apiVersion: v1\nkind: CronJob # x\n",
        "infrastructure kind CronJob",
        2,
    ),
    (
        "charts/x/templates/a.yaml",
        "",
        "apiVersion: v1\n{{- if .Values.x }}\nkind: Ingress\n{{- end }}\n",
        "infrastructure kind Ingress",
        3,
    ),
]


@pytest.mark.parametrize(("path", "before", "after", "name", "line"), NEW)
def test_a_name_that_no_manifest_had_is_new(
    path: str, before: str, after: str, name: str, line: int
) -> None:
    assert seen({path: (before, after)}) == (True, [f"{name} {path}:{line}"])


POM = (
    "<project><groupId>o</groupId><artifactId>us</artifactId><dependencies>{}</dependencies>"
    "</project>"
)
DEPENDENCY = "<dependency><groupId>g</groupId><artifactId>a</artifactId>{}</dependency>"
OURS = DEPENDENCY.format("").replace(">g<", ">${project.groupId}<")


def test_a_dependency_of_maven_is_new_at_its_line() -> None:
    after = POM.format(
        "\n<dependency>\n<groupId>g</groupId>\n<artifactId>a</artifactId></dependency>"
    )

    assert seen({"pom.xml": (POM.format(""), after)}) == (True, ["package g:a pom.xml:4"])


NOTHING = [
    ("bumped", {"requirements.txt": ("a==1\n", "a==2\n")}),
    ("commented", {"requirements.txt": ("a\n", "a # redis\n# redis\n")}),
    ("order", {"requirements.txt": ("a\nb\n", "b\na\n")}),
    ("extras", {"requirements.txt": ("pwdlib\n", "pwdlib[argon2]\n")}),
    ("written otherwise", {"requirements.txt": ("Flask_Admin\n", "flask-admin\n")}),
    ("local path", {"requirements.txt": ("a\n", "a\n-e .\n./lib\n-r b.txt\n--pre\n")}),
    ("locked", {"requirements.txt": ("", "a==1 --hash=sha256:00\nb==1\n")}),
    ("locked by a header", {"requirements.txt": ("", "# autogenerated by pip-compile\na==1\n")}),
    ("a lock file", {"uv.lock": ("", '[[package]]\nname = "argon2-cffi"\n')}),
    (
        "group to runtime",
        {
            "pyproject.toml": (
                poetry('a = "1"', group=".group.dev"),
                poetry('a = "1"'),
            )
        },
    ),
    (
        "from another tool",
        {"Pipfile": ('[packages]\na = "1"\n', ""), "pyproject.toml": ("", poetry('a="1"'))},
    ),
    ("python itself", {"pyproject.toml": ("", poetry('python = "^3.11"'))}),
    ("a path", {"pyproject.toml": ("", poetry('a = {path = "../a"}'))}),
    (
        "a workspace member",
        {
            "pyproject.toml": (
                "",
                PYPROJECT.format('"a"') + "[tool.uv.sources]\na = { workspace = true }\n",
            )
        },
    ),
    ("itself", {"pyproject.toml": ("", PYPROJECT.format('"shop[all]"'))}),
    ("setup.py that is none", {"app/setup.py": ("", "def set_up(:\n")}),
    (
        "setup.py, same call",
        {"setup.py": ("setup(install_requires=f())\n", "setup(install_requires=f(), v=2)\n")},
    ),
    ("workspace protocol", {"package.json": ("{}", '{"dependencies": {"a": "workspace:*"}}')}),
    ("scripts", {"package.json": ("{}", '{"scripts": {"redis": "redis"}}')}),
    ("major version", {"go.mod": ("require x.y/z v1.0.0\n", "require x.y/z/v2 v2.0.0\n")}),
    (
        "gopkg.in",
        {
            "go.mod": (
                "require github.com/go-yaml/yaml v2.0.0\n",
                "require gopkg.in/yaml.v3 v3.0.0\n",
            )
        },
    ),
    ("indirect", {"go.mod": ("", "require (\n\tx.y/z v1.0.0 // indirect\n)\n")}),
    ("excluded", {"go.mod": ("", "exclude (\n\tx.y/z v1.0.0\n)\n")}),
    (
        "managed version only",
        {
            "pom.xml": (
                "",
                "<project><dependencyManagement><dependencies>"
                + DEPENDENCY.format("")
                + "</dependencies></dependencyManagement></project>",
            )
        },
    ),
    ("our own module", {"pom.xml": ("", POM.format(OURS))}),
    (
        "commented out in Gradle",
        {"build.gradle": ("", "// implementation 'g:a:1'\n/*\nimplementation 'g:b:1'\n*/\n")},
    ),
    ("a project of ours", {"build.gradle": ("", "implementation project(':core')\n")}),
    ("a local gem", {"Gemfile": ("", "gem 'a', path: 'engines/a'\n")}),
    ("commented gem", {"Gemfile": ("", "# gem 'a'\n")}),
    ("tag", {"Dockerfile": ("FROM python:3.11\n", "FROM docker.io/python:3.13-slim AS x\n")}),
    ("scratch", {"Dockerfile": ("", "FROM scratch\n")}),
    ("copied", {"Dockerfile": ("FROM a\n", "FROM a\nCOPY --from=redis /x /y\n")}),
    ("another architecture", {"Dockerfile": ("FROM debian\n", "FROM amd64/debian\n")}),
    (
        "service renamed",
        {"compose.yml": ("services:\n  a:\n    image: x\n", "services:\n  b:\n    image: x:2\n")},
    ),
    (
        "merged keys",
        {
            "compose.yml": (
                "services:\n  a: {image: x}\n",
                "x-a: &a\n  image: x\nservices:\n  a:\n    <<: *a\n",
            )
        },
    ),
    (
        "second of a type",
        {"a.tf": ('resource "t" "a" {}\n', 'resource "t" "a" {}\nresource "t" "b" {}\n')},
    ),
    ("commented resource", {"a.tf": ("", '# resource "t" "a" {}\n/* resource "t" "b" {} */\n')}),
    (
        "local chart",
        {"c/Chart.yaml": ("", 'dependencies:\n  - {name: a, repository: "file://../a"}\n')},
    ),
    ("not a resource", {"deploy/values.yaml": ("", "kind: Thing\n")}),
    ("kustomize's own", {"k8s/kustomization.yaml": ("", "apiVersion: k\nkind: Kustomization\n")}),
    ("vendored", {"vendor/x/go.mod": ("", "require x.y/z v1.0.0\n")}),
    ("installed", {"node_modules/x/package.json": ("", '{"dependencies": {"a": "1"}}')}),
    ("removed", {"requirements.txt": ("a\nb\n", "a\n")}),
    ("source text", {"app/a.py": ("", "import redis\n")}),
]


@pytest.mark.parametrize(("why", "files"), NOTHING)
def test_nothing_is_new(why: str, files: dict[str, tuple[str, str]]) -> None:
    assert seen(files) == (False, [])


IDLE = [
    ("pyproject.toml", '[dependency-groups]\ndev = ["a"]\n'),
    ("pyproject.toml", '[project.optional-dependencies]\nx = ["a"]\n'),
    ("pyproject.toml", poetry('a = {version = "1", optional = true}')),
    ("requirements-dev.txt", "a\n"),
    ("tests/requirements.txt", "a\n"),
    ("setup.cfg", "[options.extras_require]\nx = a\n"),
    ("Pipfile", '[dev-packages]\na = "*"\n'),
    ("package.json", '{"devDependencies": {"a": "1"}}'),
    ("examples/package.json", '{"dependencies": {"a": "1"}}'),
    ("package.json", '{"dependencies": {"@types/node": "1"}}'),
    ("pom.xml", POM.format(DEPENDENCY.format("<scope>test</scope>"))),
    ("build.gradle", "testImplementation 'g:a:1'\n"),
    ("gradle/libs.versions.toml", '[libraries]\na = "g:a:1"\n'),
    ("Gemfile", "group :development, :test do\n  gem 'rspec'\nend\n"),
    ("Gemfile", "gem 'rspec', '~> 3', group: :test\n"),
    ("go.mod", "require github.com/stretchr/testify v1.0.0\n"),
    ("compose.test.yml", "services:\n  a:\n    image: x\n"),
    ("compose.yml", "services:\n  worker:\n    build: .\n    image: ${US}:1\n"),
    (".github/workflows/ci.yml", "jobs:\n  t:\n    services:\n      a:\n        image: x:1\n"),
    (".github/workflows/ci.yml", "jobs:\n  t:\n    steps:\n      - uses: o/r/sub@v1\n"),
]


@pytest.mark.parametrize(("path", "text"), IDLE)
def test_what_does_not_run_is_only_suggested(path: str, text: str) -> None:
    answer, said = seen({path: ("", text)})

    assert answer is False
    assert len(said) == 1
    assert said[0].startswith("(")


def test_a_name_that_stands_in_an_unchanged_manifest_is_not_new() -> None:
    files = {"web/package.json": ("{}", '{"dependencies": {"a": "1"}}')}
    other = {"api/package.json": '{"devDependencies": {"a": "1"}}'}

    assert seen(files, unchanged=other) == (False, [])


def test_a_renamed_manifest_brings_only_what_it_did_not_name() -> None:
    files = {"requirements/base.txt": ("a\nb\n", "a\nb\nredis\n")}

    answer = seen(files, renamed={"requirements/base.txt": "requirements.txt"})

    assert answer == (True, ["package redis requirements/base.txt:3"])


def test_only_the_new_name_of_a_replaced_package_is_told() -> None:
    before = PYPROJECT.format('"passlib[bcrypt]", "argon2-cffi", "bcrypt"')
    after = PYPROJECT.format('"pwdlib[argon2,bcrypt]", "argon2-cffi"')

    assert seen({"pyproject.toml": (before, after)})[1] == ["package pwdlib pyproject.toml:3"]


def test_an_alias_of_a_catalogue_counts_where_it_is_used() -> None:
    catalogue = '[libraries]\nweb-client = { module = "g:a", version = "1" }\n'
    files = {
        "gradle/libs.versions.toml": ("", catalogue),
        "build.gradle": ("", "api(libs.web.client)\n"),
    }

    assert seen(files) == (True, ["package g:a build.gradle:1"])


def test_only_what_the_policy_names_counts() -> None:
    files = {"requirements.txt": ("", "a\n")}

    assert seen(files, AddsNames(what=("service",))) == (False, [])
    assert seen(files, Every(parts=(ALL, No(part=ALL))))[0] is False


DOUBTFUL = [
    ("broken", {"package.json": ("{}", '{"dependencies": ')}),
    ("broken at the base", {"package.json": ("{", '{"dependencies": {"a": "1"}}')}),
    ("not TOML", {"pyproject.toml": ("", "[project\n")}),
    ("not YAML", {"compose.yml": ("", "services: [\n")}),
    ("nested", {"package.json": ("{}", "[" * 100_000)}),
    ("an entity", {"pom.xml": ("", '<!DOCTYPE a [<!ENTITY b "c">]><project>&b;</project>')}),
    ("computed", {"setup.py": ("", "setup(install_requires=open('r').readlines())\n")}),
    ("computed image", {"Dockerfile": ("", "FROM $BASE\n")}),
    ("computed gem", {"Gemfile": ("", "gem name\n")}),
    ("computed coordinate", {"build.gradle": ("", 'implementation "$group:$name:1"\n')}),
    ("too large", {"package.json": ("{}", " " * 1_000_001)}),
]


@pytest.mark.parametrize(("why", "files"), DOUBTFUL)
def test_what_cannot_be_read_is_not_known(why: str, files: dict[str, tuple[str, str]]) -> None:
    answer, said = seen(files)

    assert isinstance(answer, Unknown)
    assert said == []


def test_a_broken_file_does_not_hide_what_another_brings() -> None:
    files = {
        "a/package.json": ("{}", "{"),
        "b/package.json": ("{}", '{"dependencies": {"x": "1"}}'),
    }

    assert seen(files)[0] is True


def test_nothing_is_asked_for_where_no_manifest_changed() -> None:
    assert condition_needs(ALL, POLICY, (changed("app/a.py", "", "x\n"),)) == frozenset()


def test_without_the_list_of_files_nothing_is_known() -> None:
    unread = Unknown("not visible")

    assert holds(ALL, pull(changes=unread), POLICY) == unread


REQUIREMENTS = [
    ("Django >= 4", "django"),
    ("a.b_c @ https://x.dev/y.zip", "a-b-c"),
    ("git+ssh://git@x.dev/o/thing.git@main", "thing"),
    ("", ""),
    ("./wheels/a.whl", ""),
]


@pytest.mark.parametrize(("text", "name"), REQUIREMENTS)
def test_a_requirement_has_a_name(text: str, name: str) -> None:
    assert requirement(text) == name


def test_every_family_is_among_the_manifests() -> None:
    paths = [
        "setup.cfg",
        "a/package.json",
        "go.mod",
        "pom.xml",
        "Gemfile",
        "Dockerfile.web",
        "a.tf",
    ]

    assert [bool(family_of(path)) for path in paths] == [MANIFESTS.has(path) for path in paths]
    assert family_of("README.md") == ""
