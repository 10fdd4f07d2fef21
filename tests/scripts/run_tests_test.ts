import { assertEquals } from "@std/assert";
import { chosenBy, divide, examplesOf, packagesOf } from "../../scripts/run_tests.ts";

Deno.test("divide() gives each test once: folders that are named in one isolate, other files alone", () => {
  const files = [
    "tests/auth/a_test.ts",
    "tests/auth/b_test.ts",
    "tests/auth/helper.ts",
    "tests/auth/proof/c_test.ts",
    "tests/authority_test.ts",
    "tests/cli/d_test.ts",
    "tests/ipc/e_test.ts",
    "tests/ipc/pool/f_test.ts",
    "tests/ipc/pool/g_test.ts",
  ];
  const apart = ["tests/ipc", "tests/ipc/pool/g_test.ts"];
  const { alone, folders } = divide(files, ["tests/auth", "tests/ipc"], apart);
  assertEquals(alone, [
    ...["tests/authority_test.ts", "tests/cli/d_test.ts"],
    ...["tests/ipc/e_test.ts", "tests/ipc/pool/g_test.ts"],
  ]);
  assertEquals([...folders], [
    ["tests/auth", ["tests/auth/a_test.ts", "tests/auth/b_test.ts"]],
    ["tests/auth/proof", ["tests/auth/proof/c_test.ts"]],
    ["tests/ipc/pool", ["tests/ipc/pool/f_test.ts"]],
  ]);
});

Deno.test("packagesOf() names each package of npm once, without what is inside it", () => {
  const imports = {
    "@std/assert": "jsr:@std/assert@^1",
    "@dari/dari": "../mod.ts",
    "@nats-io/nats-core": "npm:@nats-io/nats-core@3.4.0",
    "@nats-io/nats-core/internal": "npm:@nats-io/nats-core@3.4.0/internal",
    "uplot/": "npm:/uplot@1.6.32/",
  };
  assertEquals(
    packagesOf(JSON.stringify({ imports })),
    'import "npm:@nats-io/nats-core@3.4.0";\nimport "npm:uplot@1.6.32";\n',
  );
});

const fence = "```";
const source = `/**
 * Adds.
 *
 * @example
 * ${fence}ts
 * import { add } from "./add.ts";
 * import { assertEquals } from "@std/assert";
 *
 * if (true) {
 *   assertEquals(add(1, 2), 3);
 * }
 * ${fence}
 */
export const add = (a: number, b: number) => a + b;

export class Sum {
  /**
   * ${fence}ts ignore
   * notRun();
   * ${fence}
   * ${fence}python
   * not_run()
   * ${fence}
   * ${fence}ts
   * new Sum();
   * ${fence}
   */
  constructor() {}
}
`;

Deno.test("examplesOf() finds the code that deno test --doc runs, and where", () => {
  assertEquals(examplesOf(source, new URL("file:///project/lib/add.ts")), [
    {
      line: 6,
      code: `import { add } from "file:///project/lib/add.ts";
import { assertEquals } from "@std/assert";

if (true) {
  assertEquals(add(1, 2), 3);
}
`,
    },
    { line: 25, code: "new Sum();\n" },
  ]);
});

Deno.test("chosenBy() tells folders and files from options of deno test and their values", () => {
  const sources = ["lib/cert/mod.ts", "tests/cert/a_test.ts"];
  assertEquals(
    chosenBy(["tests/cert/", "lib/cert/mod.ts", "--filter", "key", "--quiet"], sources),
    {
      chosen: ["tests/cert", "lib/cert/mod.ts"],
      options: ["--filter", "key", "--quiet"],
    },
  );
  assertEquals(chosenBy([], sources), { chosen: [], options: [] });
});

Deno.test("chosenBy() ends with the usage for --help, and where no file is in a folder", () => {
  const usage = "Usage: deno task test [lib/ROOM|tests/ROOM]... [OPTION OF deno test]...";
  assertEquals(chosenBy(["--help"], []), { exitCode: 0, text: usage });
  assertEquals(chosenBy(["tests/cart"], ["tests/cert/a_test.ts"]), {
    exitCode: 64,
    text: `No file is in "tests/cart".\n${usage}`,
  });
});
