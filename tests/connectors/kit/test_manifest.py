"""Manifests are data: read without code, and refused by name."""

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.kit.manifest import Manifest, ManifestError

GOOD = """
id = 7
name = "good_partner"
title = "Good"
auth = "none"
zone = "UTC"
regions = ["NG", "330100"]

[offers]
utility-bills = ["pay"]

[codes.pay]
"00" = { means = "succeeded" }
"17" = { means = "declined", reason = "account-unknown", text = "no such account" }
"""


def folder(root: Path, text: str, name: str = "good_partner") -> Path:
    made = root / name
    made.mkdir()
    (made / "manifest.toml").write_text(text, "utf-8")
    return made


def test_good_manifest_reads_with_defaults(tmp_path: Path) -> None:
    """What a manifest leaves out has a careful default."""
    manifest = Manifest.read(folder(tmp_path, GOOD))
    assert (manifest.id, manifest.regions, manifest.callbacks) == (7, ["NG", "330100"], False)
    assert (manifest.limits.attempts, manifest.reference.length) == (3, 26)
    assert manifest.absence_final_after == timedelta(days=1)
    assert manifest.codes["pay"]["17"].reason == "account-unknown"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("id = 7", "id = 0", r"\$\.id"),
        ("id = 7", "id = 2147483648", r"\$\.id"),
        ("id = 7", 'id = "7"', r"\$\.id"),
        ("id = 7", "", "`id`"),
        ("id = 7", "id = 7\nanswer = 42", "`answer`"),
        ('zone = "UTC"', 'zone = "UTC', "manifest.toml"),
        ('"good_partner"', '"other_partner"', "not the folder's name"),
        ('"NG"', '"Nigeria"', r"\$\.regions\[0\]"),
        ('"330100"', '"990000"', r"\$\.regions\[1\]"),
        ("succeeded", "splendid", r"\$\.codes"),
        ("account-unknown", "no-idea", r"\$\.codes"),
        ("[offers]", "[limits]\nattempts = 0\n[offers]", r"\$\.limits\.attempts"),
        ("[offers]", "[limits]\nanswer_seconds = 0\n[offers]", r"\$\.limits\.answer_seconds"),
        ("[offers]", '[reference]\nalphabet = "runes"\n[offers]', r"\$\.reference\.alphabet"),
        ("[offers]", "[reference]\nlength = 8\n[offers]", r"\$\.reference\.length"),
        ("[offers]", "[breaker]\nfailure = 3\n[offers]", r"\$\.breaker"),
    ],
)
def test_bad_manifest_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    """A manifest that cannot be used is refused with its path and what is wrong with it."""
    assert old in GOOD
    bad = folder(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ManifestError, match=words) as caught:
        Manifest.read(bad)
    assert str(bad / "manifest.toml") in str(caught.value)


def test_unreadable_manifest_is_named(tmp_path: Path) -> None:
    """A file that is missing, or is no UTF-8, is refused like any other."""
    with pytest.raises(ManifestError, match=r"nowhere/manifest\.toml"):
        Manifest.read(tmp_path / "nowhere")
    bad = folder(tmp_path, GOOD)
    (bad / "manifest.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ManifestError, match=r"manifest\.toml"):
        Manifest.read(bad)
