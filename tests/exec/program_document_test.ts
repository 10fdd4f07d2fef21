import { assertEquals, assertThrows } from "@std/assert";
import { DariError, errorTable } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { readProgramDocument } from "../../lib/exec/program_document.ts";

Deno.test("a document of names alone is enough, and methods of the protocol are left out", () => {
  const methods = readProgramDocument({ methods: [{ name: "add" }, { name: "rpc.ping" }] });
  assertEquals(methods, [
    { name: "add", summary: undefined, result: undefined, isStream: false, errors: {} },
  ]);
});

Deno.test("params, result, streams and declared errors are taken up", () => {
  const number = { type: "number" };
  const [method] = readProgramDocument({
    methods: [{
      name: "count",
      summary: "Counts",
      params: [{ name: "to", schema: number, required: true }, { name: "by" }],
      result: { name: "item", schema: number },
      "x-stream": true,
      errors: [
        { code: errorTable.declared_error.wire, message: "too_far", data: number },
        { code: 17, message: "of its own" },
      ],
    }],
  });
  assertEquals(method, {
    name: "count",
    summary: "Counts",
    params: { type: "object", properties: { to: number, by: true }, required: ["to"] },
    positions: ["to", "by"],
    result: number,
    isStream: true,
    errors: { too_far: number },
  });
});

Deno.test("what is no document is refused, and the part is named", () => {
  const tooMany = Array.from({ length: limits.maxProgramMethods + 1 }, () => ({ name: "x" }));
  const cases: [document: unknown, message: string][] = [
    [null, "methods must be a list"],
    ["text", "methods must be a list"],
    [{ methods: {} }, "methods must be a list"],
    [{ methods: tooMany }, `has ${limits.maxProgramMethods + 1} entries`],
    [{ methods: [{ name: "a" }, { name: 1 }] }, "methods[1] must have a name"],
    [{ methods: [null] }, "methods[0] must have a name"],
    [{ methods: [{ name: "a", params: "x" }] }, "methods[0].params must be a list"],
    [{ methods: [{ name: "a", params: [{}] }] }, "methods[0].params must be a list"],
  ];
  for (const [document, message] of cases) {
    const error = assertThrows(() => readProgramDocument(document), DariError, message);
    assertEquals(error.code, "data");
  }
  assertEquals(readProgramDocument({ methods: tooMany.slice(1) }).length, limits.maxProgramMethods);
});
