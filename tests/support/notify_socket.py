"""Stands in for systemd's notification socket: prints what comes to it, and from which process."""
import json, socket, struct, sys

receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
receiver.bind("\0" + name[1:] if name.startswith("@") else name)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
print("listening", flush=True)
while True:
    data, credentials, _, _ = receiver.recvmsg(4096, 1024)
    pid = struct.unpack("3i", credentials[0][2])[0]
    print(json.dumps({"pid": pid, "fields": data.decode().split("\n")}), flush=True)
