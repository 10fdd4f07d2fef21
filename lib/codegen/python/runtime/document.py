"""Stands for what is written of each document."""

#: Whether the server remembers the answers of calls with a key.
_KEEPS_KEYS = False
