"""The server's settings, read once from the environment; every mistake is named at once.

A setting is `HANDOFF_<NAME>`, a secret also `HANDOFF_<NAME>_FILE`. Empty counts as missing.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from bot.address import FORM, file_of, is_postgres, lacking, passwords
from bot.errors import Misnamed
from bot.model.policy import Mode
from bot.model.problem import Problem, Severity, Where

PREFIX = "HANDOFF_"
DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8080
DEFAULT_API_URL = "https://api.github.com"
API_VERSION = "2022-11-28"
STORE = "handoff.sqlite"

ROLES = ("all", "web", "worker")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_LEVELS = ("debug", "info", "warning", "error")
# GitHub recommends long random secrets; shorter ones can be guessed from one signed delivery.
_SECRET_LENGTH = 16
# No key or secret is larger; whatever is, was not meant.
_FILE_LIMIT = 65_536
_KUBERNETES = re.compile(r"HANDOFF_(SERVICE_(HOST|PORT(_.*)?)|PORT_\d+_(TCP|UDP)(_.*)?)")
_DATE = re.compile(r"[0-9-]{10}")
_PRESET = re.compile(r"[a-z][a-z0-9-]{0,39}(?:@\d+)?")
_FAILPOINT = re.compile(r"[a-z-]+(?:\.[\w#]+)?:(?:exit|raise|hang|stop|memory):\d+")


class Secret:
    """A text that no `repr`, log line or message shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(••••••)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that a server can be told; `warnings` do not keep it from starting.

    `private_keys` (PEM) and `webhook_secrets`: the present one first, then the old one while
    rotating. `log_format` empty: for people on a terminal, JSON elsewhere. `channels`: the text of
    the channels file, which its own parser reads; `egress_allow`: where channels may go inside.
    `through_apps`: slugs of Apps whose comments in a person's name count as that person's.
    `backup_every`: hours, 0 for never.
    """

    app_id: int
    private_keys: tuple[Secret, ...]
    webhook_secrets: tuple[Secret, ...]
    github_api_url: str = DEFAULT_API_URL
    github_api_version: str = API_VERSION
    public_url: str | None = None
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    admin_port: int | None = None
    data_dir: Path = Path("data")
    database: Path = Path("data/handoff.sqlite")
    postgres: Secret | None = None
    role: str = "all"
    default_preset: str | None = None
    default_mode: Mode = Mode.OBSERVE
    log_format: str = ""
    log_level: str = "info"
    runner_concurrency: int = 40
    github_concurrency: int = 50
    sandbox_workers: int | None = None
    github_limits: bool = True
    retention_report_days: int = 30
    retention_removed_days: int = 30
    backup_every: int = 0
    backup_keep: int = 7
    channels: Secret | None = None
    egress_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    through_apps: frozenset[str] = frozenset()
    failpoint: str | None = None
    warnings: tuple[Problem, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret, for redaction."""
        found = [one.reveal() for one in (*self.private_keys, *self.webhook_secrets)]
        if self.postgres is not None:
            found += [self.postgres.reveal(), *passwords(self.postgres.reveal())]
        return tuple(found)


def load(environ: Mapping[str, str]) -> Settings | tuple[Problem, ...]:
    """The settings, or everything that is missing, malformed, contradictory or unknown.

    Reads nothing but `environ` and the files that it names.
    """
    names = _Names(environ)
    settings = _settings(names)
    names.complain_of_unknown()
    errors = [one for one in names.problems if one.severity is Severity.ERROR]
    return tuple(names.problems) if errors else replace(settings, warnings=tuple(names.problems))


def from_environment(overrides: Mapping[str, str] | None = None) -> Settings | tuple[Problem, ...]:
    """The settings of this process; `overrides`: names with prefix that a command line set."""
    return load({**os.environ, **(overrides or {})})


def port_from_environment() -> int:
    """The port that a server in this environment listens on."""
    text = os.environ.get(PREFIX + "PORT", "")
    return int(text) if text.isascii() and text.isdigit() else DEFAULT_PORT


