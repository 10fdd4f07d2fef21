import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openIdentity } from "../../../../lib/auth/mod.ts";
import { parseCertificates, verifyCertificate } from "../../../../lib/cert/mod.ts";
import { formatInvitation, parseInvitation } from "../../../../lib/cli/trust/invitation.ts";
import { makeRecordKey, saveRecordKey } from "../../../../lib/cluster/record_key.ts";
import { openAuditedStore } from "../../../../lib/endpoint/audit/audited_store.ts";
import { dari } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";
import { tempDirectory } from "../../../support/temp.ts";
import { fingerprintIn, trustingUser } from "../../../support/trusting_user.ts";

const address = "nats://localhost:4222/orders";
const service = "orders.service.internal";

/** A server of a cluster without NATS: machines can join it, and share nothing. */
async function clusterServer() {
  const server = await startServer();
  const { data } = server;
  await saveRecordKey(data, makeRecordKey());
  const fingerprint = await fingerprintIn(data);
  return {
    data,
    /** The line that `dari invite NAME --cluster` prints. */
    async invite(name: string): Promise<string> {
      await using store = await openAuditedStore(data);
      using identity = await openIdentity(store);
      const { secret } = await identity.invitations.create({
        ...{ name, purposes: ["server", "client"] },
        cluster: { address, names: [service] },
      });
      return formatInvitation({
        ...{ ...parseInvitation(`${server.tls}#${fingerprint}.${secret}`), isToJoin: true },
      });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const join = (line: string, data: string) =>
  dari(["join", "--token-stdin", "--data", data], { input: line });

async function filesIn(directory: string): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name);
  return names.filter((name) => !name.endsWith(".lock")).toSorted();
}

Deno.test("dari join gives a data directory the certificate, the authority and the key of the records", async () => {
  await using server = await clusterServer();
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const line = await server.invite("server-2.internal");
  const { out, err, code } = await join(line, data);
  assertEquals(code, 0, err);
  assertStringIncludes(out, "joined as server-2.internal");
  assertStringIncludes(out, `dari serve --cluster ${address} --data ${data}`);
  assertEquals(await filesIn(data), ["ca.crt", "cluster.key", "server.crt", "server.key"]);
  const text = (name: string, of = data) => Deno.readTextFile(`${of}/${name}`);
  for (const name of ["ca.crt", "cluster.key"]) {
    assertEquals(await text(name), await text(name, server.data));
  }
  for (const name of ["cluster.key", "server.key"]) {
    assertEquals(((await Deno.stat(`${data}/${name}`)).mode ?? 0) & 0o777, 0o600);
  }
  // What a client of the first server trusts, for the service and by its name.
  const authorities = parseCertificates(await text("ca.crt", server.data));
  const [leaf] = parseCertificates(await text("server.crt"));
  for (const name of ["server-2.internal", service]) {
    await verifyCertificate(leaf, { authorities, name, purpose: "server" });
  }
  await verifyCertificate(leaf, { authorities, purpose: "client" });
  assert(!(out + err).includes((await text("cluster.key")).trim()));
  const audit = await dari(["audit", "query", "--data", server.data]);
  assertStringIncludes(audit.out, `server-2.internal  cluster=${address}`);

  const again = await join(line, `${directory.path}/other`);
  assertEquals([again.code, again.err.includes("it was used, or is too old")], [77, true]);
  assertEquals(await filesIn(`${directory.path}/other`), []);
  // A machine that has lost its certificate joins once more.
  const more = await join(await server.invite("server-2.internal"), data);
  assertEquals(more.code, 0, more.err);
  const [next] = parseCertificates(await text("server.crt"));
  assert(next.serial !== leaf.serial);
});

Deno.test("dari join refuses directories of other authorities and clusters, and the invitation stays good", async () => {
  await using server = await clusterServer();
  await using directory = await tempDirectory();
  const own = `${directory.path}/own`;
  await dari(["cert", "init", "--data", own]);
  const line = await server.invite("server-2.internal");
  const authority = await join(line, own);
  assertEquals(authority.code, 65);
  assertStringIncludes(authority.err, "has the key of an authority (ca.key)");
  await Deno.remove(`${own}/ca.key`);
  assertStringIncludes((await join(line, own)).err, "ca.crt is another authority");
  const other = `${directory.path}/other`;
  await Deno.mkdir(other, { mode: 0o700 });
  await saveRecordKey(other, makeRecordKey());
  assertStringIncludes((await join(line, other)).err, "is the key of another cluster");
  const lived = `${directory.path}/lived`;
  await dari(["user", "add", "bob", "--no-password", "--data", lived]);
  assertStringIncludes((await join(line, lived)).err, "has accounts or certificates of its own");
  const used = await join(line, server.data);
  assertStringIncludes(used.err, "has the key of an authority");

  const data = `${directory.path}/data`;
  const changed = line.replace(/#./, (text) => text === "#0" ? "#1" : "#0");
  assertStringIncludes((await join(changed, data)).err, "has no authority with this fingerprint");
  assertEquals((await join(line, data)).code, 0);
  // The same authority, and another key of records.
  await Deno.remove(`${data}/cluster.key`);
  await saveRecordKey(data, makeRecordKey());
  const before = await Deno.readTextFile(`${data}/server.crt`);
  const mixed = await join(await server.invite("server-2.internal"), data);
  assertStringIncludes(mixed.err, "is the key of another cluster; it was left as it is");
  assertEquals(await Deno.readTextFile(`${data}/server.crt`), before);
});

Deno.test("dari join and dari accept tell their invitations apart, and take them from no argument", async () => {
  await using server = await clusterServer();
  await using user = await trustingUser();
  await using directory = await tempDirectory();
  const line = await server.invite("server-2.internal");
  const accept = await user.dari(["accept", "--token-stdin"], { input: line });
  assertEquals([accept.code, accept.err.includes("run dari join")], [64, true]);
  const plain = await join(line.replace("?join", ""), directory.path);
  assertEquals([plain.code, plain.err.includes("run dari accept")], [64, true]);
  assertEquals((await dari(["join", line])).code, 64);
  assertEquals(await filesIn(directory.path), []);
});
