"""Keeps newcomers away from a listening socket, so that it can be closed without resetting anybody.

Whoever is connected and waits to be accepted is reset when the listener closes. Between accepting the last one and
closing there is always time for one more, and a request that was reset may be thought to have arrived. On Linux a
filter drops the SYN of whoever comes now; where there is none, that gap stays.
"""

import contextlib
import ctypes
import socket
import struct
import sys
import time

_SO_ATTACH_FILTER = 26
_FLAGS, _SYN, _SYN_AND_ACK = 13, 0x02, 0x12
# Classic BPF over the TCP header: code, jumps if true and if not, operand.
_PROGRAM = b"".join(
    struct.pack("=HBBI", *instruction)
    for instruction in (
        (0x30, 0, 0, _FLAGS),  # load the flags
        (0x54, 0, 0, _SYN_AND_ACK),
        (0x15, 0, 1, _SYN),
        (0x06, 0, 0, 0),  # drop
        (0x06, 0, 0, 0xFFFFFFFF),  # let pass
    )
)
_HANDSHAKE_SECONDS = 0.01


def keep_away(listener: socket.socket) -> None:
    """Nobody new gets in from now on, and whoever was on the way in has arrived."""
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(_PROGRAM, len(_PROGRAM))
    described = struct.pack("HP", len(_PROGRAM) // 8, ctypes.addressof(program))
    with contextlib.suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
        time.sleep(_HANDSHAKE_SECONDS)
