"""Which string literals belong to one environment, or lead outside."""

from __future__ import annotations

import re

from bot.readers.signals.words import listed

# Fast refusal: nearly every string has none of these.
_PERHAPS = re.compile(r"://|arn:aws|/Users/|/home/|\\Users\\|amazonaws\.com|\.run\.app|azure|svc\.")
_URL = re.compile(
    r"([a-z][a-z0-9+.-]{1,30})://(?:([^\s/@'\"<>{}]{1,200})@)?(\[[0-9a-fA-F:]+\]|[^\s/:?#'\"@]*)"
)
_PRIVATE = re.compile(
    r"127(\.\d+){3}|10(\.\d+){3}|192\.168(\.\d+){2}|172\.(1[6-9]|2\d|3[01])(\.\d+){2}"
)
_INSIDE = (".internal", ".local", ".corp", ".svc", "svc.cluster.local")
_STAGES = listed("staging stg qa uat preprod prod production")
_CLOUD = re.compile(
    r"(?:^|[\s/@\"'])((?:[a-z0-9][a-z0-9-]*\.)+(?:rds\.amazonaws\.com|cache\.amazonaws\.com|elb\.amazonaws\.com"
    r"|run\.app|cloudfunctions\.net|azurewebsites\.net|database\.windows\.net|blob\.core\.windows\.net"
    r"|execute-api\.[a-z0-9-]+\.amazonaws\.com))\b"
)
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):")
_EXAMPLE_ACCOUNTS = frozenset({"000000000000", "123456789012", "111122223333", "999999999999"})
_HOME = re.compile(r"(?:^|[\s\"'=:])(/Users/|/home/|[A-Z]:\\Users\\)([A-Za-z][\w.-]*)[/\\]")
_COMMON_HOMES = listed(
    "app node user runner ubuntu www vscode git jovyan appuser nonroot python django rails me you"
    " username shared public home admin dev deploy root name circleci travis vagrant"
)
_PLACEHOLDER = re.compile(
    r"[{}$%<>*]|^(?:changeme|password|pass|passwd|secret|example|test|x+|\.+)$", re.IGNORECASE
)
# Names of schemas, licences and standards, not places to connect to.
_NAMES_ONLY = (
    "w3.org",
    "schema.org",
    "json-schema.org",
    "xmlsoap.org",
    "purl.org",
    "apache.org",
    "opensource.org",
    "creativecommons.org",
    "gnu.org",
    "spdx.org",
    "ietf.org",
    "rfc-editor.org",
    "oasis-open.org",
    "openid.net",
    "springframework.org",
    "semver.org",
    "swagger.io",
    "openapis.org",
    "schemastore.org",
    "schemas.microsoft.com",
    "localhost.localdomain",
)
# An address of a database that comes with the program, or lives in its memory.
STAND_IN = re.compile(r"(?:jdbc:)?(sqlite3?|h2|hsqldb)(?:\+\w+)?:|:memory:$")


def is_real_host(host: str) -> bool:
    """Whether a host is somebody's: neither this machine, nor reserved for tests or examples."""
    host = host.lower().rstrip(".")
    if "." not in host or _PRIVATE.fullmatch(host) or host.startswith(("[", "0.")):
        return False
    labels = host.split(".")
    if labels[-1] in {"test", "example", "invalid", "localhost", "local", "internal"}:
        return False
    if len(labels) > 1 and labels[-2] in {"example", "test", "mock", "fake", "dummy", "foo", "bar"}:
        return False
    return re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,24}", host) is not None


def host_of(text: str) -> str:
    """The host of a text that begins with an address on the web, "" for any other."""
    match = _URL.match(text)
    return match.group(3) if match and match.group(1) in {"http", "https", "ws", "wss"} else ""


def judged(text: str) -> tuple[str, str] | None:
    """What a literal gives away and where it leads: (`environment`, host); never a password."""
    if len(text) > 2000 or not _PERHAPS.search(text):
        return None
    for match in _URL.finditer(text):
        found = _judged_url(match)
        if found:
            return found
    cloud = _CLOUD.search(text)
    if cloud:
        return "environment", cloud.group(1)
    arn = _ARN.search(text)
    if arn and arn.group(1) not in _EXAMPLE_ACCOUNTS:
        return "environment", "an ARN with its account"
    home = _HOME.search(text)
    if home and home.group(2).lower() not in _COMMON_HOMES:
        return "environment", "a home folder"
    return None


def _judged_url(match: re.Match[str]) -> tuple[str, str] | None:
    scheme, user, host = match.group(1), match.group(2) or "", match.group(3).lower().rstrip(".,;)")
    if _belongs_inside(host):
        return "environment", host
    password = user.partition(":")[2]
    if password and host and not _PLACEHOLDER.search(password) and is_real_host(host):
        return "credentials", host
    outside = scheme in {"http", "https", "ws", "wss"} and is_real_host(host)
    if outside and not any(host == one or host.endswith("." + one) for one in _NAMES_ONLY):
        return "external", host
    return None


def _belongs_inside(host: str) -> bool:
    if host in {"localhost", "[::1]"} or _PRIVATE.fullmatch(host):
        return True
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", host) or _reserved(host):
        return False
    if host.endswith(_INSIDE):
        return True
    return "." in host and not _STAGES.isdisjoint(re.split(r"[.-]", host))


def _reserved(host: str) -> bool:
    return host.endswith((".test", ".example", ".invalid")) or ".example." in f".{host}"
