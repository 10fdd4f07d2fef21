import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../lib/base/abort.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import { hasPython } from "../support/python.ts";
import { startProgram } from "../support/program.ts";
import { tempDirectory } from "../support/temp.ts";

/** Each failure of the method fills a line of the log with 2,000 characters; a pipe holds 65,536. */
const FAILING_METHODS = `
export const fail = () => { throw new Error("x".repeat(2_000)); };
export const add = ({ a, b }: { a: number; b: number }) => a + b;
`;
const FAILURES = 300;
const STRANGERS = 50;
const END_TIMEOUT_MS = 15_000;

async function babble(address: string): Promise<void> {
  const { hostname, port } = new URL(address.replace("tls:", "http:"));
  using stranger = await Deno.connect({ hostname, port: Number(port) });
  await stranger.write(new TextEncoder().encode("no handshake\n")).catch(() => {});
  await stranger.read(new Uint8Array(100)).catch(() => {});
}

for (const kind of ["full disk", "closed terminal", "blocking pipe", "non-blocking pipe"]) {
  Deno.test({
    name: `a server whose log is a ${kind} serves on, and stops in order`,
    ignore: !hasPython || Deno.build.os !== "linux",
    async fn() {
      await using directory = await tempDirectory();
      const { path } = directory;
      const data = `${path}/data`;
      await Deno.writeTextFile(`${path}/methods.ts`, FAILING_METHODS);
      const listen = ["--listen", "tls://127.0.0.1:0", "--client-ca", `${data}/ca.crt`];
      await using maker = startProgram(["cert", "init", "--data", data]);
      assertEquals((await maker.ended).code, 0);
      await using server = startProgram(
        ["serve", `${path}/methods.ts`, "--data", data, ...listen],
        { wrapper: ["python3", "tests/support/deaf_stderr.py", kind] },
      );
      await server.waitFor(/^ready$/m);
      const [, tls = ""] = await server.waitFor(/listening on (tls:\S+)/);
      await using client = await connect(`unix:${data}/dari.sock`);
      for (let i = 0; i < FAILURES; i++) await assertRejects(() => client.call("fail"));
      await Promise.all(Array.from({ length: STRANGERS }, () => babble(tls)));
      assertEquals(await client.call("add", { a: 1, b: 2 }), 3);
      Deno.kill(server.pid, "SIGTERM");
      assertEquals((await deadline(server.ended, END_TIMEOUT_MS)).code, 0);
    },
  });
}