def host_from_environment() -> str:
    """Where a server in this environment can be reached on its machine, as addresses have it."""
    host = os.environ.get(PREFIX + "HOST") or DEFAULT_HOST
    # Of all interfaces the one that no network leads to.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  nothing listens
    return f"[{host}]" if ":" in host else host


def data_dir_from_environment(named: str | None = None) -> Path:
    """The data folder that a server in this environment uses; `named`: by a command line."""
    return Path(named or os.environ.get(PREFIX + "DATA_DIR") or "data")


def store_from_environment(named: str | None = None) -> Path:
    """The file that a server in this environment keeps its store in, or the one in the named data
    folder. Raises Misnamed."""
    return file_of(_address(named)) or data_dir_from_environment(named) / STORE


def postgres_from_environment(named: str | None = None) -> str:
    """The address of the Postgres database that a server in this environment uses, if it is one
    and no data folder is named. Raises Misnamed."""
    url = _address(named)
    return url if is_postgres(url) else ""


def _address(named: str | None) -> str:
    names = _Names(os.environ)
    url = "" if named else _database(names)
    if names.problems:
        raise Misnamed(names.problems[0].what)
    return url


def in_actions() -> bool:
    """Whether GitHub Actions reads what is printed."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def ci_base() -> str | None:
    """The branch that a pull request's workflow says it goes to."""
    branch = os.environ.get("GITHUB_BASE_REF", "")
    return f"origin/{branch}" if branch else None


def terminal_variables() -> Mapping[str, str]:
    """What the environment says about colour."""
    wanted = ("NO_COLOR", "FORCE_COLOR", "TERM")
    return {name: os.environ[name] for name in wanted if os.environ.get(name)}


