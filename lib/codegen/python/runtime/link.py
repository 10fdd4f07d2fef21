"""One connection: whichever thread waits reads for all of them."""

import itertools
import json
import threading
import time
from typing import Any, Deque, Dict, List, Optional, Union

from .errors import DariError, _error
from .transport import _TICK_S, _Stream

_MAX_LINE_BYTES = 64 * 1024 * 1024
_ANSWER_S = 10.0
_IDLE_S = 1.0  # a connection that was used this recently is not looked at before a call


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse).decode


class _Waiting:
    """A call that waits for its reply."""

    __slots__ = ("reply", "items")

    def __init__(self, items: Optional[Deque[Any]] = None) -> None:
        #: The reply, or why there is none.
        self.reply: Union[Dict[str, Any], DariError, None] = None
        #: Items of a stream that nobody has read yet; None where the call does not stream.
        self.items = items


class Cancellation:
    """Cancels the calls that it was passed to, from any thread."""

    def __init__(self) -> None:
        self.is_cancelled = False

    def cancel(self) -> None:
        """Ends the calls with the error `cancelled`."""
        self.is_cancelled = True


class _Link:
    def __init__(self, stream: _Stream) -> None:
        self._stream = stream
        self._rest: List[bytes] = []
        self._rest_bytes = 0
        self._waiting: Dict[int, _Waiting] = {}
        self._ids = itertools.count(1)
        self._sending = threading.Lock()
        #: Guards the two below; told when one of them, or a call, changes.
        self._lock = threading.Lock()
        self._turn = threading.Condition(self._lock)
        self._is_read = False
        self._followers = 0
        self.failure: Optional[DariError] = None
        self._used_at = time.monotonic()
        self._is_retired = False

    def begin(self, method: str, params: str, rest: str, waiting: _Waiting, deadline: float) -> int:
        """Sends a call. `params` and `rest` are JSON, `rest` of the members behind the params."""
        call_id = next(self._ids)
        self._waiting[call_id] = waiting
        if self.failure is not None:
            raise self.failure
        self._send(
            f'{{"jsonrpc":"2.0","id":{call_id},"method":{method},"params":{params}{rest}}}\n',
            deadline,
        )
        return call_id

    def notify(self, method: str, params: str, deadline: float) -> None:
        """Sends a notification."""
        self._send(f'{{"jsonrpc":"2.0","method":"{method}","params":{params}}}\n', deadline)

    def forget(self, call_id: int) -> None:
        """Leaves a call; its reply is ignored."""
        if self._waiting.pop(call_id, None) is not None and self.failure is None:
            try:
                deadline = time.monotonic() + _ANSWER_S
                self.notify("rpc.cancel", f'{{"id":{call_id}}}', deadline)
            except DariError:
                pass  # then the call has ended with the connection

    def end(self, call_id: int) -> None:
        """Takes a call off the list that has ended."""
        self._waiting.pop(call_id, None)
        if self._is_retired:
            self.retire()

    def retire(self) -> None:
        """Ends the connection when the last of its calls has ended: the server is about to stop."""
        self._is_retired = True
        if not self._waiting and self.failure is None:
            self.close(_error("unavailable", "The server stops"))

    def wait(self, waiting: _Waiting, deadline: float, cancel: Optional[Cancellation]) -> None:
        """Returns when the call has a reply or an item; raises where it is not to wait any longer."""
        while waiting.reply is None and not waiting.items:
            if not self._lead(waiting, deadline):
                self._check(deadline, cancel)
                continue
            try:
                while waiting.reply is None and not waiting.items:
                    if not self._read(deadline):
                        self._check(deadline, cancel)
            finally:
                with self._lock:
                    self._is_read = False
                    if self._followers:
                        self._turn.notify_all()

    def is_usable(self, now: float) -> bool:
        """Whether a call can be sent; a server that has ended an idle connection is noticed first."""
        if now - self._used_at < _IDLE_S or self.failure is not None:
            self._used_at = now
            return self.failure is None
        self._used_at = now
        with self._lock:
            if self._is_read:
                return True  # whoever reads notices
            self._is_read = True
        try:
            while self.failure is None and self._stream.has_input():
                self._read(now)
        finally:
            with self._lock:
                self._is_read = False
                self._turn.notify_all()
        return self.failure is None

    def close(self, reason: DariError) -> None:
        """Ends the connection and every call on it."""
        self.failure = reason
        self._stream.close()
        for waiting in list(self._waiting.values()):
            if waiting.reply is None:
                waiting.reply = reason
        with self._turn:
            self._turn.notify_all()

    def _lead(self, waiting: _Waiting, deadline: float) -> bool:
        """Whether this thread is now the one that reads; waits for a change where it is not."""
        with self._lock:
            if not self._is_read:
                self._is_read = True
                return True
            self._followers += 1
            try:
                if waiting.reply is None and not waiting.items:
                    self._turn.wait(min(_TICK_S, max(0.0, deadline - time.monotonic())))
            finally:
                self._followers -= 1
            return False

    def _check(self, deadline: float, cancel: Optional[Cancellation]) -> None:
        if cancel is not None and cancel.is_cancelled:
            raise _error("cancelled", "The call was cancelled by its caller")
        if time.monotonic() >= deadline:
            raise _error("deadline_exceeded", "The call took longer than its deadline")

    def _send(self, line: str, deadline: float) -> None:
        data = line.encode("utf-8")
        try:
            with self._sending:
                self._stream.write(data, deadline)
        except (OSError, ValueError) as error:
            # Part of the line may be sent: nothing can follow it.
            self.close(_error("unavailable", f"The connection was lost: {error}"))
            assert self.failure is not None
            raise self.failure from error

    def _read(self, deadline: float) -> bool:
        """Takes what comes next; False where nothing came."""
        try:
            data = self._stream.read(deadline)
        except (OSError, ValueError) as error:
            self.close(_error("unavailable", f"The connection was lost: {error}"))
            return True
        if data is None:
            return False
        if not data:
            self.close(_error("unavailable", "The server ended the connection"))
            return True
        end = data.rfind(b"\n") + 1
        if end == 0:
            self._keep(data)
            return True
        lines = data[:end] if end < len(data) else data
        if self._rest:
            lines = b"".join(self._rest) + lines
            self._rest.clear()
            self._rest_bytes = 0
        if end < len(data):
            self._keep(data[end:])
        for line in (lines,) if lines.find(b"\n") == len(lines) - 1 else lines.split(b"\n"):
            self._take(line)
        if self._followers:
            with self._turn:
                self._turn.notify_all()
        return True

    def _keep(self, data: bytes) -> None:
        self._rest.append(data)
        self._rest_bytes += len(data)
        if self._rest_bytes > _MAX_LINE_BYTES:
            self.close(_error("resource_exhausted", "The server sent a line that has no end"))

    def _take(self, line: bytes) -> None:
        try:
            message = _decode(line.decode("utf-8"))
        except (ValueError, RecursionError):
            return  # not a message
        if isinstance(message, dict):
            if "method" in message:
                self._take_call(message)
                return
            call_id = message.get("id")
            waiting = self._waiting.get(call_id) if isinstance(call_id, int) else None
            if waiting is not None and waiting.reply is None:
                waiting.reply = message

    def _take_call(self, message: Dict[str, Any]) -> None:
        method, params = message["method"], message.get("params")
        if method == "rpc.item" and isinstance(params, dict):
            call_id = params.get("id")
            waiting = self._waiting.get(call_id) if isinstance(call_id, int) else None
            if waiting is not None and waiting.reply is None and waiting.items is not None:
                waiting.items.append(params.get("value"))
        elif "id" in message:
            answer: Dict[str, object] = (
                {"result": "pong"}
                if method == "rpc.ping"
                else {"error": {"code": -32601, "message": "This client has no methods"}}
            )
            reply = json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer})
            try:
                self._send(reply + "\n", time.monotonic() + _ANSWER_S)
            except DariError:
                pass  # the calls that wait are told
