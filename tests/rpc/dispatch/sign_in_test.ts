import { assertEquals } from "@std/assert";
import type { Gate, SignInMethod, SignInReply } from "../../../lib/auth/sign_in/gate.ts";
import { AccountLockedError } from "../../../lib/auth/account/errors.ts";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { RequestMessage } from "../../../lib/protocol/message.ts";
import { isSignIn, type SignInMessage, SignIns } from "../../../lib/rpc/dispatch/sign_in.ts";
import { ALICE, recorder, ReplyList, request, TestHost } from "../../support/dispatch.ts";

function start(signIn: Gate["signIn"], timeoutMs?: number) {
  const host = new TestHost();
  const replies = new ReplyList();
  const { events, observer } = recorder();
  const signIns = new SignIns(host, { gate: { signIn }, observer }, timeoutMs);
  return {
    host,
    replies,
    events,
    signIns,
    ask(method: SignInMethod, params?: unknown, meta?: RequestMessage["meta"]) {
      signIns.serve(request(method, params, { meta }) as SignInMessage, replies);
      return replies.next();
    },
    /** The members that were called, each with the name of the account. */
    heard: () => events.map(([member, record]) => [member, record.name]),
  };
}

const accepts = (reply: SignInReply) => () => Promise.resolve(reply);
const refuses = (error: unknown) => () => Promise.reject(error);

Deno.test("isSignIn() knows the requests for the gate", () => {
  assertEquals(isSignIn(request("rpc.login")), true);
  for (const method of ["rpc.ping", "login", "rpc.log", "__proto__"]) {
    assertEquals(isSignIn(request(method)), false, method);
  }
});

Deno.test("a sign-in makes its principal the connection's, and is told with the account's name", async () => {
  const { ask, host, events } = start(accepts({ result: { token: "t" }, principal: ALICE }));
  assertEquals((await ask("rpc.login", { username: "ALICE", password: "p" })).result, {
    token: "t",
  });
  assertEquals(host.principal, ALICE);
  await Promise.resolve();
  const [[member, record] = ["none"]] = events;
  assertEquals(member, "signInSucceeded");
  assertEquals(record, {
    connectionId: host.id,
    peer: host.peer,
    method: "rpc.login",
    name: "alice",
    principal: ALICE,
    errorCode: undefined,
    error: undefined,
  });
});

Deno.test("a failed sign-in is told with the name that the client wrote, and never with a secret", async () => {
  const { ask, host, events, heard } = start(
    refuses(new DariError("unauthenticated", "The credential was not accepted")),
  );
  const login = await ask("rpc.login", { username: "Eve", password: "secret" });
  assertEquals(login.error.data.name, "unauthenticated");
  await ask("rpc.authenticate", { token: "secret" });
  await ask("rpc.login", { username: "x".repeat(5_000) });
  await ask("rpc.login", "no object");
  assertEquals(heard(), [
    ["signInFailed", "Eve"],
    ["signInFailed", undefined],
    ["signInFailed", "x".repeat(limits.maxNameBytes)],
    ["signInFailed", undefined],
  ]);
  assertEquals(JSON.stringify(events).includes("secret"), false);
  assertEquals(host.principal, null);
});

Deno.test("an exchange of several messages is told with the name that began it", async () => {
  const refused = new DariError("unauthenticated", "The credential was not accepted");
  let isFirst = true;
  const { ask, heard } = start(() => {
    isFirst = !isFirst;
    return isFirst ? Promise.reject(refused) : Promise.resolve({ result: {} });
  });
  await ask("rpc.scram", { data: "n,,n=a=2Cb=3Dc,r=nonce" });
  await ask("rpc.scram", { data: "c=biws,r=nonce,p=proof" });
  await ask("rpc.challenge", { username: "bob" });
  await ask("rpc.authenticate", { answer: "wrong" });
  assertEquals(heard(), [["signInFailed", "a,b=c"], ["signInFailed", "bob"]]);
});

Deno.test("a locked account is told as such, although the client reads the common answer", async () => {
  // What the gate throws: the same words whatever was wrong, and why in the cause.
  const cause = new AccountLockedError("locked");
  const refusal = new DariError("unauthenticated", "The credential was not accepted", { cause });
  const { ask, heard } = start(refuses(refusal));
  const { error } = await ask("rpc.login", { username: "bob", password: "p" });
  assertEquals(error.message, "The credential was not accepted");
  assertEquals(heard(), [["signInFailed", "bob"], ["accountLocked", "bob"]]);
});

