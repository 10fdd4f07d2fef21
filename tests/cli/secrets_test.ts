import { assert, assertEquals } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { createScramClient, openIdentity, signCall } from "../../lib/auth/mod.ts";
import { delay } from "../../lib/base/abort.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import { CallMetrics } from "../../lib/ops/metrics/call_metrics.ts";
import { ConnectionMetrics } from "../../lib/ops/metrics/connection_metrics.ts";
import { MetricsRegistry } from "../../lib/ops/metrics/registry.ts";
import { createMemoryStore } from "../../lib/store/mod.ts";
import { listenTcp } from "../../lib/transport/tcp.ts";
import { ITERATIONS, PASSWORD } from "../support/identity.ts";
import { type Program, startProgram } from "../support/program.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { tempDirectory } from "../support/temp.ts";

const START_TIMEOUT_MS = 30_000;
const NEW_PASSWORD = "another horse, another battery";
const WRONG_PASSWORD = "a wrong and secret password";

/** What other users of the machine can see of a process. */
async function visibleOf({ pid }: Program): Promise<string> {
  // By `cat`, because Deno opens /proc only to those who may do everything.
  const paths = ["cmdline", "environ"].map((name) => `/proc/${pid}/${name}`);
  const look = async () => {
    const { success, stdout } = await new Deno.Command("cat", { args: paths }).output();
    assert(success, `process ${pid} has ended`);
    return new TextDecoder().decode(stdout);
  };
  let visible = await look();
  // Until the child runs its own program, it shows what its parent has.
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  for (; !visible.includes("cli.ts"); visible = await look()) await delay(5, { signal });
  return visible;
}

/** Runs commands of `dari` and keeps all that they show, and what can be seen of them. */
function commandLine(data: string) {
  const shown: string[] = [];
  return {
    shown,
    /** Runs one; its standard output is left out where the secret is what it is for. */
    async run(words: readonly string[], input = "", keepsOutput = true): Promise<string> {
      await using program = startProgram([...words, "--data", data]);
      // One that waits for its input can be looked at by `ps`; another may have ended before.
      if (input !== "") shown.push(await visibleOf(program));
      await program.input(input);
      const { out, err } = await program.ended;
      shown.push(err);
      if (keepsOutput) shown.push(out);
      return out;
    },
  };
}

/** A key pair in files, as a user has it. */
async function writeKeyPair(directory: string): Promise<string> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign"]) as CryptoKeyPair;
  const pem = async (label: string, format: "spki" | "pkcs8", key: CryptoKey) => {
    const body = encodeBase64(await crypto.subtle.exportKey(format, key));
    return `-----BEGIN ${label} KEY-----\n${body}\n-----END ${label} KEY-----\n`;
  };
  const secret = await pem("PRIVATE", "pkcs8", pair.privateKey);
  await Deno.writeTextFile(`${directory}/alice.key`, secret, { mode: 0o600 });
  await Deno.writeTextFile(
    `${directory}/alice.pub`,
    await pem("PUBLIC", "spki", pair.publicKey),
  );
  return secret.split("\n")[1] ?? "";
}

/** Signs in and fails to, by every message there is, and gives the secrets of it and the errors. */
async function speak(address: string, ca: string, apiKey: string) {
  using peer = await RawPeer.connect(address, ca);
  const errors: string[] = [];
  let id = 0;
  const ask = async (method: string, params: unknown, auth?: string) => {
    const { result, error } = await peer.ask({ jsonrpc: "2.0", id: ++id, method, params, auth });
    if (error !== undefined) errors.push(JSON.stringify(error));
    return result;
  };
  const scram = createScramClient({ username: "alice", password: NEW_PASSWORD });
  const { data } = await ask("rpc.scram", { data: scram.first });
  const proof = await scram.answer(data);
  const { token } = await ask("rpc.scram", { data: proof });
  const signature = await signCall(apiKey, "who", { n: 1 });
  await ask("rpc.scram", { data: proof });
  await ask("rpc.login", { username: "alice", password: WRONG_PASSWORD });
  await ask("rpc.login", { username: WRONG_PASSWORD, password: 1 });
  await ask("rpc.login", [WRONG_PASSWORD]);
  await ask("rpc.authenticate", { token: `${token}x` });
  await ask("rpc.authenticate", { token: apiKey.slice(0, -1) });
  await ask("rpc.challenge", { username: "alice" });
  await ask("rpc.authenticate", { answer: proof });
  await ask("rpc.discover", {}, signature);
  await ask("rpc.discover", {}, `${token}x`);
  await ask("add", { a: token, b: apiKey });
  const broken =
    `{"jsonrpc":"2.0","id":1,"method":"rpc.login","params":{"password":"${NEW_PASSWORD}"`;
  errors.push(JSON.stringify(await peer.ask(broken)));
  errors.push(JSON.stringify(await peer.ask(`"${NEW_PASSWORD}`)));
  // What is cut off is logged.
  using babbler = await RawPeer.connect(address, ca);
  await babbler.send(`"${NEW_PASSWORD}${token}${"x".repeat(70_000)}"\n`);
  errors.push(await babbler.rest());
  const [, nonce = ""] = /,r=(.+)$/.exec(scram.first) ?? [];
  const [, proved = ""] = /,p=(.+)$/.exec(proof) ?? [];
  return { errors, secrets: { token, nonce, proved, signature } };
}

