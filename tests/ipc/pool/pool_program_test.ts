import { assertEquals } from "@std/assert";

const mod = new URL("../../../lib/ipc/mod.ts", import.meta.url);
const methods = `data:text/javascript,${
  encodeURIComponent(`
  export const add = ({ a, b }) => a + b;
  export const slow = () => new Promise((resolve) => setTimeout(() => resolve("slow"), 200));
  export const deaf = () => new Promise(() => {});
  export const loop = () => { while (true); };`)
}`;

/** What a program prints that makes a pool and does not close it; it has to end by itself. */
async function run(body: string): Promise<string> {
  const code = `
    import { WorkerPool } from "${mod}";
    const pool = new WorkerPool({ module: ${JSON.stringify(methods)}, workers: 2, graceMs: 1 });
    ${body}`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", code],
    signal: AbortSignal.timeout(20_000),
  }).output();
  const decoder = new TextDecoder();
  assertEquals([success, decoder.decode(stderr)], [true, ""]);
  return decoder.decode(stdout);
}

const add = `console.log(await pool.call("add", { a: 1, b: 2 }));`;
const wait = "await new Promise((resolve) => setTimeout(resolve, 200));";

const programs: [string, string, string][] = [
  ["a pool that was never called", "", ""],
  ["a pool whose calls are answered", add, "3\n"],
  ["a pool that is called again after a pause", `${add} ${wait} ${add}`, "3\n3\n"],
  [
    "a pool whose call was given up and still runs",
    `await pool.call("deaf", {}, { timeoutMs: 300 }).catch(({ code }) => console.log(code));`,
    "deadline_exceeded\n",
  ],
  [
    "a pool whose worker loops",
    `await pool.call("loop", {}, { timeoutMs: 300 }).catch(({ code }) => console.log(code));`,
    "deadline_exceeded\n",
  ],
];

for (const [what, body, expected] of programs) {
  Deno.test(`${what} does not keep its program alive`, async () => {
    assertEquals(await run(body), expected);
  });
}

Deno.test("a call keeps its program alive, however long it may take", async () => {
  const body = `
    pool.call("slow", {}, { timeoutMs: Infinity }).then((result) => console.log(result));`;
  assertEquals(await run(body), "slow\n");
});
