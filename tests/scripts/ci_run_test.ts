import { assertEquals } from "@std/assert";

const run = new URL("../../.ci/run", import.meta.url).pathname;

/** What `.ci/run` says of this output and these exit codes. */
async function summarize(
  output: string,
  testStatus: number,
  checkStatus: number,
): Promise<{ line: string; code: number }> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, output);
    const { code, stdout } = await new Deno.Command("bash", {
      args: [
        "-c",
        'source "$1"; summarize "$2" "$3" "$4"',
        "test",
        run,
        file,
        `${testStatus}`,
        `${checkStatus}`,
      ],
    }).output();
    return { line: new TextDecoder().decode(stdout), code };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test(".ci/run adds the check steps to the tests that passed", async () => {
  const output = `running 2 tests
ok | 41 passed (7 steps) | 0 failed | 3 ignored (2s)

ok     format (0.1 s)
ok     lint (1.0 s)
`;
  assertEquals(await summarize(output, 0, 0), { line: "43 passed, 0 failed\n", code: 0 });
});

Deno.test(".ci/run counts failed tests and failed check steps", async () => {
  const output = `FAILED | 40 passed (1 step) | 1 failed (2 steps) | 3 ignored (2s)
FAILED lint (1.0 s)
ok     imports (0.2 s)
`;
  assertEquals(await summarize(output, 1, 1), { line: "41 passed, 2 failed\n", code: 1 });
});

Deno.test(".ci/run counts a test run that never started as one failure", async () => {
  const output = "error: Type checking failed.\nok     format (0.1 s)\n";
  assertEquals(await summarize(output, 1, 0), { line: "1 passed, 1 failed\n", code: 1 });
});

Deno.test(".ci/run counts a check that never started as one failure", async () => {
  const output = "ok | 3 passed | 0 failed (2s)\nerror: Task not found: ok\n";
  assertEquals(await summarize(output, 0, 1), { line: "3 passed, 1 failed\n", code: 1 });
});

Deno.test(".ci/run is not misled by what a test prints", async () => {
  const output = 'log: "ok | 9 passed | 9 failed"\nok | 1 passed | 0 failed (2s)\n';
  assertEquals(await summarize(output, 0, 0), { line: "1 passed, 0 failed\n", code: 0 });
});
