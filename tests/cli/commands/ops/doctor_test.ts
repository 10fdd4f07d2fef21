import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dari, dataDirectory } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";

interface Report {
  readonly findings: readonly { readonly rule: string; readonly remedy?: string }[];
  readonly leastFlags: readonly string[];
  readonly server?: { readonly addresses: readonly string[] };
}

async function examined(data: string): Promise<Report & { readonly code: number }> {
  const { out, err, code } = await dari(["doctor", "--data", data, "--json"]);
  assertEquals(err, "");
  return { ...JSON.parse(out), code };
}

function rulesOf({ findings }: Report): string[] {
  return findings.map(({ rule }) => rule);
}

Deno.test("dari doctor finds nothing wrong with a server that has just been started", async () => {
  await using server = await startServer();
  const { out, err, code } = await dari(["doctor", "--data", server.data]);
  assertEquals([err, code], ["", 0], out);
  assertStringIncludes(out, server.tls);
  const report = await examined(server.data);
  assertEquals(rulesOf(report), ["tls12-allowed", "permissions-wide"]);
  assertEquals(report.server?.addresses.length, 2);
});

Deno.test("dari doctor says what is wrong, and its remedies mend it", async () => {
  await using server = await startServer();
  await Deno.chmod(`${server.data}/ca.key`, 0o644);
  await Deno.chmod(server.data, 0o755);
  await Deno.writeTextFile(`${server.data}/policy.json`, "{", { mode: 0o600 });
  const sick = await examined(server.data);
  assertEquals(sick.code, 78);
  const wrong = ["file-readable", "file-readable", "policy-invalid"];
  assertEquals(rulesOf(sick).slice(0, 3), wrong);
  for (const { remedy = "" } of sick.findings.slice(0, 2)) {
    const [command = "", ...args] = remedy.split(" ");
    assertEquals((await new Deno.Command(command, { args }).output()).code, 0, remedy);
  }
  await Deno.remove(`${server.data}/policy.json`);
  await Deno.remove(`${server.data}/audit.pem`);
  const unsigned = (await examined(server.data)).findings[0];
  assertEquals(unsigned?.rule, "audit-signer-missing");
  const [, ...remedy] = unsigned!.remedy!.split(" ");
  assertEquals((await dari([...remedy, "--data", server.data])).code, 0);
  assertEquals((await examined(server.data)).code, 0);
});

Deno.test("dari doctor says that a certificate does not belong to its key, and which one has ended", async () => {
  await using data = await dataDirectory();
  assertEquals((await data.dari(["cert", "init"])).code, 0);
  const issue = async (name: string) => {
    const words = ["cert", "issue", "localhost", "--out", `${data.path}/${name}`];
    assertEquals((await data.dari(words)).code, 0);
  };
  await issue("server");
  await issue("other");
  assertEquals(rulesOf(await examined(data.path)), []);
  await Deno.rename(`${data.path}/other.key`, `${data.path}/server.key`);
  assertEquals(rulesOf(await examined(data.path)), ["key-unusable"]);
  await Deno.writeTextFile(`${data.path}/server.crt`, "no certificate");
  const found = rulesOf(await examined(data.path));
  assert(found.includes("certificate-invalid") && found.includes("key-unusable"), `${found}`);
});

Deno.test("dari doctor says that a store cannot be read, and that there is no directory", async () => {
  await using data = await dataDirectory();
  assertEquals(rulesOf(await examined(data.path)), ["file-missing"]);
  assertEquals((await data.dari(["user", "list"])).code, 0);
  assertEquals(rulesOf(await examined(data.path)), []);
  for await (const { name } of Deno.readDir(data.path)) await Deno.remove(`${data.path}/${name}`);
  await Deno.writeTextFile(`${data.path}/dari.db`, "no store".repeat(1_000), { mode: 0o600 });
  assertEquals(rulesOf(await examined(data.path)), ["store-unreadable"]);
});

Deno.test("a server that was killed is none, though its lock names it", async () => {
  await using data = await dataDirectory();
  assertEquals((await data.dari(["user", "list"])).code, 0);
  await Deno.writeTextFile(`${data.path}/server.lock`, '{"pid":1}\n', { mode: 0o600 });
  const { out } = await data.dari(["doctor"]);
  assertStringIncludes(out, "which no server uses now");
});

Deno.test("the least flags that dari doctor names are enough for the server", async () => {
  await using first = await startServer();
  const { leastFlags, server } = await examined(first.data);
  const listen = server!.addresses.filter((address) => address.startsWith("tls:"));
  await first.stop();
  const cli = new URL("../../../../cli.ts", import.meta.url).pathname;
  const words = ["serve", "--data", await Deno.realPath(first.data), "--listen", ...listen];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", "--no-check", ...leastFlags, cli, ...words],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const dead = setTimeout(() => child.kill("SIGKILL"), 20_000);
  let out = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    out += text;
    if (/^ready$/m.test(out)) break;
  }
  clearTimeout(dead);
  child.kill("SIGKILL");
  const err = await new Response(child.stderr).text();
  await child.status;
  assert(/^ready$/m.test(out) && !err.includes("--allow-"), out + err);
});
