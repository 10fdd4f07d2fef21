// Clients in TypeScript: formatted, type-checked, called from Deno and Node, and held to the wire.

import { stripTypeScriptTypes } from "node:module";
import { assert, assertEquals } from "@std/assert";
import {
  clientFolder,
  conform,
  run,
  seenOfShop,
  visitShop,
} from "../../support/generated_client.ts";
import { isInstalled } from "../../support/installed.ts";
import { startShop } from "../../support/shop.ts";

const PROGRAM = new URL("./shop_program.ts.txt", import.meta.url);
const hasNode = await isInstalled("node", "--version");
if (!hasNode) console.log("no node: clients in TypeScript are not run there");

/** JavaScript takes PEM, not files. */
const pem = async ({ ca = "", cert = "", key = "" }: Record<string, string>) => ({
  ca: await Deno.readTextFile(ca),
  cert: await Deno.readTextFile(cert),
  key: await Deno.readTextFile(key),
});

Deno.test("a client in TypeScript calls everything of a server from Deno", async () => {
  await using client = await clientFolder("typescript", "shop.ts");
  await Deno.copyFile(PROGRAM, `${client.path}/program.ts`);
  const flags = ["run", "--quiet", "--no-check", "--no-config", "--allow-net", "--allow-env"];
  const args = [...flags, `--allow-read=${client.path}`, `${client.path}/program.ts`];
  const seen = await visitShop(
    (told) => run(Deno.execPath(), [...args, `file://${client.file}`, told]),
    pem,
  );
  assertEquals(seen, seenOfShop);
});

Deno.test({
  name: "a client in TypeScript calls everything of a server from Node",
  ignore: !hasNode,
  async fn() {
    await using client = await clientFolder("typescript", "shop.ts");
    const [program, shop] = [`${client.path}/program.mjs`, `${client.path}/shop.mjs`];
    await Deno.writeTextFile(program, stripTypeScriptTypes(await Deno.readTextFile(PROGRAM)));
    await Deno.writeTextFile(shop, stripTypeScriptTypes(await Deno.readTextFile(client.file)));
    const seen = await visitShop((told) => run("node", [program, `file://${shop}`, told]), pem);
    assertEquals(seen, seenOfShop);
  },
});

/** A gateway whose WebSocket carries the lines of a server on TCP, one or several in a frame. */
function startWebSocket(port: number) {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    if (new URL(request.url).pathname !== "/ws") return new Response(null, { status: 404 });
    const { socket, response } = Deno.upgradeWebSocket(request);
    const server = await Deno.connect({ port });
    socket.onmessage = ({ data }) => server.write(new TextEncoder().encode(data));
    socket.onclose = () => server.close();
    (async () => {
      for await (const lines of server.readable.pipeThrough(new TextDecoderStream())) {
        socket.send(lines);
      }
    })().catch(() => {}); // the client has left
    return response;
  });
}

Deno.test("a client in TypeScript calls over a WebSocket, as in a browser", async () => {
  await using client = await clientFolder("typescript", "shop.ts");
  await using shop = await startShop();
  await using gateway = startWebSocket(Number(new URL(shop.told.tcp).port));
  const { connect, ticks, from_ } = await import(`file://${client.file}`);
  for (const scheme of ["ws", "http"]) {
    const page = await connect(`${scheme}://127.0.0.1:${gateway.addr.port}`, {
      apiKey: shop.told.apiKey,
    });
    assertEquals(await from_(page, { in: "Paris" }), "nobody in Paris");
    let last = 0;
    for await (const { n } of ticks(page, { to: 1_000 })) last = n;
    assertEquals(last, 1_000);
    page.close();
  }
});

Deno.test("a client in TypeScript is formatted, and it and its users have the right types", async () => {
  await using client = await clientFolder("typescript", "shop.ts");
  await Deno.copyFile(PROGRAM, `${client.path}/program.ts`);
  await run(Deno.execPath(), ["fmt", "--check", "--line-width=100", "--no-config", client.file]);
  const strict = {
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noImplicitOverride: true,
  };
  const config = `${client.path}/deno.json`;
  await Deno.writeTextFile(config, JSON.stringify({ compilerOptions: strict }));
  const checked = [client.file, `${client.path}/program.ts`];
  await run(Deno.execPath(), ["check", "--quiet", `--config=${config}`, ...checked]);
});

Deno.test("a client in TypeScript passes the cases of plain dari/1 for clients", async () => {
  await using client = await clientFolder("typescript", "shop.ts");
  const program = new URL("./conformance_client.js", import.meta.url).pathname;
  const { passed, others } = await conform(Deno.execPath(), [
    "run",
    "--quiet",
    "--no-check",
    "--no-config",
    "--allow-all",
    program,
    client.file,
  ]);
  assertEquals(others, []);
  assert(passed > 50, `${passed} passed`);
});
