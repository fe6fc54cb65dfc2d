"""Exact names that mean the same in every language: loggers, secrets, writes, feature flags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise


def listed(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


LOGGERS = listed(
    "log logger LOG LOGGER Log Logger logging slog zap structlog loguru winston pino console sugar"
    " _log _logger __logger log_ getLogger() get_logger() Timber tslog logrus zerolog glog klog"
    " bunyan"
)
LEVELS = listed(
    "debug info warning warn error exception critical fatal trace success log notice verbose"
    " panic Debug Info Warn Warning Error Fatal Panic Print Printf Println Debugf Infof Warnf"
    " Warningf Errorf Fatalf Panicf Fatalln Panicln Debugw Infow Warnw Errorw Trace Tracef"
    " DebugContext InfoContext WarnContext ErrorContext Log Msg Msgf dir table atError atInfo"
    " d i w e v wtf"
)
# A single letter is a level of a few loggers only.
_SHORT = frozenset({"Log", "Timber"})

_SENSITIVE = listed(
    "password passwd passwort passphrase pwd secret secrets token authorization credentials"
    " credential apikey ssn cvv cvc jwt card"
)
_PAIRS = frozenset(
    {("api", "key"), ("private", "key"), ("access", "key"), ("secret", "key"), ("auth", "key")}
)
# What such a name ends with when it holds something about the secret, not the secret.
_HARMLESS_END = listed(
    "dir path file filename name names id ids count counts type types url uri ttl field fields"
    " policy length len size limit limits kind error errors exception valid required enabled"
    " exists version status at seconds expiry hash hashed budget usage tokens cost index form"
    " header headers class schema model provider manager service repository store endpoint length"
    " strength age rules validator generator factory prefix label placeholder hint present set"
    " changed reset message title description component handler view page input ref state"
)
_HARMLESS_START = listed(
    "has is should needs missing invalid use uses no show can hide masked redacted hashed"
    " encrypted max min num total prompt completion reset forgot change update validate check"
    " verify set get next prev previous new_line csrf"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words_of(name: str) -> tuple[str, ...]:
    """`apiKey`, `API_KEY` and `api-key` are the words `api`, `key`."""
    return tuple(word.lower() for word in _WORD.findall(name))


@lru_cache(maxsize=8192)
def is_sensitive(name: str) -> bool:
    """Whether something of this name holds a secret, rather than speaks about one."""
    words = words_of(name[:80])
    if not words or words[-1] in _HARMLESS_END or words[-1].startswith("expir"):
        return False
    if words[0] in _HARMLESS_START:
        return False
    return any(word in _SENSITIVE for word in words) or any(
        pair in _PAIRS for pair in pairwise(words)
    )


def is_log(callee: str, prints: frozenset[str]) -> bool:
    """Whether a callee as it is written (`self.logger.info`) logs."""
    if callee in prints:
        return True
    receiver, _, level = callee.rpartition(".")
    last = receiver.rpartition(".")[2]
    if level not in LEVELS or last not in LOGGERS:
        return False
    return len(level) > 1 or last in _SHORT


_WRITES = listed(
    "commit save save! saveAll saveAndFlush save_all bulk_create bulk_update bulk_save_objects"
    " create! update! destroy destroy! update_all delete_all insert_all upsert upsert_all"
    " createMany updateMany deleteMany insertMany insertOne updateOne deleteOne deleteById"
    " deleteAll persist findByIdAndUpdate findByIdAndDelete findOneAndUpdate softDelete"
    " get_or_create update_or_create update_columns find_or_create_by!"
)
_WRITES_ON = listed(
    "create update delete insert add remove Create Save Delete Updates Update merge push"
    " Exec ExecContext"
)
_STORES = listed(
    "session db repo repository repositories objects manager prisma em entityManager dao tx DB"
    " repos store conn connection database client"
)


def writes(callee: str) -> bool:
    """Whether a call of that name stores something for good."""
    receiver, _, last = callee.rpartition(".")
    if last in _WRITES:
        return bool(receiver)
    if last not in _WRITES_ON:
        return False
    words = words_of(receiver.rpartition(".")[2])
    named = not _STORES.isdisjoint(receiver.split("."))
    return named or (bool(words) and words[-1] in _STORES)


# Calls of feature flag SDKs; the first string among the arguments is the key.
FLAGS = listed(
    "flag_is_active switch_is_active sample_is_active get_boolean_value get_string_value"
    " getBooleanValue getStringValue getNumberValue getObjectValue boolVariation stringVariation"
    " numberVariation jsonVariation bool_variation BoolVariation StringVariation variationDetail"
    " is_feature_enabled isFeatureEnabled hasFeature has_feature BooleanValue"
)
_FLAGS_ON = frozenset({"variation", "is_enabled", "isEnabled", "enabled?", "IsEnabled"})
_FLAG_CLIENTS = listed(
    "unleash ldclient ld_client ldClient launchdarkly flagsmith Flipper flipper featureflags"
)


def is_flag(callee: str) -> bool:
    """Whether a call asks for a feature flag."""
    receiver, _, last = callee.rpartition(".")
    return last in FLAGS or (
        last in _FLAGS_ON and receiver.rpartition(".")[2].removesuffix("()") in _FLAG_CLIENTS
    )


# What frameworks document to be registered for every request: of a name that nothing else has.
_HANDLERS = listed(
    "exception_handler add_exception_handler app_errorhandler register_error_handler"
    " useGlobalFilters setErrorHandler"
)
_MIDDLEWARE = listed("add_middleware useGlobalGuards useGlobalInterceptors useGlobalPipes")


def registers(callee: str) -> str:
    """Whether a call registers a `handler` or a `middleware` for every request, "" for neither."""
    last = callee.rpartition(".")[2]
    return "handler" if last in _HANDLERS else ("middleware" if last in _MIDDLEWARE else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Exact callee names of one language, as they are written there."""

    sleeps: frozenset[str]
    randoms: frozenset[str]
    seeds: frozenset[str] = frozenset()
    clocks: frozenset[str]
    requests: frozenset[str]
    environment: frozenset[str]
    skips: frozenset[str]
    prints: frozenset[str]
    orders: frozenset[str] = frozenset()
    # Requests that wait for ever unless one of `timeouts` is given.
    endless: frozenset[str] = frozenset()
    timeouts: frozenset[str] = frozenset({"timeout"})
    # A module of which one of these is a part means that requests or the clock are stood in for.
    doubles: frozenset[str] = frozenset()
    frozen: frozenset[str] = frozenset()


_SUPPRESSION = re.compile(
    rb"(?:^|[#/*!]\s*)(noqa|type:\s*ignore|pyright:\s*ignore|pylint:\s*disable|nosec"
    rb"|mypy:\s*ignore-errors|pragma:\s*no\s*cover|eslint-disable|biome-ignore|tslint:disable"
    rb"|@ts-ignore|@ts-expect-error|@ts-nocheck|istanbul ignore|(?:c8|v8) ignore(?! end| stop)"
    rb"|nolint|rubocop:disable|NOSONAR|noinspection|CHECKSTYLE:OFF|ktlint-disable|:nocov:)"
)


def suppression(comment: bytes) -> str:
    """What a comment switches off, by its marker; "" for any other comment."""
    match = _SUPPRESSION.search(comment[:400])
    return re.sub(r"\s+", " ", match.group(1).decode()) if match else ""
