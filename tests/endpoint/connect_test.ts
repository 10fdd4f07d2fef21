import { assertEquals, assertRejects } from "@std/assert";
import { delay } from "../../lib/base/abort.ts";
import { DariError, RpcError, TransportError } from "../../lib/base/errors.ts";
import { connect, type ConnectOptions, type Dialer } from "../../lib/endpoint/connect.ts";
import { awaitAnswer } from "../../lib/endpoint/connect_by.ts";
import { type MemoryListener, memoryPair } from "../../lib/transport/memory.ts";
import { FakeServer, FarEnd } from "../support/far_end.ts";

const plain = { login: { username: "alice", password: "secret", plain: true } };
const session = (idleMs: number) => ({ roles: [], token: "t", idleMs });

/** Connects with a credential to a server that the test plays. */
function begin(options: ConnectOptions) {
  const [near, far] = memoryPair();
  return { end: new FarEnd(far), connecting: connect(near, options) };
}

Deno.test("connect() signs in before anything else is sent", async () => {
  const { end, connecting } = begin({ ...plain, agent: "the test" });
  const { method, params } = await end.answer(session(60_000));
  assertEquals([method, params], ["rpc.login", {
    username: "alice",
    password: "secret",
    agent: "the test",
  }]);
  await using client = await connecting;
  const call = client.call("who");
  assertEquals((await end.answer("alice")).method, "who");
  assertEquals(await call, "alice");
});

Deno.test("connect() throws what the server answers to a wrong credential", async () => {
  const { end, connecting } = begin({ apiKey: "wrong" });
  const { id } = await end.receive();
  end.send({ id, error: { code: -32001, message: "The credential is not valid" } });
  const error = await assertRejects(() => connecting, RpcError, "not valid");
  assertEquals([error.code, await end.receive()], ["unauthenticated", null]);
});

Deno.test("connect() refuses several credentials, half a key pair and a malformed address", async () => {
  const { dial } = new FakeServer();
  const server = { connect: () => dial() } as MemoryListener;
  await assertRejects(
    () => connect(server, { token: "a", apiKey: "b" }),
    TypeError,
    "Give one of login, token, apiKey and keyLogin, not several",
  );
  await assertRejects(() => connect(server, { cert: "PEM" }), TypeError, "cert and key together");
  const error = await assertRejects(() => connect("nowhere"), DariError);
  assertEquals(error.code, "usage");
});

Deno.test("connect() signs in again before the session ends, and once more soon where that fails", async () => {
  const { end, connecting } = begin(plain);
  await end.answer(session(20));
  await using _client = await connecting;
  const { id, method } = await end.receive();
  await end.send({ id, error: { code: -32001, message: "The account is locked" } });
  assertEquals([method, (await end.answer(session(60_000))).method], ["rpc.login", "rpc.login"]);
});

Deno.test("connect() does not renew what lives long, or is no session of its own", async () => {
  const replies = [
    { options: plain, reply: session(2 ** 40) },
    { options: { token: "its own" }, reply: { roles: [] } },
  ];
  for (const { options, reply } of replies) {
    const { end, connecting } = begin(options);
    await end.answer(reply);
    await using client = await connecting;
    await delay(2);
    client.notify("behind");
    assertEquals((await end.receive()).method, "behind");
  }
});

Deno.test("connect() signs in again after its connection broke", async () => {
  const server = new FakeServer();
  const connecting = connect({ connect: server.dial } as MemoryListener, plain);
  await server.end.answer(session(60_000));
  await using client = await connecting;
  server.end.connection.abort();
  await assertRejects(() => client.call("who"), TransportError);
  const call = client.call("who");
  assertEquals(server.ends.length, 2);
  assertEquals((await server.end.answer(session(60_000))).method, "rpc.login");
  await server.end.answer("alice");
  assertEquals(await call, "alice");
});

Deno.test("awaitAnswer() takes any answer, and tells the end of the connection from one", async () => {
  const answering = (call: () => Promise<unknown>) =>
    awaitAnswer({ peer: memoryPair()[0].peer, closed: new Promise(() => {}), call });
  await answering(() => Promise.resolve(null));
  await answering(() => Promise.reject(new RpcError("unauthenticated", "sign in first")));
  await assertRejects(
    () => answering(() => Promise.reject(new TransportError("unavailable", "it ended"))),
    TransportError,
    "The server refused the client's certificate: it ended",
  );
});

Deno.test("connect() uses an open connection once: what its server refuses goes nowhere else", async () => {
  const [near, far] = memoryPair();
  const end = new FarEnd(far);
  await using client = await connect(near);
  const running = client.call("running"), refused = client.call("refused");
  const { id } = await end.receive();
  const stopping = { code: -32006, message: "stopping", data: { stopping: true } };
  await end.send({ id: (await end.receive()).id, error: stopping });
  const error = await assertRejects(() => refused, TransportError, "cannot make another");
  assertEquals([error.code, error.retryable], ["unavailable", false]);
  await end.send({ id, result: 1 });
  assertEquals([await running, await end.receive()], [1, null]);
});

Deno.test("connect() gives up when its signal aborts, while it connects and while it signs in", async () => {
  const reason = new Error("the user has left");
  const dialled: AbortSignal[] = [];
  const silent: Dialer = {
    connect: (signal) => {
      dialled.push(signal);
      return new Promise(() => {});
    },
  };
  const aborted = AbortSignal.abort(reason);
  assertEquals(await connect(silent, { signal: aborted }).catch((error) => error), reason);
  assertEquals(dialled, []);

  const dialling = new AbortController();
  const connecting = connect(silent, { signal: dialling.signal });
  dialling.abort(reason);
  assertEquals(await connecting.catch((error) => error), reason);
  assertEquals(dialled.map(({ aborted }) => aborted), [true]);

  const signingIn = new AbortController();
  const { end, connecting: waiting } = begin({ ...plain, signal: signingIn.signal });
  assertEquals((await end.receive()).method, "rpc.login");
  signingIn.abort(reason);
  assertEquals(await waiting.catch((error) => error), reason);
  assertEquals(await end.receive(), null);
});

Deno.test("connect() leaves a client alone whose signal aborts once it is connected", async () => {
  const stop = new AbortController();
  const { end, connecting } = begin({ ...plain, signal: stop.signal });
  await end.answer(session(2 ** 40));
  await using client = await connecting;
  stop.abort();
  const call = client.call("who");
  await end.answer("alice");
  assertEquals(await call, "alice");
});
