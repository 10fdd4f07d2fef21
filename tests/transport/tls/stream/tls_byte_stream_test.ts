import { assertEquals, assertRejects } from "@std/assert";
import { EventEmitter } from "node:events";
import type { TLSSocket } from "node:tls";
import { limits } from "../../../../lib/base/limits.ts";
import { HeldDuplex } from "../../../../lib/transport/tls/stream/held_duplex.ts";
import { TlsByteStream } from "../../../../lib/transport/tls/stream/tls_byte_stream.ts";
import { farStream } from "../../../support/byte_streams.ts";

/** A stream over a socket whose plain bytes the test gives. */
function openStream() {
  const beneath = farStream();
  const duplex = new HeldDuplex(beneath.stream);
  const socket = Object.assign(new EventEmitter(), {
    destroyed: false,
    destroy() {
      this.destroyed = true;
    },
  });
  const stream = new TlsByteStream(socket as unknown as TLSSocket, duplex, beneath.stream.peer);
  return { stream, beneath, duplex, give: (bytes: Uint8Array) => socket.emit("data", bytes) };
}

Deno.test("a TLS stream gives its bytes in order, whatever the sizes of chunks and reads", async () => {
  const { stream, give } = openStream();
  give(new Uint8Array([1, 2, 3]));
  give(new Uint8Array([4]));
  give(new Uint8Array([5, 6]));
  const memory = new Uint8Array(4);
  assertEquals(await stream.read(memory), 4);
  assertEquals([...memory], [1, 2, 3, 4]);
  assertEquals(await stream.read(memory), 2);
  assertEquals([...memory.subarray(0, 2)], [5, 6]);
  const waiting = stream.read(memory);
  give(new Uint8Array([7]));
  assertEquals(await waiting, 1);
});

Deno.test("a TLS stream reads nothing more beneath while more than proxyBufferBytes wait", async () => {
  const { stream, beneath, duplex, give } = openStream();
  const arrived: string[] = [];
  duplex.on("data", (chunk: Uint8Array) => arrived.push(new TextDecoder().decode(chunk)));
  const pushed = async (text: string) => {
    beneath.push(text);
    await new Promise((resolve) => setTimeout(resolve));
    return arrived.join("");
  };
  assertEquals(await pushed("a"), "a");
  give(new Uint8Array(limits.proxyBufferBytes));
  assertEquals(await pushed("b"), "ab");
  give(new Uint8Array(1));
  await pushed("c"); // the read that was under way
  assertEquals(await pushed("d"), "abc");
  await stream.read(new Uint8Array(1));
  assertEquals(await pushed("e"), "abcde");
});

Deno.test("a TLS stream that is cut says why, and throws away what waits", async () => {
  const { stream, beneath, give } = openStream();
  give(new Uint8Array([1]));
  stream.cut("the certificate was revoked");
  await assertRejects(() => stream.read(new Uint8Array(1)), Error, "the certificate was revoked");
  await assertRejects(() => stream.write(new Uint8Array(1)), Error, "the certificate was revoked");
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(beneath.closed(), true);
});