Deno.test("a gate that breaks is an internal error, told with what was thrown", async () => {
  const broken = new RangeError("/etc/store");
  const { ask, events } = start(refuses(broken));
  assertEquals((await ask("rpc.login")).error.message, "Internal error");
  const [, record] = events[0] ?? [];
  assertEquals([record.errorCode, record.error], ["internal", broken]);
});

Deno.test("a sign-out takes the principal before the gate is asked, and is told once", async () => {
  let seen: unknown;
  const { ask, host, heard } = start((_method, _params, { principal }) => {
    seen = [principal, host.principal];
    return Promise.resolve({ result: null, principal: null });
  });
  host.principal = ALICE;
  await ask("rpc.logout");
  assertEquals(seen, [ALICE, null]);
  await ask("rpc.logout");
  assertEquals(heard(), [["signedOut", "alice"]]);
});

Deno.test("more sign-ins under way than a connection may have are refused", async () => {
  const { promise, resolve } = Promise.withResolvers<SignInReply>();
  const { ask, replies } = start(() => promise);
  const waiting = Array.from({ length: limits.maxSignInsInFlight }, () => ask("rpc.login"));
  assertEquals(replies.length, 0);
  const refused = await deadline(Promise.race([...waiting, ask("rpc.login")]), 5_000);
  assertEquals(refused.error.data.name, "resource_exhausted");
  resolve({ result: "in" });
});

Deno.test("sign-in requests are served in order: a login and a logout behind it leave nobody signed in", async () => {
  const { promise, resolve } = Promise.withResolvers<SignInReply>();
  const seen: unknown[] = [];
  const { ask, host } = start((method, _params, { principal }) => {
    seen.push([method, principal]);
    return method === "rpc.login" ? promise : Promise.resolve({ result: null, principal: null });
  });
  const replies = [ask("rpc.login"), ask("rpc.logout")];
  assertEquals(seen.length, 1);
  resolve({ result: "in", principal: ALICE });
  await Promise.all(replies);
  assertEquals(seen, [["rpc.login", null], ["rpc.logout", ALICE]]);
  assertEquals(host.principal, null);
});

Deno.test("a sign-in that waits past its deadline is refused, and the gate is not asked", async () => {
  const { promise, resolve } = Promise.withResolvers<SignInReply>();
  const asked: (AbortSignal | undefined)[] = [];
  const { ask, host, heard } = start((_method, _params, { signal }) => {
    asked.push(signal);
    return promise;
  });
  const first = ask("rpc.login", { username: "first" }, { timeoutMs: 2 });
  const second = ask("rpc.login", { username: "second" }, { timeoutMs: 1 });
  const answers = await deadline(Promise.all([first, second]), 5_000);
  for (const { error } of answers) assertEquals(error.data.name, "deadline_exceeded");
  assertEquals(asked.map((signal) => signal?.aborted), [true]);
  // What the gate answers now is too late.
  resolve({ result: "in", principal: ALICE });
  assertEquals((await deadline(ask("rpc.login"), 5_000)).result, "in");
  assertEquals(asked.length, 2);
  assertEquals(heard().filter(([member]) => member === "signInFailed").length, 2);
  host.principal = null;
});

Deno.test("a sign-in may ask for less time than there is, and not for more", async () => {
  const { ask } = start(() => new Promise(() => {}), 20);
  const outcomes = [undefined, { timeoutMs: 60_000 }, { timeoutMs: 5 }].map((meta) =>
    ask("rpc.login", {}, meta)
  );
  const messages = (await deadline(Promise.all(outcomes), 5_000)).map(({ error }) => error.message);
  assertEquals(messages.map((text) => /\d+ ms/.exec(text)?.[0]), ["5 ms", "20 ms", "20 ms"]);
});

Deno.test("a sign-in whose answer comes too late signs nobody in", async () => {
  const { promise, resolve } = Promise.withResolvers<SignInReply>();
  const { ask, host, replies } = start(() => promise);
  await deadline(ask("rpc.login", {}, { timeoutMs: 1 }), 5_000);
  resolve({ result: "in", principal: ALICE });
  await promise;
  await Promise.resolve();
  assertEquals([host.principal, replies.length], [null, 0]);
});

Deno.test("end() refuses every sign-in that is under way, and tells the gate", async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const { ask, signIns } = start((_method, _params, { signal }) => {
    signals.push(signal);
    return new Promise(() => {});
  });
  const waiting = [ask("rpc.login"), ask("rpc.login")];
  const gone = new DariError("unavailable", "The connection has ended");
  assertEquals(signIns.end(() => gone), true);
  for (const { error } of await Promise.all(waiting)) assertEquals(error.message, gone.message);
  assertEquals(signals.map((signal) => signal?.reason), [gone]);
  assertEquals(signIns.end(() => gone), false);
});
