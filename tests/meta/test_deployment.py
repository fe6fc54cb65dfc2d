"""The files that put Handoff on a machine, read as data: no container tool is needed."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import Settings, load
from tests.test_settings import GOOD

ROOT = Path(__file__).parents[2]
HADOLINT = Path(sys.executable).parent / "hadolint"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
FLY = tomllib.loads((ROOT / "fly.toml").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICE: dict[str, Any] = COMPOSE["services"]["handoff"]


def instructions() -> list[str]:
    """The Dockerfile's instructions, each on one line."""
    lines = [one for one in DOCKERFILE.splitlines() if not one.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [one for one in joined.splitlines() if one]


def final_stage() -> list[str]:
    found = instructions()
    last = max(nth for nth, one in enumerate(found) if one.startswith("FROM"))
    return found[last:]


def image_environment() -> dict[str, str]:
    (line,) = (one for one in final_stage() if one.startswith("ENV"))
    return dict(pair.split("=", 1) for pair in line.removeprefix("ENV ").split())


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint is not installed")
def test_the_dockerfile_has_no_finding() -> None:
    said = subprocess.run(
        [HADOLINT, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )

    assert (said.returncode, said.stdout) == (0, "")


def test_everything_installed_is_locked_by_hash() -> None:
    installs = re.findall(r"pip (?:--python \S+ )?install [^&]*", "\n".join(instructions()))

    assert len(installs) == 3
    assert all("--require-hashes" in one or "--no-deps" in one for one in installs)


def test_the_package_that_builds_the_program_is_locked() -> None:
    lock = (ROOT / "requirements-dev.lock").read_text()

    assert re.search(r"^setuptools==\S+ \\\n +--hash=sha256:", lock, re.MULTILINE)


def test_the_image_runs_as_nobody_and_starts_the_server() -> None:
    found = final_stage()

    for wanted in (
        "USER 65532:65532",
        "VOLUME /data",
        "EXPOSE 8080 9090",
        "STOPSIGNAL SIGTERM",
        'ENTRYPOINT ["handoff"]',
        'CMD ["serve"]',
    ):
        assert wanted in found
    assert next(one for one in found if one.startswith("HEALTHCHECK")).endswith(
        'CMD ["handoff", "health"]'
    )


def test_the_base_can_be_replaced() -> None:
    assert instructions()[0].startswith("ARG BASE_IMAGE=python:")
    assert {one for one in instructions() if one.startswith("FROM")} == {
        "FROM ${BASE_IMAGE} AS build",
        "FROM ${BASE_IMAGE}",
    }


def test_the_build_sees_only_what_it_copies() -> None:
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {one.removeprefix("!") for one in rules if one.startswith("!")}
    copied = {
        word
        for one in instructions()
        if one.startswith("COPY") and "--from" not in one
        for word in one.split()[1:-1]
    }

    assert rules[1] == "*"
    assert copied == let_in
    assert all((ROOT / one).exists() for one in copied)


def test_the_settings_of_the_image_are_settings() -> None:
    ours = {name: value for name, value in image_environment().items() if "HANDOFF" in name}
    found = load(GOOD | ours)

    assert isinstance(found, Settings)
    assert (found.host, found.port, found.admin_port, found.data_dir) == (
        "0.0.0.0",
        8080,
        9090,
        Path("/data"),
    )


def test_fly_keeps_one_machine_running_on_its_volume() -> None:
    assert FLY == {
        "app": "handoff",
        "kill_signal": "SIGTERM",
        "kill_timeout": "30s",
        "build": {"dockerfile": "Dockerfile"},
        "mounts": {"source": "handoff_data", "destination": "/data"},
        "deploy": {"strategy": "rolling"},
        "metrics": {"port": 9090, "path": "/metrics"},
        "vm": [{"size": "shared-cpu-1x", "memory": "512mb"}],
        "http_service": {
            "internal_port": 8080,
            "force_https": True,
            "auto_stop_machines": "off",
            "auto_start_machines": True,
            "min_machines_running": 1,
            "concurrency": {"type": "requests", "soft_limit": 200, "hard_limit": 400},
            "checks": [
                {
                    "grace_period": "10s",
                    "interval": "15s",
                    "timeout": "3s",
                    "method": "GET",
                    "path": "/readyz",
                }
            ],
        },
    }


def test_compose_gives_the_container_nothing_that_it_does_not_need() -> None:
    wanted = {
        "read_only": True,
        "tmpfs": ["/tmp"],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "init": True,
        "stop_grace_period": "30s",
        "volumes": ["data:/data"],
        "deploy": {"resources": {"limits": {"memory": "512M"}}},
    }

    assert {name: SERVICE[name] for name in wanted} == wanted
    assert all(port.startswith("127.0.0.1:") for port in SERVICE["ports"])
    assert SERVICE["healthcheck"]["test"] == ["CMD", "handoff", "health"]


def test_compose_hands_secrets_over_as_files_that_are_declared() -> None:
    mounted = {f"/run/secrets/{one}" for one in COMPOSE["secrets"]}
    files = {value for name, value in SERVICE["environment"].items() if name.endswith("_FILE")}

    assert files == mounted
    assert set(SERVICE["secrets"]) == set(COMPOSE["secrets"])
    assert set(COMPOSE["volumes"]) == {"data"}


def test_compose_sets_only_settings_that_exist(tmp_path: Path) -> None:
    key, hook = tmp_path / "key", tmp_path / "hook"
    key.write_text(GOOD["HANDOFF_PRIVATE_KEY"])
    hook.write_text(GOOD["HANDOFF_WEBHOOK_SECRET"])
    environ = dict.fromkeys(SERVICE["environment"], "") | {
        "HANDOFF_APP_ID": "77",
        "HANDOFF_PRIVATE_KEY_FILE": str(key),
        "HANDOFF_WEBHOOK_SECRET_FILE": str(hook),
        "HANDOFF_GITHUB_API_URL": "https://api.github.com",
        "HANDOFF_PUBLIC_URL": "https://handoff.example",
    }

    assert isinstance(load(environ), Settings)
    assert environ.keys() == SERVICE["environment"].keys()


@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore", "fly.toml", "compose.yaml"])
def test_no_file_names_a_package_registry(name: str) -> None:
    text = (ROOT / name).read_text()

    assert re.search(r"pypi|pythonhosted|index-url|ghcr\.io|docker\.io|registry", text) is None
