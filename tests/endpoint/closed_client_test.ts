import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { login, startWithAlice } from "../support/alice_server.ts";

Deno.test("a client that is closed ends the session that its login opened, and no other", async () => {
  await using running = await startWithAlice();
  const { accounts, sessions } = running.identity;
  const { token } = await sessions.create(await accounts.record("alice"), { address: "test" });
  const own = (await sessions.list("alice")).map(({ id }) => id);
  const ids = async () => (await sessions.list("alice")).map(({ id }) => id);
  for (const address of running.server.addresses) {
    await using byToken = await running.dial({ token }, address);
    const clients = await Promise.all([{ login }, { login: { ...login, plain: true } }]
      .map((options) => running.dial(options, address)));
    assertEquals((await ids()).length, 3);
    const waiting = assertRejects(
      () => clients[0]!.call("hang"),
      DariError,
      "The client is closed",
    );
    await Promise.all(clients.map((client) => client.close()));
    await waiting;
    assertEquals(await ids(), own);
    assertEquals(await byToken.call("who"), "alice");
  }
  assertEquals(await ids(), own, "a token of the program's own ends no session");
});

Deno.test("a client whose server does not answer is closed all the same", async () => {
  await using running = await startWithAlice({}, (gate) => ({
    ...gate,
    signIn: (method, ...rest) =>
      method === "rpc.logout" ? new Promise(() => {}) : gate.signIn(method, ...rest),
  }));
  const client = await running.dial({ login });
  const startedAt = performance.now();
  await client.close();
  // A busy machine has its time, but it is not that of a call.
  assert(performance.now() - startedAt < 20 * limits.signOutTimeoutMs);
});
