"""Issuing and revoking access tokens: authlib decides, the store remembers.

The order is: signature and claims of the assertion, then its single use, and only then does a token leave.
An assertion that was verified is used up even where the request is refused for something else.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hub.audit import rows as audit
from hub.audit.record import new_record
from hub.identity import assertions, rows, tokens
from hub.identity.assertions import Proof
from hub.identity.jose import Unreadable
from hub.identity.refusals import OAuthRefusal
from hub.identity.rows import ClientRow
from hub.identity.server import OAuthQuestion, OAuthServer
from hub.identity.signing_keys import PUBLISHED_AFTER, KeyRing
from hub.identity.standing import Watch
from hub.identity.tokens import AccessToken
from hub.store import Connection, Store
from hub.trace import trace_id

T = TypeVar("T")

PRUNED_EVERY = timedelta(minutes=1)


class Issuing:
    """Answers the token and the revocation endpoint."""

    def __init__(self, store: Store, watch: Watch, issuer: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._watch = watch
        self._issuer = issuer
        self._clock = clock
        self._pruned_at = datetime.min.replace(tzinfo=UTC)

    async def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """A new access token (RFC 6749, section 4.4). Raises: OAuthRefusal, StoreUnavailable."""
        question, server = await self._ask(form)
        return await self._settle(question, lambda: server.token(question))

    async def revoke(self, form: Mapping[str, str]) -> None:
        """Revokes a token of the client's own (RFC 7009). Raises: OAuthRefusal, StoreUnavailable."""
        question, server = await self._ask(form)
        await self._settle(question, lambda: server.revoke(question))
        if question.revoked is not None:
            self._watch.revoke(question.revoked.jti, _expiry(question.revoked))

    async def _ask(self, form: Mapping[str, str]) -> tuple[OAuthQuestion, OAuthServer]:
        """Everything that authlib will want to know, fetched before it is asked."""
        client_id = assertions.claimed_client(form)
        claimed = await self._store.read(lambda tx: rows.find_client(tx, client_id)) if client_id else None
        standing = await self._watch.standing()
        return OAuthQuestion(dict(form), claimed), self._server(standing.ring, self._clock())

    def _server(self, ring: KeyRing, now: datetime) -> OAuthServer:
        def prove(form: Mapping[str, str], client: ClientRow | None) -> Proof:
            return assertions.verify(form, client, self._issuer, now)

        def mint(client: ClientRow, scope: str) -> tuple[AccessToken, str]:
            token = tokens.new_token(
                issuer=self._issuer, client_id=client.client_id, tenant=client.tenant_id, scope=scope, now=now
            )
            return token, tokens.write(token, ring.signer(now))

        def read_token(compact: str) -> AccessToken | None:
            try:
                return tokens.read(compact, ring, self._issuer, now)
            except Unreadable:
                return None

        return OAuthServer(prove=prove, mint=mint, read_token=read_token)

    async def _settle(self, question: OAuthQuestion, answer: Callable[[], T]) -> T:
        refused = ""
        try:
            return await asyncio.to_thread(answer)
        except OAuthRefusal as refusal:
            refused = refusal.error
            raise
        finally:
            if question.proof is not None and question.claimed is not None:
                await self._use_up(question.proof, question, question.claimed, refused)

    async def _use_up(self, proof: Proof, question: OAuthQuestion, client: ClientRow, refused: str) -> None:
        """One unit: the assertion's single use, what was decided with it, and the audit record of that."""
        now = self._clock()
        prune = now - self._pruned_at >= PRUNED_EVERY
        trace = trace_id.get()

        def unit(tx: Connection) -> bool:
            if not rows.consume_assertion(tx, proof.client_id, proof.jti, proof.keep_until):
                return False
            _write_down(tx, question, client, refused, trace, now)
            if prune:
                rows.prune(tx, now, keys_retired_before=now - PUBLISHED_AFTER)
            return True

        if not await self._store.write(unit):
            raise OAuthRefusal("invalid_client", "client_assertion: its jti was used before", 401)
        self._pruned_at = now if prune else self._pruned_at


def _write_down(
    tx: Connection, question: OAuthQuestion, client: ClientRow, refused: str, trace: str, now: datetime
) -> None:
    """`refused`: what a client that proved itself was told instead of yes."""
    token = question.issued or question.revoked
    if token is not None:
        operation = "token.issue" if question.issued else "token.revoke"
        facts = {"jti": token.jti, "scope": token.scope}
    elif refused:
        operation, facts = "token.refuse", {"error": refused}
    else:
        return
    if question.revoked is not None:
        rows.revoke_token(tx, question.revoked.jti, _expiry(question.revoked))
    record = new_record(
        tenant=client.tenant_id,
        at=now,
        kind="token",
        trace_id=trace,
        actor=client.client_id,
        operation=operation,
        facts=facts,
    )
    audit.append(tx, record)


def _expiry(token: AccessToken) -> datetime:
    return datetime.fromtimestamp(token.exp, UTC)