/** Walks through the commands that take or make a secret, and those that must not show one. */
async function walk(directory: string, address: string) {
  const data = `${directory}/data`;
  const here = commandLine(data);
  const there = commandLine(`${directory}/client`);
  const to = ["--to", address, "--ca", `${data}/ca.crt`];
  const login = ["login", "alice", ...to];
  await there.run([...login, "--password-stdin", "--json"], PASSWORD);
  await there.run([...login, "--password-stdin"], WRONG_PASSWORD);
  const tokens = await savedTokens(`${directory}/client`);
  await here.run(["user", "passwd", "alice", "--password-stdin", "--json"], NEW_PASSWORD);
  await here.run(["user", "passwd", "alice", "--password-stdin"], "short");
  await there.run([...login, "--key-file", `${directory}/alice.key`]);
  tokens.push(...await savedTokens(`${directory}/client`));
  const apiKey = await here.run(["key", "create", "alice", "--signs"], "", false);
  const rotate = ["key", "rotate", apiKey.slice(5, 17), "--json"];
  const { apiKey: rotated } = JSON.parse(await here.run(rotate, "", false));
  await Deno.writeTextFile(`${directory}/key`, rotated, { mode: 0o600 });
  const call = ["call", "add", "a=1", "b=2", ...to];
  assertEquals(await there.run(call), "3");
  assertEquals(await there.run([...call, "--api-key-file", `${directory}/key`]), "3");
  for (const noun of ["user", "session", "key"]) await here.run([noun, "list", "--json"]);
  await here.run(["user", "show", "alice", "--json"]);
  return { shown: [...here.shown, ...there.shown], tokens, apiKey, rotated };
}

Deno.test("no secret shows in logs, errors, ps, --json or the data directory", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const privateKey = await writeKeyPair(directory.path);
  const administrator = commandLine(data);
  await administrator.run(["user", "add", "alice", "--password-stdin"], PASSWORD);
  const grant = ["user", "grant", "alice", "--public-key", `${directory.path}/alice.pub`];
  await administrator.run(grant);
  await using server = startProgram(["serve", "--data", data, "--listen", "tls://localhost:0"]);
  const [, address = ""] = await server.waitFor(/listening on (tls:\S+)/);
  await server.waitFor(/^ready$/m);
  const walked = await walk(directory.path, address);
  const { shown, tokens: [firstToken = "", secondToken = ""], apiKey, rotated } = walked;
  const ca = await Deno.readTextFile(`${data}/ca.crt`);
  const { errors, secrets } = await speak(address, ca, rotated);
  assert(errors.length >= 10, errors.join("\n"));
  const visible = await visibleOf(server);
  await server.waitForError(/a connection was cut/);
  Deno.kill(server.pid, "SIGTERM");
  const { out, err } = await server.ended;
  const places: Record<string, string> = {
    "what ps shows of the server": visible,
    "the server's output": out,
    "the server's log": err,
    "an error reply": errors.join("\n"),
    "a command": [...administrator.shown, ...shown].join("\n"),
    "the data directory": await contentsOf(data),
  };
  const all = {
    ...{ PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, privateKey, firstToken, secondToken, ...secrets },
    ...{ apiKey, apiSecret: apiKey.slice(18, 61), rotated, rotatedSecret: rotated.slice(18, 61) },
  };
  for (const [name, secret] of Object.entries(all)) {
    assert(secret.length > 10, name);
    for (const [place, text] of Object.entries(places)) {
      assert(!text.includes(secret), `${place} shows ${name}`);
    }
  }
});

/** The tokens that `dari login` keeps for later commands. */
async function savedTokens(data: string): Promise<string[]> {
  return (await contentsOf(data)).match(/dses_[A-Za-z0-9_-]{43}/g) ?? [];
}

async function contentsOf(directory: string): Promise<string> {
  const contents: string[] = [];
  for await (const { name, isFile } of Deno.readDir(directory)) {
    if (!isFile) continue;
    contents.push(new TextDecoder("latin1").decode(await Deno.readFile(`${directory}/${name}`)));
  }
  return contents.join("\n");
}

Deno.test("no secret becomes the name of a metric", async () => {
  const metrics = new MetricsRegistry();
  await using store = createMemoryStore();
  using identity = await openIdentity(store, { passwords: { iterations: ITERATIONS } });
  await identity.accounts.add({ name: "alice", password: PASSWORD });
  await using server = await serve({
    listen: listenTcp({ host: "127.0.0.1", port: 0 }),
    methods: { add: ({ a }: { a: number }) => a },
    gate: identity.gate,
    observer: [new CallMetrics(metrics), new ConnectionMetrics(metrics)],
  });
  using peer = await RawPeer.connect(server.addresses[0] ?? "");
  const ask = (method: string, params: unknown) =>
    peer.ask({ jsonrpc: "2.0", id: 1, method, params });
  const { token } = (await ask("rpc.login", { username: "alice", password: PASSWORD })).result;
  for (const method of [token, PASSWORD, "add"]) await ask(method, { a: token });
  const text = JSON.stringify(metrics.collect());
  assert(text.includes("_OTHER") && text.includes("add"), text);
  for (const secret of [token, PASSWORD, "alice"]) assert(!text.includes(secret), text);
});
