import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, RpcError } from "../../lib/base/errors.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import { startProgram } from "../support/program.ts";
import { tempDirectory } from "../support/temp.ts";

/** Appends a line to the file FILE for each time that a method runs. */
const MODULE = `
const note = (file, what) => Deno.writeTextFileSync(file, what + "\\n", { append: true });
export const pay = ({ file }) => (note(file, "pay"), "receipt " + crypto.randomUUID());
export const cut = ({ file }) => (note(file, "cut"), new Promise(() => {}));
export const again = {
  idempotent: true,
  handler: ({ file }) => (note(file, "again"), Deno.readTextFileSync(file).split("again").length > 2
    ? "the second time"
    : new Promise(() => {})),
};
`;

Deno.test("dari serve keeps the answers to keys when it is killed, and runs nothing twice", async () => {
  await using directory = await tempDirectory();
  const [data, file, module] = ["data", "runs", "methods.ts"].map((name) =>
    `${directory.path}/${name}`
  ) as [string, string, string];
  await Deno.writeTextFile(module, MODULE);
  await Deno.writeTextFile(file, "");
  const start = async () => {
    const words = ["serve", module, "--data", data, "--listen", "tls://localhost:0"];
    const server = startProgram(words);
    await server.waitFor(/^ready$/m);
    return server;
  };
  const runs = async () => (await Deno.readTextFile(file)).trim().split("\n");
  const untilRun = async (what: string) => {
    while (!(await runs()).includes(what)) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const call = async (method: string, idempotencyKey: string, idempotent?: boolean) => {
    await using client = await connect(`unix:${data}/dari.sock`);
    return await client.call(method, { file }, { idempotencyKey, idempotent });
  };

  let receipt: unknown;
  {
    await using server = await start();
    receipt = await call("pay", "order 1");
    const lost = call("cut", "order 2", false).catch((error) => error);
    const other = call("again", "order 3", false).catch((error) => error);
    await untilRun("cut");
    await untilRun("again");
    Deno.kill(server.pid, "SIGKILL");
    assert(await lost instanceof DariError && await other instanceof DariError);
  }
  await using _server = await start();
  assertEquals(await call("pay", "order 1"), receipt);
  const error = await assertRejects(() => call("cut", "order 2"), RpcError, "not known whether");
  assertEquals([error.code, error.retryable], ["failed_precondition", false]);
  assertEquals(await call("again", "order 3"), "the second time");
  assertEquals((await runs()).sort(), ["again", "again", "cut", "pay"]);
});
