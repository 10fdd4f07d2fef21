"""Runs a program whose standard output is a pipe that does not block, and counts what it prints."""

import os
import subprocess
import sys
import time

reader, writer = os.pipe()
os.set_blocking(writer, False)
program = subprocess.Popen(sys.argv[1:], stdout=writer)
os.close(writer)
count = 0
while data := os.read(reader, 10_000):
    count += len(data)
    time.sleep(0.005)  # slower than any writer
print(program.wait(), count)
