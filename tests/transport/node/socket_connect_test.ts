import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { connectNodeTcp, connectNodeUnix } from "../../../lib/transport/node/socket_connect.ts";
import { tempDirectory } from "../../support/temp.ts";

// tests/transport/contract_test.ts holds both against the contract of every transport.

Deno.test("connectNodeTcp() and connectNodeUnix() say that nothing listens, and what to do", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await using directory = await tempDirectory();
  const path = `${directory.path}/absent`;
  const attempts = {
    [`127.0.0.1:${port}`]: () => connectNodeTcp({ host: "127.0.0.1", port }),
    [`unix:${path}`]: () => connectNodeUnix(path),
  };
  for (const [address, connect] of Object.entries(attempts)) {
    const { code, message } = await assertRejects(connect, TransportError);
    const reason = "nothing listens there; start the server first";
    assertEquals([code, message], ["unavailable", `Cannot connect to ${address}: ${reason}`]);
  }
});

Deno.test("connectNodeTcp() ends with its signal, and leaves no socket behind", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const at = { host: "127.0.0.1", port: listener.addr.port };
  const aborted = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => connectNodeTcp(at, aborted), TransportError, "enough");
});

Deno.test("connectNodeTcp() names the kind of connection and the other side", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const connection = await connectNodeTcp({ host: "127.0.0.1", port });
  assertEquals(connection.peer, { transport: "tcp", address: `127.0.0.1:${port}` });
  (await listener.accept()).close();
  assertEquals(await connection.receive(), null);
  await connection.close();
});
