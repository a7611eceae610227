"""AES as NIST prints it, padded as PKCS #7 says."""

import pytest

from connectors.kit.signing import aes
from schemas.errors import Garbled

KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
IV = bytes(range(16))
PLAIN = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
"""Source: NIST SP 800-38A, appendix F.1.1 (ECB-AES128) and F.2.1 (CBC-AES128), as the next two."""
ECB = bytes.fromhex(
    "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
    "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4"
)
CBC = bytes.fromhex(
    "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
    "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"
)

GCM_KEY = bytes.fromhex("feffe9928665731c6d6a8f9467308308")
GCM_NONCE = bytes.fromhex("cafebabefacedbaddecaf888")
GCM_PLAIN = bytes.fromhex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
)
GCM_ASSOCIATED = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
GCM_SEALED = bytes.fromhex(
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47"
)
"""Source: McGrew and Viega, The Galois/Counter Mode of Operation, test case 4: ciphertext, then tag."""


def test_ecb_is_as_nist_prints_it() -> None:
    """Four blocks encrypt as printed, a fifth holds the padding, and all of it comes back."""
    sealed = aes.encrypt_ecb(KEY, PLAIN)
    assert sealed[:64] == ECB
    assert len(sealed) == 80
    assert aes.decrypt_ecb(KEY, sealed) == PLAIN


def test_cbc_is_as_nist_prints_it() -> None:
    """Four blocks encrypt as printed, a fifth holds the padding, and all of it comes back."""
    sealed = aes.encrypt_cbc(KEY, IV, PLAIN)
    assert sealed[:64] == CBC
    assert len(sealed) == 80
    assert aes.decrypt_cbc(KEY, IV, sealed) == PLAIN


def test_gcm_is_as_published() -> None:
    """Ciphertext and tag are the published ones, and open to the plain text."""
    assert aes.encrypt_gcm(GCM_KEY, GCM_NONCE, GCM_PLAIN, GCM_ASSOCIATED) == GCM_SEALED
    assert aes.decrypt_gcm(GCM_KEY, GCM_NONCE, GCM_SEALED, GCM_ASSOCIATED) == GCM_PLAIN


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 31])
def test_a_text_of_any_length_comes_back(length: int) -> None:
    """PKCS #7 always pads, by 1 to 16 bytes, so nothing is lost and nothing is added."""
    plain = b"\x01" * length
    sealed = aes.encrypt_ecb(KEY, plain)
    assert len(sealed) == length // 16 * 16 + 16
    assert aes.decrypt_ecb(KEY, sealed) == plain
    assert aes.decrypt_cbc(KEY, IV, aes.encrypt_cbc(KEY, IV, plain)) == plain


@pytest.mark.parametrize("sealed", [b"", ECB[:16], ECB[:15], ECB + b"\0"])
def test_a_text_that_is_not_padded_blocks_is_garbled(sealed: bytes) -> None:
    """Nothing, half a block, and blocks without padding are told in one and the same words."""
    for decrypt in (lambda: aes.decrypt_ecb(KEY, sealed), lambda: aes.decrypt_cbc(KEY, IV, sealed)):
        with pytest.raises(Garbled, match=r"^the text cannot be decrypted$") as caught:
            decrypt()
        assert caught.value.evidence == sealed


def test_a_partners_bad_vector_is_garbled_and_our_bad_key_an_error() -> None:
    """An initialisation vector or nonce may come from outside; a key of the wrong size is our own setting."""
    with pytest.raises(Garbled):
        aes.decrypt_cbc(KEY, IV[:8], CBC)
    with pytest.raises(Garbled):
        aes.decrypt_gcm(GCM_KEY, b"", GCM_SEALED)
    for use in (aes.encrypt_ecb, aes.decrypt_ecb):
        with pytest.raises(ValueError, match="key"):
            use(KEY[:15], PLAIN)
    with pytest.raises(ValueError, match="key"):
        aes.decrypt_gcm(KEY[:15], GCM_NONCE, GCM_SEALED)


@pytest.mark.parametrize(
    ("nonce", "sealed", "associated"),
    [
        (GCM_NONCE, GCM_SEALED[:-1] + b"\0", GCM_ASSOCIATED),
        (GCM_NONCE, b"\0" + GCM_SEALED[1:], GCM_ASSOCIATED),
        (GCM_NONCE, GCM_SEALED, b""),
        (bytes(12), GCM_SEALED, GCM_ASSOCIATED),
        (GCM_NONCE, GCM_SEALED[-16:], GCM_ASSOCIATED),
        (GCM_NONCE, b"", GCM_ASSOCIATED),
    ],
)
def test_gcm_opens_nothing_that_was_touched(nonce: bytes, sealed: bytes, associated: bytes) -> None:
    """Another tag, text, nonce or context, or none of it, is garbled."""
    with pytest.raises(Garbled):
        aes.decrypt_gcm(GCM_KEY, nonce, sealed, associated)
