"""Every ending of an answer, heard on a bare socket."""

import http.client
import json
import socket
import time

import pytest

from tests.sandbox.ceb import CITIES, CREATE, FORM, PATH, Client
from tests.sandbox.wire import address, hear, listen, patience, post, until


def test_whole(channel: Client) -> None:
    """An ordinary answer is complete and the connection closes when asked to."""
    heard = channel.hear(CITIES, {})
    assert heard.data.startswith(b"HTTP/1.1 200 ")
    assert len(heard.body) == heard.content_length
    assert heard.ending == "closed"


def test_kept_alive(channel: Client) -> None:
    """Many requests travel on one connection."""
    connection = http.client.HTTPConnection(*address(channel.stand.protocol), timeout=5)
    ports = set()
    for _ in range(5):
        connection.request("POST", PATH, channel.form(CITIES, {}), {"content-type": FORM})
        assert json.loads(connection.getresponse().read())["respCode"] == "0000"
        ports.add(connection.sock.getsockname())
    connection.close()
    assert len(ports) == 1


def test_pipelined(channel: Client) -> None:
    """Two requests sent in one breath are answered in turn."""
    request = post(PATH, channel.form(CITIES, {}), FORM)
    first = request.replace(b"connection: close\r\n", b"")
    assert hear(channel.stand.protocol, first + request).data.count(b"HTTP/1.1 200 ") == 2


def test_chunked_and_expecting(channel: Client) -> None:
    """A chunked body after `Expect: 100-continue` is read like any other."""
    body = channel.form(CITIES, {})
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: {FORM}\r\ntransfer-encoding: chunked\r\n"
    with socket.create_connection(address(channel.stand.protocol), 2) as sock:
        sock.sendall((head + "expect: 100-continue\r\nconnection: close\r\n\r\n").encode())
        assert sock.recv(4096).startswith(b"HTTP/1.1 100 ")
        sock.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        assert listen(sock).data.startswith(b"HTTP/1.1 200 ")


def test_no_http(channel: Client) -> None:
    """A client that speaks no HTTP is told so, and the simulator lives on."""
    assert hear(channel.stand.protocol, b"\x16\x03\x01 hello\r\n\r\n").data.startswith(b"HTTP/1.1 400 ")
    assert channel.ask(CITIES, {}).code == "0000"


def test_too_large(channel: Client) -> None:
    """A body of more than a megabyte is refused."""
    heard = hear(channel.stand.protocol, post(PATH, b"x" * (1 << 20) + b"x", FORM))
    assert heard.data.startswith(b"HTTP/1.1 413 ") or heard.ending == "reset"


@pytest.mark.parametrize(
    ("fault", "ending", "beginning", "performed"),
    [
        ("drop", "reset", b"", 0),
        ("hang-before", "silence", b"", 0),
        ("hang-after", "silence", b"", 1),
        ("error-before", "closed", b"HTTP/1.1 500 ", 0),
        ("error-after", "closed", b"HTTP/1.1 500 ", 1),
        ("half-reply", "closed", b"HTTP/1.1 200 ", 1),
        ("garbage", "closed", b"\x00\xff", 1),
        ("slow", "closed", b"HTTP/1.1 200 ", 1),
        ("bad-signature", "closed", b"HTTP/1.1 200 ", 1),
        ("decline", "closed", b"HTTP/1.1 200 ", 0),
    ],
)
def test_fault(channel: Client, fault: str, ending: str, beginning: bytes, performed: int) -> None:
    """A fault ends the answer as it says and performs what it says, once, whoever looks at it."""
    order = channel.order()
    channel.door.fault(fault)
    heard = channel.hear(CREATE, order, patience=patience(fault))
    assert heard.ending == ending
    assert heard.data[:2] == beginning[:2]
    assert heard.data.startswith(beginning)
    until(lambda: len(channel.performed(order)) == performed)
    assert (channel.status(order) == "1005") == (performed == 0)
    assert channel.door.standing() == []


@pytest.mark.parametrize("tail", ["02", "03", "04", "05", "06", "07", "08", "09", "10", "17"])
def test_magic_account(channel: Client, tail: str) -> None:
    """A magic account meets its fault without a switch, at every order."""
    names = ["", "", "drop", "hang-before", "hang-after", "error-before", "error-after", "half-reply", "garbage"]
    fault = {**dict(enumerate(names)), 9: "slow", 10: "bad-signature", 17: "decline"}[int(tail)]
    order = channel.order("99000000" + tail)
    heard = channel.hear(CREATE, order, patience=patience(fault))
    assert (b"HTTP/1.1 200 " in heard.data) == (fault in {"half-reply", "slow", "bad-signature", "decline"})
    performed = 0 if fault in {"drop", "hang-before", "error-before", "decline"} else 1
    until(lambda: len(channel.performed(order)) == performed)
    assert channel.door.requests(order["merOrderNo"])[0]["fault"] == fault


def test_half_reply(channel: Client) -> None:
    """Half a reply announces the full length and brings half of it."""
    channel.door.fault("half-reply")
    heard = channel.hear(CREATE, channel.order())
    assert len(heard.body) == heard.content_length // 2


def test_slow(channel: Client) -> None:
    """A slow answer is a good one that takes its time."""
    order = channel.order()
    channel.door.fault("slow")
    begun = time.monotonic()
    assert channel.ask(CREATE, order).code == "0000"
    assert time.monotonic() - begun >= 0.4


def test_hang_is_released(channel: Client) -> None:
    """Clearing the faults closes the connections that hang, still without an answer."""
    order = channel.order()
    channel.door.fault("hang-after")
    with socket.create_connection(address(channel.stand.protocol), 3) as sock:
        sock.sendall(post(PATH, channel.form(CREATE, order), FORM))
        until(lambda: channel.performed(order))
        channel.door.clear()
        assert listen(sock).data == b""


def test_query_meets_faults(channel: Client) -> None:
    """At a query a fault spoils the answer."""
    channel.door.fault("error-after", "cities")
    channel.door.fault("garbage", CITIES)
    assert channel.hear(CITIES, {}).data.startswith(b"HTTP/1.1 500 ")
    assert channel.hear(CITIES, {}).data.startswith(b"\x00")
    assert channel.ask(CITIES, {}).code == "0000"
