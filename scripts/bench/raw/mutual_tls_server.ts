/**
 * The practical limit of mutual TLS: node:tls with one write for each chunk that it gives, and no
 * check but that the certificate is of the authority.
 *
 * Arguments: directory of the TLS files.
 *
 * @module
 */

import { createServer } from "node:tls";
import { BlobCollector } from "./blob_collector.ts";
import { lengthOf } from "./bytes.ts";
import { LineSplitter } from "./line_splitter.ts";
import { readTlsFiles } from "./socket.ts";

const [directory = ""] = Deno.args;
const { cert, key } = readTlsFiles(directory);

const server = createServer({ cert, key, ca: cert, requestCert: true }, (socket) => {
  socket.setNoDelay(true);
  socket.on("error", () => {}); // the client went away
  const splitter = new LineSplitter();
  const collector = new BlobCollector();
  let isBlobs: boolean | undefined;
  socket.on("data", (chunk: Uint8Array) => {
    isBlobs ??= chunk[0] === 0;
    if (isBlobs) {
      const blob = collector.take(chunk);
      if (blob !== undefined) socket.write(lengthOf(blob)), socket.write(blob);
      return;
    }
    let replies = "";
    for (const line of splitter.take(chunk)) {
      const { id, method, params } = JSON.parse(line);
      const result = method === "add" ? params.a + params.b : params.value;
      replies += JSON.stringify({ id, result }) + "\n";
    }
    if (replies !== "") socket.write(replies);
  });
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as { port: number };
  console.log(JSON.stringify({ address: `tls://127.0.0.1:${port}` }));
});
