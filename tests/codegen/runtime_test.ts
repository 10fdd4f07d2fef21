// The runtime of each language is what its files say, and keeps the bounds of dari's own client.

import { assert, assertEquals } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { errorTable } from "../../lib/base/errors.ts";
import { gatherRuntime, runtimeLanguages } from "../../scripts/codegen_runtime.ts";

const folder = (language: string) => new URL(`../../lib/codegen/${language}/`, import.meta.url);
const gather = (language: string) =>
  gatherRuntime(
    language,
    (file) => Deno.readTextFile(new URL(`runtime/${file}`, folder(language))),
  );

for (const language of runtimeLanguages) {
  Deno.test(`runtime.json of ${language} is what scripts/codegen_runtime.ts gathers`, async () => {
    const kept = await Deno.readTextFile(new URL("runtime.json", folder(language)));
    assertEquals(await gather(language), kept);
  });

  Deno.test(`the runtime of ${language} knows every error of the wire`, async () => {
    const text = await gather(language);
    for (const [name, { wire }] of Object.entries(errorTable)) {
      if (["usage", "data", "io", "configuration"].includes(name)) continue;
      const row = new RegExp(String.raw`\[?${wire}\]?: \\"${name}\\"`);
      assert(row.test(text), `${language} has no ${name}`);
    }
  });
}

/** Bounds that the clients share with dari's own; each language writes them its own way. */
const shared: Record<string, [number, string, string, string]> = {
  callTimeoutMs: [
    limits.callTimeoutMs,
    "_TIMEOUT_S = 30.0",
    "TIMEOUT_MS = 30_000;",
    "30 * time.Second",
  ],
  connectTimeoutMs: [
    limits.connectTimeoutMs,
    "_CONNECT_TIMEOUT_S = 10.0",
    "CONNECT_TIMEOUT_MS = 10_000;",
    "10 * time.Second",
  ],
  streamCredit: [limits.streamCredit, "_CREDIT = 256", "CREDIT = 256;", "defaultCredit = 256"],
  minScramIterations: [limits.minScramIterations, "4_096", "4_096", "4_096"],
  maxPasswordIterations: [limits.maxPasswordIterations, "10_000_000", "10_000_000", "10_000_000"],
};

Deno.test("the runtimes have the deadlines and bounds of dari's own client", async () => {
  assertEquals(Object.values(shared).map(([value]) => value), [
    30_000,
    10_000,
    256,
    4_096,
    10_000_000,
  ]);
  const [python, typescript, go] = await Promise.all(["python", "typescript", "go"].map(gather));
  for (const [name, [, ...texts]] of Object.entries(shared)) {
    assert(python?.includes(texts[0]!), `${name} in Python`);
    assert(typescript?.includes(texts[1]!), `${name} in TypeScript`);
    assert(go?.includes(texts[2]!), `${name} in Go`);
  }
});
