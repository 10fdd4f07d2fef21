import { assertEquals, assertRejects } from "@std/assert";
import { openIdentity, signIn } from "../../../../lib/auth/mod.ts";
import { DariError } from "../../../../lib/base/errors.ts";
import { dataLedger } from "../../../../lib/endpoint/data_ledger.ts";
import { connect, type ConnectOptions } from "../../../../lib/endpoint/connect.ts";
import { encodePem, issueLeafFiles, loadAuthority } from "../../../../lib/cert/mod.ts";
import { generateKeyPair } from "../../../../lib/cert/key/key_pair.ts";
import { openSqliteStore } from "../../../../lib/store/mod.ts";
import { ITERATIONS, PASSWORD, peer } from "../../../support/identity.ts";
import { type Program, runProgram, startProgram } from "../../../support/program.ts";
import { tempDirectory } from "../../../support/temp.ts";

interface Addresses {
  readonly open: readonly string[];
  readonly mutual: string;
}

/** Everything that alice can sign in with. */
async function credentialsOfAlice(data: string) {
  await using store = await openSqliteStore(`${data}/dari.db`);
  using identity = await openIdentity(store, { passwords: { iterations: ITERATIONS } });
  const { accounts, certificates, keys, publicKeys, sessions } = identity;
  await accounts.add({ name: "alice", password: PASSWORD });
  const { publicKey, privateKey } = await generateKeyPair("ed25519");
  await publicKeys.add("alice", encodePem("PUBLIC KEY", publicKey));
  await certificates.map("alice", "alice.internal");
  const { text: apiKey } = await keys.create({ account: "alice", name: "web-app" });
  const { token } = await sessions.create(await accounts.record("alice"), peer);
  const login = { username: "alice", password: PASSWORD };
  const keyLogin = { username: "alice", privateKey: encodePem("PRIVATE KEY", privateKey) };
  return { login: { login }, token: { token }, apiKey: { apiKey }, key: { keyLogin } };
}

async function certificateOfAlice(data: string) {
  await using ledger = dataLedger(data);
  const { certFile, keyFile } = await issueLeafFiles(
    await loadAuthority(data),
    ledger,
    `${data}/alice`,
    { names: ["alice.internal"], purposes: ["client"] },
  );
  return { cert: await Deno.readTextFile(certFile), key: await Deno.readTextFile(keyFile) };
}

async function addressesOf(server: Program): Promise<Addresses> {
  return JSON.parse((await server.waitFor(/^\{.*\}$/m))[0]);
}

Deno.test("dari user disable ends everything of an account, on every server and transport", async () => {
  await using directory = await tempDirectory();
  const data = directory.path;
  const credentials = await credentialsOfAlice(data);
  const script = "tests/support/store_server.ts";
  // One after the other: the first makes the certificates that both show.
  await using first = startProgram([data, "first"], { script });
  const servers = [await addressesOf(first)];
  await using second = startProgram([data, "second"], { script });
  servers.push(await addressesOf(second));
  const ca = await Deno.readTextFile(`${data}/ca.crt`);
  const shown = await certificateOfAlice(data);
  const credentialsInTurn: ConnectOptions[] = Object.values(credentials);
  const ways = servers.flatMap(({ open, mutual }) => [
    ...open.flatMap((address) => credentialsInTurn.map((how) => ({ address, how }))),
    { address: mutual, how: shown },
  ]);
  assertEquals(ways.length, 2 * (3 * 4 + 1));

  const clients = await Promise.all(
    ways.map(({ address, how }) => connect(address, { ca, ...how })),
  );
  for (const client of clients) assertEquals(await client.call("who"), "alice");
  const ends = clients.map((client) =>
    client.call("hang").then(() => "answered", (error) => error.code)
  );
  assertEquals(
    await runProgram(["user", "disable", "alice", "--data", data]),
    { code: 0, out: "disabled alice", err: "" },
  );
  for (const [at, code] of (await Promise.all(ends)).entries()) {
    const way = `${ways[at]?.address} ${Object.keys(ways[at]?.how ?? {})}`;
    assertEquals(code, "unavailable", way);
  }
  for (const client of clients) await client.close();

  for (const { address, how } of ways) {
    const error = await assertRejects(async () => {
      await using client = await connect(address, { ca, ...how });
      await client.call("who");
    }, DariError);
    assertEquals(error.code, "unauthenticated", address);
  }
});

Deno.test("a session that one server made is known to the other, until dari session revoke", async () => {
  await using directory = await tempDirectory();
  const data = directory.path;
  const { login } = await credentialsOfAlice(data);
  const script = "tests/support/store_server.ts";
  await using first = startProgram([data, "first"], { script });
  const here = (await addressesOf(first)).open[1] ?? "";
  await using second = startProgram([data, "second"], { script });
  const there = (await addressesOf(second)).open[1] ?? "";
  await using anonymous = await connect(here);
  const { token } = await signIn((method, params) => anonymous.call(method, params), login);
  await using client = await connect(there, { token });
  assertEquals(await client.call("who"), "alice");
  const cuts = [anonymous, client].map((each) => each.call("hang").catch((error) => error.code));
  const listed = await runProgram(["session", "list", "--json", "--data", data]);
  const newest = JSON.parse(listed.out).at(-1);
  assertEquals((await runProgram(["session", "revoke", newest.id, "--data", data])).code, 0);
  assertEquals(await Promise.all(cuts), ["unavailable", "unavailable"]);
  await assertRejects(() => connect(here, { token }), DariError, "not accepted");
});
