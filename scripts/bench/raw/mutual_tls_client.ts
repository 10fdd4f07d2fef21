/**
 * The practical limit of mutual TLS, the client's side: node:tls, a promise for each call, and all
 * calls of one turn in one write.
 *
 * Arguments: address, directory of the TLS files.
 *
 * @module
 */

import { connect } from "node:tls";
import { carryLoads, type LoadClient } from "../load.ts";
import { BlobCollector } from "./blob_collector.ts";
import { lengthOf } from "./bytes.ts";
import { LineSplitter } from "./line_splitter.ts";
import { readTlsFiles } from "./socket.ts";

const [address = "", directory = ""] = Deno.args;
const { cert, key } = readTlsFiles(directory);
const port = Number(new URL(address).port);

async function open(): Promise<LoadClient> {
  const socket = connect({ host: "127.0.0.1", port, ca: cert, cert, key });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", () => resolve());
    socket.once("error", reject);
  });
  socket.setNoDelay(true);
  const pending = new Map<number, (result: never) => void>();
  let lastId = 0;
  let waiting = "";

  const splitter = new LineSplitter();
  const collector = new BlobCollector();
  let onBlob: ((blob: Uint8Array) => void) | undefined;
  socket.on("data", (chunk: Uint8Array) => {
    if (onBlob !== undefined) {
      const blob = collector.take(chunk);
      if (blob !== undefined) onBlob(blob);
      return;
    }
    for (const line of splitter.take(chunk)) {
      const { id, result } = JSON.parse(line);
      pending.get(id)?.(result as never);
      pending.delete(id);
    }
  });

  function call<T>(method: string, params: unknown): Promise<T> {
    const id = ++lastId;
    if (waiting === "") {
      queueMicrotask(() => {
        socket.write(waiting);
        waiting = "";
      });
    }
    waiting += JSON.stringify({ id, method, params }) + "\n";
    return new Promise((resolve) => pending.set(id, resolve));
  }

  return {
    add: (a, b) => call("add", { a, b }),
    echo: (value) => call("echo", { value }),
    echoBytes: (bytes) => {
      socket.write(lengthOf(bytes));
      socket.write(bytes);
      return new Promise((resolve) => onBlob = resolve);
    },
    close: () => void socket.destroy(),
  };
}

await carryLoads(open);
