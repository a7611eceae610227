"""Taking back what a signature cannot: revoked tokens, clients and banks shut out."""

import asyncio

import pytest

from hub.identity import rows
from hub.identity.clients import deactivate_client
from hub.identity.refusals import Unauthenticated
from hub.store import StoreUnavailable
from hub.tenants import banks
from tests.hub.identity import keys
from tests.hub.identity.door import Door


async def wait_for_reading(door: Door) -> None:
    if door.identity._watch._reading:
        await door.identity._watch._reading


async def test_revoked_token_is_refused_at_once(door: Door):
    """A revoked token opens nothing any more, though it was remembered as good."""
    token = await door.token()
    await door.enter(token)
    answer = await door.revoke(token)
    assert (answer.status_code, answer.json()) == (200, {})
    with pytest.raises(Unauthenticated, match="revoked"):
        await door.enter(token)


async def test_revocation_outlives_a_reading_under_way(door: Door):
    """A reading that began before the revocation does not bring the token back."""
    token = await door.token()
    await door.enter(token)
    door.clock.moved = 3
    await door.enter(token)  # begins a reading
    door.identity._watch.revoke((await door.enter(token)).token_id, door.clock.now().replace(year=2100))
    await wait_for_reading(door)
    with pytest.raises(Unauthenticated, match="revoked"):
        await door.enter(token)


async def test_revocation_reaches_other_processes_within_five_seconds(any_door: Door, elsewhere: Door):
    """A token that was revoked in one process is refused in another five seconds later."""
    token = await any_door.token()
    await elsewhere.enter(token)
    await any_door.revoke(token)
    any_door.clock.moved = 5
    with pytest.raises(Unauthenticated, match="revoked"):
        await elsewhere.enter(token)


async def test_busy_process_reads_again_by_the_way(door: Door):
    """After two seconds a call still passes without waiting, and the next one sees what changed."""
    token = await door.token()
    await door.enter(token)
    await door.store.write(lambda tx: deactivate_client(tx, door.client_id, now=door.clock.now()))
    door.clock.moved = 2.1
    await door.enter(token)
    await wait_for_reading(door)
    with pytest.raises(Unauthenticated, match="shut out"):
        await door.enter(token)


@pytest.mark.parametrize("what", ["client", "bank"])
async def test_shutting_out_takes_effect_within_five_seconds(any_door: Door, what: str):
    """A token of a client or a bank that was shut out is refused five seconds later."""
    token = await any_door.token()
    await any_door.enter(token)
    now = any_door.clock.now()
    if what == "client":
        await any_door.store.write(lambda tx: deactivate_client(tx, any_door.client_id, now=now))
    else:
        await any_door.store.write(lambda tx: banks.suspend(tx, "first-bank", now=now))
    any_door.clock.moved = 5
    with pytest.raises(Unauthenticated, match="shut out"):
        await any_door.enter(token)


async def test_guard_does_not_ask_the_store_at_every_call(door: Door, monkeypatch: pytest.MonkeyPatch):
    """A hundred calls within two seconds read the store not once; many that come too late read it once."""
    token = await door.token()
    reads = 0
    read = door.store.read

    async def counted(query):
        nonlocal reads
        reads += 1
        return await read(query)

    monkeypatch.setattr(door.store, "read", counted)
    for _ in range(100):
        await door.enter(token)
    assert reads == 0
    door.clock.moved = 6
    await asyncio.gather(*(door.enter(token) for _ in range(20)))
    assert reads == 1


async def test_guard_fails_closed_when_the_store_is_gone(door: Door, monkeypatch: pytest.MonkeyPatch):
    """A vanished store is bridged for five seconds, then nobody comes in, then everybody again."""
    token = await door.token()
    await door.enter(token)

    async def gone(_):
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(door.store, "read", gone)
        door.clock.moved = 4
        await door.enter(token)
        await asyncio.sleep(0)
        door.clock.moved = 6
        with pytest.raises(StoreUnavailable):
            await door.enter(token)
    await door.enter(token)


async def test_unknown_token_is_revoked_already(door: Door):
    """Revoking garbage, a foreign or an expired token is a success (RFC 7009, section 2.2)."""
    expired = await door.token()
    door.clock.moved = 700
    for token in ("garbage", "a.b.c", "x" * 8000, expired):
        form = keys.token_form(door.assertion(exp=int(door.clock.now().timestamp()) + 60, iat=None), token=token)
        assert (await door.http.post("/oauth/revoke", data=form)).status_code == 200


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "whatever"])
async def test_hint_changes_nothing(door: Door, hint: str):
    """Whatever kind of token the client says it is, it is revoked."""
    token = await door.token()
    form = keys.token_form(door.assertion(), token=token, token_type_hint=hint)
    assert (await door.http.post("/oauth/revoke", data=form)).status_code == 200
    with pytest.raises(Unauthenticated):
        await door.enter(token)


async def test_token_of_another_client_is_not_revoked(door: Door):
    """A client cannot revoke what another client holds."""
    token = await door.token()
    door.client_id = await door.add_client(door.key, name="other")
    answer = await door.revoke(token)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    await door.enter(token)


async def test_revocation_needs_a_token_and_a_client(door: Door):
    """A revocation without a token, or by nobody, is refused."""
    answer = await door.http.post("/oauth/revoke", data=keys.token_form(door.assertion()))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    answer = await door.http.post("/oauth/revoke", data={"token": await door.token()})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_assertion_for_revocation_is_used_up_as_well(door: Door):
    """An assertion that revoked a token gets no other."""
    assertion = door.assertion()
    await door.http.post("/oauth/revoke", data=keys.token_form(assertion, token="x"))
    assert (await door.ask(assertion)).status_code == 401


async def test_denylist_is_pruned(any_door: Door):
    """What has expired is forgotten."""
    await any_door.revoke(await any_door.token())
    any_door.clock.moved = 3600
    fresh = any_door.assertion(exp=int(any_door.clock.now().timestamp()) + 60, iat=None)
    assert (await any_door.ask(fresh)).status_code == 200

    def counts(tx):
        return [tx.execute(table.select()).all() for table in (rows.revoked_tokens, rows.assertion_ids)]

    revoked, used = await any_door.store.read(counts)
    assert (len(revoked), len(used)) == (0, 1)
