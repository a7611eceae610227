"""Every setting, read once from the environment or an env file. One that is unknown or unusable stops the start."""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from hub.store.store import dialect_of, sqlite_path

PREFIX = "HUB_"


class SettingError(Exception):
    """A setting that the hub does not know or cannot use. The message names it and says what it takes."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The hub's settings. Each is the environment variable HUB_<NAME>."""

    database_url: Annotated[str, Meta(description="sqlite:///path or postgresql://user@host/name")] = (
        "sqlite:///var/hub.db"
    )
    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="port to listen on; 0 picks a free one")] = 8080
    public_url: Annotated[str, Meta(description="how banks and partners reach the hub; the OAuth issuer")] = ""
    master_key: Annotated[str, Meta(description="32 random bytes in Base64: openssl rand -base64 32")] = ""
    connectors: Annotated[str, Meta(description="enabled partners, comma separated; empty: all that are found")] = ""
    order_wait: Annotated[str, Meta(description="how long an order's caller waits before 202")] = "25s"
    query_wait: Annotated[str, Meta(description="how long a question's caller waits before 202")] = "15s"
    merge_wait: Annotated[str, Meta(description="how long a merged list waits for its slowest partner")] = "8s"
    query_limit: Annotated[str, Meta(description="how long one call of a question may take in all")] = "190s"
    query_kept: Annotated[str, Meta(description="how long the answer of a 202 question is kept")] = "1h"
    partner_patience: Annotated[
        str, Meta(description="upper bound on a partner's answer; empty: each manifest's own")
    ] = ""
    enquiry_schedule: Annotated[str, Meta(description="pauses between enquiries; the last repeats")] = (
        "5s,30s,2m,10m,1h"
    )
    not_sent_limit: Annotated[str, Meta(description="how long an order that was not sent is tried again")] = "10m"
    release_again: Annotated[str, Meta(description="how long the same key may read a deliverable again")] = "15m"
    drain: Annotated[str, Meta(description="how long a stop waits for running requests")] = "30s"
    checkpoint_file: Annotated[str, Meta(description="where audit checkpoints are also kept")] = ""
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="debug, info, warning or error")
    ] = "info"

    @classmethod
    def read(cls, environment: Mapping[str, str], env_file: Path | None = None) -> "Settings":
        """Raises: SettingError naming the first variable that is unknown or unusable."""
        given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
        given |= _env_file(env_file) if env_file else {}
        known = {PREFIX + name.upper(): name for name in cls.__struct_fields__}
        for name in sorted(given.keys() - known.keys()):
            raise SettingError(f"{name} is no setting of the hub; settings are: {', '.join(sorted(known))}")
        settings = cls._checked({known[name]: value for name, value in given.items()})
        for name in _DURATIONS:
            _named(name, lambda name=name: settings.duration(name))
        _named("partner_patience", lambda: settings.patience)
        _named("enquiry_schedule", lambda: settings.schedule)
        _named("database_url", settings.check_database)
        _named("public_url", settings.check_address)
        return settings

    @classmethod
    def _checked(cls, given: dict[str, str]) -> "Settings":
        try:
            return msgspec.convert(given, cls, strict=False)
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `$.")
            name = path.rstrip("`")
            raise SettingError(f"{PREFIX}{name.upper()} ({_meaning(name)}): {message}") from error

    def check_database(self) -> None:
        """Raises: ValueError (without repeating the URL, which may hold a password)."""
        if not self.database_url.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("takes sqlite:///path or postgresql://…")
        if dialect_of(self.database_url) == "sqlite":
            sqlite_path(self.database_url)

    def check_address(self) -> None:
        """Raises: ValueError."""
        parts = urlsplit(self.public_url)
        whole = f"{parts.scheme}://{parts.netloc}" == self.public_url.rstrip("/")
        if self.public_url and not (parts.scheme in {"http", "https"} and parts.hostname and whole):
            raise ValueError(
                f"takes an address such as https://hub.example, without a path, and not {self.public_url!r}"
            )

    def duration(self, name: str) -> timedelta:
        """A setting such as "30s" as a span of time. Raises: ValueError."""
        return parse_duration(getattr(self, name))

    @property
    def schedule(self) -> list[timedelta]:
        return [_some_time(pause) for pause in self.enquiry_schedule.split(",")]

    @property
    def patience(self) -> timedelta | None:
        return _some_time(self.partner_patience) if self.partner_patience else None

    @property
    def issuer(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    def key(self) -> bytes:
        """The master key. Raises: SettingError where it is missing or no 32 bytes."""
        try:
            key = base64.b64decode(self.master_key, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32:  # noqa: PLR2004 - AES-256
            raise SettingError(
                "HUB_MASTER_KEY must be 32 random bytes in Base64 (make one with: openssl rand -base64 32); "
                "without the same key the stored accounts and orders cannot be read"
            )
        return key

    @property
    def enabled(self) -> list[str] | None:
        return [name.strip() for name in self.connectors.split(",") if name.strip()] or None


def explained() -> list[str]:
    """A line for each setting: its variable, what it means, and what it is where nobody says."""
    return [
        f"{PREFIX}{field.name.upper()}: {_meaning(field.name)} (default: {field.default or 'none'})"
        for field in msgspec.structs.fields(Settings)
    ]


def _meaning(name: str) -> str:
    [field] = [field for field in msgspec.structs.fields(Settings) if field.name == name]
    return str(field.type.__metadata__[0].description)


_DURATIONS = (
    "order_wait",
    "query_wait",
    "merge_wait",
    "query_limit",
    "query_kept",
    "not_sent_limit",
    "release_again",
    "drain",
)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


LONGEST = timedelta(days=366)


def parse_duration(text: str) -> timedelta:
    """Reads "250ms", "30s", "2m", "1h", "1d". Raises: ValueError."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)", text.strip())
    if not found:
        raise ValueError(f"{text!r} is no span of time; write 250ms, 30s, 2m, 1h or 1d")
    seconds = float(found[1]) * _UNITS[found[2]]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"{text!r} is longer than a year")
    return timedelta(seconds=seconds)


def _some_time(text: str) -> timedelta:
    """Raises: ValueError for no time at all."""
    span = parse_duration(text)
    if not span:
        raise ValueError(f"{text!r} is no time at all")
    return span


def _named(name: str, check: Any) -> None:
    try:
        check()
    except ValueError as error:
        raise SettingError(f"{PREFIX}{name.upper()}: {error}") from error


def _env_file(path: Path) -> dict[str, str]:
    """Lines of NAME=value; blank lines and lines that begin with # do not count. Raises: SettingError."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"--env-file {path}: {error}") from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise SettingError(f"{path}:{number}: is no NAME=value")
        found[name.strip()] = value.strip()
    return found


def from_environment(env_file: Path | None = None) -> Settings:
    return Settings.read(os.environ, env_file)
