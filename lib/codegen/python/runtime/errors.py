"""The errors of calls."""

import enum
from typing import Any, Dict, Mapping, Optional, Type

_CODES = {
    -32700: "parse_error",
    -32600: "invalid_request",
    -32601: "method_not_found",
    -32602: "invalid_params",
    -32603: "internal",
    -32001: "unauthenticated",
    -32002: "permission_denied",
    -32003: "deadline_exceeded",
    -32004: "cancelled",
    -32005: "resource_exhausted",
    -32006: "unavailable",
    -32007: "already_exists",
    -32008: "not_found",
    -32009: "failed_precondition",
    -32010: "second_factor_required",
    -32020: "declared_error",
}
_NUMBERS = {name: number for number, name in _CODES.items()}
_RETRYABLE = ("deadline_exceeded", "resource_exhausted", "unavailable")


class Absent(enum.Enum):
    """Stands for a param that is left out."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


class DariError(Exception):
    """A call that failed. Compare `name`, or `code`, and never the message."""

    def __init__(
        self,
        code: int,
        message: str,
        data: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(message)
        known: Mapping[str, Any] = {} if data is None else data
        name, retryable, after = (
            known.get("name"),
            known.get("retryable"),
            known.get("retryAfterMs"),
        )
        #: The number on the wire.
        self.code = code
        #: The name, for instance "unavailable"; that of the method's own, where it declares it.
        self.name = name if isinstance(name, str) else _CODES.get(code, "unknown")
        #: Whether the same call may succeed later without being changed.
        self.retryable = retryable if isinstance(retryable, bool) else self.name in _RETRYABLE
        is_number = isinstance(after, (int, float)) and not isinstance(after, bool)
        #: How long to wait before that, in seconds, where the server says so.
        self.retry_after: Optional[float] = float(after) / 1000 if is_number else None  # type: ignore[arg-type]
        #: Whether the call may have been run; False where the server was not reached, or stops.
        self.may_have_run = known.get("stopping") is not True
        #: What else the server says.
        self.data: Dict[str, Any] = dict(known)


class DeclaredError(DariError):
    """An error that the method declares; `details` say more."""

    @property
    def details(self) -> Any:
        """What the error says, as the method declares it."""
        return self.data.get("details")


def _error(name: str, message: str) -> DariError:
    return DariError(_NUMBERS[name], message)


def _error_of(reply: Any, declared: Mapping[str, Type[DeclaredError]]) -> DariError:
    """Makes an error of the member `error` of a reply, whatever is in it."""
    reply = reply if isinstance(reply, dict) else {}
    code, message, data = reply.get("code"), reply.get("message"), reply.get("data")
    code = code if isinstance(code, int) else _NUMBERS["internal"]
    message = message if isinstance(message, str) else "The call failed"
    data = data if isinstance(data, dict) else None
    if data is not None and data.get("declared") is True:
        name = data.get("name")
        made_by: Type[DeclaredError] = DeclaredError
        if isinstance(name, str):
            made_by = declared.get(name, DeclaredError)
        return made_by(code, message, data)
    return DariError(code, message, data)
