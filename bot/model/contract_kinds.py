"""The catalogue of contract changes: every kind with its default impact and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bot.model.contract import Direction, Impact, Profile

if TYPE_CHECKING:
    from collections.abc import Mapping

# Says nothing that the merged schema does not say; another tool counts it by itself.
TOLD_BY_OTHERS = frozenset({"all-of-part-added"})

_IMPACT = {"B": Impact.BREAKING, "R": Impact.RISKY, "H": Impact.HARMLESS}


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """One kind of change; the impacts are those on data that the client, or the server, sends."""

    id: str
    says: str
    request: Impact
    response: Impact
    oasdiff_request: Impact
    oasdiff_response: Impact


def severity_of(kind: str, direction: Direction, profile: Profile = Profile.DEFAULT) -> Impact:
    """What a kind of change does in this direction, by this profile."""
    row = change_kinds()[kind]
    answers = direction is Direction.RESPONSE
    if profile is Profile.OASDIFF:
        return row.oasdiff_response if answers else row.oasdiff_request
    return row.response if answers else row.request


@cache
def change_kinds() -> Mapping[str, ChangeKind]:
    """Every kind under its id, in the order of the catalogue."""
    return {kind.id: kind for kind in map(_read, _TABLE.strip().splitlines())}


def _read(line: str) -> ChangeKind:
    identity, impacts, says = line.split(maxsplit=2)
    ours, _, theirs = impacts.partition("/")
    request, response = (_IMPACT[letter] for letter in ours)
    other_request, other_response = (_IMPACT[letter] for letter in theirs or ours)
    return ChangeKind(identity, says, request, response, other_request, other_response)


# id, impact on requests and on responses (after the slash: under the profile oasdiff), meaning.
_TABLE = """
path-removed                        BB    a path and all its operations are gone
operation-removed                   BB    an operation is gone
operation-removed-after-sunset      HH    a deprecated operation is gone after its sunset date
operation-deprecated                HH    an operation is marked as deprecated
operation-added                     HH    an operation is new
operation-id-changed                RR/HH an operationId, and so generated names, is renamed or gone
path-parameter-renamed              HH    a path parameter has another name at the same position
sunset-brought-forward              RR/BB an operation ends earlier than was promised
sunset-removed                      HH/BB the promised end of a deprecated operation is gone
callback-removed                    BB    the server no longer calls back
callback-added                      HH    the server calls back
required-parameter-added            BH    a parameter is new that must be sent
optional-parameter-added            HH    a parameter is new that may be sent
parameter-became-required           BH    a parameter must be sent that was optional
parameter-became-required-with-default RH/BH an optional parameter must be sent; it has a default
parameter-became-optional           HB    a parameter need not be sent any more
parameter-removed                   RR    a parameter is gone
parameter-moved                     BB    a parameter is sent in another place
parameter-deprecated                HH    a parameter is marked as deprecated
parameter-default-changed           RR/BB a parameter that is not sent means something else
parameter-style-changed             BB    a value is written differently
parameter-explode-changed           BB    lists and objects are written differently
empty-value-disallowed              BH    an empty value is no longer allowed
reserved-characters-disallowed      BH    reserved characters must be escaped now
required-body-added                 BH    a body is new that must be sent
optional-body-added                 HH    a body is new that may be sent
body-became-required                BH    a body must be sent that was optional
body-became-optional                HB    a body need not be sent any more
body-removed                        RR/BB an operation takes no body any more
request-media-type-removed          BB    a media type is no longer accepted
response-media-type-removed         BB    a media type is no longer sent
media-type-generalized              HB    a media type became a range
media-type-specialized              BH    a range of media types became one of them
media-type-added                    HH    a media type is new
encoding-changed                    RR    a part of a form is encoded differently
schema-introduced                   BH    a body without a schema has one
schema-dropped                      HR    a body has no schema any more
required-property-added             BH    a property is new that must be there
required-property-added-with-default BH   a property that must be there is new; it has a default
property-became-required            BH    a property must be there that was optional
property-became-required-with-default RH/BH an optional property must be there; it has a default
property-became-optional            HB    a property need not be there any more
required-property-removed           RB    a property that was always there is gone
optional-property-removed           RR    a property that might be there is gone
property-removed                    RR    a property is no longer accepted
property-added                      HH    a property is new that may be there
became-read-only                    RH/HH an optional property must no longer be sent
required-became-read-only           BH/HH a property had to be sent and must not be sent any more
became-write-only                   HB/HH a property that was always there is no longer sent
type-narrowed                       BH    a type is no longer accepted
type-widened                        HB    a type is new
null-disallowed                     BH    null is no longer allowed
property-became-nullable            HB    null is allowed
enum-value-removed                  BH    a value is no longer allowed
enum-value-added                    HR    a value is new
enum-introduced                     BH    only listed values are allowed
enum-dropped                        HR    any value is allowed where only listed ones were
const-changed                       BB    the only value is another one
const-dropped                       HB    any value is allowed where only one was
extensible-enum-value-removed       RH/BH a value is gone from an extensible list
bound-tightened                     BH    a limit is stricter
bound-introduced                    RH    a limit is new
bound-loosened                      HB    a limit is wider or gone
pattern-introduced                  BH    a text must match a pattern
pattern-changed                     RH    a text must match another pattern
pattern-dropped                     HH    a text need not match a pattern any more
format-narrowed                     BH    a value has a stricter or another format
format-widened                      HB    a value has a wider or another format
unique-items-required               BH    entries of a list must differ
unique-items-dropped                HR    entries of a list may repeat
multiple-of-introduced              BH    a number must be a multiple
content-encoding-changed            BB    a text holds content of another type or encoding
alternative-removed                 BH    an alternative is gone
alternative-added                   HB    an alternative is new
any-of-alternative-added            HB/HH an alternative of anyOf is new
alternatives-introduced             BB    one of several alternatives must fit
alternatives-dropped                HB    alternatives are gone and anything is allowed
all-of-part-added                   HH/BH a schema is composed of one more part
key-schema-tightened                BH    a condition on keys, entries or combinations is stricter
key-schema-loosened                 HB    a condition on keys, entries or combinations is looser
additional-properties-closed        RH    properties that are not listed are no longer accepted
additional-properties-opened        HH    properties that are not listed may appear
discriminator-property-changed      BB/HH the property that tells alternatives apart is another one
discriminator-value-removed         BR/HH a value that tells alternatives apart changed
request-discriminator-changed       RR/HH alternatives of a request are told apart differently
response-discriminator-changed      RR/HH alternatives of a response are told apart differently
default-changed                     HH    a property that is absent means something else
dangling-reference                  BB    a reference leads to a component that is not there
reference-changed                   RR    a reference that is never followed leads elsewhere
success-status-removed              BB    a status of success is gone
success-status-added                RR/HH a status of success is new
error-status-removed                RR/HH a status of failure is gone
error-status-added                  HH    a status of failure is new
required-header-removed             BB    a header that was always there is gone
optional-header-removed             RR    a header that might be there is gone
header-became-optional              HB    a header is not always there any more
header-became-required              BH    a header is always there
header-added                        HH    a header is new
scheme-changed                      BB/HH how to prove who one is changed: type, place, name, URL
scheme-scope-removed                RR/HH a scope can no longer be asked for
security-alternative-removed        BB/HH a way to prove who one is does not suffice any more
security-alternative-added          HH    a way to prove who one is is new
scope-added                         BB/HH a token needs another scope
scope-removed                       HH    a token needs fewer scopes
security-added                      RR/HH a public operation asks who one is
security-removed                    HH    an operation became public
server-changed                      RR/HH an address of the API is another one
webhook-removed                     BB    a webhook is gone
webhook-added                       HH    a webhook is new
document-version-changed            HH    the contract has another version
"""
