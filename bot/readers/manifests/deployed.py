"""Names in Dockerfiles, compose files, workflows, Helm charts and Kubernetes manifests."""

from __future__ import annotations

import re

from bot.model.manifest import Adds, Manifest, Name
from bot.readers.manifests.shape import aside, hole
from bot.readers.yaml_loader import Scalar
from bot.readers.yaml_tree import below, entries, items, tree, word

_VARIABLE = re.compile(r"\$\{(\w+)(?::?-([^}]*))?[^}]*\}|\$(\w+)")
_HUB = re.compile(
    r"^(?:(?:index\.)?docker\.io/)?"
    r"(?:(?:library|amd64|arm64v8|arm32v[567]|i386|riscv64|ppc64le|s390x|mips64le|windows-amd64)/)?"
)
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
_ARG = re.compile(r"^\s*ARG\s+(\w+)=[\"']?([^\s\"']+)", re.IGNORECASE)
_KIND = re.compile(r"^kind:\s*[\"']?([A-Z][A-Za-z0-9]+)[\"']?\s*(?:#.*)?$")
_ACTION = re.compile(r"((?!actions/|github/|\.)[\w.-]+/[\w.-]+)(?:/[\w./-]*)?@")


def image(reference: str) -> str:
    """The image without registry of the hub, tag and digest; "" where it is computed."""
    if "$" in reference:
        return ""
    plain = reference.partition("@")[0]
    folder, slash, last = plain.rpartition("/")
    plain = folder + slash + last.partition(":")[0]
    return _HUB.sub("", plain.lower())


def dockerfile(text: str) -> Manifest:
    """Images that stages start from; stages of the file itself and `scratch` are nobody's."""
    arguments: dict[str, str] = {}
    stages = {"scratch"}
    names: list[Name] = []
    holes = []
    for number, line in enumerate(text.split("\n"), 1):
        argument, start = _ARG.match(line), _FROM.match(line)
        if argument:
            arguments[argument.group(1)] = argument.group(2)
        if start is None:
            continue
        reference = _filled(start.group(1), arguments)
        name = image(reference)
        if name and name not in stages:
            names.append(Name(adds=Adds.INFRASTRUCTURE, name=name, line=number))
        elif not name and reference.lower() not in stages:
            holes.append(hole(number, "the base image is computed", reference))
        stages.add((start.group(2) or "").lower())
    return Manifest(names=tuple(names), holes=tuple(holes))


def _filled(text: str, known: dict[str, str]) -> str:
    for _ in range(3):
        text = _VARIABLE.sub(
            lambda one: known.get(one.group(1) or one.group(3), one.group(2) or "$"), text
        )
    return re.sub(r":\$[^/]*$", "", text)


def compose(text: str, path: str) -> Manifest:
    """Images of services; a service that is built here counts by its key and asks nobody."""
    names = []
    for key, service in entries(below(tree(text, path), "services")):
        node = below(service, "image")
        name = image(_filled(word(node), {}))
        idle = any(aside(f"{word(one)}/") for one in items(below(service, "profiles")))
        if isinstance(node, Scalar) and name and below(service, "build") is None:
            one = Name(adds=Adds.SERVICE, name=name, line=node.place.line, runtime=not idle)
        else:
            line = service.place.line
            one = Name(adds=Adds.SERVICE, name=f"service {key}", line=line, runtime=False)
        names.append(one)
    return Manifest(names=tuple(names))


def workflow(text: str, path: str) -> Manifest:
    """Services and actions of others that CI uses; none of them runs where the product runs."""
    names = []
    for _, job in entries(below(tree(text, path), "jobs")):
        used = [below(job, "uses"), *(below(step, "uses") for step in items(below(job, "steps")))]
        for node in used:
            action = _ACTION.match(word(node))
            if node and action:
                name = f"action {action.group(1)}"
                names.append((Adds.INFRASTRUCTURE, name, node.place.line))
        for _, service in entries(below(job, "services")):
            node = below(service, "image")
            name = image(word(node))
            if node and name:
                names.append((Adds.SERVICE, name, node.place.line))
    return Manifest(
        names=tuple(
            Name(adds=adds, name=name, line=line, runtime=False) for adds, name, line in names
        )
    )


def chart(text: str, path: str) -> Manifest:
    """Charts that a chart depends on."""
    names = []
    for one in items(below(tree(text, path), "dependencies")):
        name = word(below(one, "name"))
        if name and not word(below(one, "repository")).startswith("file:"):
            line = one.place.line
            names.append(Name(adds=Adds.INFRASTRUCTURE, name=f"chart {name}", line=line))
    return Manifest(names=tuple(names))


def kubernetes(text: str) -> Manifest:
    """Kinds of resources, by lines: a template of Helm is not YAML."""
    if not re.search(r"^apiVersion:", text, re.MULTILINE):
        return Manifest()
    names = [
        Name(adds=Adds.INFRASTRUCTURE, name=f"kind {found.group(1)}", line=number)
        for number, line in enumerate(text.split("\n"), 1)
        if (found := _KIND.match(line)) and found.group(1) not in {"Kustomization", "List"}
    ]
    return Manifest(names=tuple(names))
