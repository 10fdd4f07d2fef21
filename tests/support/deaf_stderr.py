"""Runs a program whose standard error leads nowhere: deaf_stderr.py KIND PROGRAM [WORD]..."""

import os
import pty
import sys


def open_stderr(kind):
    if kind == "full disk":
        return os.open("/dev/full", os.O_WRONLY)
    if kind == "closed terminal":
        ours, theirs = pty.openpty()
        os.close(ours)
        return theirs
    reader, writer = os.pipe()
    os.set_inheritable(reader, True)  # it stays open, and nobody reads
    os.set_blocking(writer, kind == "blocking pipe")
    return writer


os.setsid()
os.dup2(open_stderr(sys.argv[1]), 2)
os.execvp(sys.argv[2], sys.argv[2:])
