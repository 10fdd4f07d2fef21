import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { divide, moduleOf } from "../../scripts/isolates.ts";
import { chosenBy, examplesOf, packagesOf } from "../../scripts/run_tests.ts";
import { tempDirectory } from "../support/temp.ts";

Deno.test("divide() gives each test once: the files of rooms that are named share isolates, others have their own", () => {
  const files = [
    "tests/auth/a_test.ts",
    "tests/auth/b_test.ts",
    "tests/auth/helper.ts",
    "tests/auth/proof/c_test.ts",
    "tests/auth/sign_in/d_test.ts",
    "tests/authority_test.ts",
    "tests/cli/e_test.ts",
    "tests/ipc/f_test.ts",
    "tests/ipc/pool/g_test.ts",
    "tests/ipc/pool/h_test.ts",
    "tests/ipc/ring/i_test.ts",
  ];
  const apart = ["tests/ipc", "tests/ipc/pool/h_test.ts"];
  const { alone, shared } = divide(files, ["tests/auth", "tests/ipc", "tests/ipc/ring"], apart, 3);
  assertEquals(alone, [
    ...["tests/authority_test.ts", "tests/cli/e_test.ts"],
    ...["tests/ipc/f_test.ts", "tests/ipc/pool/h_test.ts"],
  ]);
  assertEquals([...shared], [
    [
      "tests/auth_1",
      ["tests/auth/a_test.ts", "tests/auth/b_test.ts", "tests/auth/proof/c_test.ts"],
    ],
    ["tests/auth_2", ["tests/auth/sign_in/d_test.ts"]],
    ["tests/ipc_1", ["tests/ipc/pool/g_test.ts"]],
    ["tests/ipc/ring_1", ["tests/ipc/ring/i_test.ts"]],
  ]);
});

Deno.test("moduleOf() begins each test outside of the calls in which tests before it ended", async () => {
  await using directory = await tempDirectory();
  const url = (name: string) => new URL(`file://${directory.path}/${name}`);
  await Deno.writeTextFile(
    url("left.ts"),
    `const { core } = Deno[Deno.internal];
Deno.test("leaves a context", () => core.setAsyncContext({}));
Deno.test("has none", () => {
  if (core.getAsyncContext() !== undefined) throw new Error("it has one");
});
`,
  );
  await Deno.writeTextFile(url("shared_test.ts"), moduleOf([url("left.ts")]));
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "--no-config", url("shared_test.ts").pathname],
  }).output();
  assert(success, new TextDecoder().decode(stdout));
});

Deno.test("moduleOf() fails the test that leaves timers of its own, and none behind it", async () => {
  await using directory = await tempDirectory();
  const url = (name: string) => new URL(`file://${directory.path}/${name}`);
  await Deno.writeTextFile(
    url("left.ts"),
    `Deno.test("leaves timers", () => void (globalThis.setTimeout = () => 0));
Deno.test("waits", () => new Promise((resolve) => setTimeout(resolve)));
`,
  );
  await Deno.writeTextFile(url("shared_test.ts"), moduleOf([url("left.ts")]));
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "--no-config", url("shared_test.ts").pathname],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertStringIncludes(text, "leaves timers ... FAILED");
  assertStringIncludes(text, "left timers of its own in place");
  assertStringIncludes(text, "1 passed | 1 failed");
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
 * import { assert, assertEquals } from "@std/assert";
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
import { assert, assertEquals } from "@std/assert";

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
