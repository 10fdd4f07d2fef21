import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dari, startDari } from "../../support/dari_command.ts";
import { listen, startServer } from "../../support/dari_server.ts";
import { tempDirectory } from "../../support/temp.ts";
import { trustingUser } from "../../support/trusting_user.ts";

async function invite(data: string, ...words: string[]): Promise<string> {
  const { out } = await dari(["invite", ...words, "--data", data]);
  return out.split("\n").at(-1) ?? "";
}

Deno.test("dari cert renew --to renews the client certificate of an invitation, over mutual TLS", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await dari(["cert", "init", "--data", data]);
  const mutual = `tls://127.0.0.1:0?client-ca=${data}/ca.crt`;
  await using server = startDari(["serve", "--data", data, ...listen, "--listen", mutual]);
  await server.waitFor("fingerprint");
  await using user = await trustingUser();
  const line = await invite(data, "worker.internal", "--client");
  await user.dari(["accept"], { prompts: [line] });
  const [place = ""] = [...Deno.readDirSync(`${user.directory}/servers`)]
    .map(({ name }) => name).filter((name) =>
      [...Deno.readDirSync(`${user.directory}/servers/${name}`)].some(({ name }) =>
        name === "client.crt"
      )
    );
  const file = `${user.directory}/servers/${place}/client.crt`;
  const before = await Deno.readTextFile(file);
  const to = `tls://${decodeURIComponent(place)}`;
  const { out, err, code } = await user.dari(["cert", "renew", "--to", to, "--json"]);
  assertEquals([err, code], ["", 0]);
  const { serial, replaces, file: named } = JSON.parse(out);
  assertEquals(named, undefined);
  assert(serial !== replaces);
  assert(await Deno.readTextFile(file) !== before);
  assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
  assertEquals((await user.dari(["call", "add", "a=1", "b=2", "--to", to])).out, "3");
  // Refused once it is revoked, and the file stays as it was.
  const renewed = await Deno.readTextFile(file);
  await dari(["cert", "revoke", serial, "--data", data]);
  const refused = await user.dari(["cert", "renew", "--to", to]);
  assert(refused.code !== 0);
  assertEquals(await Deno.readTextFile(file), renewed);
});

Deno.test("dari cert renew FILE --to renews a server's certificate with its chain, and says why it cannot", async () => {
  await using server = await startServer();
  await using user = await trustingUser();
  await using directory = await tempDirectory();
  const prefix = `${directory.path}/api`;
  const line = await invite(server.data, "api.internal", "--server");
  await user.dari(["accept", "--out", prefix], { prompts: [line] });
  const count = async () =>
    (await Deno.readTextFile(`${prefix}.crt`)).split("BEGIN CERTIFICATE").length - 1;
  assertEquals(await count(), 2);
  const renew = (...words: string[]) =>
    user.dari(["cert", "renew", `${prefix}.crt`, "--to", server.tls, ...words]);
  const done = await renew();
  assertMatch(done.out, /\/api\.crt: renewed as [0-9a-f]+$/, done.err);
  assertEquals(await count(), 2);
  const { out } = await user.dari(["cert", "inspect", `${prefix}.crt`, "--json"]);
  const [{ serial }] = JSON.parse(out);
  assertStringIncludes(done.out, serial);
  await dari(["cert", "revoke", serial, "--data", server.data]);
  const revoked = await renew();
  assertEquals(revoked.code, 78);
  assertStringIncludes(revoked.err, `Certificate ${serial} is revoked`);
  const other = await dari(["cert", "self-signed", "x.internal", "--out", `${directory.path}/x`]);
  assertEquals(other.code, 0);
  const wrong = await renew("--key", `${directory.path}/x.key`);
  assert(wrong.code !== 0);
  assertEquals((await renew("--all")).code, 64);
  assertEquals((await dari(["cert", "renew", "--all", "--key", "k"])).code, 64);
  const none = await user.dari(["cert", "renew", "--to", server.tls]);
  assertStringIncludes(none.err, "No client certificate is kept for tls://");
});