class _Names:
    """Takes values out of an environment, remembers what was asked for and what was wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._values = {
            name: value for name, value in environ.items() if name.startswith(PREFIX) and value
        }
        self._asked: set[str] = set()
        self.problems: list[Problem] = []

    def complain(self, name: str, what: str, severity: Severity = Severity.ERROR) -> None:
        where = Where(file="environment", key=PREFIX + name)
        self.problems.append(Problem(where=where, what=f"{PREFIX}{name} {what}", severity=severity))

    def text(self, name: str, default: str = "") -> str:
        self._asked.add(PREFIX + name)
        return self._values.get(PREFIX + name, default)

    def matching(self, name: str, pattern: re.Pattern[str], must: str) -> str | None:
        value = self.text(name)
        if value and not pattern.fullmatch(value):
            self.complain(name, f"must be {must}, not {_shown(value)}")
        return value or None

    def choice(self, name: str, among: tuple[str, ...], default: str) -> str:
        value = self.text(name, default).lower()
        if value != default and value not in among:
            self.complain(name, f"must be one of {', '.join(among)}, not {_shown(value)}")
            return default
        return value

    def number(self, name: str, default: int, among: range) -> int:
        value = self.text(name, str(default))
        if value.isascii() and value.isdigit() and len(value) < 16 and int(value) in among:
            return int(value)
        if not (name == "PORT" and value.startswith("tcp://")):
            limits = f"from {among.start} to {among.stop - 1}"
            self.complain(name, f"must be a whole number {limits}, not {_shown(value)}")
        return default

    def address(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if value and not _is_safe_address(value):
            self.complain(
                name,
                f"must be https://HOST, or http:// on this machine, not {_shown(_bare(value))}",
            )
        return value.rstrip("/")

    def secret(self, name: str) -> str:
        value, path = self.text(name), self.text(name + "_FILE")
        if value and path:
            self.complain(name, f"and {PREFIX}{name}_FILE are both set; keep one")
        return self._file(name + "_FILE", Path(path)) if path else _line(value)

    def _file(self, name: str, path: Path) -> str:
        try:
            with path.open("rb") as file:
                raw = file.read(_FILE_LIMIT + 1)
            text = _line(raw.decode("utf-8-sig"))
        except OSError as error:
            self.complain(name, f"cannot be read: {error.strerror} ({_shown(str(path))})")
            return ""
        except ValueError:
            text, raw = "", b"\xff"
        if not text or len(raw) > _FILE_LIMIT:
            self.complain(name, f"names no file of text ({_shown(str(path))})")
            return ""
        return text

    def complain_of_unknown(self) -> None:
        """Names that nobody asked for, with the nearest one that exists."""
        unknown = sorted(self._values.keys() - self._asked)
        service = [name for name in unknown if _KUBERNETES.fullmatch(name)]
        if service or self._values.get(PREFIX + "PORT", "").startswith("tcp://"):
            self.complain(
                "PORT",
                "and others like it were set by Kubernetes for a Service called handoff:"
                " say `enableServiceLinks: false` in the pod",
            )
        for name in unknown:
            if name not in service:
                near = get_close_matches(name, self._asked, n=1, cutoff=0.85)
                hint = f"; did you mean {near[0]}?" if near else ""
                self.complain(name.removeprefix(PREFIX), f"is no setting{hint}")


def _settings(names: _Names) -> Settings:
    data_dir = Path(names.text("DATA_DIR", "data"))
    port, admin_port = _ports(names)
    api_url = names.address("GITHUB_API_URL", DEFAULT_API_URL)
    settings = Settings(
        app_id=_app_id(names),
        private_keys=_private_keys(names),
        webhook_secrets=_webhook_secrets(names),
        github_api_url=api_url,
        github_api_version=names.matching("GITHUB_API_VERSION", _DATE, "a date") or API_VERSION,
        public_url=names.address("PUBLIC_URL", "") or None,
        host=names.text("HOST", DEFAULT_HOST),
        port=port,
        admin_port=admin_port,
        data_dir=data_dir,
        database=data_dir / STORE,
        default_preset=names.matching("DEFAULT_PRESET", _PRESET, "the name of a preset"),
        default_mode=Mode(names.choice("DEFAULT_MODE", tuple(Mode), Mode.OBSERVE)),
        log_format=names.choice("LOG_FORMAT", ("json", "console"), ""),
        log_level=names.choice("LOG_LEVEL", _LEVELS, "info"),
        runner_concurrency=names.number("RUNNER_CONCURRENCY", 40, range(1, 501)),
        github_concurrency=names.number("GITHUB_CONCURRENCY", 50, range(1, 501)),
        sandbox_workers=names.number("SANDBOX_WORKERS", 0, range(5)) or None,
        github_limits=_limits(names, api_url),
        retention_report_days=names.number("RETENTION_REPORT_DAYS", 30, range(1, 401)),
        retention_removed_days=names.number("RETENTION_REMOVED_DAYS", 30, range(401)),
        backup_every=names.number("BACKUP_EVERY", 0, range(721)),
        backup_keep=names.number("BACKUP_KEEP", 7, range(1, 1001)),
        channels=Secret(text) if (text := names.secret("CHANNELS")) else None,
        egress_allow=_egress_allow(names),
        through_apps=frozenset(names.text("COMMANDS_THROUGH_APPS").replace(",", " ").split()),
        failpoint=_failpoint(names),
    )
    return _placed(names, settings)


def _app_id(names: _Names) -> int:
    value = names.text("APP_ID")
    if not value:
        names.complain("APP_ID", "is missing: the number on the App's settings page")
        return 0
    return names.number("APP_ID", 0, range(1, 10**12))


def _private_keys(names: _Names) -> tuple[Secret, ...]:
    found = []
    for name in ("PRIVATE_KEY", "PRIVATE_KEY_OLD"):
        had, value = len(names.problems), names.secret(name)
        if not value:
            if name == "PRIVATE_KEY" and len(names.problems) == had:
                names.complain(
                    name, f"is missing: the key that GitHub made, or {PREFIX}{name}_FILE"
                )
            continue
        pem = _pem(value)
        if pem is None:
            names.complain(
                name, "must be the unencrypted PEM file that GitHub made, or base64 of it"
            )
        found.append(Secret(pem or ""))
    return tuple(found)


def _pem(value: str) -> str | None:
    if "-----BEGIN" not in value:
        try:
            value = base64.b64decode("".join(value.split()), validate=True).decode()
        except (binascii.Error, ValueError):
            return None
    # Files of environment variables often keep line ends as two characters.
    value = value.replace("\\n", "\n").strip()
    whole = re.fullmatch(
        r"-----BEGIN (?:RSA )?PRIVATE KEY-----\s.*-----END .*-----", value, re.DOTALL
    )
    return value if whole else None


def _webhook_secrets(names: _Names) -> tuple[Secret, ...]:
    found = []
    for name in ("WEBHOOK_SECRET", "WEBHOOK_SECRET_OLD"):
        had, value = len(names.problems), names.secret(name)
        if value:
            found.append(Secret(value))
            if len(value) < _SECRET_LENGTH:
                what = f"is short: use at least {_SECRET_LENGTH} random characters"
                names.complain(name, what, Severity.WARNING)
        elif name == "WEBHOOK_SECRET" and len(names.problems) == had:
            names.complain(name, f"is missing: the App's webhook secret, or {PREFIX}{name}_FILE")
    return tuple(found)


def _ports(names: _Names) -> tuple[int, int | None]:
    port = names.number("PORT", DEFAULT_PORT, range(65_536))
    admin = names.number("ADMIN_PORT", 0, range(1, 65_536)) if names.text("ADMIN_PORT") else None
    if admin == port:
        names.complain("ADMIN_PORT", f"and {PREFIX}PORT are the same; metrics need their own")
    return port, admin


def _placed(names: _Names, settings: Settings) -> Settings:
    """With the store that it has, and what this process does with it."""
    url, role = _database(names), names.choice("ROLE", ROLES, "all")
    if is_postgres(url):
        return replace(settings, postgres=Secret(url), role=role)
    if role != "all":
        names.complain("ROLE", f"{role} needs a store that processes share: Postgres")
    path = file_of(url)
    return replace(settings, database=path) if path else settings


def _database(names: _Names) -> str:
    url = names.secret("DATABASE_URL")
    if url and not is_postgres(url) and file_of(url) is None:
        must = f"must be {FORM}, or unset for a file in the data folder"
        names.complain("DATABASE_URL", must)
    if is_postgres(url) and (what := lacking()):
        names.complain("DATABASE_URL", what)
    return url


def _limits(names: _Names, api_url: str) -> bool:
    limits = names.choice("GITHUB_LIMITS", ("on", "off"), "on") == "on"
    if not limits and urlsplit(api_url).hostname == urlsplit(DEFAULT_API_URL).hostname:
        names.complain("GITHUB_LIMITS", "can be off only for a server that has no limits")
    return limits


def _egress_allow(names: _Names) -> tuple[IPv4Network | IPv6Network, ...]:
    found = []
    for one in names.text("EGRESS_ALLOW").replace(",", " ").split():
        try:
            found.append(ip_network(one))
        except ValueError:
            must = "must be networks such as 10.1.2.3/32, with commas between them"
            names.complain("EGRESS_ALLOW", f"{must}, not {_shown(one)}")
    return tuple(found)


def _failpoint(names: _Names) -> str | None:
    testing = names.choice("TESTING", ("1",), "") == "1"
    value = names.matching("FAILPOINT", _FAILPOINT, "NAME[.OF]:exit|raise|hang|stop|memory:NTH")
    if value and not testing:
        names.complain("FAILPOINT", f"works only with {PREFIX}TESTING=1, in tests")
    return value


def _line(text: str) -> str:
    """Without the line end that editors and `echo` add; it is part of no secret."""
    return text.removesuffix("\n").removesuffix("\r")


def _is_safe_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        host = parts.hostname
        # Reading it raises where the port is none.
        _ = parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.password or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


def _bare(address: str) -> str:
    """The address without a password in it."""
    scheme, slashes, rest = address.partition("://")
    return scheme + slashes + rest.rpartition("@")[2]


def _shown(value: str) -> str:
    return repr(value if len(value) <= 80 else value[:79] + "…")
