"""The client: calls, streams, retries, and connecting again."""

import collections
import json
import threading
import time
from typing import Any, Callable, Dict, Generic, List, Optional, Tuple, TypeVar

from .document import _KEEPS_KEYS
from .errors import DariError, _error
from .link import Cancellation, _Link, _Waiting
from .method import _Method, _result, _Retries
from .opening import _open
from .sign_in import _Ask, _sign_in_by_password
from .transport import _context
from .values import _encode

_T = TypeVar("_T")

_TIMEOUT_S = 30.0  # what a server gives a call that names no deadline
_CONNECT_TIMEOUT_S = 10.0
_CREDIT = 256


class Client:
    """A connection to a server that is made again where it was lost. Threads may share it."""

    def __init__(
        self,
        address: str,
        *,
        api_key: Optional[str] = None,
        username: Optional[str] = None,
        password: Optional[str] = None,
        code: Optional[Callable[[List[str]], str]] = None,
        ca: Optional[str] = None,
        cert: Optional[str] = None,
        key: Optional[str] = None,
        timeout: float = _TIMEOUT_S,
        insecure: bool = False,
    ) -> None:
        self._address, self._insecure, self._timeout = address, insecure, timeout
        self._api_key, self._username, self._password = api_key, username, password
        self._code = code
        # That of a session for which a code was asked.
        self._token: Optional[str] = None
        self._tls = _context(address, ca, cert, key, insecure)
        self._link: Optional[_Link] = None
        self._connecting = threading.Lock()
        self._is_closed = False
        self._retries = _Retries()

    def call(
        self,
        method: str,
        params: Any = None,
        *,
        timeout: Optional[float] = None,
        cancel: Optional[Cancellation] = None,
        idempotent: bool = False,
        idempotency_key: Optional[str] = None,
    ) -> Any:
        """Calls any method; the functions of this file are the same with types.

        `timeout` is in seconds. A call that is idempotent, or has a key that the server remembers,
        is made again where the server is unavailable.
        """
        called = _Method(method, is_idempotent=idempotent)
        return self._call(called, params, timeout, cancel, idempotency_key)

    def stream(
        self,
        method: str,
        params: Any = None,
        *,
        timeout: Optional[float] = None,
        cancel: Optional[Cancellation] = None,
        credit: int = _CREDIT,
    ) -> "Stream[Any]":
        """Calls any method that streams; the server sends at most `credit` items ahead."""
        return Stream(self, _Method(method), params, timeout, cancel, credit)

    def notify(self, method: str, params: Any = None) -> None:
        """Calls a method without waiting for an answer."""
        deadline = time.monotonic() + self._timeout
        name = json.dumps(method)[1:-1]
        self._usable(deadline).notify(name, _encode({} if params is None else params), deadline)

    def close(self) -> None:
        """Ends the connection and every call on it."""
        self._is_closed = True
        if self._link is not None:
            self._link.close(_error("unavailable", "This client is closed"))

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(
        self,
        method: _Method,
        params: Any,
        timeout: Optional[float],
        cancel: Optional[Cancellation],
        key: Optional[str],
    ) -> Any:
        deadline = time.monotonic() + (self._timeout if timeout is None else timeout)
        text = "{}" if params is None else _encode(params)
        attempt = 0
        while True:
            try:
                result = self._try(method, text, timeout, deadline, cancel, key)
                if method.plan is not None:
                    result = method.read(result)
            except DariError as error:
                attempt += 1
                may_repeat = method.is_idempotent or (key is not None and _KEEPS_KEYS)
                pause = self._retries.pause(error, attempt, may_repeat)
                if pause is None or self._is_closed or time.monotonic() + pause >= deadline:
                    raise
                time.sleep(pause)
            else:
                self._retries.succeeded()
                return result

    def _try(
        self,
        method: _Method,
        params: str,
        timeout: Optional[float],
        deadline: float,
        cancel: Optional[Cancellation],
        key: Optional[str],
    ) -> Any:
        waiting = _Waiting()
        link, call_id = self._begin(method, params, timeout, deadline, key, None, waiting)
        try:
            link.wait(waiting, deadline, cancel)
        except BaseException:
            link.forget(call_id)
            raise
        link.end(call_id)
        try:
            return _result(waiting, method)
        except DariError as error:
            if error.data.get("stopping") is True:
                # The next call connects anew; calls that run on the connection go on.
                if self._link is link:
                    self._link = None
                link.retire()
            raise

    def _begin(
        self,
        method: _Method,
        params: str,
        timeout: Optional[float],
        deadline: float,
        key: Optional[str],
        credit: Optional[int],
        waiting: _Waiting,
    ) -> Tuple[_Link, int]:
        link = self._usable(deadline)
        if timeout is None and key is None and credit is None and self._timeout == _TIMEOUT_S:
            return link, link.begin(method.name, params, "", waiting, deadline)
        meta: Dict[str, Any] = {"timeoutMs": max(1, (deadline - time.monotonic()) * 1000)}
        if key is not None:
            meta["idempotencyKey"] = key
        if credit is not None:
            meta["credit"] = credit
        rest = f',"meta":{_encode(meta)}'
        return link, link.begin(method.name, params, rest, waiting, deadline)

    def _usable(self, deadline: float) -> _Link:
        link = self._link
        if link is not None and link.is_usable(time.monotonic()):
            return link
        return self._connected(deadline)

    def _connected(self, deadline: float) -> _Link:
        with self._connecting:
            if self._is_closed:
                raise _error("unavailable", "This client is closed")
            if self._link is None or self._link.failure is not None:
                seconds = min(_CONNECT_TIMEOUT_S, max(0.001, deadline - time.monotonic()))
                try:
                    self._link = self._connect_with(seconds, None)
                except DariError as error:
                    if error.name != "second_factor_required" or self._code is None:
                        raise
                    kinds = error.data.get("kinds")
                    listed = [str(kind) for kind in kinds] if isinstance(kinds, list) else []
                    code = self._code(listed)
                    # A server does not wait for a sign-in as long as a user may look for a code.
                    self._link = self._connect_with(_CONNECT_TIMEOUT_S, code)
            return self._link

    def _connect_with(self, seconds: float, code: Optional[str]) -> _Link:
        stream = _open(self._address, self._tls, self._insecure, seconds)
        link = _Link(stream)
        try:
            self._sign_in(link, stream.binding, time.monotonic() + _CONNECT_TIMEOUT_S, code)
        except BaseException:
            link.close(_error("unavailable", "The sign-in failed"))
            raise
        return link

    def _sign_in(
        self, link: _Link, binding: Optional[bytes], deadline: float, code: Optional[str]
    ) -> None:
        def ask(method: str, params: Dict[str, Any]) -> Any:
            waiting = _Waiting()
            call_id = link.begin(json.dumps(method), _encode(params), "", waiting, deadline)
            link.wait(waiting, deadline, None)
            link.end(call_id)
            return _result(waiting, _Method(method))

        if self._api_key is not None:
            ask("rpc.authenticate", {"token": self._api_key})
        elif self._username is not None and not self._goes_on(ask):
            password = self._password or ""
            token = _sign_in_by_password(ask, self._username, password, binding, code)
            self._token = None if code is None else token

    def _goes_on(self, ask: _Ask) -> bool:
        """Whether the session of before is still there."""
        if self._token is None:
            return False
        try:
            ask("rpc.authenticate", {"token": self._token})
        except DariError as error:
            if error.name != "unauthenticated":
                raise
            self._token = None
        return self._token is not None


