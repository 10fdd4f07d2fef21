import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { limits } from "../../../lib/base/limits.ts";
import { cutIntoParts, Parts } from "../../../lib/cluster/log/parts.ts";

const bytes = (length: number) => Uint8Array.from({ length }, (_, n) => n % 251);

Deno.test("parts give the body again with the last of them, also beside those of another writer", () => {
  const parts = new Parts();
  const [one, other] = [cutIntoParts(bytes(25), 14), cutIntoParts(bytes(11), 14)];
  assertEquals([one.length, other.length], [3, 2]);
  assertEquals(parts.take("a", one[0]!), "part");
  assertEquals(parts.take("b", other[0]!), "part");
  assertEquals(parts.take("a", one[1]!), "part");
  assertEquals(parts.take("b", other[1]!), bytes(11));
  assertEquals(parts.take("a", one[2]!), bytes(25));
});

Deno.test("a batch of which any part is missing, or which another message cut, does not hold", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 6 }), fc.nat(5), fc.boolean(), (total, at, isLost) => {
      const missing = at % total;
      const parts = new Parts();
      const cut = cutIntoParts(bytes(total * 10), 14);
      const taken = cut.flatMap((part, index) => {
        if (index === missing) {
          if (isLost) return [];
          parts.forget("a");
        }
        return [parts.take("a", part)];
      });
      // What came before the first part is no loss.
      const isHarmless = !isLost && missing === 0;
      assertEquals(
        taken.at(-1) instanceof Uint8Array,
        isHarmless,
        `${missing} of ${total} ${isLost ? "lost" : "cut"}`,
      );
    }),
  );
});

Deno.test("parts are bounded in bytes", () => {
  const half = limits.maxStoreBatchBytes / 2;
  for (const [extra, isWhole] of [[0, true], [1, false]] as const) {
    const parts = new Parts();
    const cut = cutIntoParts(new Uint8Array(2 * half + extra), half + 4 + extra);
    const taken = cut.map((part) => parts.take("a", part));
    assertEquals(taken.at(-1) instanceof Uint8Array, isWhole);
  }
  assertEquals(new Parts().take("a", new Uint8Array(3)), "broken");
});
