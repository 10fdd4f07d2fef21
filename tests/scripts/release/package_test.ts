import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../../lib/base/version.ts";
import { withoutTextAndComments } from "../../../scripts/check_limits.ts";
import { writePackage } from "../../../scripts/package.ts";
import { sampleMethods } from "../../../lib/cli/sample/sample_methods.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { openIdentity } from "../../../lib/auth/mod.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import { dari } from "../../support/dari_command.ts";
import { ITERATIONS, PASSWORD } from "../../support/identity.ts";
import { startClientServers } from "../../support/client_servers.ts";
import { readCommit } from "../../../lib/packaging/build.ts";
import { hashFile } from "../../../lib/packaging/release/checksums.ts";
import { buildInTurn, release } from "../../support/release.ts";
import { tempDirectory } from "../../support/temp.ts";

const folder = await tempDirectory();
Deno.test.afterAll(async () => await folder[Symbol.asyncDispose]());
const app = `${folder.path}/app`;
const bin = `${app}/node_modules/.bin`;

/** Where nothing but npm's packages can be had: no cache of Deno's, no way to any registry. */
const closed = { DENO_DIR: `${folder.path}/deno`, NPM_CONFIG_REGISTRY: "http://127.0.0.1:1/" };

async function run(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const command = new Deno.Command(program, {
    args: [...args],
    cwd: app,
    stdin: "null",
    env: { NO_COLOR: "1", ...env },
    signal: AbortSignal.timeout(120_000), // a program that hangs fails its test
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Builds the package and installs it into an empty folder, with what the tests run it on. */
async function install(): Promise<string | undefined> {
  await Deno.mkdir(app);
  await Deno.writeTextFile(`${app}/package.json`, '{ "type": "module" }');
  try {
    const tarball = await buildInTurn(() => writePackage(folder.path, () => {}));
    const others = ["bun@1.4.5", "typescript@6.0.3", "@types/node@20"];
    const flags = ["--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=0"];
    const { code, err } = await run("npm", ["install", ...flags, tarball, ...others]);
    return code === 0 ? undefined : err.split("\n")[0];
  } catch (error) {
    return String(error);
  }
}

const missing = await install();
if (missing !== undefined) console.log(`the npm package is not tested: ${missing}`);

function test(sentence: string, fn: () => Promise<void>): void {
  Deno.test({ name: sentence, ignore: missing !== undefined, fn });
}

test("a second build of the same source gives the same bytes", async () => {
  const { output } = await release; // the package is in it
  const [first = "none", again] = await Promise.all(
    [folder.path, output].map((directory) => hashFile(`${directory}/dari-${VERSION}.tgz`)),
  );
  assertEquals(again, first);
});

test("npx dari runs without a cache of Deno's and without a registry, and names its build", async () => {
  const plain = await run(`${bin}/dari`, ["--version"], closed);
  assertEquals(plain, { code: 0, out: `dari ${VERSION}\n`, err: "" });
  const { out } = await run(`${bin}/dari`, ["--version", "--json"], closed);
  const commit = await readCommit(new URL("../../../", import.meta.url));
  assertEquals(JSON.parse(out), {
    version: VERSION,
    ...(commit === undefined ? {} : { commit }),
    deno: Deno.version.deno,
  });
});

test("npx dari serves a module that imports dari, on workers too, and a call crosses TLS", async () => {
  await Deno.writeTextFile(
    `${app}/methods.ts`,
    `import { method } from "dari";
export const hello = method({
  public: true,
  handler: ({ name }: { name: string }) => \`Hello, \${name}\`,
});
export const sum = method({
  public: true,
  worker: true,
  handler: ({ to }: { to: number }) => to * (to + 1) / 2,
});
`,
  );
  const server = new Deno.Command(`${bin}/dari`, {
    args: ["serve", "./methods.ts", "--workers", "1", "--listen", "tls://localhost:0"],
    cwd: app,
    env: closed,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const lines = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let out = "";
  while (!out.includes("ready\n")) out += (await lines.read()).value ?? "";
  const address = /tls:\S+/.exec(out)?.[0] ?? "";
  const to = ["--to", address, "--ca", ".dari/ca.crt"];
  const hello = await run(`${bin}/dari`, ["call", "hello", "name=다리", ...to], closed);
  const sum = await run(`${bin}/dari`, ["call", "sum", "to=4"], closed);
  const missing = await run(`${bin}/dari`, ["call", "missing"], closed);
  server.kill("SIGTERM");
  while (!(await lines.read()).done);
  assertEquals((await server.status).code, 0);
  assertEquals([hello.out, sum.out], ['"Hello, 다리"\n', "10\n"]);
  assertEquals(missing.code, 65);
});

test("the program for Node in README.md calls a server", async () => {
  const text = await Deno.readTextFile(new URL("../../../README.md", import.meta.url));
  const code = /```js ignore\n(.*?)```/s.exec(text)?.[1] ?? "";
  assertStringIncludes(code, "dari/client");
  const server = await serve({
    listen: "tls://localhost:0",
    methods: sampleMethods,
    data: `${app}/.dari`,
  });
  try {
    const [, port = ""] = /:(\d+)$/.exec(server.addresses[0] ?? "") ?? [];
    await Deno.writeTextFile(`${app}/readme.mjs`, code.replace("9090", port));
    assertEquals(await run("node", ["readme.mjs"]), { code: 0, out: "30\n", err: "" });
  } finally {
    await server.close();
  }
});

test("the program of docs/guide/npm.md runs under Node and Bun", async () => {
  const text = await Deno.readTextFile(new URL("../../../docs/guide/npm.md", import.meta.url));
  const code = /```js ignore\n\/\/ client\.mjs\n(.*?)```/s.exec(text)?.[1] ?? "";
  assertStringIncludes(code, "dari/client");
  // Bun's TLS refuses every other authority of dari, as the page says.
  const data = `${app}/unconstrained`;
  assertEquals((await dari(["cert", "init", "--unconstrained", "--data", data])).code, 0);
  const server = await serve({ listen: "tls://localhost:0", methods: sampleMethods, data });
  try {
    const [, port = ""] = /:(\d+)$/.exec(server.addresses[0] ?? "") ?? [];
    const program = code.replace("9090", port).replace(".dari", data);
    await Deno.writeTextFile(`${app}/client.mjs`, program);
    for (const runtime of ["node", `${bin}/bun`]) {
      const { code, out, err } = await run(runtime, ["client.mjs"]);
      assertEquals([code, out], [0, "30\n1\n2\n3\n"], err);
    }
  } finally {
    await server.close();
  }
});

test("an import of dari in Deno is typed, and runs on the package's code", async () => {
  const program = (result: string) =>
    `import { connect, method, serve } from "dari";
import { openIdentity } from "dari/auth";
import { Queue } from "dari/ipc";
const methods = { add: method({ public: true, handler: (p: { a: number }) => p.a + 1 }) };
await using server = await serve({ listen: \`unix:\${await Deno.makeTempDir()}/s\`, methods });
await using client = await connect<typeof methods>(server.addresses[0]!);
const sum: ${result} = await client.call("add", { a: 1 });
console.log(sum, typeof openIdentity, typeof Queue);
`;
  await Deno.writeTextFile(`${app}/right.ts`, program("number"));
  await Deno.writeTextFile(`${app}/wrong.ts`, program("string"));
  const right = await run(Deno.execPath(), ["run", "-A", "right.ts"], closed);
  assertEquals([right.code, right.out], [0, "2 function function\n"], right.err);
  const { err } = await run(Deno.execPath(), ["check", "right.ts", "wrong.ts"], closed);
  assertEquals(err.match(/\bTS\d+ .*/g), [
    "TS2322 [ERROR]: Type 'number' is not assignable to type 'string'.",
  ], err);
  assertEquals(err.match(/\b(?:right|wrong)\.ts:\d+/g), ["wrong.ts:7"], err);
});

test("dari/client is typed in Node, however modules are resolved", async () => {
  const program = (result: string) =>
    `import { type Client, connect, RpcError } from "dari/client";
type Api = { add(p: { a: number }): number; count(p: { to: number }): AsyncGenerator<number> };
const client: Client<Api> = await connect<Api>("unix:/run/dari.sock");
export const sum: ${result} = await client.call("add", { a: 1 });
for await (const n of client.stream("count", { to: 2 })) n.toFixed();
export const code = (error: unknown) => error instanceof RpcError ? error.code : "none";
`;
  await Deno.writeTextFile(`${app}/right_client.ts`, program("number"));
  // The declarations that are not checked are TypeScript's own.
  const flags = { noEmit: true, strict: true, skipDefaultLibCheck: true, target: "es2022" };
  const lib = ["es2023", "dom", "esnext.disposable"];
  const resolutions = { bundler: "esnext", nodenext: "nodenext" };
  for (const [moduleResolution, module] of Object.entries(resolutions)) {
    const compilerOptions = { ...flags, lib, types: ["node"], module, moduleResolution };
    const files = ["right_client.ts", `wrong_${moduleResolution}.ts`];
    await Deno.writeTextFile(`${app}/${files[1]}`, program("string"));
    const project = JSON.stringify({ compilerOptions, files });
    await Deno.writeTextFile(`${app}/${moduleResolution}.json`, project);
  }
  // One tsc for both, which reads the 227 files of declarations once.
  const names = Object.keys(resolutions);
  const { out } = await run(`${bin}/tsc`, ["--build", ...names.map((name) => `${name}.json`)]);
  const reason = "error TS2322: Type 'number' is not assignable to type 'string'.";
  assertEquals(out, names.map((name) => `wrong_${name}.ts(4,14): ${reason}\n`).join(""));
});

const everywhere = [
  ...["unix", "tcp", "tls"].flatMap((kind) => [
    `${kind} call: 30`,
    `${kind} many: 20100`,
    `${kind} stream: [1,2,3,4,5]`,
    `${kind} large: 20000`,
    `${kind} error: RpcError method_not_found`,
    `${kind} deadline: deadline_exceeded`,
  ]),
  "callback: Hello, the client",
  'several: ["connected",2,1]',
  "resolver: 5",
  "scram: alice by session",
  "password: alice by session",
  "api key: alice by apiKey",
  "public key: alice by session",
  "wrong password: RpcError unauthenticated",
  "mutual: certificate:worker.internal by certificate",
  "no certificate: TransportError unavailable",
  "untrusted: TransportError unavailable",
  "other name: TransportError unavailable",
  "nothing there: TransportError unavailable",
  "no address: DariError usage",
];

const runtimes: Record<string, string[]> = {
  Node: ["node"],
  Bun: [`${bin}/bun`],
  Deno: [Deno.execPath(), "run", "-A"],
};
for (const [name, [program = "", ...words]] of Object.entries(runtimes)) {
  test(`dari/client calls, streams, is called back and signs in under ${name}`, async () => {
    await using directory = await tempDirectory();
    await using servers = await startClientServers(directory.path);
    await Deno.writeTextFile(`${directory.path}/facts.json`, JSON.stringify(servers.facts));
    const source = new URL("../../support/client_program.mjs", import.meta.url);
    await Deno.copyFile(source, `${app}/client_program.mjs`);
    const args = [...words, "client_program.mjs", `${directory.path}/facts.json`];
    const { code, out, err } = await run(program, args, closed);
    assertEquals([code, out.trimEnd().split("\n")], [0, everywhere], err);
  });
}

test("dari/client for browsers calls and streams, and needs nothing of Node's or Deno's", async () => {
  for await (const { name } of Deno.readDir(`${app}/node_modules/dari/browser`)) {
    const code = await Deno.readTextFile(`${app}/node_modules/dari/browser/${name}`);
    assertEquals(code.match(/^import .* from "node:.*/m)?.[0], undefined, name);
    const named = withoutTextAndComments(code).match(/\b(?:Deno|process)\b/)?.[0];
    assertEquals(named, undefined, name);
  }
  const source = new URL("../../support/browser_program.mjs", import.meta.url);
  await Deno.copyFile(source, `${app}/browser_program.mjs`);
  const { code, out, err } = await run("node", ["--conditions=browser", "browser_program.mjs"]);
  const lines = ["call 30", "stream 1 2 3", "error true method_not_found"];
  lines.push("address true A browser cannot connect to tls");
  assertEquals([code, out.trimEnd().split("\n")], [0, lines], err);
});

test("dari/client for browsers signs in by SCRAM", async () => {
  await using store = createMemoryStore();
  using identity = await openIdentity(store, { passwords: { iterations: ITERATIONS } });
  await identity.accounts.add({ name: "alice", password: PASSWORD });
  const methods = { who: (_params: unknown, { principal }: Context) => principal?.name };
  const memory = listenMemory();
  await using _server = await serve({ listen: memory, methods, gate: identity.gate });
  const { connect } = await import(`file://${app}/node_modules/dari/browser/browser.js`);
  const login = { username: "alice", password: PASSWORD };
  const client = await connect({ connect: () => memory.connect() }, { login });
  assertEquals(await client.call("who"), "alice");
  await client.close();
});

test("dari itself says in Node which import to use", async () => {
  await Deno.writeTextFile(`${app}/node.mjs`, 'import { serve } from "dari"; serve();');
  const { code, err } = await run("node", ["node.mjs"]);
  assertEquals(code, 1);
  assertStringIncludes(err, 'in Node and Bun import { connect } from "dari/client"');
});

test("dari --version takes at most three times as long as Node with an empty program", async () => {
  const timeOf = async (program: string, args: string[]) => {
    const start = performance.now();
    await run(program, args);
    return performance.now() - start;
  };
  let [node, dari] = [Infinity, Infinity];
  // The shortest times count, and a busy machine needs more rounds to show them.
  for (let round = 0; round < 5 || (round < 40 && dari >= 3 * node); round++) {
    node = Math.min(node, await timeOf("node", ["-e", "0"]));
    dari = Math.min(dari, await timeOf(`${bin}/dari`, ["--version"]));
  }
  assert(dari < 3 * node, `dari ${dari.toFixed(0)} ms, node ${node.toFixed(0)} ms`);
});
