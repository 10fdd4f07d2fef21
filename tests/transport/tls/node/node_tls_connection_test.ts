import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../../lib/base/errors.ts";
import { dialAs, startListener, world } from "../../../support/mutual_tls.ts";

Deno.test("a mutual TLS connection carries lines both ways, long ones and after one side has ended", async () => {
  const { client } = await world();
  using test = await startListener();
  const near = await dialAs(client, test.port);
  const far = await test.accept();
  near.maxLineBytes = far.maxLineBytes = 4 * 1024 * 1024;
  const long = `${"다리".repeat(300_000)}\n`;
  const sent = near.send(long);
  assertEquals(await far.receive(), long);
  await sent;
  const closed = near.close();
  assertEquals(await far.receive(), null);
  await far.close();
  await closed;
});

Deno.test("a mutual TLS connection gives whoever has asked and ended its side the whole answer", async () => {
  const { client: { cert, key }, authority } = await world();
  using test = await startListener();
  const { port } = test;
  // The connections of dari read nothing more once they have closed.
  using near = await Deno.connectTls({
    hostname: "127.0.0.1",
    port,
    caCerts: [authority.pem],
    cert,
    key,
  });
  const far = await test.accept();
  await near.write(new TextEncoder().encode("ask\n"));
  await near.closeWrite();
  assertEquals([await far.receive(), await far.receive()], ["ask\n", null]);
  const answered = new Response(near.readable).text();
  const lines = Array.from({ length: 8 }, (_, index) => `${index}${"x".repeat(5_000)}\n`);
  for (const line of lines) await far.send(line);
  await far.close();
  assertEquals((await answered).length, lines.join("").length);
});

Deno.test("a mutual TLS connection ends when more was sent than anybody reads", async () => {
  const { client } = await world();
  using test = await startListener();
  const near = await dialAs(client, test.port);
  const far = await test.accept();
  far.maxLineBytes = 64 * 1024;
  const line = `${"x".repeat(1024 * 1024 - 1)}\n`;
  const flood = async () => {
    for (let sent = 0; sent < 200; sent++) await near.send(line);
  };
  await assertRejects(flood, TransportError);
  const error = await assertRejects(() => far.receive(), TransportError);
  assertEquals(error.code, "resource_exhausted");
});

Deno.test("a mutual TLS connection waits with sending for who does not read", async () => {
  const { client, authority } = await world();
  using test = await startListener();
  // Deno's own connection reads only what it is asked for.
  const slow = await Deno.connectTls({
    hostname: "127.0.0.1",
    port: test.port,
    caCerts: [authority.pem],
    cert: client.cert,
    key: client.key,
  });
  const far = await test.accept();
  const line = `${"x".repeat(1024 * 1024 - 1)}\n`;
  let sent = 0;
  const sending = (async () => {
    for (; sent < 64; sent++) await far.send(line);
  })();
  await Promise.race([sending, new Promise((resolve) => setTimeout(resolve, 300))]);
  assert(sent < 64, `${sent} MiB went to nobody`);
  slow.close();
  await assertRejects(() => sending, TransportError, "closed");
});
