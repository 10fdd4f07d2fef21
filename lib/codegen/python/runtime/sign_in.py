"""SCRAM-SHA-256 (RFC 5802, RFC 7677): the password never leaves this program."""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from typing import Any, Callable, Dict, Optional

from .errors import DariError, _error

_MIN_ITERATIONS = 4_096
_MAX_ITERATIONS = 10_000_000
_NONCE_BYTES = 18

_Ask = Callable[[str, Dict[str, Any]], Any]


def _sign_in_by_password(
    ask: _Ask, username: str, password: str, binding: Optional[bytes], code: Optional[str]
) -> Optional[str]:
    """Signs the connection in and gives the session's token.

    Raises DariError `unauthenticated` where either side is not right, and `second_factor_required`
    where the password is right and a code is needed beside it.
    """
    header = "n,," if binding is None else "p=tls-server-end-point,,"
    scram = _Scram(username, password, header, binding)
    try:
        reply = ask("rpc.scram", {"data": scram.first})
    except DariError as error:
        if binding is None or error.name != "failed_precondition":
            raise
        # Behind a proxy that ends TLS the server has no binding. The proof covers that it has none.
        scram = _Scram(username, password, "y,,", None)
        reply = ask("rpc.scram", {"data": scram.first})
    answer = {"data": scram.answer(_text(reply))}
    if code is not None:
        answer["code"] = code
    try:
        final = ask("rpc.scram", answer)
    except DariError as error:
        if error.name == "second_factor_required":
            scram.verify(str(error.data.get("scram")))  # before the user is asked for a code
        raise
    scram.verify(_text(final))
    token = final.get("token")
    return token if isinstance(token, str) else None


def _text(reply: Any) -> str:
    data = reply.get("data") if isinstance(reply, dict) else None
    if not isinstance(data, str):
        raise _error("unauthenticated", "The server's answer to rpc.scram is malformed")
    return data


class _Scram:
    def __init__(self, username: str, password: str, header: str, binding: Optional[bytes]) -> None:
        spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)
        self._password = unicodedata.normalize("NFC", spaced).encode("utf-8")
        self._nonce = secrets.token_urlsafe(_NONCE_BYTES)
        self._binding = base64.b64encode(header.encode() + (binding or b"")).decode()
        name = username.replace("=", "=3D").replace(",", "=2C")
        self._bare = f"n={name},r={self._nonce}"
        self._signature = b""
        self.first = header + self._bare

    def answer(self, message: str) -> str:
        parts = _attributes(message)
        nonce, iterations = parts.get("r", ""), int(parts.get("i", "0").rjust(1, "0"))
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise _error("unauthenticated", "The server's SCRAM nonce is not an answer to ours")
        if not _MIN_ITERATIONS <= iterations <= _MAX_ITERATIONS:
            raise _error("unauthenticated", f"The server asks for {iterations} SCRAM iterations")
        salt = base64.b64decode(parts.get("s", ""))
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, iterations)
        unproved = f"c={self._binding},r={nonce}"
        said = f"{self._bare},{message},{unproved}".encode()
        client_key = _hmac(salted, b"Client Key")
        self._signature = _hmac(_hmac(salted, b"Server Key"), said)
        mask = _hmac(hashlib.sha256(client_key).digest(), said)
        proof = bytes(a ^ b for a, b in zip(client_key, mask))
        return f"{unproved},p={base64.b64encode(proof).decode()}"

    def verify(self, message: str) -> None:
        """The server has to know the account too."""
        signature = base64.b64decode(_attributes(message).get("v", ""))
        if not self._signature or not hmac.compare_digest(signature, self._signature):
            raise _error("unauthenticated", "The server did not prove that it knows the account")


def _attributes(message: str) -> Dict[str, str]:
    return {part[:1]: part[2:] for part in message.split(",") if part[1:2] == "="}


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()
