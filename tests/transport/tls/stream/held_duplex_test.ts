import { assertEquals, assertRejects } from "@std/assert";
import { HeldDuplex } from "../../../../lib/transport/tls/stream/held_duplex.ts";
import { bytePipe } from "../../../support/byte_pipe.ts";
import { readAll } from "../../../support/record_pair.ts";

/** A duplex that reads, and what it has read. */
function startReading() {
  const [near, far] = bytePipe();
  const duplex = new HeldDuplex(near);
  duplex.on("error", () => {});
  const read: number[] = [];
  duplex.on("data", (chunk: Uint8Array) => read.push(...chunk));
  return { near, far, duplex, read };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("a stream that is taken back goes on behind the last byte that the duplex gave", async () => {
  const { near, far, duplex, read } = startReading();
  await far.write(Uint8Array.of(1, 2));
  await turn();
  const stream = duplex.takeBack(); // while the next read is under way
  await far.write(Uint8Array.of(3, 4, 5));
  await far.write(Uint8Array.of(6));
  await far.closeWrite();
  assertEquals([read, await readAll(stream, new Uint8Array(2))], [[1, 2], [3, 4, 5, 6]]);
  duplex.destroy();
  await turn();
  assertEquals(near.isClosed, false);
  await stream.write(Uint8Array.of(7));
  await stream.closeWrite();
  assertEquals(await readAll(far), [7]);
  stream.close();
  assertEquals(near.isClosed, true);
});

Deno.test("a duplex still writes once its stream was taken back, until it is destroyed", async () => {
  const { far, duplex } = startReading();
  const stream = duplex.takeBack();
  await new Promise((resolve) => duplex.write(Uint8Array.of(1), resolve));
  duplex.destroy();
  duplex.write(Uint8Array.of(2));
  await turn();
  await stream.closeWrite();
  assertEquals(await readAll(far), [1]);
});

Deno.test("a stream that was taken back before any read is read from the beginning", async () => {
  const [near, far] = bytePipe();
  const stream = new HeldDuplex(near).takeBack();
  await far.write(Uint8Array.of(1));
  await far.closeWrite();
  assertEquals(await readAll(stream), [1]);
});

Deno.test("a read that failed on its way fails for whoever took the stream back", async () => {
  const { near, duplex } = startReading();
  await turn();
  const stream = duplex.takeBack();
  near.close();
  await assertRejects(() => stream.read(new Uint8Array(1)), Error, "it was closed");
});
