import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../../lib/base/errors.ts";
import type { Connection } from "../../../../lib/transport/connection.ts";
import { SharedBudget } from "../../../../lib/transport/shared_budget.ts";
import { dialAs, soon, startListener, world } from "../../../support/mutual_tls.ts";

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

Deno.test("what nobody reads or takes is bounded for all mutual TLS connections together", async () => {
  const { client } = await world();
  const budget = new SharedBudget(2 * 1024 * 1024);
  using test = await startListener({ budget });
  const pairs: Connection[][] = [];
  for (let n = 0; n < 3; n++) {
    const near = await dialAs(client, test.port);
    const far = await test.accept();
    near.maxLineBytes = far.maxLineBytes = 16 * 1024 * 1024;
    pairs.push([near, far]);
  }
  // The first does not read, the second does not end its line, the third is in order.
  const line = `${"x".repeat(1024 * 1024 - 1)}\n`;
  const [[nearLazy, farLazy], [nearLong, farLong], [nearGood, farGood]] = pairs as [
    [Connection, Connection],
    [Connection, Connection],
    [Connection, Connection],
  ];
  const cutLong = assertRejects(() => farLong.receive(), TransportError, "in this one");
  await nearGood.send("in order\n");
  assertEquals(await soon(farGood.receive()), "in order\n");
  const flood = async (far: Connection, text: string) => {
    for (let sent = 0; sent < 10; sent++) await far.send(text);
  };
  await soon(flood(nearLazy, line).catch(() => {}), 20_000);
  await soon(assertRejects(() => farLazy.receive(), TransportError, "in this one"));
  await soon(flood(nearLong, "x".repeat(1024 * 1024)).catch(() => {}), 20_000);
  assertEquals((await soon(cutLong)).code, "resource_exhausted");
  await nearGood.send("still in order\n");
  assertEquals(await soon(farGood.receive()), "still in order\n");
  assert(budget.bytes <= 2 * 1024 * 1024);
  for (const [near, far] of pairs) {
    near?.abort();
    far?.abort();
  }
});