def connect(
    address: str,
    *,
    api_key: Optional[str] = None,
    username: Optional[str] = None,
    password: Optional[str] = None,
    code: Optional[Callable[[List[str]], str]] = None,
    ca: Optional[str] = None,
    cert: Optional[str] = None,
    key: Optional[str] = None,
    timeout: float = _TIMEOUT_S,
    insecure: bool = False,
) -> Client:
    """Connects to a server: `tls://HOST:PORT`, `https://HOST:PORT`, `unix:PATH`, `tcp://HOST:PORT`.

    Sign in by `api_key`, or by `username` and `password` (SCRAM: the password stays here), or by
    the client certificate `cert` with its `key`, both files of PEM. `code` asks the user for the
    code of a second factor where the account has one: it gets the kinds, `totp` for an
    authenticator app and `recovery`; without it that is DariError `second_factor_required`. The
    session goes on after a lost connection, so the user is asked once. `ca` is the file of the
    authorities to trust instead of the public ones. `timeout` is the deadline of calls that name
    none, in seconds. `insecure` does not check the server's certificate. Raises DariError
    `unavailable` where the server cannot be reached, `unauthenticated` where it refuses the
    credential.
    """
    client = Client(
        address,
        api_key=api_key,
        username=username,
        password=password,
        code=code,
        ca=ca,
        cert=cert,
        key=key,
        timeout=timeout,
        insecure=insecure,
    )
    client._connected(time.monotonic() + timeout)
    return client


class Stream(Generic[_T]):
    """The items of a method that streams. Leave it early by `close()`, or use `with`."""

    def __init__(
        self,
        client: Client,
        method: _Method,
        params: Any,
        timeout: Optional[float],
        cancel: Optional[Cancellation],
        credit: int = _CREDIT,
    ) -> None:
        self._method, self._cancel, self._credit = method, cancel, credit
        self._deadline = time.monotonic() + (client._timeout if timeout is None else timeout)
        self._items: "collections.deque[Any]" = collections.deque()
        self._waiting = _Waiting(self._items)
        self._taken = 0
        self._is_over = False
        #: What the method returned, once the items have ended.
        self.result: Any = None
        text = "{}" if params is None else _encode(params)
        self._link, self._id = client._begin(
            method, text, timeout, self._deadline, None, credit, self._waiting
        )

    def __iter__(self) -> "Stream[_T]":
        return self

    def __next__(self) -> _T:
        if self._is_over:
            raise StopIteration
        try:
            self._link.wait(self._waiting, self._deadline, self._cancel)
            if not self._items:
                self._is_over = True
                self._link.end(self._id)
                self.result = _result(self._waiting, self._method)
                raise StopIteration
            value = self._items.popleft()
            self._grant()
        except DariError:
            self.close()
            raise
        item: _T = self._method.read(value)
        return item

    def _grant(self) -> None:
        self._taken += 1
        if self._taken * 2 >= self._credit and self._waiting.reply is None:
            count, self._taken = self._taken, 0
            params = f'{{"id":{self._id},"count":{count}}}'
            self._link.notify("rpc.credit", params, self._deadline)

    def close(self) -> None:
        """Leaves the stream; the server is told to stop."""
        if not self._is_over:
            self._is_over = True
            self._link.forget(self._id)

    def __enter__(self) -> "Stream[_T]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
