import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { SecondFactorRequiredError } from "../../../lib/auth/mod.ts";
import type { Connection } from "../../../lib/transport/connection.ts";
import { memoryPair } from "../../../lib/transport/memory.ts";
import { login, startWithAlice } from "../../support/alice_server.ts";
import { AuthenticatorApp } from "../../support/factors.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { FarEnd } from "../../support/far_end.ts";
import { Wire } from "../../support/rpc_pair.ts";

/** A server that the test plays, which waits for connections. */
class Acceptor {
  readonly #ends: FarEnd[] = [];
  #dialled = Promise.withResolvers<void>();

  readonly dial = (): Promise<Connection> => {
    const [near, far] = memoryPair();
    this.#ends.push(new FarEnd(far));
    this.#dialled.resolve();
    return Promise.resolve(near);
  };

  async next(): Promise<FarEnd> {
    while (this.#ends.length === 0) {
      await this.#dialled.promise;
      this.#dialled = Promise.withResolvers();
    }
    return this.#ends.shift()!;
  }
}

const plain = { username: "alice", password: "secret", plain: true };
const session = (token: string, idleMs = 60_000) => ({ roles: [], token, idleMs });
const needed = {
  code: -32010,
  message: "needs a code",
  data: { name: "second_factor_required", kinds: ["totp"] },
};

/** A server whose alice has a second factor, and her app. */
async function startWithFactor() {
  const running = await startWithAlice();
  const { factors } = running.identity;
  const app = new AuthenticatorApp((await factors.begin("alice")).secret);
  await factors.confirm("alice", await app.code(Date.now()));
  // The present code confirmed the app.
  const code = () => app.code(Date.now() + limits.oneTimeCodeStepMs);
  return { ...running, app, code };
}

for (const plain of [false, true]) {
  Deno.test(`connect() ${plain ? "by password" : "by SCRAM over TLS"} asks for the code once for all connections`, async () => {
    await using running = await startWithFactor();
    let asked = 0;
    const code = () => {
      asked++;
      return running.code();
    };
    await assertRejects(
      () => running.dial({ login: { ...login, plain } }),
      SecondFactorRequiredError,
    );
    const client = await running.dial({ login: { ...login, plain, code }, maxCallsInFlight: 1 });
    assertEquals(await client.call("who"), "alice");
    assertEquals([asked, (await running.identity.sessions.list("alice")).length], [1, 1]);
    await client.close();
    assertEquals(await running.identity.sessions.list("alice"), []);
  });
}

Deno.test("a connection after the first is signed in by the token, and the user is asked again once it ended", async () => {
  const server = new Acceptor();
  let asked = 0;
  const code = () => String(++asked);
  const connecting = connect({ connect: server.dial }, { login: { ...plain, code } });
  let end = await server.next();
  const first = await end.receive();
  assertEquals([first.method, first.params.code], ["rpc.login", undefined]);
  await end.send({ id: first.id, error: needed });
  assertEquals((await end.answer(session("t1"))).params.code, "1");
  await using client = await connecting;
  end.connection.abort();
  const call = client.call("who", undefined, { timeoutMs: 5_000, idempotent: true });
  end = await server.next();
  const { method, params } = await end.answer({ roles: [] });
  assertEquals([method, params], ["rpc.authenticate", { token: "t1" }]);
  await end.answer("alice");
  assertEquals([await call, asked], ["alice", 1]);
  end.connection.abort();
  const later = client.call("who", undefined, { timeoutMs: 5_000, idempotent: true });
  end = await server.next();
  const { id } = await end.receive();
  await end.send({ id, error: { code: -32001, message: "it has ended" } });
  const again = await end.receive();
  await end.send({ id: again.id, error: needed });
  assertEquals((await end.answer(session("t2"))).params.code, "2");
  await end.answer("alice");
  assertEquals([await later, asked], ["alice", 2]);
});

Deno.test("a shared session is kept alive by its token, without asking again", async () => {
  const [near, far] = memoryPair();
  const end = new FarEnd(far);
  const code = () => "1";
  const connecting = connect(near, { login: { ...plain, code } });
  const { id } = await end.receive();
  await end.send({ id, error: needed });
  await end.answer(session("t", 20));
  await using _client = await connecting;
  const { method, params } = await end.answer({ roles: [] });
  assertEquals([method, params], ["rpc.authenticate", { token: "t" }]);
});

for (const asks of [false, true]) {
  Deno.test(`a client ${asks ? "that asks for a code waits minutes" : "without a code waits seconds"} for its sign-in`, async () => {
    using timers = new FakeTimers();
    const server = new Acceptor();
    const bound = asks ? limits.connectWithCodeTimeoutMs : limits.connectTimeoutMs;
    const code = asks ? { code: () => "1" } : {};
    const connecting = connect({ connect: server.dial }, { login: { ...plain, ...code } });
    let isOver = false;
    const over = connecting.catch((error) => {
      isOver = true;
      return error.message;
    });
    const end = await server.next();
    await end.receive();
    timers.advance(bound - 1);
    await Promise.resolve();
    assertEquals(isOver, false);
    timers.advance(1);
    assertStringIncludes(await over, `${bound} ms`);
  });
}

Deno.test("a connection whose user is looking for the code is not cut as a stranger's", async () => {
  await using running = await startWithFactor();
  using timers = new FakeTimers();
  const { gate } = running.identity;
  await using wire = await Wire.open({}, { gate });
  const request = { jsonrpc: "2.0", id: 1, method: "rpc.login", params: login };
  const { error } = await wire.ask(request);
  assertEquals(error.data.name, "second_factor_required");
  timers.advance(limits.handshakeTimeoutMs + 1);
  const params = { ...login, code: await running.code() };
  const { result } = await wire.ask({ ...request, params });
  assertEquals(result.roles, ["user"]);
});
