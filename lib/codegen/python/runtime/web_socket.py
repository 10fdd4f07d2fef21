"""The wire inside a WebSocket: the way to the HTTPS gateway of a server (RFC 6455)."""

import base64
import hashlib
import os
import socket
import ssl
import struct
import threading
import time
from typing import Optional

from .transport import _TlsStream

_PATH = "/ws"
_SUBPROTOCOL = "dari.1"
_ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_MAX_ANSWER_BYTES = 16 * 1024
_MAX_CONTROL_BYTES = 125
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_LAST = 0x80


class _WebSocketStream(_TlsStream):
    """What is written goes into frames, and what the frames hold is read as one stream."""

    def __init__(
        self, sock: socket.socket, context: ssl.SSLContext, host: str, port: int, deadline: float
    ):
        super().__init__(sock, context, host, deadline)
        self.binding = None  # whoever ends TLS may be a proxy
        #: Threads that call write, and the one that reads answers pings.
        self._sending = threading.Lock()
        #: What was read and is not taken yet, and how much of it belongs to a frame of data.
        self._arrived = b""
        self._left = 0
        self._ask(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", deadline)

    def read(self, deadline: float) -> Optional[bytes]:
        while True:
            data = self._taken(deadline)
            if data is not None:
                return data
            more = super().read(deadline)
            if not more:
                return more
            self._arrived += more

    def write(self, data: bytes, deadline: float) -> None:
        self._send(_BINARY, data, deadline)

    def _send(self, opcode: int, data: bytes, deadline: float) -> None:
        with self._sending:
            super().write(_frame(opcode, data), deadline)

    def _ask(self, host: str, deadline: float) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {_PATH} HTTP/1.1",
            f"Host: {host}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            f"Sec-WebSocket-Protocol: {_SUBPROTOCOL}",
        ]
        super().write("\r\n".join([*lines, "", ""]).encode(), deadline)
        head, end, self._arrived = self._head(deadline).partition(b"\r\n\r\n")
        status, *headers = head.decode("latin-1").split("\r\n")
        if not end or not status.startswith("HTTP/1.1 101 "):
            raise ConnectionError(f"it answered {status[len('HTTP/1.1 '):] or 'nothing'}")
        parts = (header.partition(":") for header in headers)
        named = {name.lower(): value.strip() for name, _, value in parts}
        accept = base64.b64encode(hashlib.sha1((key + _ACCEPT_SUFFIX).encode()).digest()).decode()
        if named.get("sec-websocket-accept") != accept:
            raise ConnectionError("its Sec-WebSocket-Accept does not answer the key")
        if named.get("sec-websocket-protocol") != _SUBPROTOCOL:
            raise ConnectionError(f"it does not speak the subprotocol {_SUBPROTOCOL}")

    def _head(self, deadline: float) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head:
            data = super().read(deadline)
            if data is None and time.monotonic() > deadline:
                raise socket.timeout("the server did not answer in time")
            if data == b"" or len(head) > _MAX_ANSWER_BYTES:
                break
            head += data or b""
        return head

    def _taken(self, deadline: float) -> Optional[bytes]:
        """Data that has come; b"" for the end, and None where more has to be read first."""
        while True:
            if self._left > 0 and self._arrived:
                data, self._arrived = self._arrived[: self._left], self._arrived[self._left :]
                self._left -= len(data)
                return data
            if self._left > 0 or len(self._arrived) < 2:
                return None
            opcode, length = self._arrived[0] & 0x0F, self._arrived[1] & 0x7F
            size = 2 + {126: 2, 127: 8}.get(length, 0)
            if len(self._arrived) < size:
                return None
            if length > _MAX_CONTROL_BYTES:
                length = int.from_bytes(self._arrived[2:size], "big")
            if opcode in (_CONTINUATION, _TEXT, _BINARY):
                self._arrived, self._left = self._arrived[size:], length
                continue
            if opcode not in (_CLOSE, _PING, _PONG) or length > _MAX_CONTROL_BYTES:
                raise ConnectionError("the server sent a frame that breaks the rules of WebSockets")
            if len(self._arrived) < size + length:
                return None
            end = size + length
            data, self._arrived = self._arrived[size:end], self._arrived[end:]
            if opcode == _CLOSE:
                return b""
            if opcode == _PING:
                self._send(_PONG, data, deadline)


def _frame(opcode: int, data: bytes) -> bytes:
    """A frame of a client, which is masked."""
    length = len(data)
    if length <= _MAX_CONTROL_BYTES:
        head = struct.pack("!BB", _LAST | opcode, 0x80 | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", _LAST | opcode, 0x80 | 126, length)
    else:
        head = struct.pack("!BBQ", _LAST | opcode, 0x80 | 127, length)
    key = os.urandom(4)
    mask = (key * (length // 4 + 1))[:length]
    masked = int.from_bytes(data, "big") ^ int.from_bytes(mask, "big")
    return head + key + masked.to_bytes(length, "big")
