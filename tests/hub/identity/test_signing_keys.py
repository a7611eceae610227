"""The hub's own keys."""

import asyncio
import base64

import msgspec
import pytest

from hub.identity import rows
from hub.identity.identity import Identity
from hub.identity.refusals import Unauthenticated
from hub.store import Sealer, Store, Unsealable
from tests.hub.identity import keys
from tests.hub.identity.door import Door


async def kids(door: Door) -> list[str]:
    return [key["kid"] for key in (await door.http.get("/oauth/jwks")).json()["keys"]]


async def kid_of_new_token(door: Door) -> str:
    now = int(door.clock.now().timestamp())
    answer = await door.ask(door.assertion(exp=now + 60, iat=now))
    header = answer.json()["access_token"].split(".")[0]
    return str(msgspec.json.decode(base64.urlsafe_b64decode(header + "=="))["kid"])


async def test_jwks_holds_public_halves_only(door: Door):
    """The published key is an ES256 key without its private part."""
    answer = await door.http.get("/oauth/jwks")
    [key] = answer.json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert (key["alg"], key["use"]) == ("ES256", "sig")


async def test_key_survives_a_restart(any_door: Door, elsewhere: Door):
    """A second start uses the first one's key, and its tokens."""
    assert await kids(any_door) == await kids(elsewhere)
    await elsewhere.enter(await any_door.token())


async def test_concurrent_first_starts_make_one_key(any_door: Door, store: Store):
    """However many processes start for the first time, one key is made."""
    await store.write(lambda tx: tx.execute(rows.signing_keys.delete()))
    identities = [Identity(store, Sealer(b"m" * 32), keys.ISSUER) for _ in range(5)]
    await asyncio.gather(*(identity.start() for identity in identities))
    assert len({str(await identity.jwks()) for identity in identities}) == 1


async def test_key_lies_sealed_in_the_store(door: Door):
    """The private half cannot be read without the master key."""
    [row] = await door.store.read(rows.list_signing_keys)
    public = msgspec.json.decode(row.public)
    assert public["x"].encode() not in row.private
    assert b'"d"' not in row.private
    with pytest.raises(Unsealable):
        await Identity(door.store, Sealer(b"x" * 32), keys.ISSUER).start()


async def test_rotation_leaves_no_gap(any_door: Door, elsewhere: Door):
    """A new key is published first and signs later; the old one stays until its last token is dead."""
    [old] = await kids(any_door)
    token = await any_door.token()
    new = await any_door.identity.rotate()
    any_door.clock.moved = 6
    assert await kids(elsewhere) == [old, new]
    assert await kid_of_new_token(elsewhere) == old
    any_door.clock.moved = 130
    assert await kid_of_new_token(any_door) == new
    assert await kid_of_new_token(elsewhere) == new
    await any_door.enter(token)
    any_door.clock.moved = 700
    assert await kids(any_door) == [old, new]
    any_door.clock.moved = 900
    assert await kids(any_door) == [new]


async def test_dead_keys_are_forgotten(door: Door):
    """A key whose tokens are dead is deleted, private half and all."""
    await door.identity.rotate()
    door.clock.moved = 1000
    new = await kid_of_new_token(door)
    assert [row.kid for row in await door.store.read(rows.list_signing_keys)] == [new]


async def test_key_that_vanishes_takes_its_tokens_along(door: Door):
    """A key that an operator deletes is gone within five seconds, remembered tokens included."""
    token = await door.token()
    await door.enter(token)
    await door.identity.rotate()
    first = rows.signing_keys.c.serial == 1
    await door.store.write(lambda tx: tx.execute(rows.signing_keys.delete().where(first)).rowcount)
    door.clock.moved = 5
    with pytest.raises(Unauthenticated, match="kid"):
        await door.enter(token)
