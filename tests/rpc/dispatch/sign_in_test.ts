import { assertEquals } from "@std/assert";
import type { Gate, SignInMethod, SignInReply } from "../../../lib/auth/sign_in/gate.ts";
import { AccountLockedError } from "../../../lib/auth/account/errors.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { isSignIn, type SignInMessage, SignIns } from "../../../lib/rpc/dispatch/sign_in.ts";
import { ALICE, recorder, ReplyList, request, TestHost } from "../../support/dispatch.ts";

function start(signIn: Gate["signIn"]) {
  const host = new TestHost();
  const replies = new ReplyList();
  const { events, observer } = recorder();
  const signIns = new SignIns(host, { gate: { signIn }, observer });
  return {
    host,
    replies,
    events,
    ask(method: SignInMethod, params?: unknown) {
      signIns.serve(request(method, params) as SignInMessage, replies);
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
  const refused = await Promise.race([...waiting, ask("rpc.login")]);
  assertEquals(refused.error.data.name, "resource_exhausted");
  resolve({ result: "in" });
});
