"""Detached signatures as the RFCs print theirs, without the middle."""

import json
import subprocess
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from connectors.kit.signing.jws import private_key, public_key, sign, verify

EC = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
EC_BODY = b'{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'
EC_SIGNATURE = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
EC_DETACHED = f"eyJhbGciOiJFUzI1NiJ9..{EC_SIGNATURE}"
"""Source: RFC 7515, appendix A.3, detached as in appendix F."""

ED = {
    "kty": "OKP",
    "crv": "Ed25519",
    "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
ED_BODY = b"Example of Ed25519 signing"
ED_DETACHED = (
    "eyJhbGciOiJFZERTQSJ9..hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
"""Source: RFC 8037, appendices A.1 and A.4, detached."""

DEEP = urlsafe_b64encode(b'{"alg":' + b"[" * 100_000).decode()


@pytest.fixture(scope="module")
def rsa() -> RSAKey:
    return RSAKey.generate_key(2048)


def header(**members: object) -> str:
    return urlsafe_b64encode(json.dumps(members).encode()).decode()


def test_the_rfcs_signatures_hold() -> None:
    """ES256 and EdDSA as printed, over the bytes as printed, line ends included."""
    assert verify(json.dumps(EC), EC_BODY, EC_DETACHED)
    assert verify(json.dumps(ED), ED_BODY, ED_DETACHED)
    assert not verify(json.dumps(EC), EC_BODY.replace(b"\r\n", b"\n"), EC_DETACHED)


def test_a_signature_is_as_the_rfc_prints_it() -> None:
    """EdDSA leaves nothing to chance, so ours is the printed one to the last character."""
    assert sign(json.dumps(ED), ED_BODY) == ED_DETACHED


@pytest.mark.parametrize("alg", ["ES256", "PS256", "EdDSA"])
def test_what_we_sign_holds_for_its_own_bytes_only(alg: str, rsa: RSAKey) -> None:
    """The key decides on the algorithm, its name goes along, and the body stays out of it."""
    key = {"ES256": ECKey.generate_key("P-256"), "PS256": rsa, "EdDSA": OKPKey.generate_key("Ed25519")}[alg]
    private = json.dumps(key.as_dict(private=True) | {"kid": "k-1"})
    public = json.dumps(key.as_dict(private=False))
    body = bytes(range(256)) * 1024
    detached = sign(private, body)
    head, middle, signature = detached.split(".")
    assert json.loads(urlsafe_b64decode(head.encode())) == {"alg": alg, "kid": "k-1"}
    assert (middle, signature == "") == ("", False)
    assert verify(public, body, detached)
    assert not verify(public, body + b"\n", detached)
    assert verify(json.dumps(EC), EC_BODY, detached) is False


def test_openssl_accepts_our_ps256(rsa: RSAKey, tmp_path: Path) -> None:
    """RSASSA-PSS with a salt as long as its hash, as RFC 7518, section 3.5, says."""
    head, _, signature = sign(json.dumps(rsa.as_dict(private=True)), b"body").split(".")
    (tmp_path / "pub").write_bytes(rsa.as_pem(private=False))
    (tmp_path / "signed").write_text(f"{head}.{urlsafe_b64encode(b'body').decode()}")
    (tmp_path / "signature").write_bytes(urlsafe_b64decode(signature.encode()))
    pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]
    command = ["openssl", "dgst", "-sha256", *pss, "-verify", "pub", "-signature", "signature", "signed"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)


@pytest.mark.parametrize(
    "detached",
    [
        "",
        "..",
        ".",
        "电费",
        EC_SIGNATURE,
        f"..{EC_SIGNATURE}",
        f"eyJhbGciOiJFUzI1NiJ9.{urlsafe_b64encode(EC_BODY).decode()}.{EC_SIGNATURE}",
        f"{EC_DETACHED}.more",
        f"{EC_DETACHED}=",
        EC_DETACHED[:-1],
        EC_DETACHED[:-4],
        f"{header(alg='none')}..",
        f"{header(alg='HS256')}..{EC_SIGNATURE}",
        f"{header(alg=['ES256'])}..{EC_SIGNATURE}",
        pytest.param(f"{DEEP}..{EC_SIGNATURE}", id="deep"),
        f"{urlsafe_b64encode(b'7').decode()}..{EC_SIGNATURE}",
    ],
)
def test_what_is_no_signature_of_ours_does_not_hold(detached: str) -> None:
    """Nothing, noise, an attached body, another algorithm: no match rather than an error."""
    assert not verify(json.dumps(EC), EC_BODY, detached)


@pytest.mark.parametrize(
    "members",
    [
        {"alg": "none"},
        {"alg": "ES256"},
        {"alg": ["EdDSA"]},
        {},
        {"alg": "EdDSA", "crit": ["b64"], "b64": False},
        {"alg": "EdDSA", "b64": True},
        {"alg": "EdDSA", "crit": []},
    ],
)
def test_a_header_of_another_kind_is_refused_though_rightly_signed(members: dict[str, object]) -> None:
    """It claims another algorithm, or extensions, which change what is signed, and nobody here would know."""
    key = OKPKey.import_key(ED)
    head = header(**members)
    signature = key.private_key.sign(f"{head}.{urlsafe_b64encode(ED_BODY).decode()}".encode())
    assert not verify(json.dumps(ED), ED_BODY, f"{head}..{urlsafe_b64encode(signature).decode()}")


@pytest.mark.parametrize(
    "jwk",
    [
        "",
        "no key",
        "[]",
        "{}",
        '{"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}',
        json.dumps(EC | {"crv": "P-384"}),
        json.dumps(EC | {"x": 1}),
        json.dumps(EC | {"y": EC["x"]}),
        json.dumps(EC | {"alg": "ES384"}),
        json.dumps(EC | {"use": "enc"}),
        json.dumps(ED | {"crv": "X25519"}),
    ],
)
def test_what_is_no_key_for_us_is_refused(jwk: str) -> None:
    """A shared secret, another curve, use or algorithm, or no JWK: a ValueError where it is set."""
    with pytest.raises(ValueError, match=r"^is "):
        public_key(jwk)


def test_a_public_key_cannot_sign_and_no_key_is_shown() -> None:
    """The half that signs is needed, and neither half is ever printed."""
    with pytest.raises(ValueError, match="no private JWK"):
        private_key(json.dumps(EC))
    assert repr(private_key(json.dumps(ED))) == "SigningKey(alg='EdDSA', kid=None)"
