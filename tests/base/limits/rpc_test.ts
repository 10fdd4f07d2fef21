import { assertEquals, assertLess } from "@std/assert";
import { rpcLimits } from "../../../lib/base/limits/rpc.ts";

Deno.test("rpcLimits before a sign-in are tighter than after it", () => {
  assertLess<number>(rpcLimits.maxLineBytesBeforeSignIn, rpcLimits.maxLineBytes);
});

Deno.test("rpcLimits keep defaults within what may be asked for", () => {
  assertLess<number>(rpcLimits.callTimeoutMs, rpcLimits.maxCallTimeoutMs);
  assertLess<number>(rpcLimits.acceptRetryMs, rpcLimits.maxAcceptRetryMs);
});

Deno.test("rpcLimits are those that the wire's description promises", () => {
  const { maxLineBytesBeforeSignIn, maxLineBytes, maxDepth, maxCallsInFlight } = rpcLimits;
  assertEquals(
    { maxLineBytesBeforeSignIn, maxLineBytes, maxDepth, maxCallsInFlight },
    {
      maxLineBytesBeforeSignIn: 65_536,
      maxLineBytes: 16_777_216,
      maxDepth: 64,
      maxCallsInFlight: 1_024,
    },
  );
});

Deno.test("rpcLimits start with room for calls that is a power of two, as its mask needs", () => {
  assertEquals(rpcLimits.initialCallSlots & (rpcLimits.initialCallSlots - 1), 0);
});
