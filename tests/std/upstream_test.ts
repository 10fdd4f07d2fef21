// Holds the local forms against the packages of their names. They are the same code where
// deno.json links them; `deno task std CHECKOUT` puts upstream's code behind the names.

import { assertEquals } from "@std/assert";
import * as base64 from "@std/encoding/base64";
import * as base64url from "@std/encoding/base64url";
import * as hex from "@std/encoding/hex";
import { parseArgs } from "@std/cli/parse-args";
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import fc from "fast-check";
import * as localBase64 from "../../lib/std/encoding/base64.ts";
import * as localBase64url from "../../lib/std/encoding/base64url.ts";
import * as localHex from "../../lib/std/encoding/hex.ts";
import { parseArgs as localParseArgs } from "../../lib/std/cli/parse_args.ts";
import { timingSafeEqual as localTimingSafeEqual } from "../../lib/std/crypto/timing_safe_equal.ts";

/** What a function gives: its result, or the class of what it throws. */
function outcomeOf(run: () => unknown): unknown {
  try {
    return { result: run() };
  } catch (error) {
    return { thrown: (error as Error).constructor.name };
  }
}

const encoded = fc.oneof(
  fc.base64String(),
  fc.string({ unit: fc.constantFrom(..."AZaz09+/-_= \n\té€") }),
  fc.string(),
);

for (
  const [name, local, named] of [
    ["decodeBase64()", localBase64.decodeBase64, base64.decodeBase64],
    ["decodeBase64Url()", localBase64url.decodeBase64Url, base64url.decodeBase64Url],
    ["decodeHex()", localHex.decodeHex, hex.decodeHex],
  ] as const
) {
  Deno.test(`${name} is upstream's: results, and classes of errors`, () => {
    fc.assert(
      fc.property(
        encoded,
        (text) =>
          assertEquals(outcomeOf(() => [...local(text)]), outcomeOf(() => [...named(text)])),
      ),
      { numRuns: 2_000 },
    );
  });
}

for (
  const [name, local, named] of [
    ["encodeBase64()", localBase64.encodeBase64, base64.encodeBase64],
    ["encodeBase64Url()", localBase64url.encodeBase64Url, base64url.encodeBase64Url],
    ["encodeHex()", localHex.encodeHex, hex.encodeHex],
  ] as const
) {
  Deno.test(`${name} is upstream's for bytes, buffers and text`, () => {
    fc.assert(fc.property(fc.uint8Array(), fc.string(), (bytes, text) => {
      assertEquals(local(bytes), named(bytes));
      assertEquals(local(bytes.slice().buffer), named(bytes.slice().buffer));
      assertEquals(local(text), named(text));
    }));
  });
}

Deno.test("timingSafeEqual() is upstream's, and throws for different lengths", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 3 }),
      fc.uint8Array({ maxLength: 3 }),
      (a, b) =>
        assertEquals(
          outcomeOf(() => localTimingSafeEqual(a, b)),
          outcomeOf(() => timingSafeEqual(a, b)),
        ),
    ),
  );
  assertEquals(
    outcomeOf(() => localTimingSafeEqual(new Uint8Array(1), new Uint8Array(2))),
    { thrown: "TypeError" },
  );
});

const name = fc.constantFrom("a", "b", "c", "x.y", "json", "to", "n", "_", "__proto__", "no-a");
const names = fc.uniqueArray(name, { maxLength: 4 });
const word = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."-=abcn.5 é\n"), maxLength: 6 }),
  name.map((one) => `--${one}`),
  name.map((one) => `--no-${one}`),
  fc.tuple(name, fc.string({ maxLength: 3 })).map(([one, value]) => `--${one}=${value}`),
  fc.constantFrom("--", "-", "true", "false", "5", "0x10", "1e3", "-5", "-n5", "-abc", "-ab=c"),
);
const options = fc.record({
  string: names,
  boolean: fc.oneof(names, fc.boolean()),
  collect: names,
  negatable: names,
  alias: fc.constantFrom({}, { a: "b" }, { json: ["j", "c"] }),
  default: fc.constantFrom({}, { a: 1 }, { z: "last" }, { "x.y": true }),
  stopEarly: fc.boolean(),
  "--": fc.boolean(),
}, { requiredKeys: [] });

Deno.test("parseArgs() is upstream's, and asks unknown() for the same words", () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), options, fc.boolean(), (args, given, keep) => {
      const run = (parse: (args: string[], options: never) => unknown) => {
        const asked: unknown[] = [];
        const unknown = (...all: unknown[]) => {
          asked.push(all);
          return keep;
        };
        return { outcome: outcomeOf(() => parse(args, { ...given, unknown } as never)), asked };
      };
      assertEquals(run(localParseArgs), run(parseArgs as typeof localParseArgs));
    }),
    { numRuns: 3_000 },
  );
});
