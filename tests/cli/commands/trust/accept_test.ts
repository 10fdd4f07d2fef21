import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dari, done, startDari } from "../../../support/dari_command.ts";
import { listen, startServer } from "../../../support/dari_server.ts";
import { tempDirectory } from "../../../support/temp.ts";
import { trustingUser } from "../../../support/trusting_user.ts";

/** The line that `dari invite WORDS...` prints. */
async function invite(data: string, ...words: string[]): Promise<string> {
  const { out, err } = await dari(["invite", ...words, "--data", data]);
  const line = out.split("\n").at(-1) ?? "";
  assertMatch(line, /^tls:\/\/127\.0\.0\.1:\d+#[0-9a-f]{64}\.[\w-]{22}$/, err);
  return line;
}

/** A server whose method says who calls it. */
async function whoServer(...words: string[]) {
  const modules = await tempDirectory();
  const path = `${modules.path}/who.ts`;
  await Deno.writeTextFile(path, "export const who = (_, { principal }) => principal.name;");
  const server = await startServer(path, ...words);
  return {
    data: server.data,
    out: server.out,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await modules[Symbol.asyncDispose]();
    },
  };
}

Deno.test("dari accept ends with an API key, and a call that works without options", async () => {
  await using server = await whoServer();
  await using user = await trustingUser();
  const line = await invite(server.data, "alice");
  const [address] = line.split("#");
  const questions: string[] = [];
  assertEquals(
    await user.dari(["accept"], { prompts: [line], onPrompt: (text) => questions.push(text) }),
    done(
      `accepted: an API key of alice is kept for this server\n` +
        `commands use ${address} from now on (dari use)`,
    ),
  );
  assertEquals(questions, ["Invitation:"]);
  assertEquals(await user.dari(["call", "who"]), done('"alice"'));
  const again = await user.dari(["accept", "--token-stdin"], { input: `${line}\n` });
  assertEquals(again.code, 77);
  assertStringIncludes(again.err, "it was used, or is too old");
  const listed = JSON.parse((await dari(["key", "list", "--json", "--data", server.data])).out);
  const socket = `unix:${server.data}/dari.sock`; // the server itself does it
  assertEquals((await dari(["revoke", `key:${listed[0].id}`, "--yes", "--to", socket])).code, 0);
  const revoked = await user.dari(["call", "who"]);
  assertEquals(revoked.code, 77);
  assertStringIncludes(
    revoked.err,
    `The API key that dari accept has kept for ${address} was revoked`,
  );
});

Deno.test("dari accept ends with a client certificate, and a call to the listener that asks for it", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const module = `${directory.path}/who.ts`;
  await Deno.writeTextFile(module, "export const who = (_, { principal }) => principal.name;");
  await dari(["cert", "init", "--data", data]); // its file must be there when the server starts
  const mutual = `tls://127.0.0.1:0?client-ca=${data}/ca.crt`;
  const listening = [...listen, "--listen", mutual];
  await using server = startDari(["serve", module, "--data", data, ...listening]);
  await server.waitFor("fingerprint");
  await using user = await trustingUser();
  const line = (await dari(["invite", "worker.internal", "--client", "--data", data])).out;
  const token = line.split("\n").at(-1) ?? "";
  const { out, err } = await user.dari(["accept", "--token-stdin"], { input: token });
  const [, port] = /\?mutual=(\d+)#/.exec(token) ?? [];
  assertEquals(
    out,
    "accepted: a client certificate of worker.internal is kept for this server\n" +
      `commands use tls://127.0.0.1:${port} from now on (dari use)`,
    err,
  );
  assertEquals(await user.dari(["call", "who"]), done('"certificate:worker.internal"'));
});

Deno.test("dari accept ends with a server certificate, and its key does not leave the machine", async () => {
  await using server = await whoServer();
  await using user = await trustingUser();
  await using directory = await tempDirectory();
  const out = `${directory.path}/db`;
  const line = await invite(server.data, "db.internal", "--server");
  const accepted = await user.dari(["accept", "--token-stdin", "--out", out], { input: line });
  assertStringIncludes(accepted.out, `dari serve --cert ${out}.crt --key ${out}.key`, accepted.err);
  assertEquals(((await Deno.stat(`${out}.key`)).mode ?? 0) & 0o777, 0o600);
  const verified = await dari(
    ["cert", "verify", `${out}.crt`, "--ca", `${server.data}/ca.crt`, "--name", "db.internal"],
  );
  assertEquals(verified.code, 0, verified.err);
  await using other = await startServer("--cert", `${out}.crt`, "--key", `${out}.key`);
  assertStringIncludes(other.out, "listening on tls:");
  const taken = await user.dari(["accept", "--token-stdin", "--out", out], { input: line });
  assertStringIncludes(taken.err, "exists already");
});

Deno.test("dari accept sends the secret to no server whose authority has another fingerprint", async () => {
  await using server = await whoServer();
  await using user = await trustingUser();
  const line = await invite(server.data, "alice");
  const [, first = ""] = /#(.)/.exec(line) ?? [];
  const changed = line.replace(/#./, `#${first === "0" ? "1" : "0"}`);
  const refused = await user.dari(["accept", "--token-stdin"], { input: changed });
  assertEquals(refused.code, 77);
  assertStringIncludes(refused.err, "has no authority with this fingerprint");
  // The secret was not spent.
  assertEquals((await user.dari(["accept", "--token-stdin"], { input: line })).code, 0);
});

Deno.test("dari accept takes an invitation from nowhere but a prompt, standard input or a private file", async () => {
  await using user = await trustingUser();
  const argument = await user.dari(["accept", "tls://box:1#x"]);
  assertEquals(argument.code, 64);
  const nothing = await user.dari(["accept"]);
  assertStringIncludes(nothing.err, "use --token-stdin or --token-file");
  const garbage = await user.dari(["accept", "--token-stdin"], { input: "hello" });
  assertStringIncludes(garbage.err, "This is not an invitation");
});
