/**
 * The practical limit: a server that parses each line, computes, and sends all replies of a chunk in
 * one write. No envelope checks, no deadline, no identity.
 *
 * Arguments: transport, path of a Unix socket, directory of the TLS files.
 *
 * @module
 */

import { lengthOf, readBlob, readRest, writeWhole } from "./bytes.ts";
import {
  createWriter,
  listenSocket,
  readBufferBytes,
  readLines,
  readTlsFiles,
  type Socket,
} from "./socket.ts";

const [transport = "tcp", path = "", directory = ""] = Deno.args;

async function serveSocket(socket: Socket): Promise<void> {
  if ("setNoDelay" in socket) (socket as Deno.TcpConn).setNoDelay(true);
  const write = createWriter(socket);
  await readLines(socket, readBufferBytes(transport), (lines) => {
    let replies = "";
    for (const line of lines) {
      const { id, method, params } = JSON.parse(line);
      const result = method === "add" ? params.a + params.b : params.value;
      replies += JSON.stringify({ id, result }) + "\n";
    }
    return write(replies);
  }, (beginning) => echoBlobs(socket, beginning));
  socket.close();
}

/** Echoes each blob: one read into memory of its own, two writes. */
async function echoBlobs(socket: Socket, beginning: Uint8Array): Promise<void> {
  let blob = await readRest(socket, beginning);
  while (blob !== null) {
    await writeWhole(socket, lengthOf(blob));
    await writeWhole(socket, blob);
    blob = await readBlob(socket);
  }
}

const { listener, address } = listenSocket(transport, path, readTlsFiles(directory));
console.log(JSON.stringify({ address }));
for await (const socket of listener) serveSocket(socket).catch(console.error);
