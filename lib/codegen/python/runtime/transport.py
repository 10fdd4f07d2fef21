"""Byte streams to a server: TCP, Unix sockets and TLS."""

import hashlib
import selectors
import socket
import ssl
import struct
import threading
import time
import urllib.parse
from typing import Dict, Optional, Tuple

_READ_BYTES = 64 * 1024
_TICK_S = 0.05  # how often a thread that waits looks at deadlines and cancellations
_LEAST_TICK_S = 0.001
_DO_NOT_WAIT: int = getattr(socket, "MSG_DONTWAIT", 0)  # Windows has none
_LOOPBACK = ("localhost", "::1")
_ALPN = "dari/1"
_HTTP_ALPN = "http/1.1"
_GATEWAY = ("https", "wss")
_SCHEMES = ("tls", "tcp", *_GATEWAY)

# Signatures whose certificates are hashed otherwise than by SHA-256: RFC 5929, section 4.1.
_HASHES: Dict[bytes, str] = {
    bytes.fromhex("2a864886f70d01010c"): "sha384",
    bytes.fromhex("2a8648ce3d040303"): "sha384",
    bytes.fromhex("2a864886f70d01010d"): "sha512",
    bytes.fromhex("2a8648ce3d040304"): "sha512",
}


class _Stream:
    """A byte stream. One thread reads at a time, and one writes at a time."""

    #: What SCRAM binds to: `tls-server-end-point` of RFC 5929.
    binding: Optional[bytes] = None

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._recv = sock.recv
        #: Whether the kernel ends reads. Python's own time-out asks it twice for each of them.
        self._is_timed = _DO_NOT_WAIT != 0 and _end_reads(sock)
        # What is written does not wait for room first: there nearly always is some.
        self._flags = _DO_NOT_WAIT if self._is_timed else 0
        self._writer = sock if self._is_timed else sock.dup()
        if not self._is_timed:
            sock.settimeout(_TICK_S)
            self._writer.setblocking(False)

    def read(self, deadline: float) -> Optional[bytes]:
        """Some bytes, b"" at the end of the stream; None where nothing came for a tick."""
        left = deadline - time.monotonic()
        if left < _TICK_S:
            self._tick(max(left, _LEAST_TICK_S))
        try:
            return self._recv(_READ_BYTES)
        except (BlockingIOError, socket.timeout):
            return None
        finally:
            if left < _TICK_S:
                self._tick(_TICK_S)

    def _tick(self, seconds: float) -> None:
        """Sets how long a read waits."""
        if self._is_timed:
            _set_read_time(self._socket, seconds)
        else:
            self._socket.settimeout(seconds)

    def has_input(self) -> bool:
        """Whether something, or the end, waits to be read."""
        with selectors.DefaultSelector() as arrived:
            arrived.register(self._socket, selectors.EVENT_READ)
            return bool(arrived.select(0))

    def write(self, data: bytes, deadline: float) -> None:
        """Writes all of it; raises `socket.timeout` where the server does not take it in time."""
        sent = 0
        while True:
            try:
                rest = memoryview(data)[sent:] if sent else data
                sent += self._writer.send(rest, self._flags)
                if sent >= len(data):
                    return
            except BlockingIOError:
                with selectors.DefaultSelector() as room:
                    room.register(self._writer, selectors.EVENT_WRITE)
                    room.select(_TICK_S)
                if time.monotonic() > deadline:
                    raise socket.timeout("the server does not read") from None

    def close(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended
        self._socket.close()
        self._writer.close()


def _end_reads(sock: socket.socket) -> bool:
    """Has the kernel end each read after a tick; False where it does not know how."""
    sock.settimeout(None)
    try:
        _set_read_time(sock, _TICK_S)
    except OSError:
        return False
    return True


def _set_read_time(sock: socket.socket, seconds: float) -> None:
    time_value = struct.pack("@ll", *divmod(int(seconds * 1_000_000), 1_000_000))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, time_value)


class _TlsStream(_Stream):
    """TLS in memory: OpenSSL's state may not be read and written by two threads at once."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, host: str, deadline: float):
        super().__init__(sock)
        self._lock = threading.Lock()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._shake_hands(deadline)
        certificate = self._tls.getpeercert(True)
        self.binding = None if certificate is None else _end_point(certificate)

    def _shake_hands(self, deadline: float) -> None:
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                super().write(self._outgoing.read(), deadline)
                data = super().read(deadline)
                if data == b"":
                    raise ConnectionError("the connection ended during the TLS handshake") from None
                if data is not None:
                    self._incoming.write(data)
                elif time.monotonic() > deadline:
                    raise socket.timeout("the TLS handshake took too long") from None
        super().write(self._outgoing.read(), deadline)

    def read(self, deadline: float) -> Optional[bytes]:
        while True:
            with self._lock:
                try:
                    return self._tls.read(_READ_BYTES)
                except ssl.SSLWantReadError:
                    pass
                except ssl.SSLZeroReturnError:
                    return b""
            data = super().read(deadline)
            if not data:
                return data
            with self._lock:
                self._incoming.write(data)

    def write(self, data: bytes, deadline: float) -> None:
        with self._lock:
            self._tls.write(data)
            encrypted = self._outgoing.read()
        super().write(encrypted, deadline)


def _end_point(certificate: bytes) -> bytes:
    """The hash of a certificate that RFC 5929 section 4.1 names."""
    _, start, _ = _der(certificate, 0)
    _, _, end_of_body = _der(certificate, start)
    _, start, _ = _der(certificate, end_of_body)
    _, start, end = _der(certificate, start)
    return hashlib.new(_HASHES.get(certificate[start:end], "sha256"), certificate).digest()


def _der(data: bytes, at: int) -> Tuple[int, int, int]:
    """Tag, start and end of the DER value that begins at a place."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    return data[at], start, start + length


def _parse(address: str, insecure: bool) -> Tuple[str, str, int]:
    parts = urllib.parse.urlsplit(address)
    if parts.scheme not in _SCHEMES or parts.hostname is None or parts.port is None:
        raise ValueError(
            f'"{address}" is no address; use tls://HOST:PORT, https://HOST:PORT, unix:PATH or '
            "tcp://HOST:PORT"
        )
    is_local = parts.hostname in _LOOPBACK or parts.hostname.startswith("127.")
    if parts.scheme == "tcp" and not is_local and not insecure:
        raise ValueError(f"{address} is not encrypted; use tls://, or insecure=True")
    return parts.scheme, parts.hostname, parts.port


def _context(
    address: str, ca: Optional[str], cert: Optional[str], key: Optional[str], insecure: bool
) -> Optional[ssl.SSLContext]:
    """A TLS context, where the address needs one; with a `ca` it trusts that file alone."""
    scheme = address.partition(":")[0]
    if scheme != "tls" and scheme not in _GATEWAY:
        return None
    context = ssl.create_default_context(cafile=ca)
    context.set_alpn_protocols([_ALPN if scheme == "tls" else _HTTP_ALPN])
    if cert is not None:
        context.load_cert_chain(cert, key)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
