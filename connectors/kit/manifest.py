"""A partner's manifest: facts about it as data, read without importing its code."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, field

from schemas.outcome import ReasonCode
from schemas.region import RegionCode
from schemas.struct import Canonical, pattern

Seconds = Annotated[float, Meta(gt=0, le=31_536_000)]


class ReferenceFormat(Canonical):
    """How the partner wants our order numbers. Random within the alphabet, so long enough not to meet."""

    alphabet: Literal["digits", "alphanumeric", "uuid"] = "alphanumeric"
    length: Annotated[int, Meta(ge=16, le=64)] = 26
    """Characters; a uuid has its own."""


class Limits(Canonical):
    """What the partner can take from one account."""

    attempts: Annotated[int, Meta(ge=1, le=10)] = 3
    """Exchanges that one call may spend, repeats included."""
    concurrency: Annotated[int, Meta(ge=1)] = 64
    per_second: Annotated[float, Meta(gt=0)] = 200.0
    connect_seconds: Seconds = 5.0
    answer_seconds: Seconds = 20.0
    """How long an answer may take, where a message does not say."""


class Breaker(Canonical):
    """When to stop knocking: after so many failures in a row, for so long."""

    failures: Annotated[int, Meta(ge=1)] = 10
    open_seconds: Seconds = 10.0


class EnquiryWindow(Canonical):
    """What the partner's own answers to an enquiry are worth."""

    absence_final_after: Seconds = 86_400.0
    """How long after sending "no such order" becomes final."""
    window: Seconds = 2_592_000.0
    """How long after sending the partner still answers about an order."""


class Meaning(Canonical):
    """What one code of the partner means, for one operation."""

    means: Literal["ok", "nothing", "succeeded", "pending", "declined", "unknown", "absent", "session", "refused"]
    reason: ReasonCode | None = None
    """With `declined` and `refused`: the contract's word for it."""
    text: str = ""


class Manifest(Canonical):
    """Facts about one partner.

    Shape: `offers` maps a scenario to the operations its connector implements; `codes` maps an operation
    (or a family of them) to code to meaning; `units` names the unit of each kind of amount, for people.
    """

    id: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    """Random, never changed: references that banks keep carry it."""
    name: Annotated[str, pattern("[a-z][a-z0-9_]{1,40}", "The folder's name")]
    title: str
    auth: str
    zone: str
    offers: dict[str, list[str]]
    regions: list[RegionCode]
    callbacks: bool = False
    reconciliation: str = "none: enquiries decide"
    """What the partner offers to hold our journal against, in words for people."""
    units: dict[str, str] = field(default_factory=dict)
    reference: ReferenceFormat = ReferenceFormat()
    limits: Limits = Limits()
    breaker: Breaker = Breaker()
    enquiry: EnquiryWindow = EnquiryWindow()
    codes: dict[str, dict[str, Meaning]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Raises: ManifestError naming the file and the field."""
        path = folder / "manifest.toml"
        try:
            manifest = msgspec.convert(tomllib.loads(path.read_text("utf-8")), cls)
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
            raise ManifestError(f"{path}: {error}") from error
        if manifest.name != folder.name:
            raise ManifestError(f"{path}: name {manifest.name!r} is not the folder's name")
        return manifest

    @property
    def locality(self) -> int:
        """How narrow its area is: of several partners that could serve a region, the most local one does."""
        return min(0 if code.isalpha() else len(code.rstrip("0")) for code in self.regions)

    @property
    def absence_final_after(self) -> timedelta:
        return timedelta(seconds=self.enquiry.absence_final_after)


class ManifestError(Exception):
    """A manifest cannot be used as it stands."""
