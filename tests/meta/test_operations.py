"""What stands in deploy/: its names are those of the program, and it gives processes little."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import settings
from bot.metrics import ALL, Metrics
from tests.meta.test_deployment import SERVICE as SINGLE
from tests.meta.test_deployment import final_stage

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CODE = "".join(path.read_text() for path in (ROOT / "bot").rglob("*.py"))
KNOWN = set(re.findall(r'names\.\w+\(\s*"([A-Z_]+)"', Path(settings.__file__).read_text()))
KNOWN |= {"PRIVATE_KEY", "WEBHOOK_SECRET"}
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS: dict[str, dict[str, Any]] = {
    name: one for name, one in COMPOSE["services"].items() if name != "postgres"
}
CLUSTER: list[dict[str, Any]] = [
    one
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for one in yaml.safe_load_all(path.read_text())
]
DEPLOYMENTS = [one for one in CLUSTER if one["kind"] == "Deployment"]
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
CASES: list[dict[str, Any]] = [
    case
    for test in yaml.safe_load((ROOT / "tests" / "alerts" / "cases.yml").read_text())["tests"]
    for case in test["alert_rule_test"]
]
PANELS = json.loads((DEPLOY / "grafana.json").read_text())["panels"]
EXPRESSIONS = {
    **{rule["alert"]: rule["expr"] for rule in RULES},
    **{
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in PANELS
        for target in panel.get("targets", ())
    },
}
SUFFIX = re.compile(r"_(bucket|sum|count)$")
SELECTED = re.compile(r'(\w+)\s*(?:=~|=|!=|!~)\s*"([^"]*)"')
GROUPED = re.compile(r"\bby \(([^)]*)\)")
# What Prometheus itself adds.
EVERYWHERE = {"le", "instance", "job"}
EVERY_EXPRESSION = pytest.mark.parametrize("name", EXPRESSIONS)


def exported() -> dict[str, set[str]]:
    """Each name that a query may have, with its labels."""
    labels = {f"handoff_{one.name}": set(one.labels) for one in ALL}
    shown = set(re.findall(r"^# TYPE (\S+)", Metrics().render().decode(), re.MULTILINE))
    return {name: labels.get(name, set()) for name in shown}


def queried(expression: str) -> Iterator[tuple[str, str]]:
    """Each metric of a query with what is selected of it."""
    yield from re.findall(r"\b((?:handoff|process)_\w+)(\{[^}]*\})?", expression)


@EVERY_EXPRESSION
def test_every_query_asks_for_what_is_exported(name: str) -> None:
    known, expression = exported(), EXPRESSIONS[name]
    asked = {SUFFIX.sub("", one) if one not in known else one for one, _ in queried(expression)}
    grouped = {one.strip() for some in GROUPED.findall(expression) for one in some.split(",")}
    labels = {label for one in asked for label in known.get(one, ())} | EVERYWHERE

    assert asked
    assert asked - known.keys() == set()
    assert grouped - labels == set()
    for metric, selected in queried(expression):
        for label, value in SELECTED.findall(selected):
            assert label in known[SUFFIX.sub("", metric)] | EVERYWHERE
            assert label == "le" or all(f'"{one}"' in CODE for one in value.split("|"))


@EVERY_EXPRESSION
def test_every_query_is_closed(name: str) -> None:
    expression = EXPRESSIONS[name]

    assert expression.count("(") == expression.count(")") > 0
    assert expression.count("{") == expression.count("}")
    # What only rises is asked for its rise, what is spread for its buckets.
    for metric, _ in queried(expression):
        kind = {f"handoff_{one.name}": type(one).__name__ for one in ALL}.get(metric)
        if kind == "Count":
            assert re.search(rf"(rate|increase)\({metric}\b", expression)
        assert kind != "Spread"


def test_every_alert_says_what_it_is_and_where_to_read_on() -> None:
    text = (ROOT / "docs" / "alerts.md").read_text()
    headings = re.findall(r"^### (\w+)$", text, re.MULTILINE)

    assert headings == [rule["alert"] for rule in RULES]
    for rule in RULES:
        assert rule["annotations"]["runbook"] == f"docs/alerts.md#{rule['alert'].lower()}"
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}


@pytest.mark.parametrize("alert", [rule["alert"] for rule in RULES])
def test_every_alert_is_tried_while_it_fires_and_while_it_is_silent(alert: str) -> None:
    mine = [case["exp_alerts"] for case in CASES if case["alertname"] == alert]

    assert {bool(fires) for fires in mine} == {True, False}


def test_what_an_alert_waits_for_the_rise_of_is_shown_before_it_rises() -> None:
    risen = re.compile(r"increase\((\w+)(?:\{\w+=\"([^\"]+)\"\})?\[\w+\](?: offset \w+)?\)\) > ")
    shown = Metrics().render().decode()
    waited = {found for rule in RULES for found in risen.findall(rule["expr"])}

    assert len(waited) > 3
    for metric, value in waited:
        series = rf'(\{{\w+="{value}"\}})' if value else r"(\{.*\})?"
        assert re.search(rf"^{metric}{series} 0.0$", shown, re.MULTILINE)


def test_the_dashboard_overlaps_nowhere() -> None:
    taken = [
        (x, y)
        for place in (panel["gridPos"] for panel in PANELS)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(taken) == len(set(taken))
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_compose_runs_web_and_two_workers_behind_one_migration() -> None:
    assert {name: one["command"] for name, one in OURS.items()} == {
        "migrate": ["migrate"],
        "web": ["serve", "--role", "web"],
        "worker": ["serve", "--role", "worker"],
    }
    assert OURS["worker"]["deploy"]["replicas"] == 2
    waits = {name: one["depends_on"] for name, one in OURS.items()}
    done = {"migrate": {"condition": "service_completed_successfully"}}
    assert waits == {
        "migrate": {"postgres": {"condition": "service_healthy"}},
        "web": done,
        "worker": done,
    }
    assert re.fullmatch(r"postgres:1[5-9]", COMPOSE["services"]["postgres"]["image"])


@pytest.mark.parametrize("name", OURS)
def test_compose_gives_a_process_no_more_than_the_single_one_has(name: str) -> None:
    one = OURS[name]
    same = ("read_only", "cap_drop", "security_opt", "init", "stop_grace_period")

    assert {key: one[key] for key in same} == {key: SINGLE[key] for key in same}
    assert all(port.startswith("127.0.0.1:") for port in one.get("ports", ()))
    assert "volumes" not in one


@pytest.mark.parametrize("name", OURS)
def test_compose_makes_the_data_folder_its_users(name: str) -> None:
    (user,) = (one.split()[1] for one in final_stage() if one.startswith("USER"))
    uid, gid = user.split(":")

    (data,) = (one for one in OURS[name]["tmpfs"] if one.startswith("/data"))
    assert data.split(":")[1].split(",") == ["mode=0700", f"uid={uid}", f"gid={gid}"]


def test_compose_hands_secrets_over_as_files_that_are_declared() -> None:
    asked = {one for service in COMPOSE["services"].values() for one in service["secrets"]}
    named = {
        value.removeprefix("/run/secrets/")
        for service in COMPOSE["services"].values()
        for name, value in service["environment"].items()
        if name.endswith("_FILE")
    }

    assert asked == named == set(COMPOSE["secrets"])
    assert set(COMPOSE["volumes"]) == {"postgres"}


def names_set() -> set[str]:
    (config,) = (one for one in CLUSTER if one["kind"] == "ConfigMap")
    return {*(name for one in OURS.values() for name in one["environment"]), *config["data"]}


def test_only_settings_that_exist_are_set() -> None:
    unknown = {
        name
        for name in names_set()
        if name.removeprefix("HANDOFF_").removesuffix("_FILE") not in KNOWN
    }

    assert unknown == set()


def test_the_cluster_has_one_of_each_with_a_name_of_its_own() -> None:
    kinds = [(one["kind"], one.get("metadata", {}).get("name")) for one in CLUSTER]

    assert sorted(kinds, key=str) == [
        ("ConfigMap", "handoff"),
        ("Deployment", "handoff-web"),
        ("Deployment", "handoff-worker"),
        ("Kustomization", None),
        ("NetworkPolicy", "handoff"),
        ("PodDisruptionBudget", "handoff-web"),
        ("PodDisruptionBudget", "handoff-worker"),
        ("Service", "handoff"),
    ]
    assert not any("namespace" in one.get("metadata", {}) for one in CLUSTER)
    (listed,) = (one["resources"] for one in CLUSTER if one["kind"] == "Kustomization")
    files = {path.name for path in (DEPLOY / "kubernetes").iterdir()} - {"kustomization.yaml"}
    assert set(listed) == files


@pytest.mark.parametrize("one", DEPLOYMENTS, ids=lambda one: one["metadata"]["name"])
def test_a_pod_may_little_and_is_given_time(one: dict[str, Any]) -> None:
    role, pod = one["metadata"]["labels"]["app.kubernetes.io/component"], one["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    pre_stop = 5 if "lifecycle" in container else 0

    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["enableServiceLinks"] is False
    assert pod["spec"]["terminationGracePeriodSeconds"] >= 25 + pre_stop
    assert container["args"] == ["serve", "--role", role]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert {"cpu", "memory"} == set(container["resources"]["requests"])
    assert "memory" in container["resources"]["limits"]
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["spec"]["volumes"]}


@pytest.mark.parametrize("one", DEPLOYMENTS, ids=lambda one: one["metadata"]["name"])
def test_what_selects_pods_selects_these(one: dict[str, Any]) -> None:
    labels = one["spec"]["template"]["metadata"]["labels"]
    role = labels["app.kubernetes.io/component"]
    (budget,) = (
        other
        for other in CLUSTER
        if other["kind"] == "PodDisruptionBudget" and other["metadata"]["name"].endswith(role)
    )
    (service,) = (other for other in CLUSTER if other["kind"] == "Service")
    (policy,) = (other for other in CLUSTER if other["kind"] == "NetworkPolicy")

    assert one["spec"]["selector"]["matchLabels"] == labels
    assert budget["spec"]["selector"]["matchLabels"] == labels
    assert budget["spec"]["minAvailable"] < one["spec"]["replicas"]
    assert (service["spec"]["selector"].items() <= labels.items()) == (role == "web")
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    ports = {
        port["containerPort"] for port in one["spec"]["template"]["spec"]["containers"][0]["ports"]
    }
    allowed = {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]}
    assert allowed == ports


def test_the_secret_holds_what_the_settings_name() -> None:
    (config,) = (one for one in CLUSTER if one["kind"] == "ConfigMap")
    (mount,) = (
        mount
        for mount in DEPLOYMENTS[0]["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
        if mount["name"] == "secrets"
    )
    files = {value for name, value in config["data"].items() if name.endswith("_FILE")}
    told = set(
        re.findall(r"--from-file=([\w-]+)", (DEPLOY / "kubernetes/kustomization.yaml").read_text())
    )

    assert files == {f"{mount['mountPath']}/{name}" for name in told}
    assert all(isinstance(value, str) for value in config["data"].values())


@pytest.mark.parametrize("file", ["deploy/kubernetes/kustomization.yaml", "docs/install.md"])
def test_the_secret_is_made_where_the_pods_look_for_it(file: str) -> None:
    typed = (ROOT / file).read_text().replace("\\\n#", "")
    lines = re.findall(r"kubectl (?:create|apply) [^`\n]*", typed)

    assert len(lines) == 2
    assert all("--namespace YOURS" in line for line in lines)
