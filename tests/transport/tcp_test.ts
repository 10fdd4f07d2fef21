import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { TransportError } from "../../lib/base/errors.ts";
import { parseAddress } from "../../lib/transport/scheme/parse.ts";
import { connectTcp, listenTcp } from "../../lib/transport/tcp.ts";

const portOf = (address: string) => (parseAddress(address) as { port: number }).port;

Deno.test("a port in use is named, with the way out", () => {
  const first = listenTcp({ host: "127.0.0.1", port: 0 });
  const port = portOf(first.address);
  const error = assertThrows(
    () => listenTcp({ host: "127.0.0.1", port }),
    TransportError,
    `Cannot listen on 127.0.0.1:${port}: the port is in use`,
  );
  assertEquals(error.code, "unavailable");
  first.close();
});

Deno.test("a port where nothing listens is named, with the way out", async () => {
  const listener = listenTcp({ host: "127.0.0.1", port: 0 });
  const port = portOf(listener.address);
  listener.close();
  const error = await assertRejects(
    () => connectTcp({ host: "127.0.0.1", port }),
    TransportError,
    "start the server first",
  );
  assertEquals([error.code, error.retryable], ["unavailable", true]);
});
