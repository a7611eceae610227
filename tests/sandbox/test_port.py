"""A protocol port that is really closed for a while."""

import asyncio
import socket
import time

import pytest

from sandbox.stand.message import Reply, Request
from sandbox.stand.port import Port
from tests.sandbox.ceb import CITIES, CREATE, FORM, PATH, Client
from tests.sandbox.wire import address, listen, post, refused, until


def test_refuse(channel: Client) -> None:
    """While `refuse` stands a connect is refused; when faults are cleared the same port is open again."""
    channel.door.fault("refuse", "*", times=30)
    assert refused(channel.stand.protocol)
    assert channel.door.standing() == [{"operation": "*", "fault": "refuse", "times": 30}]
    channel.door.clear()
    assert not refused(channel.stand.protocol)
    assert channel.ask(CITIES, {}).code == "0000"


def test_refuse_ends(channel: Client) -> None:
    """`refuse` with `times` 1 is over by itself, and not before one second."""
    begun = time.monotonic()
    channel.door.fault("refuse", "*")
    until(lambda: not refused(channel.stand.protocol))
    assert time.monotonic() - begun >= 0.9
    assert channel.door.standing() == []


def test_idle_connections_close(channel: Client) -> None:
    """A kept-alive connection does not outlive the port."""
    with socket.create_connection(address(channel.stand.protocol), 3) as sock:
        request = post(PATH, channel.form(CITIES, {}), FORM).replace(b"connection: close\r\n", b"")
        sock.sendall(request)
        assert sock.recv(100).startswith(b"HTTP/1.1 200 ")
        channel.door.fault("refuse", "*", times=5)
        assert listen(sock).ending == "closed"


def test_busy_connection_gets_its_answer(channel: Client) -> None:
    """What was accepted before the port closed is answered."""
    order = channel.order()
    channel.door.fault("slow")
    with socket.create_connection(address(channel.stand.protocol), 3) as sock:
        sock.sendall(post(PATH, channel.form(CREATE, order), FORM).replace(b"connection: close\r\n", b""))
        until(lambda: channel.performed(order))
        channel.door.fault("refuse", "*", times=5)
        heard = listen(sock)
    assert heard.data.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in heard.data.lower()


async def test_whoever_came_before_it_closed_is_answered() -> None:
    """A request that lay in the socket when the port closed is answered, on a fresh connection and a kept one."""

    async def answer(_: Request) -> Reply:
        return Reply(200, b"here")

    port = Port("127.0.0.1", 0, answer, asyncio.Event().wait)
    await port.open()
    asked = post("/", b"", "text/plain").replace(b"connection: close\r\n", b"")
    with socket.create_connection(("127.0.0.1", port.number), 3) as kept:
        kept.sendall(asked)
        assert (await asyncio.to_thread(kept.recv, 4096)).endswith(b"here")
        with socket.create_connection(("127.0.0.1", port.number), 3) as fresh:
            for sock in (kept, fresh):
                sock.sendall(asked)
            port.close()  # the loop has seen neither
            for sock in (kept, fresh):
                assert (await asyncio.to_thread(listen, sock)).data.endswith(b"here")
    port.leave()


async def test_request_that_crosses_the_end() -> None:
    """What a client sends before it sees that a kept connection ended is heard, though it is not answered."""
    heard: list[Request] = []

    async def answer(request: Request) -> Reply:
        heard.append(request)
        return Reply(200, b"here")

    port = Port("127.0.0.1", 0, answer, asyncio.Event().wait)
    await port.open()
    asked = post("/", b"", "text/plain").replace(b"connection: close\r\n", b"")
    with socket.create_connection(("127.0.0.1", port.number), 3) as kept:
        kept.sendall(asked)
        assert (await asyncio.to_thread(kept.recv, 4096)).endswith(b"here")
        port.close()
        assert await asyncio.to_thread(kept.recv, 4096) == b""
        kept.sendall(asked)
        assert (await asyncio.to_thread(listen, kept)).data == b""
        await asyncio.to_thread(until, lambda: len(heard) == 2)
    port.leave()


def test_door_stays_open(channel: Client) -> None:
    """On the door a protocol request is reset while the port refuses; control goes on."""
    channel.door.fault("refuse", "*", times=5)
    assert channel.hear(CITIES, {}, base_url=channel.stand.door).ending == "reset"
    assert channel.door.call("GET", "/_sandbox/")[0] == 200


def test_door_serves_the_protocol(channel: Client) -> None:
    """The door answers protocol requests too, the protocol port no control requests."""
    assert channel.ask(CITIES, {}, base_url=channel.stand.door).code == "0000"
    heard = channel.hear(CITIES, {})
    assert heard.data.startswith(b"HTTP/1.1 200 ")
    with socket.create_connection(address(channel.stand.protocol), 3) as sock:
        sock.sendall(b"GET /_sandbox/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert listen(sock).data.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("bill_key", ["9900000001"])
def test_magic_refusal(channel: Client, bill_key: str) -> None:
    """After a bill query of the refusing account the port is closed for two seconds, then an order works."""
    order = channel.order(bill_key)
    assert channel.bill(bill_key).code == "0000"
    assert refused(channel.stand.protocol)
    until(lambda: not refused(channel.stand.protocol))
    assert channel.ask(CREATE, order).code == "0000"
