import { assertEquals } from "@std/assert";
import { deadline } from "../../../../lib/base/abort.ts";
import { Relay } from "../../../../scripts/bench/slow_reader/relay.ts";

const BYTES = 32 * 1_024;

/** Reads so many bytes. */
async function take(conn: Deno.Conn, bytes: number): Promise<void> {
  const buffer = new Uint8Array(bytes);
  for (let taken = 0; taken < bytes;) taken += await conn.read(buffer) ?? bytes;
}

Deno.test("a relay carries both directions, and makes slow the one whose reader is", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using relay = new Relay(listener.addr.port);
  using near = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
  using far = await listener.accept();
  const order: string[] = [];
  const carry = async () => {
    order.length = 0;
    const read = async (name: string, conn: Deno.Conn) => {
      await take(conn, BYTES);
      order.push(name);
    };
    const both = [read("client", near), read("server", far)];
    await Promise.all([near.write(new Uint8Array(BYTES)), far.write(new Uint8Array(BYTES))]);
    await deadline(Promise.all(both), 10_000);
    return order;
  };
  await carry();
  relay.slow = "client";
  await carry(); // what was being read when it became slow comes at once
  assertEquals(await carry(), ["server", "client"]);
  relay.slow = "server";
  await carry();
  assertEquals(await carry(), ["client", "server"]);
});
