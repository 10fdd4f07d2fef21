import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { readParams } from "../../../lib/ops/methods/params.ts";

const kinds = { who: "text", what: "flag", names: "texts" } as const;

Deno.test("readParams() takes what the table names, and nothing at all", () => {
  const params = { who: "alice", what: true, names: ["a", "b"] };
  assertEquals(readParams(params, kinds), params);
  for (const nothing of [undefined, null, {}]) assertEquals(readParams(nothing, kinds), {});
  const longest = "x".repeat(limits.maxOperationTextLength);
  const most = Array.from({ length: limits.maxOperationTexts }, () => longest);
  assertEquals(readParams({ names: most }, kinds).names?.length, limits.maxOperationTexts);
});

Deno.test("readParams() names the member that is wrong", () => {
  const tooLong = "x".repeat(limits.maxOperationTextLength + 1);
  const tooMany = Array.from({ length: limits.maxOperationTexts + 1 }, () => "a");
  for (
    const [params, message] of [
      [["alice"], "Send the params by name, as an object"],
      [{ whom: "alice" }, 'There is no param "whom": who, what, names'],
      [{ constructor: "alice" }, 'There is no param "constructor": who, what, names'],
      [{ who: 1 }, `"who" must be a text of at most ${limits.maxOperationTextLength} characters`],
      [{ who: tooLong }, `"who" must be a text of at most 1024 characters`],
      [{ what: "yes" }, '"what" must be true or false'],
      [{ names: [1] }, `"names" must be a list of at most ${limits.maxOperationTexts} texts`],
      [{ names: tooMany }, '"names" must be a list of at most 1000 texts'],
    ] as const
  ) {
    const error = assertThrows(() => readParams(params, kinds), DariError);
    assertEquals([error.code, error.message], ["invalid_params", message]);
  }
});
