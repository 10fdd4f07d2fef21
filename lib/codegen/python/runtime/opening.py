"""Connecting to an address."""

import socket
import ssl
import time
from typing import Optional

from .errors import _error
from .transport import _GATEWAY, _parse, _Stream, _TlsStream
from .web_socket import _WebSocketStream


def _open(
    address: str, tls: Optional[ssl.SSLContext], insecure: bool, timeout: float
) -> _Stream:
    """Connects to an address; raises DariError `unavailable` where that fails."""
    deadline = time.monotonic() + timeout
    try:
        if address.startswith("unix:"):
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(timeout)
            sock.connect(address[len("unix:") :])
            return _Stream(sock)
        scheme, host, port = _parse(address, insecure)
        sock = socket.create_connection((host, port), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if scheme == "tcp" or tls is None:
            return _Stream(sock)
        try:
            if scheme in _GATEWAY:
                return _WebSocketStream(sock, tls, host, port, deadline)
            return _TlsStream(sock, tls, host, deadline)
        except BaseException:
            sock.close()
            raise
    except OSError as error:
        failure = _error("unavailable", f"Cannot connect to {address}: {error}")
        failure.may_have_run = False
        raise failure from error
