"""Dates and bytes, which travel as text; the plans say where they are."""

import base64
import binascii
import datetime
import json
import re
from typing import Any, Callable, Dict, Mapping, Optional

_DATE_TIME = re.compile(
    r"([+-]?\d+)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)"
)
_MAX_OFFSET_HOURS = 24


def _written(value: Any) -> Any:
    """What stands for a value that JSON does not have."""
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise TypeError(f"The time {value} has no time zone; give it one: tzinfo=timezone.utc")
        utc = value.astimezone(datetime.timezone.utc)
        return utc.replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"Values of the type {type(value).__name__} cannot be sent")


_encode: Callable[[Any], str] = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_written
).encode


def _read_date(text: Any) -> Any:
    found = _DATE_TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return text
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    micros = int((found[7] or "0").ljust(6, "0")[:6])
    zone = datetime.timezone.utc
    if found[8] != "Z":
        hours, minutes = int(found[8][1:3]), int(found[8][4:6])
        if hours >= _MAX_OFFSET_HOURS:
            return text
        offset = datetime.timedelta(hours=hours, minutes=minutes)
        zone = datetime.timezone(-offset if found[8][0] == "-" else offset)
    try:
        return datetime.datetime(year, month, day, hour, minute, second, micros, zone)
    except ValueError:
        return text  # beyond the years 1 to 9999


def _read_bytes(text: Any) -> Any:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else text
    except binascii.Error:
        return text


def _read(value: Any, plan: Any, plans: Mapping[str, Any]) -> Any:
    """Makes dates, bytes and tuples of their plain forms, in place."""
    if isinstance(plan, str):
        plan = plans[plan]
    if isinstance(value, str):
        text: Optional[str] = plan.get("text")
        return (
            value if text is None else _read_date(value) if text == "date" else _read_bytes(value)
        )
    if isinstance(value, dict):
        if "by" in plan:
            chosen = value.get(plan["by"])
            inner = plan["choices"].get(chosen) if isinstance(chosen, str) else None
            return value if inner is None else _read(value, inner, plans)
        members: Dict[str, Any] = plan.get("members", {})
        for name, inner in members.items():
            if name in value:
                value[name] = _read(value[name], inner, plans)
        if "others" in plan:
            for name in value.keys() - members.keys():
                value[name] = _read(value[name], plan["others"], plans)
        return value
    if isinstance(value, list):
        first, rest = plan.get("first", ()), plan.get("items")
        for place, item in enumerate(value):
            inner = first[place] if place < len(first) else rest
            if inner is not None:
                value[place] = _read(item, inner, plans)
        return tuple(value) if "first" in plan else value
    return value
