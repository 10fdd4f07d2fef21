import { assert, assertEquals } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import type { Command } from "../../lib/cli/app/command.ts";
import { runCommand, type Transcript } from "../support/command_line.ts";
import { tempDirectory } from "../support/temp.ts";

const VERBS = [
  "user/add",
  "user/list",
  "user/show",
  "user/disable",
  "user/enable",
  "user/unlock",
  "user/passwd",
  "user/grant",
  "user/remove",
  "session/list",
  "session/revoke",
  "key/create",
  "key/list",
  "key/rotate",
  "key/revoke",
  "explain",
] as const;

type Verb = (typeof VERBS)[number];
type World = Parameters<typeof runCommand>[2];

async function load(verb: Verb): Promise<Command> {
  return (await import(`../../lib/cli/commands/${verb}.ts`)).command;
}

/** A data directory and the commands on it. */
async function dataDirectory() {
  const directory = await tempDirectory();
  const path = `${directory.path}/data`;
  return {
    path,
    async run(verb: Verb, words: readonly string[] = [], world: World = {}): Promise<Transcript> {
      return await runCommand(await load(verb), words, { env: { DARI_DATA: path }, ...world });
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

const PASSWORD = "correct horse battery";
const done = (output: string): Transcript => ({ code: 0, output, errors: "" });

Deno.test("every command's help opens with an example of it, and names its options", async () => {
  for (const verb of VERBS) {
    const { summary, help, flags } = await load(verb);
    assert(help.startsWith(`  dari ${verb.replace("/", " ")}`), verb);
    for (const name of [...flags.string ?? [], ...flags.boolean ?? []]) {
      assert(help.includes(`--${name}`), `${verb} does not explain --${name}`);
    }
    assert(summary.length > 0 && !summary.endsWith("."));
  }
});

Deno.test("user add, list, show, disable, enable, grant, remove", async () => {
  await using data = await dataDirectory();
  assertEquals(
    await data.run("user/add", ["Alice", "--password-stdin", "--email", "a@example.com"], {
      input: `${PASSWORD}\n`,
    }),
    done("added alice (user)"),
  );
  assertEquals((await Deno.stat(`${data.path}/dari.db`)).mode! & 0o777, 0o600);
  assertEquals(await data.run("user/disable", ["alice"]), done("disabled alice"));
  assertEquals(
    await data.run("user/list"),
    done("NAME   ROLES  STATE     LAST SIGN-IN\nalice  user   disabled  never"),
  );
  assertEquals(await data.run("user/enable", ["alice"]), done("enabled alice"));
  assertEquals(
    await data.run("user/grant", ["alice", "--role", "admin", "--certificate", "worker-1"]),
    done("alice: roles user, admin; 0 public keys; 1 certificates"),
  );
  const { output } = await data.run("user/show", ["alice", "--json"]);
  const shown = JSON.parse(output);
  assertEquals([shown.name, shown.roles, shown.hasPassword], ["alice", ["user", "admin"], true]);
  assertEquals(await data.run("user/remove", ["alice"]), done("removed alice"));
  assertEquals(await data.run("user/list"), done(""));
  assertEquals(await data.run("user/show", ["alice"]), {
    code: 65,
    output: "",
    errors: 'dari: There is no account "alice"',
  });
});

Deno.test("passwords come from a prompt or standard input, and never from arguments", async () => {
  await using data = await dataDirectory();
  const prompts = [PASSWORD, PASSWORD];
  assertEquals(
    (await data.run("user/add", ["alice"], { env: { DARI_DATA: data.path }, prompts })).code,
    0,
  );
  assertEquals(
    await data.run("user/passwd", ["alice"], {
      env: { DARI_DATA: data.path },
      prompts: [PASSWORD, "another"],
    }),
    { code: 64, output: "", errors: "dari: The two passwords differ; nothing was changed" },
  );
  const noTerminal = await data.run("user/passwd", ["alice"]);
  assertEquals(noTerminal.code, 64);
  assert(noTerminal.errors.includes("--password-stdin"));
  assertEquals((await data.run("user/add", ["bob", "--password", PASSWORD])).code, 64);
  const short = await data.run("user/add", ["bob", "--password-stdin"], {
    env: { DARI_DATA: data.path },
    input: "short",
  });
  assertEquals(short.code, 65);
  assert(short.errors.includes("at least 15"), short.errors);
});

Deno.test("key create, list, rotate, revoke", async () => {
  await using data = await dataDirectory();
  await data.run("user/add", ["alice", "--no-password"]);
  const made = await data.run("key/create", ["alice", "--name", "ci", "--scope", "reports.*"]);
  assert(/^dari_[0-9a-f]{12}_[0-9A-Za-z]{49}$/.test(made.output), made.output);
  const id = made.output.slice(5, 17);
  const listed = (await data.run("key/list", ["ALICE"])).output.split("\n");
  assertEquals(listed.length, 2);
  assert(listed[1]?.startsWith(`${id}  alice    ci    active  reports.*`), listed[1]);
  assert(!listed.join().includes(made.output.slice(18)));
  const rotated = await data.run("key/rotate", [id, "--overlap", "1h", "--json"]);
  assert(JSON.parse(rotated.output).apiKey.startsWith(`dari_${id}_`));
  assertEquals(await data.run("key/revoke", [id]), done(`revoked ${id}`));
  assertEquals((await data.run("key/list", ["alice"])).output.includes("revoked"), true);
  assertEquals((await data.run("key/create", ["alice", "--expires", "soon"])).code, 64);
  assertEquals((await data.run("key/create", ["nobody"])).code, 65);
});

Deno.test("session list and revoke", async () => {
  await using data = await dataDirectory();
  await data.run("user/add", ["alice", "--no-password"]);
  assertEquals(await data.run("session/list"), done(""));
  assertEquals(await data.run("session/revoke", ["--user", "alice"]), done("revoked alice"));
  assertEquals(await data.run("session/revoke", ["--all"]), done("revoked all"));
  assertEquals((await data.run("session/revoke", ["0123456789abcdef"])).code, 65);
  assertEquals((await data.run("session/revoke")).code, 64);
  assertEquals((await data.run("session/revoke", ["x", "--all"])).code, 64);
});

Deno.test("user grant registers and removes a public key", async () => {
  await using data = await dataDirectory();
  await data.run("user/add", ["alice", "--no-password"]);
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign"]) as CryptoKeyPair;
  const spki = encodeBase64(await crypto.subtle.exportKey("spki", pair.publicKey));
  const file = `${data.path}/alice.pub`;
  await Deno.writeTextFile(file, `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`);
  const granted = await data.run("user/grant", ["alice", "--public-key", file, "--json"]);
  const [key] = JSON.parse(granted.output).publicKeys;
  assertEquals([key.algorithm, key.name], ["Ed25519", "alice.pub"]);
  assertEquals(
    await data.run("user/grant", ["alice", "--remove-public-key", key.id]),
    done("alice: roles user; 0 public keys; 0 certificates"),
  );
  assertEquals((await data.run("user/grant", ["alice", "--public-key", `${file}x`])).code, 74);
});

Deno.test("explain says which rule decides, and ends with 77 where it denies", async () => {
  await using data = await dataDirectory();
  await data.run("user/add", ["alice", "--no-password"]);
  assertEquals(
    await data.run("explain", ["alice", "process_data"]),
    done('allowed: role "user" allows "*"'),
  );
  await Deno.writeTextFile(
    `${data.path}/policy.json`,
    '{ "roles": { "user": ["!process_data"] } }',
  );
  assertEquals(await data.run("explain", ["alice", "process_data"]), {
    code: 77,
    output: 'denied: role "user" denies "process_data"',
    errors: "",
  });
  await Deno.writeTextFile(`${data.path}/policy.json`, "{");
  assertEquals((await data.run("explain", ["alice", "process_data"])).code, 78);
});

Deno.test("a command refuses a damaged store, and says what to do", async () => {
  await using data = await dataDirectory();
  await data.run("user/add", ["alice", "--no-password"]);
  await Deno.writeTextFile(`${data.path}/dari.db`, "noise ".repeat(1_000));
  const { code, errors } = await data.run("user/list");
  assertEquals(code, 65);
  assert(errors.includes("Restore it from a backup"), errors);
});
