import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkImports, findCycles } from "../../scripts/check_imports.ts";
import type { ImportEdge } from "../../scripts/module_graph.ts";

type Import = Partial<ImportEdge> & { to: string };

/** A graph of the files' imports; an import is a value import unless it says otherwise. */
function graphOf(files: Record<string, Import[]>): Map<string, ImportEdge[]> {
  return new Map(
    Object.entries(files).map(([from, imports]) => [
      from,
      imports.map((one) => ({
        from,
        written: one.to,
        kind: "value",
        dynamic: false,
        line: 1,
        ...one,
      })),
    ]),
  );
}

Deno.test("checkImports() lets rpc import protocol's values and transport's types", () => {
  const graph = graphOf({
    "lib/rpc/server/server.ts": [
      { to: "lib/protocol/codec.ts" },
      { to: "lib/transport/connection.ts", kind: "type" },
    ],
  });
  assertEquals(checkImports(graph), []);
});

Deno.test("checkImports() refuses rpc importing transport's values", () => {
  const graph = graphOf({
    "lib/rpc/server/server.ts": [{ to: "lib/transport/tls/tls.ts", line: 7 }],
  });
  assertEquals(checkImports(graph), [
    'lib/rpc/server/server.ts:7: rpc may import only types from transport ("lib/transport/tls/tls.ts"); ' +
    'write "import type"',
  ]);
});

Deno.test("checkImports() refuses base importing anything, types included", () => {
  const graph = graphOf({
    "lib/base/clock.ts": [{ to: "lib/rpc/server/server.ts", kind: "type" }],
  });
  assertStringIncludes(checkImports(graph)[0] ?? "", "base may not import from rpc");
});

Deno.test("checkImports() lets cli, entries and tests import all", () => {
  const graph = graphOf({
    "lib/cli/commands/serve.ts": [{ to: "lib/transport/tls/tls.ts" }, {
      to: "lib/cert/authority/authority.ts",
    }],
    "mod.ts": [{ to: "lib/rpc/server/server.ts" }],
    "tests/rpc/server/server_test.ts": [{ to: "npm:fast-check@4", written: "fast-check" }],
  });
  assertEquals(checkImports(graph), []);
});

Deno.test("checkImports() knows every planned room, and what each may import", () => {
  const file = (room: string) => ({ to: `lib/${room}/part/file.ts` });
  const allowed: Record<string, string[]> = {
    messages: ["base", "protocol", "rpc", "store"],
    http: ["base", "protocol", "rpc"],
    mcp: ["base", "protocol", "rpc"],
    ops: ["base", "protocol", "rpc"],
    cluster: ["base", "protocol", "rpc", "store", "messages"],
    codegen: ["base", "protocol"],
    conformance: ["base", "protocol"],
    packaging: ["base"],
    endpoint: ["http", "mcp", "cluster", "messages", "ops", "cert", "transport"],
  };
  for (const [from, targets] of Object.entries(allowed)) {
    const graph = graphOf({ [`lib/${from}/a.ts`]: targets.map(file) });
    assertEquals(checkImports(graph), [], from);
  }
});

Deno.test("checkImports() refuses planned rooms that reach across", () => {
  const refused: [string, string][] = [
    ["messages", "http"],
    ["http", "cluster"],
    ["mcp", "http"],
    ["cluster", "endpoint"],
    ["codegen", "rpc"],
    ["conformance", "endpoint"],
    ["packaging", "cli"],
    ["ops", "cli"],
    ["rpc", "ops"],
    ["store", "messages"],
  ];
  for (const [from, to] of refused) {
    const graph = graphOf({ [`lib/${from}/a.ts`]: [{ to: `lib/${to}/b.ts`, kind: "type" }] });
    assertStringIncludes(checkImports(graph)[0] ?? "", `${from} may not import from ${to}`);
  }
});

Deno.test("checkImports() refuses a room that nobody has planned", () => {
  const graph = graphOf({ "lib/garage/a.ts": [{ to: "lib/base/b.ts" }] });
  assertStringIncludes(checkImports(graph)[0] ?? "", 'room "garage" is not in the table');
});

