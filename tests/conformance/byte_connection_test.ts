import { assertEquals } from "@std/assert";
import { byteConnection } from "../../lib/conformance/byte_connection.ts";

Deno.test("byteConnection() writes all of its bytes, also where the socket takes some alone", async () => {
  const written: number[] = [];
  const conn = {
    write: (bytes: Uint8Array) => {
      written.push(...bytes.subarray(0, 2));
      return Promise.resolve(Math.min(2, bytes.length));
    },
    read: (into: Uint8Array) => {
      into.set([7, 8]);
      return Promise.resolve(2);
    },
    closeWrite: () => Promise.resolve(),
    close: () => {
      throw new Error("closed before");
    },
  };
  const connection = byteConnection(conn);
  await connection.write(new Uint8Array([1, 2, 3, 4, 5]));
  assertEquals(written, [1, 2, 3, 4, 5]);
  assertEquals(await connection.read(), new Uint8Array([7, 8]));
  connection.close();
});

Deno.test("byteConnection() tells the end of the peer's half", async () => {
  const ended = { read: () => Promise.resolve(null) } as unknown as Deno.Conn;
  assertEquals(await byteConnection(ended).read(), null);
});
