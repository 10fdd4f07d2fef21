"""Runs a command on a terminal of its own, and types an answer once it has asked a question."""

import os
import pty
import select
import sys

answer, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)

shown = b""
typed = False
while True:
    ready, _, _ = select.select([terminal], [], [], 30)
    if not ready:
        break
    try:
        piece = os.read(terminal, 4096)
    except OSError:  # the command has ended
        break
    if not piece:
        break
    shown += piece
    if not typed and b"[y/N] " in shown:
        typed = True
        os.write(terminal, answer.encode() + b"\n")

sys.stdout.buffer.write(shown)
sys.stdout.flush()
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
