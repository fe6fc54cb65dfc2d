"""The environment: what is taken, and every way to get it wrong."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest

from bot.model.policy import Mode
from bot.model.problem import Severity
from bot.settings import (
    Secret,
    Settings,
    ci_base,
    host_from_environment,
    load,
    store_from_environment,
)

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"
HOOK = "long-enough-to-be-a-secret"
NO_STORE = (
    "must be postgresql://USER:PASSWORD@HOST/NAME or sqlite:///PATH, or unset for a file in the "
    "data folder"
)
GOOD = {
    "HANDOFF_APP_ID": "77",
    "HANDOFF_PRIVATE_KEY": PEM,
    "HANDOFF_WEBHOOK_SECRET": HOOK,
    "PATH": "/usr/bin",
    "NOT_HANDOFF_AT_ALL": "x",
}


def loaded(**more: str) -> Settings:
    found = load(GOOD | {f"HANDOFF_{name}": value for name, value in more.items()})
    assert isinstance(found, Settings), [one.what for one in found]
    return found


def problems(**more: str) -> list[str]:
    found = load(GOOD | {f"HANDOFF_{name}": value for name, value in more.items()})
    assert isinstance(found, tuple)
    return [one.what for one in found]


def test_three_settings_are_enough_to_serve() -> None:
    assert loaded() == Settings(
        app_id=77, private_keys=(Secret(PEM),), webhook_secrets=(Secret(HOOK),)
    )


def test_every_setting_is_taken() -> None:
    found = loaded(
        PRIVATE_KEY_OLD=PEM.replace("MII", "OLD"),
        WEBHOOK_SECRET_OLD="the-one-that-was-before",
        GITHUB_API_URL="https://github.acme.example/api/v3/",
        GITHUB_API_VERSION="2026-03-10",
        PUBLIC_URL="https://handoff.acme.example",
        HOST="0.0.0.0",
        PORT="80",
        ADMIN_PORT="9090",
        DATA_DIR="/data",
        DEFAULT_PRESET="backend-dev@1",
        DEFAULT_MODE="advise",
        LOG_FORMAT="console",
        LOG_LEVEL="DEBUG",
        RUNNER_CONCURRENCY="10",
        GITHUB_CONCURRENCY="5",
        GITHUB_LIMITS="off",
        RETENTION_REPORT_DAYS="7",
        RETENTION_REMOVED_DAYS="0",
        CHANNELS="targets: {}",
        EGRESS_ALLOW="10.1.2.3/32, fd00::/8",
        TESTING="1",
        COMMANDS_THROUGH_APPS="octo-phone, octo-desk",
        FAILPOINT="after-commit:exit:3",
    )

    assert found == Settings(
        app_id=77,
        private_keys=(Secret(PEM), Secret(PEM.replace("MII", "OLD"))),
        webhook_secrets=(Secret(HOOK), Secret("the-one-that-was-before")),
        github_api_url="https://github.acme.example/api/v3",
        github_api_version="2026-03-10",
        public_url="https://handoff.acme.example",
        host="0.0.0.0",
        port=80,
        admin_port=9090,
        data_dir=Path("/data"),
        database=Path("/data/handoff.sqlite"),
        default_preset="backend-dev@1",
        default_mode=Mode.ADVISE,
        log_format="console",
        log_level="debug",
        runner_concurrency=10,
        github_concurrency=5,
        github_limits=False,
        retention_report_days=7,
        retention_removed_days=0,
        channels=Secret("targets: {}"),
        egress_allow=(ip_network("10.1.2.3/32"), ip_network("fd00::/8")),
        through_apps=frozenset({"octo-phone", "octo-desk"}),
        failpoint="after-commit:exit:3",
    )
    assert found.secrets == (PEM, PEM.replace("MII", "OLD"), HOOK, "the-one-that-was-before")


def test_all_mistakes_are_named_at_once() -> None:
    found = load({"HANDOFF_PORT": "eighty", "HANDOFF_LOG_LEVL": "info", "HANDOFF_APP_ID": ""})

    assert isinstance(found, tuple)
    assert [one.what for one in found] == [
        "HANDOFF_PORT must be a whole number from 0 to 65535, not 'eighty'",
        "HANDOFF_APP_ID is missing: the number on the App's settings page",
        "HANDOFF_PRIVATE_KEY is missing: the key that GitHub made, or HANDOFF_PRIVATE_KEY_FILE",
        "HANDOFF_WEBHOOK_SECRET is missing: the App's webhook secret,"
        " or HANDOFF_WEBHOOK_SECRET_FILE",
        "HANDOFF_LOG_LEVL is no setting; did you mean HANDOFF_LOG_LEVEL?",
    ]
    assert found[0].line() == (
        "environment:0:0  error  HANDOFF_PORT must be a whole number from 0 to 65535, not 'eighty'"
    )


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("APP_ID", "Iv1.abc", "must be a whole number from 1 to 999999999999, not 'Iv1.abc'"),
        ("APP_ID", "٧", "must be a whole number from 1 to 999999999999, not '٧'"),  # noqa: RUF001
        (
            "EGRESS_ALLOW",
            "10.0.0.0/8 10.0.0.1/8",
            "must be networks such as 10.1.2.3/32, with commas between them, not '10.0.0.1/8'",
        ),
        ("PORT", "65536", "must be a whole number from 0 to 65535, not '65536'"),
        ("PORT", "-1", "must be a whole number from 0 to 65535, not '-1'"),
        ("PORT", "9" * 90, f"must be a whole number from 0 to 65535, not '{'9' * 79}…'"),
        ("ADMIN_PORT", "8080", "and HANDOFF_PORT are the same; metrics need their own"),
        ("DEFAULT_MODE", "strict", "must be one of observe, advise, enforce, not 'strict'"),
        ("DEFAULT_PRESET", "../x", "must be the name of a preset, not '../x'"),
        ("GITHUB_API_VERSION", "newest", "must be a date, not 'newest'"),
        ("GITHUB_API_VERSION", "2022-11-28\r\nX: y", "must be a date, not '2022-11-28\\r\\nX: y'"),
        ("LOG_FORMAT", "xml", "must be one of json, console, not 'xml'"),
        ("RUNNER_CONCURRENCY", "0", "must be a whole number from 1 to 500, not '0'"),
        ("GITHUB_LIMITS", "off", "can be off only for a server that has no limits"),
        ("FAILPOINT", "a:exit:1", "works only with HANDOFF_TESTING=1, in tests"),
        ("ROLE", "worker", "worker needs a store that processes share: Postgres"),
        (
            "DATABASE_URL",
            "mysql://u:pw@h/db",
            NO_STORE,
        ),
        (
            "DATABASE_URL",
            "sqlite:///:memory:",
            NO_STORE,
        ),
        (
            "PRIVATE_KEY",
            "no key",
            "must be the unencrypted PEM file that GitHub made, or base64 of it",
        ),
        (
            "PRIVATE_KEY",
            PEM.replace("RSA", "ENCRYPTED"),
            "must be the unencrypted PEM file that GitHub made, or base64 of it",
        ),
        ("OAUTH_CLIENT_ID", "x", "is no setting"),
    ],
)
def test_a_mistake_is_said_with_its_mend(name: str, value: str, says: str) -> None:
    assert problems(**{name: value}) == [f"HANDOFF_{name} {says}"]


@pytest.mark.parametrize(
    "url",
    [
        "http://github.acme.example/api/v3",
        "ftp://github.acme.example",
        "https://",
        "https://h:99999",
        "https://h/?x=1",
        "github.com",
    ],
)
def test_tokens_go_out_encrypted_or_not_at_all(url: str) -> None:
    assert problems(GITHUB_API_URL=url) == [
        f"HANDOFF_GITHUB_API_URL must be https://HOST, or http:// on this machine, not {url!r}"
    ]


def test_a_password_in_an_address_is_not_repeated() -> None:
    assert problems(PUBLIC_URL="https://u:hunter2@h.example") == [
        "HANDOFF_PUBLIC_URL must be https://HOST, or http:// on this machine,"
        " not 'https://h.example'"
    ]


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_this_machine_may_be_asked_in_the_open(host: str) -> None:
    assert loaded(GITHUB_API_URL=f"http://{host}").github_api_url == f"http://{host}"


def test_a_database_may_lie_elsewhere() -> None:
    found = loaded(DATABASE_URL="sqlite:////var/lib/handoff/x.sqlite")

    assert (found.data_dir, found.database) == (Path("data"), Path("/var/lib/handoff/x.sqlite"))


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(PEM.encode()).decode(),
        base64.encodebytes(PEM.encode() + b"\n").decode(),
        PEM.replace("\n", "\\n"),
        PEM + "\n",
    ],
)
def test_a_key_may_be_written_on_one_line(text: str) -> None:
    assert loaded(PRIVATE_KEY=text).private_keys == (Secret(PEM),)


# ── secrets ───────────────────────────────────────────────────────────────────────────────────


def test_a_secret_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(PEM + "\n")
    (tmp_path / "hook").write_text(HOOK + "\r\n")
    environ = {
        "HANDOFF_APP_ID": "77",
        "HANDOFF_PRIVATE_KEY_FILE": str(tmp_path / "key.pem"),
        "HANDOFF_WEBHOOK_SECRET_FILE": str(tmp_path / "hook"),
    }

    assert load(environ) == Settings(
        app_id=77, private_keys=(Secret(PEM),), webhook_secrets=(Secret(HOOK),)
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_end_of_a_line_is_no_part_of_a_secret(end: str) -> None:
    found = loaded(WEBHOOK_SECRET=HOOK + end, DATABASE_URL=f"sqlite:////x/y.db{end}")

    assert (found.webhook_secrets, found.database) == ((Secret(HOOK),), Path("/x/y.db"))


def test_what_marks_a_file_as_utf_8_is_no_part_of_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "hook"
    path.write_bytes(b"\xef\xbb\xbf" + HOOK.encode())

    found = load({**GOOD, "HANDOFF_WEBHOOK_SECRET": "", "HANDOFF_WEBHOOK_SECRET_FILE": str(path)})

    assert isinstance(found, Settings)
    assert found.webhook_secrets == (Secret(HOOK),)


def test_a_secret_is_given_once(tmp_path: Path) -> None:
    path = tmp_path / "hook"
    path.write_text(HOOK)

    assert problems(WEBHOOK_SECRET_FILE=str(path)) == [
        "HANDOFF_WEBHOOK_SECRET and HANDOFF_WEBHOOK_SECRET_FILE are both set; keep one"
    ]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 65_537])
def test_a_file_that_holds_no_secret_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hook"
    path.write_bytes(content)

    found = load({**GOOD, "HANDOFF_WEBHOOK_SECRET": "", "HANDOFF_WEBHOOK_SECRET_FILE": str(path)})

    assert isinstance(found, tuple)
    assert [one.what for one in found] == [
        f"HANDOFF_WEBHOOK_SECRET_FILE names no file of text ({str(path)!r})"
    ]


def test_a_file_that_is_not_there_is_named() -> None:
    found = load({**GOOD, "HANDOFF_PRIVATE_KEY": "", "HANDOFF_PRIVATE_KEY_FILE": "/nowhere/key"})

    assert isinstance(found, tuple)
    assert [one.what for one in found] == [
        "HANDOFF_PRIVATE_KEY_FILE cannot be read: No such file or directory ('/nowhere/key')"
    ]


def test_a_short_webhook_secret_is_warned_about() -> None:
    found = loaded(WEBHOOK_SECRET="short")

    assert [(one.what, one.severity) for one in found.warnings] == [
        (
            "HANDOFF_WEBHOOK_SECRET is short: use at least 16 random characters",
            Severity.WARNING,
        )
    ]


def test_no_form_of_the_settings_shows_a_secret() -> None:
    found = loaded()

    assert all(one not in f"{found!r} {found}" for one in (PEM, "MIIEow", HOOK))
    assert f"{Secret('x')} {Secret('x')!r}" == "Secret(••••••) Secret(••••••)"
    assert len({Secret("x"), Secret("x"), Secret("y")}) == 2


@pytest.mark.parametrize("name", ["PRIVATE_KEY", "WEBHOOK_SECRET", "DATABASE_URL"])
def test_no_complaint_repeats_a_secret(name: str) -> None:
    found = problems(**{name: "hunter2-hunter2", "PORT": "x"})

    assert all("hunter2" not in one for one in found)


# ── surroundings ──────────────────────────────────────────────────────────────────────────────


def test_what_kubernetes_adds_beside_a_service_is_named_with_its_mend() -> None:
    found = problems(
        PORT="tcp://10.0.0.7:8080",
        SERVICE_HOST="10.0.0.7",
        SERVICE_PORT_HTTP="8080",
        PORT_8080_TCP_ADDR="10.0.0.7",
    )

    assert found == [
        "HANDOFF_PORT and others like it were set by Kubernetes for a Service called handoff:"
        " say `enableServiceLinks: false` in the pod"
    ]


ASK = """
from bot.settings import *
from bot.settings import data_dir_from_environment, port_from_environment, terminal_variables
print(port_from_environment(), data_dir_from_environment(), dict(terminal_variables()))
print(from_environment({"HANDOFF_PORT": "81"}).port)
"""


def test_a_command_line_overrides_the_environment_of_the_process() -> None:
    environ = {name: value for name, value in GOOD.items() if name != "PATH"}
    environ |= {"HANDOFF_PORT": "80", "HANDOFF_DATA_DIR": "/data", "NO_COLOR": "1", "TERM": ""}

    said = subprocess.run(
        [sys.executable, "-c", ASK],
        env=environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.splitlines() == ["80 /data {'NO_COLOR': '1'}", "81"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "[::1]"),
        ("fd00::7", "[fd00::7]"),
        ("10.0.0.7", "10.0.0.7"),
        ("localhost", "localhost"),
    ],
)
def test_a_machine_asks_its_server_where_it_listens(
    host: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_HOST", host)

    assert host_from_environment() == expected


@pytest.mark.parametrize(
    ("environ", "named", "expected"),
    [
        ({}, None, "data/handoff.sqlite"),
        ({"HANDOFF_DATA_DIR": "/d"}, None, "/d/handoff.sqlite"),
        ({"HANDOFF_DATABASE_URL": "sqlite:////x/y.db"}, None, "/x/y.db"),
        ({"HANDOFF_DATABASE_URL": "sqlite:////x/y.db"}, "/n", "/n/handoff.sqlite"),
        ({"HANDOFF_DATABASE_URL": "postgres://x"}, None, "data/handoff.sqlite"),
    ],
)
def test_commands_find_the_servers_store(
    environ: dict[str, str], named: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HANDOFF_DATA_DIR", "HANDOFF_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    assert store_from_environment(named) == Path(expected)


@pytest.mark.parametrize(("branch", "expected"), [("release/2", "origin/release/2"), ("", None)])
def test_a_workflow_names_its_base(
    branch: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_BASE_REF", branch)

    assert ci_base() == expected
