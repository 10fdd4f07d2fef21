import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Segment } from "../../../lib/ipc/segment/segment.ts";
import type { MemoryOffer } from "../../../lib/transport/connection.ts";
import { isLinux } from "../../support/segments.ts";

function refusal(open: () => unknown): string {
  return assertThrows(open, DariError).code;
}

Deno.test({
  name: "a segment is opened by its offer: what one end writes the other one reads",
  ignore: !isLinux,
  fn() {
    const made = Segment.create();
    const opened = Segment.open(made.offer);
    new Uint8Array(made.outbound)[600] = 1;
    new Uint8Array(opened.outbound)[600] = 2;
    assertEquals(new Uint8Array(opened.inbound)[600], 1);
    assertEquals(new Uint8Array(made.inbound)[600], 2);
    assertEquals([made.inboundMovedAt, opened.inboundMovedAt], [-1, -1]);
    assertEquals([made.inboundReturnedAt, opened.inboundReturnedAt], [-1, -1]);
    assertEquals([made.isJoined, opened.isJoined], [false, true]);
    opened.moveOutbound(7);
    opened.returnOutbound(9);
    assertEquals([made.inboundMovedAt, opened.inboundMovedAt], [7, -1]);
    assertEquals([made.inboundReturnedAt, opened.inboundReturnedAt], [9, -1]);
    assertEquals(made.isJoined, true);
    made.moveOutbound(2 ** 40);
    made.returnOutbound(2 ** 41);
    assertEquals([opened.inboundMovedAt, opened.inboundReturnedAt], [2 ** 40, 2 ** 41]);
    for (const [one, other] of [[made, opened], [opened, made]] as const) {
      one.tellReaderSleeps(true);
      assertEquals([one.isReaderAsleep, other.isReaderAsleep], [false, true]);
      one.tellReaderSleeps(false);
      assertEquals(other.isReaderAsleep, false);
    }
    made.release();
    opened.release();
  },
});

Deno.test({
  name: "an offer is not believed",
  ignore: !isLinux,
  fn() {
    const made = Segment.create();
    const { offer } = made;
    const wrong: unknown[] = [
      {},
      { ...offer, pid: 0 },
      { ...offer, pid: -1 },
      { ...offer, pid: 1.5 },
      { ...offer, pid: "1/fd/1/../../../tmp" },
      { ...offer, fd: -1 },
      { ...offer, fd: 2 ** 31 },
      { ...offer, ringBytes: 3_000 },
      { ...offer, ringBytes: limits.minSegmentRingBytes / 2 },
      { ...offer, ringBytes: 2 * limits.maxSegmentRingBytes },
      { ...offer, ringBytes: limits.minSegmentRingBytes + 8 },
      { ...offer, ringBytes: NaN },
      { ...offer, token: 7 },
      { ...offer, token: offer.token.toUpperCase() + "x" },
    ];
    for (const params of wrong) {
      assertEquals(refusal(() => Segment.open(params as MemoryOffer)), "invalid_params");
    }
    const other = { ...offer, token: "0".repeat(32) };
    assertEquals(refusal(() => Segment.open(other)), "failed_precondition");
    for (const ringBytes of [limits.minSegmentRingBytes, limits.maxSegmentRingBytes]) {
      assertEquals(refusal(() => Segment.open({ ...offer, ringBytes })), "failed_precondition");
    }
    made.release();
  },
});

Deno.test({
  name: "a process shares so much memory and no more, and counts what is given back",
  ignore: !isLinux,
  fn() {
    const rest = limits.maxSegmentBytes / 4; // two rings, and a little beside them
    const made = [Segment.create(rest)];
    assertEquals(refusal(() => Segment.create(rest)), "resource_exhausted");
    made[0]?.release();
    made[0]?.release();
    made.push(Segment.create(rest));
    assertEquals(refusal(() => Segment.create(rest)), "resource_exhausted");
    made[1]?.release();
  },
});
