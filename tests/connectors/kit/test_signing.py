"""Signatures: what a partner's own library would make of ours."""

import subprocess
from hashlib import md5
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from connectors.kit.signing.rsa import private_key, public_key, sign, sign_now, verify, verify_now

MD5_INFO = bytes.fromhex("3020300c06082a864886f70d020505000410")
"""Source: RFC 8017, section 9.2, note 1."""
MD5_OF_ABC = bytes.fromhex("900150983cd24fb0d6963f7d28e17f72")
"""Source: RFC 1321, appendix A.5."""


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> tuple[str, str]:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    return pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


async def test_an_rsa_signature_holds_for_its_own_bytes_only(keys: tuple[str, str]) -> None:
    """A signature verifies over exactly what was signed, and over nothing else."""
    private, public = keys
    signature = await sign(private, "电费".encode())
    assert await verify(public, "电费".encode(), signature)
    assert not await verify(public, "水费".encode(), signature)
    assert not await verify(public, "电费".encode(), signature[:-1])
    assert not await verify(public, "电费".encode(), b"")


def test_an_rsa_signature_is_encoded_as_the_standards_print_it(keys: tuple[str, str]) -> None:
    """Raised to the public exponent, a signature is RFC 8017's padding around RFC 1321's digest."""
    private, public = keys
    assert md5(b"abc", usedforsecurity=False).digest() == MD5_OF_ABC
    numbers = public_key(public).public_numbers()
    opened = pow(int.from_bytes(sign_now(private, b"abc")), numbers.e, numbers.n).to_bytes(256)
    tail = b"\0" + MD5_INFO + MD5_OF_ABC
    assert opened == b"\0\1" + b"\xff" * (256 - 2 - len(tail)) + tail


def test_openssl_and_we_accept_each_other(keys: tuple[str, str], tmp_path: Path) -> None:
    """`openssl dgst -md5` verifies what we sign, and signs what we verify."""
    private, public = keys
    for name, content in {"key": private, "pub": public, "text": "siteCode1.0.0{}"}.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "ours").write_bytes(sign_now(private, b"siteCode1.0.0{}"))
    openssl(tmp_path, "-verify", "pub", "-signature", "ours", "text")
    openssl(tmp_path, "-sign", "key", "-out", "theirs", "text")
    assert verify_now(public, b"siteCode1.0.0{}", (tmp_path / "theirs").read_bytes())


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", "dgst", "-md5", *arguments], cwd=folder, check=True, capture_output=True)


def test_a_key_is_read_once(keys: tuple[str, str]) -> None:
    """The same PEM gives the same key object."""
    assert private_key(keys[0]) is private_key(keys[0])
    assert public_key(keys[1]) is public_key(keys[1])


def test_a_key_of_another_kind_is_refused() -> None:
    """An elliptic key, or no key at all, is a ValueError where it is set rather than where it is used."""
    private, public = pem(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(ValueError, match="RSA"):
        private_key(private)
    with pytest.raises(ValueError, match="RSA"):
        public_key(public)
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the library's
        public_key("no key")
