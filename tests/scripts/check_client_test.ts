import { assertEquals } from "@std/assert";
import { checkClientModule, reachedFrom } from "../../scripts/check_client.ts";

const edge = (from: string, to: string, kind: "value" | "type" = "value") => (
  { from, to, kind, written: to, dynamic: false, line: 1 }
);

Deno.test("reachedFrom() follows values, dynamic imports among them, and no types", () => {
  const graph = new Map([
    ["a.ts", [edge("a.ts", "b.ts"), edge("a.ts", "types.ts", "type")]],
    ["b.ts", [{ ...edge("b.ts", "c.ts"), dynamic: true }, edge("b.ts", "a.ts")]],
  ]);
  assertEquals(reachedFrom(graph, "a.ts"), ["a.ts", "b.ts", "c.ts"]);
});

Deno.test("checkClientModule() refuses Deno in code, and takes it in comments and text", () => {
  const path = "lib/base/x.ts";
  const refused = [`${path}: the client may not name Deno`];
  assertEquals(checkClientModule(path, "Deno.cwd();"), refused);
  assertEquals(checkClientModule(path, "if (x instanceof Deno.errors.NotFound) y();"), refused);
  assertEquals(checkClientModule(path, '// in Deno it is a number\nconst a = "Deno";'), []);
});

Deno.test("checkClientModule() refuses parts of a server and packages that are not everywhere", () => {
  for (
    const path of ["lib/store/sqlite.ts", "lib/cert/ledger/ledger.ts", "lib/rpc/server/server.ts"]
  ) {
    assertEquals(checkClientModule(path, ""), [
      `${path}: the client may not need a part of a server`,
    ]);
  }
  assertEquals(checkClientModule("lib/rpc/server/peer_gate.ts", ""), []);
  assertEquals(checkClientModule("node:sqlite", ""), ["the client may not need node:sqlite"]);
  assertEquals(checkClientModule("node:tls", "", ["node:tls"]), []);
  assertEquals(checkClientModule("node:tls", "", ["node:buffer"]).length, 1);
});

Deno.test("checkClientModule() refuses what Node 20 cannot run", () => {
  const lines = [
    "await using client = x;",
    "  using lock = x;",
    "Array.fromAsync(items);",
    "bytes.toBase64();",
    'const text = `"${bytes.toBase64()}"`;',
    "a.isSubsetOf(b);",
  ];
  for (const line of lines) {
    assertEquals(checkClientModule("lib/rpc/x.ts", line).length, 1, line);
  }
  assertEquals(checkClientModule("lib/rpc/x.ts", "// using a lock\nconst using_ = 1;"), []);
});
