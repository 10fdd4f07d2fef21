"""What is known of a method, what a reply means, and whether to try again."""

import json
import random
from typing import Any, Mapping, Optional, Type

from .errors import DariError, DeclaredError, _error_of
from .link import _Waiting
from .values import _read

_MAX_ATTEMPTS = 5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 2.0
_MAX_DOUBLINGS = 10
_FULL_BUDGET, _LEAST_BUDGET, _GIVEN_BACK = 10.0, 5.0, 0.1
_REPEATABLE = ("unavailable", "resource_exhausted")


class _Method:
    """What the document says of a method."""

    def __init__(
        self,
        name: str,
        *,
        is_idempotent: bool = False,
        errors: Optional[Mapping[str, Type[DeclaredError]]] = None,
        plan: Any = None,
        plans: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self.name, self.is_idempotent = json.dumps(name), is_idempotent
        self.errors: Mapping[str, Type[DeclaredError]] = {} if errors is None else errors
        self.plan, self.plans = plan, {} if plans is None else plans

    def read(self, value: Any) -> Any:
        return value if self.plan is None else _read(value, self.plan, self.plans)


def _result(waiting: _Waiting, method: _Method) -> Any:
    reply = waiting.reply
    if isinstance(reply, DariError):
        raise DariError(reply.code, str(reply), reply.data) from reply
    if reply is None or "error" in reply:
        raise _error_of(None if reply is None else reply["error"], method.errors)
    return reply.get("result")


class _Retries:
    """A budget: a failed try takes one of it, and a call that succeeds gives a tenth back."""

    def __init__(self) -> None:
        self._budget = _FULL_BUDGET

    def succeeded(self) -> None:
        if self._budget < _FULL_BUDGET:
            self._budget += _GIVEN_BACK

    def pause(self, error: DariError, attempt: int, may_repeat: bool) -> Optional[float]:
        """How long to wait before the next try, in seconds; None where there is to be none."""
        if error.name not in _REPEATABLE or not (may_repeat or not error.may_have_run):
            return None
        if not error.retryable or (error.retry_after is not None and error.retry_after < 0):
            return None  # below 0 the server asks not to be called again
        # Where no server was reached, no server has more to do: such tries go on to the deadline.
        if error.may_have_run or not may_repeat:
            self._budget = max(0.0, self._budget - 1)
            if attempt >= _MAX_ATTEMPTS or self._budget <= _LEAST_BUDGET:
                return None
        longest: float = min(
            _LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(attempt - 1, _MAX_DOUBLINGS)
        )
        return max(random.random() * longest, error.retry_after or 0.0)
