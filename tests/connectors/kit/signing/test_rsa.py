"""RSA: what a partner's own library would make of ours, and what the standards print."""

import os
import subprocess
from base64 import urlsafe_b64decode
from hashlib import md5
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from connectors.kit.signing.rsa import (
    Digest,
    Padding,
    private_key,
    public_key,
    sign,
    sign_now,
    unwrap,
    unwrap_now,
    verify,
    verify_now,
    wrap,
    wrap_now,
)
from schemas.errors import Garbled
from tests.connectors.kit.signing import rsa_examples

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


@pytest.mark.parametrize("digest", ["MD5", "SHA1", "SHA256"])
def test_openssl_and_we_accept_each_other(keys: tuple[str, str], tmp_path: Path, digest: Digest) -> None:
    """`openssl dgst` verifies what we sign, and signs what we verify; each digest is its own."""
    private, public = keys
    for name, content in {"key": private, "pub": public, "text": "siteCode1.0.0{}"}.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "ours").write_bytes(sign_now(private, b"siteCode1.0.0{}", digest))
    openssl(tmp_path, "dgst", f"-{digest.lower()}", "-verify", "pub", "-signature", "ours", "text")
    openssl(tmp_path, "dgst", f"-{digest.lower()}", "-sign", "key", "-out", "theirs", "text")
    theirs = (tmp_path / "theirs").read_bytes()
    assert [each for each in ("MD5", "SHA1", "SHA256") if verify_now(public, b"siteCode1.0.0{}", theirs, each)] == [
        digest
    ]


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def published(n: bytes, e: int, d: bytes = b"") -> str:
    """A key that was printed as numbers, as PEM: private if `d` is there."""
    numbers = rsa.RSAPublicNumbers(e, int.from_bytes(n))
    if not d:
        return (
            numbers.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )
    exponent = int.from_bytes(d)
    p, q = rsa.rsa_recover_prime_factors(numbers.n, e, exponent)
    crt = rsa.rsa_crt_dmp1(exponent, p), rsa.rsa_crt_dmq1(exponent, q), rsa.rsa_crt_iqmp(p, q)
    return pem(rsa.RSAPrivateNumbers(p, q, exponent, *crt, numbers).private_key())[0]


def unpacked(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


def test_sha256_with_rsa_is_as_the_rfc_prints_it() -> None:
    """The signature of RFC 7515, appendix A.2, to the last bit."""
    example = rsa_examples.RS256
    private = published(unpacked(example.n), 65537, unpacked(example.d))
    assert sign_now(private, example.data, "SHA256") == unpacked(example.signature)
    assert verify_now(published(unpacked(example.n), 65537), example.data, unpacked(example.signature), "SHA256")


def test_sha1_with_rsa_is_as_nist_prints_it() -> None:
    """A signature of NIST's own, over its own bytes and no others."""
    example = rsa_examples.SHA1
    public = published(bytes.fromhex(example.n), 0x1001)
    data, signature = bytes.fromhex(example.data), bytes.fromhex(example.signature)
    assert verify_now(public, data, signature, "SHA1")
    assert not verify_now(public, data[1:], signature, "SHA1")


@pytest.mark.parametrize("example", rsa_examples.WRAPPED, ids=lambda example: example.padding)
def test_a_key_that_the_rfc_wrapped_opens(example: rsa_examples.Wrapped) -> None:
    """RSAES-OAEP and RSAES-PKCS1-v1_5 as RFC 7516 prints them."""
    private = published(unpacked(example.n), 65537, unpacked(example.d))
    assert unwrap_now(private, unpacked(example.wrapped), 32, example.padding) == example.key


OPENSSL_PADDING: dict[Padding, list[str]] = {
    "PKCS1": ["rsa_padding_mode:pkcs1"],
    "OAEP-SHA1": ["rsa_padding_mode:oaep", "rsa_oaep_md:sha1"],
    "OAEP-SHA256": ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256"],
}


@pytest.mark.parametrize("padding", OPENSSL_PADDING)
async def test_openssl_and_we_open_each_others_keys(keys: tuple[str, str], tmp_path: Path, padding: Padding) -> None:
    """`openssl pkeyutl` opens what we wrap, and wraps what we open, both ways of asking."""
    private, public = keys
    secret = os.urandom(16)
    options = [word for option in OPENSSL_PADDING[padding] for word in ("-pkeyopt", option)]
    for name, content in {"key": private.encode(), "pub": public.encode(), "secret": secret}.items():
        (tmp_path / name).write_bytes(content)
    for wrapped in (wrap_now(public, secret, padding), await wrap(public, secret, padding)):
        (tmp_path / "ours").write_bytes(wrapped)
        openssl(tmp_path, "pkeyutl", "-decrypt", "-inkey", "key", *options, "-in", "ours", "-out", "opened")
        assert (tmp_path / "opened").read_bytes() == secret
    openssl(tmp_path, "pkeyutl", "-encrypt", "-pubin", "-inkey", "pub", *options, "-in", "secret", "-out", "theirs")
    assert await unwrap(private, (tmp_path / "theirs").read_bytes(), 16, padding) == secret


@pytest.mark.parametrize("example", rsa_examples.WRAPPED, ids=lambda example: example.padding)
def test_what_holds_no_such_key_is_garbled(example: rsa_examples.Wrapped) -> None:
    """Another size, another padding, a changed byte, or nothing: one and the same words for all of it."""
    private = published(unpacked(example.n), 65537, unpacked(example.d))
    wrapped = unpacked(example.wrapped)
    bad: list[tuple[bytes, Padding]] = [
        (wrapped, example.padding),
        (wrapped[:-1] + b"\0", example.padding),
        (wrapped[:-1], example.padding),
        (b"", example.padding),
        (wrapped, "OAEP-SHA256"),
    ]
    for each, padding in bad:
        with pytest.raises(Garbled, match=r"^no key of 16 bytes is wrapped in this$"):
            unwrap_now(private, each, 16, padding)


def test_a_key_that_does_not_fit_is_refused(keys: tuple[str, str]) -> None:
    """RSA wraps no more than its modulus holds, and says so."""
    with pytest.raises(ValueError, match=r"(?i)too long|size|length|encryption failed"):
        wrap_now(keys[1], bytes(256), "PKCS1")


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
