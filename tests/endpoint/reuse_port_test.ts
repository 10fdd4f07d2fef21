import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { deadline } from "../../lib/base/abort.ts";
import { TransportError } from "../../lib/base/errors.ts";
import { connect, serve } from "../../mod.ts";
import { tempDirectory } from "../support/temp.ts";

Deno.test("serve({ reusePort }) shares a port with others that say so, and with nobody else", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const start = (name: string, listen: string, reusePort: boolean) =>
    serve({ listen, data, reusePort, methods: { who: () => name }, public: ["who"] });
  for (const scheme of ["tls", "tcp"]) {
    await using one = await start("one", `${scheme}://127.0.0.1:0`, true);
    const [address = ""] = one.addresses;
    await using _two = await start("two", address, true);
    await assertRejects(() => start("three", address, false), TransportError, "the port is in use");
    const ca = await Deno.readTextFile(`${data}/ca.crt`);
    const answers = new Set<unknown>();
    const untilBoth = async () => {
      while (answers.size < 2) {
        await using client = await connect(address, { ca });
        answers.add(await client.call("who"));
      }
    };
    await deadline(untilBoth(), 20_000);
    assertEquals([...answers].sort(), ["one", "two"]);
  }
});

Deno.test("serve({ reusePort }) says which flag it takes, instead of ending the program", async () => {
  await using directory = await tempDirectory();
  const script = `${directory.path}/script.ts`;
  const tcp = new URL("../../lib/transport/tcp.ts", import.meta.url).href;
  await Deno.writeTextFile(
    script,
    `import { listenTcp } from ${JSON.stringify(tcp)};
     try {
       listenTcp({ host: "127.0.0.1", port: 0, reusePort: true });
     } catch (error) {
       console.log(error.code, error.message);
     }`,
  );
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--no-config", "--allow-net", script],
    stdin: "null",
  }).output();
  const out = new TextDecoder().decode(stdout);
  assertStringIncludes(out, "configuration Several threads or processes");
  assertStringIncludes(out, "--unstable-net");
});
