import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { Spread } from "../../../lib/messages/operation/spread.ts";

Deno.test("whoever comes too late waits longer, up to maxTakeSpreadMs, and whoever is first less", () => {
  const spread = new Spread(limits.maxTakeSpreadMs, () => 1);
  assertEquals(spread.pauseMs(), 0);
  spread.note(false);
  assertEquals(spread.pauseMs(), limits.takeSpreadStepMs);
  for (let count = 0; count < 20; count++) spread.note(false);
  assertEquals(spread.pauseMs(), limits.maxTakeSpreadMs);
  for (let count = 0; count < 6; count++) spread.note(true);
  assertEquals(spread.pauseMs(), 0);
});

Deno.test("a part of the pause is left to chance, and where nobody else can come there is none", () => {
  const halfway = new Spread(limits.maxTakeSpreadMs, () => 0.5);
  halfway.note(false);
  assertEquals(halfway.pauseMs(), limits.takeSpreadStepMs / 2);
  const alone = new Spread(0, () => 1);
  alone.note(false);
  assertEquals(alone.pauseMs(), 0);
});
