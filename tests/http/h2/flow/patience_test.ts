import { assertEquals, assertThrows } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { Patience } from "../../../../lib/http/h2/flow/patience.ts";
import { CODE, ConnectionFault } from "../../../../lib/http/h2/frames/frame.ts";

/** How many frames it takes. */
function spendAll(patience: Patience): number {
  for (let count = 0;; count++) {
    try {
      patience.spend();
    } catch (error) {
      assertEquals((error as ConnectionFault).code, CODE.enhanceYourCalm);
      return count;
    }
  }
}

Deno.test("maxHttp2IdleFrames are taken, and one more is not", () => {
  assertEquals(spendAll(new Patience()), limits.maxHttp2IdleFrames);
  const error = assertThrows(() => {
    const patience = new Patience();
    for (let n = 0; n <= limits.maxHttp2IdleFrames; n++) patience.spend();
  }, ConnectionFault);
  assertEquals(error.code, CODE.enhanceYourCalm);
});

Deno.test("time, served requests and data that was sent forgive some, and never save up", () => {
  const { maxHttp2IdleFrames: most, http2IdleFramesPerLook, http2BytesPerIdleFrame } = limits;
  const after = (spent: number, earn: (patience: Patience) => void) => {
    const patience = new Patience();
    for (let n = 0; n < spent; n++) patience.spend();
    earn(patience);
    return spendAll(patience);
  };
  assertEquals(after(most, (patience) => patience.looked()), http2IdleFramesPerLook);
  assertEquals(after(most, (patience) => patience.served()), 1);
  assertEquals(after(most, (patience) => patience.sent(16 * http2BytesPerIdleFrame)), 18);
  assertEquals(after(1, (patience) => patience.looked()), most);
});
