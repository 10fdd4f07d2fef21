import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { Window, WindowBudget } from "../../../lib/cluster/stream/window.ts";

const { natsWindowBytes, maxNatsWindowBytes, maxNatsExtraWindowBytes } = limits;

Deno.test("a Window doubles where memory for that was reserved, up to maxNatsWindowBytes", () => {
  const window = new Window(new WindowBudget());
  window.double();
  assertEquals([window.bytes, window.hasGrown, window.isReserved], [natsWindowBytes, false, false]);
  const sizes: number[] = [];
  while (window.reserve()) {
    assertEquals(window.reserve(), false);
    window.double();
    window.double();
    sizes.push(window.bytes);
  }
  assertEquals(sizes, [2, 4, 8].map((times) => times * natsWindowBytes));
  assertEquals([sizes.at(-1), window.hasGrown], [maxNatsWindowBytes, true]);
});

Deno.test("a Window takes from its budget what it grows by and reserves, and close() gives that back once", () => {
  const budget = new WindowBudget();
  const grown = new Window(budget);
  grown.reserve();
  grown.double();
  grown.reserve();
  assertEquals(budget.take(maxNatsExtraWindowBytes - 3 * natsWindowBytes + 1), false);
  assertEquals(budget.take(maxNatsExtraWindowBytes - 3 * natsWindowBytes), true);
  const other = new Window(budget);
  assertEquals([other.reserve(), other.isReserved], [false, false]);
  grown.close();
  grown.close();
  assertEquals(budget.take(3 * natsWindowBytes + 1), false);
  assertEquals(other.reserve(), true);
});
