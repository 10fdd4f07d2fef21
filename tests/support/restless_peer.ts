/**
 * An end of a Unix connection in memory that sends without end, goes to and fro between memory and
 * socket with each piece, and reads what comes. It is killed.
 *
 * Argument: the path of the socket.
 */

import { SharedStream } from "../../lib/ipc/segment/shared_stream.ts";
import { seededRandom, SleepWords } from "./sleep_words.ts";
import { readSome, streamBytes, writeAll } from "./stream_bytes.ts";

if (import.meta.main) {
  const conn = await Deno.connect({ transport: "unix", path: Deno.args[0] ?? "" });
  const stream = new SharedStream(conn, false);
  stream.returns = true;
  const memory = new Uint8Array(4_096);
  const length = await readSome(stream, memory);
  const [line = ""] = new TextDecoder().decode(memory.subarray(0, length ?? 0)).split("\n");
  const offer = JSON.parse(line);
  using words = new SleepWords(offer);
  stream.join(offer);
  const random = seededRandom(Deno.pid);
  const read = async () => {
    while (await readSome(stream, memory) !== null);
  };
  const write = async () => {
    for (let at = 0;;) {
      const bytes = streamBytes(at, 1 + random(3_000));
      words.set(1, random(2) === 0);
      await writeAll(stream, bytes);
      at += bytes.length;
    }
  };
  await Promise.all([read(), write()]);
}
