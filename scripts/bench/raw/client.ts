/**
 * The practical limit, the client's side: a promise for each call, and all calls of one turn in one
 * write.
 *
 * Arguments: address, directory of the TLS files.
 *
 * @module
 */

import { carryLoads, type LoadClient } from "../load.ts";
import { lengthOf, readBlob, writeWhole } from "./bytes.ts";
import { createWriter, openSocket, readBufferBytes, readLines, readTlsFiles } from "./socket.ts";

const [address = "", directory = ""] = Deno.args;
const tls = readTlsFiles(directory);

async function open(): Promise<LoadClient> {
  const socket = await openSocket(address, tls);
  const write = createWriter(socket);
  const pending = new Map<number, (result: never) => void>();
  let lastId = 0;
  let waiting = "";
  let writing = false;

  async function flush(): Promise<void> {
    while (waiting !== "") {
      const lines = waiting;
      waiting = "";
      await write(lines);
    }
    writing = false;
  }

  function call<T>(method: string, params: unknown): Promise<T> {
    const id = ++lastId;
    readReplies();
    waiting += JSON.stringify({ id, method, params }) + "\n";
    if (!writing) {
      writing = true;
      queueMicrotask(flush);
    }
    return new Promise((resolve) => pending.set(id, resolve));
  }

  let isReading = false;
  function readReplies(): void {
    if (isReading) return;
    isReading = true;
    readLines(socket, readBufferBytes(new URL(address).protocol.slice(0, -1)), (lines) => {
      for (const line of lines) {
        const { id, result } = JSON.parse(line);
        pending.get(id)?.(result as never);
        pending.delete(id);
      }
    });
  }

  /** One at a time, on a connection that carries nothing else. */
  async function echoBytes(bytes: Uint8Array): Promise<Uint8Array> {
    await writeWhole(socket, lengthOf(bytes));
    const [echo] = await Promise.all([readBlob(socket), writeWhole(socket, bytes)]);
    if (echo === null) throw new Error("the server ended the connection");
    return echo;
  }

  return {
    add: (a, b) => call("add", { a, b }),
    echo: (value) => call("echo", { value }),
    echoBytes,
    close: () => socket.close(),
  };
}

await carryLoads(open);
