import { assertEquals, assertRejects } from "@std/assert";
import {
  connectTcpStream,
  connectUnixStream,
  listenTcpStreams,
  listenUnixStreams,
  type PeerStream,
} from "../../lib/transport/peer_stream.ts";
import { TransportError } from "../../lib/base/errors.ts";
import { tempDirectory } from "../support/temp.ts";

async function exchange(near: PeerStream, far: PeerStream): Promise<void> {
  const memory = new Uint8Array(10);
  await near.write(new TextEncoder().encode("hello"));
  await near.closeWrite();
  assertEquals(await far.read(memory), 5);
  assertEquals(new TextDecoder().decode(memory.subarray(0, 5)), "hello");
  assertEquals(await far.read(memory), null);
  await far.write(new TextEncoder().encode("bye"));
  assertEquals(await near.read(memory), 3);
  const waiting = near.read(memory);
  near.cut("enough");
  await assertRejects(() => waiting, Error, "enough");
  near.close();
  far.close();
}

Deno.test("streams over TCP carry bytes, end each direction by itself, and are cut with a reason", async () => {
  const listener = listenTcpStreams({ host: "127.0.0.1", port: 0 });
  const port = Number(listener.address.split(":").at(-1));
  const at = { host: "127.0.0.1", port };
  const near = await connectTcpStream(at, AbortSignal.timeout(5_000));
  const { value: far } = await listener[Symbol.asyncIterator]().next();
  assertEquals([near.peer.address, far.peer.transport], [`127.0.0.1:${port}`, "tcp"]);
  await exchange(near, far);
  listener.close();
  await assertRejects(
    () => connectTcpStream(at, AbortSignal.timeout(5_000)),
    TransportError,
    "nothing listens there",
  );
});

Deno.test("streams over a Unix socket do the same, and the socket's file goes with the listener", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/service.sock`;
  const listener = await listenUnixStreams(path);
  const near = await connectUnixStream(path, AbortSignal.timeout(5_000));
  const { value: far } = await listener[Symbol.asyncIterator]().next();
  await exchange(near, far);
  listener.close();
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});
