import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { turn } from "../../../lib/base/turn.ts";
import { WaitingCalls } from "../../../lib/ipc/pool/waiting_calls.ts";
import { callOf } from "../../support/pool_call.ts";

Deno.test("as many calls may wait as the pool allows, in their order", () => {
  const waiting = new WaitingCalls(2);
  const calls = [callOf(1), callOf(2)];
  for (const call of calls) {
    waiting.checkRoom();
    waiting.add(call);
  }
  const error = assertThrows(() => waiting.checkRoom(), DariError, "2 calls are already waiting");
  assertEquals(error.code, "resource_exhausted");
  assertEquals([waiting.size, [...waiting]], [2, calls]);
  waiting.delete(calls[0]!);
  waiting.checkRoom();
  assertEquals([...waiting], [calls[1]]);
});

Deno.test("drained() resolves at half of the calls, and at once below that", async () => {
  const waiting = new WaitingCalls(4);
  const calls = [1, 2, 3].map((params) => callOf(params));
  for (const call of calls) waiting.add(call);
  let resolved = 0;
  for (let waits = 0; waits < 2; waits++) waiting.drained().then(() => resolved++);
  waiting.announceRoom();
  await turn();
  assertEquals(resolved, 0);
  waiting.delete(calls[0]!);
  waiting.announceRoom();
  await turn();
  assertEquals(resolved, 2);
  await waiting.drained();
});
