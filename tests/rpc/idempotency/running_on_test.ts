import { assert, assertEquals } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { turn } from "../../../lib/base/turn.ts";
import type { Principal } from "../../../lib/auth/policy/principal.ts";
import type { Gate } from "../../../lib/auth/sign_in/gate.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import { RunningOn } from "../../../lib/rpc/idempotency/running_on.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { ALICE, aliceGate } from "../../support/dispatch.ts";
import { UnsteadyServer } from "../../support/unsteady_server.ts";

function callOf(leftMs = 60_000, principal: Principal = ALICE) {
  const told: string[] = [];
  const stopped = Promise.withResolvers<void>();
  return {
    principal,
    told,
    stopped: stopped.promise,
    leftMs: () => leftMs,
    abort({ code }: DariError) {
      told.push(code);
      stopped.resolve();
    },
  };
}

const tooLate = () => new DariError("deadline_exceeded", "too late");

Deno.test("RunningOn stops a call at its deadline, once", async () => {
  const runningOn = new RunningOn();
  const call = callOf(1);
  runningOn.add(call, tooLate);
  await deadline(call.stopped, 10_000); // its own timer does not keep the program
  runningOn.ended(call);
  runningOn.ended(call);
  assertEquals(call.told, ["deadline_exceeded"]);
});

Deno.test("RunningOn stops the calls of a principal who was revoked", () => {
  const runningOn = new RunningOn();
  const [alice, bob] = [callOf(), callOf(60_000, { ...ALICE, name: "bob" })];
  for (const call of [alice, bob]) runningOn.add(call, tooLate);
  runningOn.revoke(ALICE);
  assertEquals([alice.told, bob.told], [["unauthenticated"], []]);
  for (const call of [alice, bob]) runningOn.ended(call);
});

Deno.test("RunningOn waits for its calls at the end, and stops those that take longer", async () => {
  const runningOn = new RunningOn();
  await runningOn.end(60_000);
  const [quick, slow] = [callOf(), callOf()];
  runningOn.add(quick, tooLate);
  const ended = runningOn.end(60_000);
  runningOn.ended(quick);
  await ended;
  runningOn.add(slow, tooLate);
  await runningOn.end(0);
  assertEquals([quick.told, slow.told], [[], ["unavailable"]]);
});

/** A server whose method waits until it is told to stop, and a call of it with a key. */
async function cutCall(place: UnsteadyServer) {
  let revoke: (principal: Principal) => void = () => {};
  const gate: Gate = { ...aliceGate, onRevoked: (heard) => (revoke = heard, () => {}) };
  const began = Promise.withResolvers<AbortSignal>();
  const finish = Promise.withResolvers<void>();
  const methods = {
    async pay(_: object, { signal }: Context) {
      began.resolve(signal);
      await finish.promise;
      return "paid";
    },
  };
  await place.start(methods, { gate });
  const client = new Client({ dial: place.dial, random: () => 0 });
  const options = { idempotencyKey: "a", idempotent: false };
  const call = client.call("pay", {}, options).catch(({ code }) => code);
  const signal = await began.promise;
  return { client, call, signal, finish: finish.resolve, revoke: () => revoke(ALICE) };
}

Deno.test("a call with a key whose connection breaks is not told to stop, and its answer is kept", async () => {
  await using place = new UnsteadyServer();
  const { client, call, signal, finish } = await cutCall(place);
  place.cut();
  assertEquals([await call, signal.aborted], ["unavailable", false]);
  finish();
  assertEquals(await client.call("pay", {}, { idempotencyKey: "a" }), "paid");
  await client.close();
});

Deno.test("a call with a key ends with its credential, on its connection and without", async () => {
  for (const isCut of [false, true]) {
    await using place = new UnsteadyServer();
    const { client, call, signal, finish, revoke } = await cutCall(place);
    if (isCut) place.cut();
    if (isCut) await call;
    revoke();
    await call;
    assert(signal.aborted);
    finish();
    await turn();
    await client.close();
  }
});

Deno.test("a server that stops lets a call finish whose connection has ended", async () => {
  await using place = new UnsteadyServer();
  const { client, call, signal, finish } = await cutCall(place);
  place.cut();
  await call;
  const stopping = place.stop();
  finish();
  await stopping;
  assertEquals(signal.aborted, false);
  await client.close();
});
