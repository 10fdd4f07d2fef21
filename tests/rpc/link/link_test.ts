import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { abortable, delay } from "../../../lib/base/abort.ts";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { Link } from "../../../lib/rpc/link/link.ts";
import type { OpenConnection } from "../../../lib/rpc/link/link_options.ts";
import { OutgoingCall } from "../../../lib/rpc/call/outgoing_call.ts";
import type { Connection } from "../../../lib/transport/connection.ts";
import { memoryPair } from "../../../lib/transport/memory.ts";
import { FakeServer } from "../../support/far_end.ts";

/** A dial that waits until the test lets it go, whatever its signal says. */
function slowDial() {
  const { promise, resolve, reject } = Promise.withResolvers<Connection>();
  let signal: AbortSignal | undefined;
  const dial = (given: AbortSignal) => {
    signal = given;
    return promise;
  };
  return { dial, resolve, reject, isAborted: () => signal?.aborted };
}

/** A sign-in that the server does not answer. */
const unanswered = async (connection: OpenConnection) =>
  void (await connection.call("rpc.login", {}));

Deno.test("a link says where it stands from its first connection to its end", async () => {
  const { dial, resolve } = slowDial();
  const link = new Link({ dial });
  const seen = [link.status];
  const connecting = link.connect();
  seen.push(link.status);
  assertEquals([link.caller, link.peer], [undefined, undefined]);
  const [near] = memoryPair();
  resolve(near);
  assertStrictEquals(await connecting, link.caller);
  assertEquals(link.peer, near.peer);
  seen.push(link.status);
  await link.close();
  seen.push(link.status);
  assertEquals(seen, ["idle", "connecting", "connected", "closed"]);
  assertEquals([link.caller, link.peer], [undefined, undefined]);
});

Deno.test("everybody who wants the connection shares one attempt", async () => {
  const server = new FakeServer();
  const link = new Link(server);
  const callers = await Promise.all(Array.from({ length: 10 }, () => link.connect()));
  assertEquals([new Set(callers).size, server.ends.length], [1, 1]);
  assertStrictEquals(await link.connect(), callers[0]);
  assertEquals(server.ends.length, 1);
  await link.close();
});

Deno.test("an attempt that fails is everybody's error, and the next one starts anew", async () => {
  const [near] = memoryPair();
  const outcomes = [
    Promise.reject(new TransportError("unavailable", "nobody is there")),
    Promise.resolve(near),
  ];
  const link = new Link({ dial: () => outcomes.shift() as Promise<Connection> });
  const errors = await Promise.all([1, 2].map(() => link.connect().catch((error) => error)));
  assertEquals(errors.map(({ message }) => message), ["nobody is there", "nobody is there"]);
  assertEquals(link.status, "idle");
  await link.connect();
  assertEquals([link.status, outcomes.length], ["connected", 0]);
  await link.close();
});

Deno.test("a link whose connection broke is idle, and connects again", async () => {
  const server = new FakeServer();
  const link = new Link(server);
  const first = await link.connect();
  const waiting = first.call("wait", {}).catch(({ code }) => code);
  server.end.connection.abort();
  assertEquals([await waiting, link.status], ["unavailable", "idle"]);
  assert(await link.connect() !== first);
  assertEquals([link.status, server.ends.length], ["connected", 2]);
  await link.close();
});

Deno.test("a link is connected once it is signed in, and sends nothing before", async () => {
  const server = new FakeServer();
  const signIn = async (connection: OpenConnection) => {
    assertEquals(connection.peer.transport, "memory");
    assertEquals(await connection.call("rpc.login", { name: "alice" }), "welcome");
  };
  const link = new Link({ ...server, signIn });
  const connecting = link.connect();
  assertEquals((await server.end.answer("welcome")).method, "rpc.login");
  await connecting;
  assertEquals(link.status, "connected");
  await link.close();
});

Deno.test("a sign-in that fails ends the connection and is the error of connecting", async () => {
  const server = new FakeServer();
  const signIn = () => Promise.reject(new DariError("unauthenticated", "wrong password"));
  const link = new Link({ ...server, signIn });
  await assertRejects(() => link.connect(), DariError, "wrong password");
  assertEquals([await server.end.receive(), link.status], [null, "idle"]);
});

Deno.test("connecting that takes too long is unavailable, and a late connection is dropped", async () => {
  const { dial, resolve, isAborted } = slowDial();
  const link = new Link({ dial, connectTimeoutMs: 1 });
  const error = await assertRejects(() => link.connect(), TransportError);
  assertEquals([error.code, error.message], ["unavailable", "No connection within 1 ms"]);
  assertEquals([isAborted(), link.status], [true, "idle"]);
  const [near, far] = memoryPair();
  resolve(near);
  assertEquals([await far.receive(), link.status], [null, "idle"]);
});

Deno.test("a sign-in that is not answered ends with the time for connecting", async () => {
  const server = new FakeServer();
  const link = new Link({ ...server, signIn: unanswered, connectTimeoutMs: 1 });
  await assertRejects(() => link.connect(), TransportError, "No connection within 1 ms");
  assertEquals([await server.end.receive(), link.status], [null, "idle"]);
});

