import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStore } from "../../../../lib/store/mod.ts";
import { AuditLog } from "../../../../lib/ops/audit/audit_log.ts";
import { dari, startDari } from "../../../support/dari_command.ts";
import { tempDirectory } from "../../../support/temp.ts";

/** A data directory with an authority, two accounts, and an audit that a server has signed. */
async function signedDirectory() {
  const directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await using server = startDari(["serve", "--data", data, "--listen", "tls://localhost:0"]);
  await server.waitFor("ready");
  for (const name of ["alice", "bob"]) {
    const { code } = await dari(["user", "add", name, "--no-password", "--data", data]);
    assertEquals(code, 0);
  }
  assertEquals((await server.stop()).code, 0);
  return {
    data,
    path: directory.path,
    run: (...words: string[]) => dari([...words, "--data", data]),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

Deno.test("what a server and commands did is recorded with who did it, signed and verified", async () => {
  await using at = await signedDirectory();
  const verified = await at.run("audit", "verify", "--json");
  const verdict = JSON.parse(verified.out);
  assertEquals([verified.code, verdict.faults, verdict.notices], [0, [], []]);
  assertEquals(verdict.signed, verdict.size);
  const { out } = await at.run("audit", "query", "--kind", "account.*", "--json");
  const records = out.split("\n").map((line) => JSON.parse(line));
  assertEquals(records.map(({ about, by }) => [about, by.startsWith("os:")]), [
    ["alice", true],
    ["bob", true],
  ]);
  const kinds = (await at.run("audit", "tail", "--json")).out.split("\n")
    .map((line) => JSON.parse(line).kind);
  assertEquals([kinds[0], kinds.at(-1)], ["audit.began", "server.ended"]);
  for (const kind of ["authority.made", "certificate.issued", "server.began"]) {
    assert(kinds.includes(kind), kind);
  }
});

Deno.test("a command without a server signs what it adds", async () => {
  await using at = await signedDirectory();
  assertEquals((await at.run("user", "disable", "alice")).code, 0);
  const { code, out } = await at.run("audit", "verify");
  assertEquals([code, /signed up to (\d+)$/.exec(out)?.[1]], [0, /to (\d+),/.exec(out)?.[1]]);
});

Deno.test("an audit without an authority is verified by its chain alone", async () => {
  await using directory = await tempDirectory();
  const data = directory.path;
  assertEquals((await dari(["user", "add", "alice", "--no-password", "--data", data])).code, 0);
  const { code, out, err } = await dari(["audit", "verify", "--data", data]);
  assertEquals([code, err], [0, ""]);
  assertStringIncludes(out, "is whole: records 1 to 2");
});

Deno.test("dari audit prove gives a proof that ca.crt alone checks", async () => {
  await using at = await signedDirectory();
  const { data, path } = at;
  const proof = `${path}/proof.json`;
  assertEquals((await at.run("audit", "prove", "4", "--out", proof)).code, 0);
  assertEquals((await Deno.stat(proof)).mode! & 0o777, 0o600);
  const elsewhere = ["--ca", `${data}/ca.crt`, "--data", `${path}/none`];
  const right = await dari(["audit", "verify", "--proof", proof, ...elsewhere]);
  assertEquals(right.code, 0);
  assertStringIncludes(right.out, "record 4 is one of the");
  const text = await Deno.readTextFile(proof);
  await Deno.writeTextFile(proof, text.replace('\\"by\\":\\"', '\\"by\\":\\"x'));
  const wrong = await dari(["audit", "verify", "--proof", proof, ...elsewhere]);
  assertEquals(wrong.code, 65);
  assertStringIncludes(wrong.err, "The proof is wrong: record 4");
  await using other = await tempDirectory();
  assertEquals((await dari(["cert", "init", "--data", `${other.path}/ca`])).code, 0);
  await Deno.writeTextFile(proof, text);
  const stranger = await dari([
    ...["audit", "verify", "--proof", proof, "--ca", `${other.path}/ca/ca.crt`],
    ...["--data", `${path}/none`],
  ]);
  assertEquals(stranger.code, 65);
  assertStringIncludes(stranger.err, "not to be trusted");
  assertStringIncludes((await at.run("audit", "prove", "999")).err, "There is no record 999");
});

Deno.test("dari audit verify names a record that was changed, and ends with 65", async () => {
  await using at = await signedDirectory();
  const database = new DatabaseSync(`${at.data}/dari.db`);
  database.exec("DROP TRIGGER audit_records_stay_as_they_are");
  database.exec("UPDATE audit_records SET text = replace(text, 'alice', 'mallo')");
  database.close();
  const { code, out } = await at.run("audit", "verify");
  assertEquals(code, 65);
  assertStringIncludes(out, "was changed");
});

Deno.test("an audit that was replaced by an older copy does not fit audit.checkpoint", async () => {
  await using at = await signedDirectory();
  const { data } = at;
  await Deno.copyFile(`${data}/dari.db`, `${data}/old.db`);
  const before = await Deno.readTextFile(`${data}/audit.checkpoint`);
  await Deno.writeTextFile(`${at.path}/kept`, before);
  assertEquals((await at.run("user", "remove", "bob")).code, 0);
  assertEquals((await at.run("audit", "verify", "--checkpoint", `${at.path}/kept`)).code, 0);
  await Deno.rename(`${data}/old.db`, `${data}/dari.db`);
  const { code, out } = await at.run("audit", "verify");
  assertEquals(code, 65);
  assertStringIncludes(out, "missing: they were signed at");
});

Deno.test("an export is verified on another machine, and a shortened one is not", async () => {
  await using at = await signedDirectory();
  const file = `${at.path}/audit.jsonl`;
  const { code, out } = await at.run("audit", "export", "--out", file);
  assertEquals(code, 0);
  assertStringIncludes(out, "lines to");
  const elsewhere = ["--ca", `${at.data}/ca.crt`, "--data", `${at.path}/none`];
  assertEquals((await dari(["audit", "verify", "--file", file, ...elsewhere])).code, 0);
  assertStringIncludes((await at.run("audit", "export", "--out", file)).err, "exists already");
  const text = await Deno.readTextFile(file);
  assertEquals((await at.run("audit", "export")).out, text.trimEnd());
  await Deno.writeTextFile(file, text.split("\n").toSpliced(6, 1).join("\n"));
  const cut = await dari(["audit", "verify", "--file", file, ...elsewhere]);
  assertEquals(cut.code, 65);
  assertStringIncludes(cut.out, "missing");
});

Deno.test("a store that is damaged is said to be", async () => {
  await using at = await signedDirectory();
  const path = `${at.data}/dari.db`;
  const bytes = await Deno.readFile(path);
  await Deno.writeFile(path, bytes.map((byte, index) => index < 16 ? 0 : byte));
  const damaged = await at.run("audit", "verify");
  assertEquals(damaged.code, 65);
  assertStringIncludes(damaged.err, "is damaged");
});

Deno.test("dari audit says that there is none, and makes no file", async () => {
  await using directory = await tempDirectory();
  for (const words of [["tail"], ["query"], ["verify"], ["export"], ["prove", "1"]]) {
    const { code, err } = await dari(["audit", ...words, "--data", `${directory.path}/none`]);
    assert(code !== 0);
    assertStringIncludes(err, "There is no audit");
  }
  const cut = ["audit", "cut", "--before", "1d", "--data", `${directory.path}/none`];
  assertStringIncludes((await dari(cut)).err, "There is no audit");
  assertEquals(await Array.fromAsync(Deno.readDir(directory.path)), []);
});

Deno.test("dari audit cut removes what is old and seals it; what is left is whole and proved", async () => {
  await using at = await signedDirectory();
  {
    await using store = await openSqliteStore(`${at.data}/dari.db`);
    await using audit = new AuditLog(store, { actor: () => "test" });
    await Promise.all(Array.from({ length: 600 }, () => audit.record({ kind: "a.b" })));
  }
  assertStringIncludes((await at.run("audit", "cut", "--before", "1d")).out, "nothing was removed");
  const { out, code } = await at.run("audit", "cut", "--before", "2999-01-01");
  assertEquals([out, code], ["removed records 1 to 512", 0]);
  const verdict = JSON.parse((await at.run("audit", "verify", "--json")).out);
  assertEquals([verdict.faults, verdict.first, verdict.signed], [[], 513, verdict.size]);
  assertEquals((await at.run("audit", "prove", "600", "--json")).code, 0);
  const last = (await at.run("audit", "tail", "--lines", "1")).out;
  assertStringIncludes(last, "audit.cut  os:");
});

Deno.test("dari audit tail --follow goes on with what others add", async () => {
  await using at = await signedDirectory();
  await using tail = startDari(["audit", "tail", "--lines", "1", "--follow", "--data", at.data]);
  const seen = await tail.waitFor("");
  const next = Number(/^\d+/.exec(seen)![0]) + 1;
  assertEquals((await at.run("user", "grant", "alice", "--role", "admin")).code, 0);
  assertStringIncludes(await tail.waitFor(`${next}  `), "account.granted");
  assertEquals((await tail.stop()).code, 0);
});