Deno.test("checkImports() keeps node-forge in cert", () => {
  const forge = { to: "npm:/node-forge@1.4.3", written: "node-forge" };
  const refused = checkImports(graphOf({ "lib/auth/keys.ts": [forge] }));
  assertStringIncludes(refused[0] ?? "", 'auth may not import "node-forge"; cert may');
  assertEquals(checkImports(graphOf({ "lib/cert/authority/leaf.ts": [forge] })), []);
});

Deno.test("checkImports() refuses a package that the table does not know", () => {
  const graph = graphOf({
    "lib/rpc/server/server.ts": [{ to: "npm:/left-pad@1", written: "left-pad" }],
  });
  assertStringIncludes(checkImports(graph)[0] ?? "", 'package "left-pad" is not in the table');
});

Deno.test("checkImports() takes @std by its name and not by its local path", () => {
  const to = "lib/std/encoding/hex.ts";
  const named = graphOf({ "lib/cert/der/pem.ts": [{ to, written: "@std/encoding/hex" }] });
  assertEquals(checkImports(named), []);
  const byPath = graphOf({ "lib/cert/der/pem.ts": [{ to, written: "../std/encoding/hex.ts" }] });
  assertStringIncludes(checkImports(byPath)[0] ?? "", "by its package's name");
});

Deno.test("checkImports() refuses lib importing scripts or tests", () => {
  const graph = graphOf({ "lib/cli/commands/bench.ts": [{ to: "scripts/bench/mod.ts" }] });
  assertStringIncludes(checkImports(graph)[0] ?? "", "lies outside");
});

Deno.test("checkImports() refuses node-forge at start-up and allows it behind import()", () => {
  const graph = (dynamic: boolean) =>
    graphOf({
      "cli.ts": [{ to: "lib/cli/commands/serve.ts" }],
      "lib/cli/commands/serve.ts": [{ to: "lib/cert/authority/leaf.ts", dynamic }],
      "lib/cert/authority/leaf.ts": [{ to: "npm:/node-forge@1.4.3", written: "node-forge" }],
    });
  assertEquals(checkImports(graph(true)), []);
  assertEquals(checkImports(graph(false)), [
    "node-forge is loaded at start-up; import() it where it is used: " +
    "cli.ts → lib/cli/commands/serve.ts → lib/cert/authority/leaf.ts",
  ]);
});

Deno.test("findCycles() names the files of a cycle, type imports included", () => {
  const graph = graphOf({
    "lib/rpc/a.ts": [{ to: "lib/rpc/b.ts" }],
    "lib/rpc/b.ts": [{ to: "lib/rpc/c.ts", kind: "type" }],
    "lib/rpc/c.ts": [{ to: "lib/rpc/b.ts" }],
  });
  assertEquals(findCycles(graph), [["lib/rpc/b.ts", "lib/rpc/c.ts", "lib/rpc/b.ts"]]);
});

Deno.test("findCycles() does not take two ways to one file for a cycle", () => {
  const graph = graphOf({
    "lib/rpc/a.ts": [{ to: "lib/rpc/b.ts" }, { to: "lib/rpc/c.ts" }],
    "lib/rpc/b.ts": [{ to: "lib/rpc/c.ts" }],
    "lib/rpc/c.ts": [],
  });
  assertEquals(findCycles(graph), []);
});

Deno.test("checkImports() refuses two folders that import each other, and lets a barrel gather", () => {
  const both = graphOf({
    "lib/rpc/client/a.ts": [{ to: "lib/rpc/server/b.ts" }],
    "lib/rpc/server/c.ts": [{ to: "lib/rpc/client/d.ts", kind: "type" }],
  });
  assertEquals(checkImports(both), [
    "folders import each other: lib/rpc/client/a.ts → lib/rpc/server/b.ts, " +
    "lib/rpc/server/c.ts → lib/rpc/client/d.ts",
  ]);
  const barrel = graphOf({
    "lib/rpc/mod.ts": [{ to: "lib/rpc/client/a.ts" }],
    "lib/rpc/client/a.ts": [{ to: "lib/rpc/observer.ts" }],
  });
  assertEquals(checkImports(barrel), []);
});