Deno.test("a time for connecting beyond what a timer holds does not end at once", async () => {
  for (const connectTimeoutMs of [2 ** 31, Infinity]) {
    const { dial, resolve } = slowDial();
    const link = new Link({ dial, connectTimeoutMs });
    const connecting = link.connect();
    await delay(2);
    assertEquals(link.status, "connecting");
    resolve(memoryPair()[0]);
    await connecting;
    await link.close();
  }
});

Deno.test("close() while dialling ends the attempt at once, and drops what comes late", async () => {
  const { dial, resolve, isAborted } = slowDial();
  const link = new Link({ dial });
  const connecting = link.connect().catch((error) => error);
  await link.close();
  const error = await connecting;
  assertEquals([error.code, error.message], ["unavailable", "The client is closed"]);
  assertEquals([isAborted(), link.status], [true, "closed"]);
  const [near, far] = memoryPair();
  resolve(near);
  assertEquals([await far.receive(), link.status], [null, "closed"]);
});

Deno.test("close() while signing in ends the attempt at once, and the connection", async () => {
  const server = new FakeServer();
  const link = new Link({ ...server, signIn: unanswered });
  const connecting = link.connect().catch((error) => error);
  assertEquals((await server.end.receive()).method, "rpc.login");
  await link.close();
  assertEquals((await connecting).message, "The client is closed");
  assertEquals(await server.end.receive(), null);
});

Deno.test("a dial that heeds its signal may fail with any error: the reason is told", async () => {
  const dial = (signal: AbortSignal) =>
    abortable(new Promise<never>(() => {}), signal).catch(() => {
      throw new Error("interrupted");
    });
  const link = new Link({ dial, connectTimeoutMs: 1 });
  await assertRejects(() => link.connect(), TransportError, "No connection within 1 ms");
});

Deno.test("a closed link connects no more, and says that trying again is no use", async () => {
  const server = new FakeServer();
  const link = new Link(server);
  await Promise.all([link.close(), link.close()]);
  const error = await assertRejects(() => link.connect(), TransportError, "The client is closed");
  assertEquals([error.code, error.retryable, server.ends.length], ["unavailable", false, 0]);
});

Deno.test("close() rejects the calls that wait, and every close() waits for the end", async () => {
  const server = new FakeServer();
  const link = new Link(server);
  const caller = await link.connect();
  const waiting = caller.call("wait", {}).catch(({ code }) => code);
  await server.end.receive();
  const closing = [link.close(), link.close()];
  assertEquals(link.caller, undefined);
  await Promise.all(closing);
  assertEquals([await waiting, await server.end.receive()], ["unavailable", null]);
});

Deno.test("close() makes no connection for the calls that it takes from the last one", async () => {
  const server = new FakeServer();
  const link = new Link({ ...server, maxCallsInFlight: 1 });
  await link.connect();
  const codes = ["sent", "waiting"].map((method) =>
    new Promise((resolve, reject) =>
      link.send(new OutgoingCall("call", method, "[]", {}, resolve, reject))
    )
      .catch(({ code }) => code)
  );
  assertEquals((await server.end.receive()).method, "sent"); // a busy thread sends it in a later turn
  await link.close();
  assertEquals(await Promise.all(codes), ["unavailable", "unavailable"]);
  assertEquals([server.ends.length, link.status], [1, "closed"]);
});

Deno.test("close() makes none of the calls that wait for their turn while it signs out", async () => {
  const server = new FakeServer();
  const signIn = ({ call }: OpenConnection) => Promise.resolve(() => call("rpc.logout", undefined));
  const link = new Link({ ...server, signIn, maxCallsInFlight: 1 });
  await link.connect();
  const codes = ["sent", "waiting"].map((method) =>
    new Promise((resolve, reject) =>
      link.send(new OutgoingCall("call", method, "[]", {}, resolve, reject))
    ).catch(({ code }) => code)
  );
  const seen: unknown[] = [(await server.end.receive()).method];
  const closing = link.close();
  while (seen.at(-1) !== "rpc.logout") {
    const { id, method } = await server.end.receive();
    seen.push(method);
    if (method === "rpc.logout") await server.end.send({ jsonrpc: "2.0", id, result: null });
  }
  await closing;
  assertEquals(seen, ["sent", "rpc.cancel", "rpc.logout"]);
  assertEquals(await Promise.all(codes), ["unavailable", "unavailable"]);
});

Deno.test("close() ends the session over an open connection, and not over one that broke", async () => {
  let signedOut = 0;
  const signIn = () => Promise.resolve(() => Promise.resolve(void signedOut++));
  const closed = new Link({ ...new FakeServer(), signIn });
  await closed.connect();
  await closed.close();
  assertEquals(signedOut, 1);
  const server = new FakeServer();
  const broken = new Link({ ...server, signIn });
  const caller = await broken.connect();
  const waiting = caller.call("wait", {}).catch(() => {});
  server.end.connection.abort();
  await waiting;
  await broken.close();
  assertEquals(signedOut, 1);
});
