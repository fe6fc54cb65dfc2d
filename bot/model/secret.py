"""Where a text holds something that looks like a secret; the secret itself is kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model.area import Area


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One place. `kind`: whose secret it is. `mark`: 8 hex digits that tell equal values.

    `exact`: its format belongs to nothing else, and it is no placeholder. `name`: what a literal
    is called that only its name gives away.
    """

    kind: str
    line: int
    end: int
    mark: str
    exact: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What one file holds."""

    found: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitSecrets:
    """What one commit added, by path; what it only moved is not new."""

    found: tuple[tuple[str, Secret], ...] = ()


_MEDIA = (
    "png,jpg,jpeg,gif,webp,avif,heic,ico,bmp,tiff,pdf,woff,woff2,ttf,eot,otf,mp3,mp4,webm,mov,avi,"
    "zip,gz,tgz,bz2,xz,7z,jar,class,so,dll,exe,wasm,pyc"
)
_LOCKED = (
    "package-lock.json,npm-shrinkwrap.json,yarn.lock,pnpm-lock.yaml,bun.lock,bun.lockb,poetry.lock,"
    "uv.lock,pdm.lock,Pipfile.lock,go.sum,Gemfile.lock,Cargo.lock,composer.lock,gradle.lockfile"
)
# Every text that a person may write into; pictures hold none, lock files only hashes.
TEXTS = Area("texts", ("**", f"!**/*.{{{_MEDIA}}}", f"!**/{{{_LOCKED}}}"))
