"""Stands in for systemd: opens sockets, and becomes a program that they are handed over to.

socket_activation.py [--again] [--names TEXT] [--pid TEXT] [--fds TEXT] NAME=SOCKET... -- COMMAND...

SOCKET is HOST:PORT, unix:PATH (mode 0600), open:PATH (mode 0666), udp, file or fresh (not listening).
With --again the sockets stay open in this process, which starts the program a second time when the
first has ended; each says its process id first.
"""
import os, socket, sys

words = sys.argv[1:]
command = words[words.index("--") + 1 :]
words = words[: words.index("--")]
given = {"--names": None, "--pid": None, "--fds": None}
again = "--again" in words
if again:
    words.remove("--again")
for name in given:
    if name in words:
        at = words.index(name)
        given[name] = words[at + 1]
        del words[at : at + 2]


def opened(text):
    kind, _, rest = text.partition(":")
    if kind in ("unix", "open"):
        one = socket.socket(socket.AF_UNIX)
        one.bind(rest)
        os.chmod(rest, 0o600 if kind == "unix" else 0o666)
    elif text == "udp":
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        return one
    elif text == "file":
        return open("/dev/null")
    else:
        host, _, port = text.rpartition(":")
        host = host.strip("[]")
        one = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((host, int(port)))
    one.listen(16)
    return one


pairs = [word.split("=", 1) for word in words]
kept = [opened(text) for _, text in pairs]
high = [os.dup2(one.fileno(), 100 + at) for at, one in enumerate(kept)]
for one in kept:
    one.close()


def become():
    for at, fd in enumerate(high):
        os.dup2(fd, 3 + at)
    for fd in high:
        os.set_inheritable(fd, False)
    names = ":".join(name for name, _ in pairs)
    os.environ["LISTEN_FDS"] = str(len(high)) if given["--fds"] is None else given["--fds"]
    os.environ["LISTEN_PID"] = str(os.getpid()) if given["--pid"] is None else given["--pid"]
    os.environ["LISTEN_FDNAMES"] = names if given["--names"] is None else given["--names"]
    print("pid", os.getpid(), flush=True)
    os.execvp(command[0], command)


if not again:
    become()
for _ in range(2):
    child = os.fork()
    if child == 0:
        become()
    os.waitpid(child, 0)
