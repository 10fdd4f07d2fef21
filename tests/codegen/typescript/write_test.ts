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
  const { apiKey } = shop.told;
  const page = await connect(`ws://127.0.0.1:${gateway.addr.port}`, { apiKey });
  assertEquals(await from_(page, { in: "Paris" }), "nobody in Paris");
  let last = 0;
  for await (const { n } of ticks(page, { to: 1_000 })) last = n;
  assertEquals(last, 1_000);
  page.close();
});

/** What a page does, with a gateway in the place of sockets; the shop's authority is Deno's. */
const PAGE = `
const [path, told] = Deno.args;
const { connect, ...shop } = await import(path);
const { https, apiKey } = JSON.parse(told);
const nameOf = (promise) => promise.then(String, (error) => error.name);
const client = await connect(https, { apiKey });
const seen = [await shop.from_(client, { in: "Paris" }), await shop.who(client)];
const due = new Date(0);
const photo = new Uint8Array([1, 255]);
const order = await shop.ordersCreate(client, { item: "cup", count: 1, due, photo });
seen.push(order.due.getTime(), ...order.photo);
seen.push(await nameOf(shop.ordersCreate(client, { item: "cup", count: 9, due, photo })));
let items = 0;
for await (const { at } of shop.ticks(client, { to: 1_000 })) items += at instanceof Date ? 1 : 0;
seen.push(items);
for await (const { n } of shop.ticks(client, { to: 100_000 })) if (n === 300) { seen.push(n); break; }
seen.push(await nameOf(shop.hang(client, { timeoutMs: 100 })));
seen.push(await nameOf(client.stream("nothing").next()));
seen.push(await shop.flaky(client));
seen.push(await nameOf(shop.who(await connect(https))));
seen.push(await nameOf(connect(https, { apiKey: "dari_wrong" })));
const login = { username: "alice", password: "x" };
seen.push(await nameOf(connect(https, { login })));
console.log(JSON.stringify(seen));
Deno.exit(0);
`;

Deno.test("a client in TypeScript calls over HTTPS: each call a request, streams as events", async () => {
  await using client = await clientFolder("typescript", "shop.ts");
  await using shop = await startShop();
  await Deno.writeTextFile(`${client.path}/page.js`, PAGE);
  const flags = ["run", "--quiet", "--no-check", "--no-config", "--allow-all"];
  const args = [...flags, `--cert=${shop.told.ca}`, `${client.path}/page.js`];
  const told = JSON.stringify(shop.told);
  const out = await run(Deno.execPath(), [...args, `file://${client.file}`, told]);
  assertEquals(JSON.parse(out), [
    ...["nobody in Paris", "alice", 0, 1, 255, "out_of_stock", 1_000, 300, "deadline_exceeded"],
    ...["method_not_found", 3, "unauthenticated", "unauthenticated", "failed_precondition"],
  ]);
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
