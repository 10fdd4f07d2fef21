import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { DariError, TransportError } from "../../lib/base/errors.ts";
import { parseAddress } from "../../lib/transport/address.ts";
import { acceptAll } from "../../lib/transport/accept.ts";
import { dial } from "../../lib/transport/scheme/dial.ts";
import { listen } from "../../lib/transport/scheme/listen.ts";
import { connectTcp, listenTcp } from "../../lib/transport/tcp.ts";

const noCertificate = () => Promise.reject(new Error("no certificate was asked for"));
const portOf = (address: string) => (parseAddress(address) as { port: number }).port;

Deno.test("tcp:// beyond loopback is refused on both sides, unless it is allowed", async () => {
  const options = { host: "0.0.0.0", port: 0 };
  const error = assertThrows(() => listenTcp(options), DariError, "--insecure");
  assertEquals(error.code, "configuration");
  await assertRejects(() => connectTcp({ host: "192.0.2.1", port: 1 }), DariError, "--insecure");
  await assertRejects(() => dial("tcp://192.0.2.1:1"), DariError, "--insecure");
  await assertRejects(
    () => listen("tcp://0.0.0.0:0", { tls: noCertificate }),
    DariError,
    "--insecure",
  );
  const listener = listenTcp({ ...options, insecure: true });
  assertMatch(listener.address, /^tcp:\/\/0\.0\.0\.0:\d+$/);
  listener.close();
});

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
    () => dial(`tcp://127.0.0.1:${port}`),
    TransportError,
    "start the server first",
  );
  assertEquals([error.code, error.retryable], ["unavailable", true]);
});

Deno.test("dial() and listen() refuse kinds of address that are not theirs", async () => {
  for (const address of ["https://localhost:1", "nats://localhost:1", "nonsense"]) {
    await assertRejects(() => dial(address), DariError);
    await assertRejects(() => listen(address, { tls: noCertificate }), DariError);
  }
});

Deno.test("accepting goes on after a failure, and ends when it is closed", async () => {
  let isClosed = false;
  let calls = 0;
  const acceptor = {
    accept(): Promise<number> {
      calls++;
      if (calls === 1) return Promise.reject(new Error("out of descriptors"));
      if (calls < 4) return Promise.resolve(calls);
      isClosed = true;
      return Promise.reject(new Deno.errors.BadResource());
    },
    close() {},
  };
  assertEquals(await Array.fromAsync(acceptAll(acceptor, () => isClosed)), [2, 3]);
  assert(isClosed);
});
