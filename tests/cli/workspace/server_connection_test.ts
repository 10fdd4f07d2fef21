import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  connectAnonymously,
  connectAsAsked,
  type ConnectionChoice,
} from "../../../lib/cli/workspace/server_connection.ts";
import { saveSession } from "../../../lib/cli/workspace/saved_sessions.ts";
import { createIo } from "../../support/dari_command.ts";
import { serve } from "../../../mod.ts";
import { startServer } from "../../support/dari_server.ts";
import { world } from "../../support/mutual_tls.ts";
import { tempDirectory } from "../../support/temp.ts";
import { tlsPair } from "../../support/tls_certificates.ts";

const nothing: ConnectionChoice = {
  to: [],
  data: undefined,
  ca: undefined,
  "ca-only": false,
  cert: undefined,
  key: undefined,
  "api-key-file": undefined,
  timeout: 5_000,
  insecure: false,
  "no-shared-memory": false,
};

Deno.test("connectAsAsked() takes the socket of the data directory, or the address that is typed", async () => {
  await using server = await startServer();
  const io = createIo({ env: { DARI_DATA: server.data } });
  await using bySocket = await connectAsAsked(nothing, io);
  assertEquals(await bySocket.call("rpc.ping"), "pong");
  const ca = `${server.data}/ca.crt`;
  await using byTls = await connectAnonymously(server.tls, { ...nothing, ca }, io);
  assertEquals(await byTls.call("rpc.ping"), "pong");
});

Deno.test("connectAsAsked() uses a saved session and an API key file, connectAnonymously() neither", async () => {
  await using server = await startServer();
  const data = `${server.directory}/client`;
  await Deno.mkdir(data, { mode: 0o700 });
  const choice = { ...nothing, data, to: [server.tls], ca: `${server.data}/ca.crt` };
  await saveSession(data, server.tls, { token: "dses_of_nobody" });
  const saved = await assertRejects(() => connectAsAsked(choice, createIo()), DariError);
  assertEquals(saved.code, "unauthenticated");
  assertStringIncludes(saved.message, `has kept for ${server.tls} was revoked or has ended`);
  assertStringIncludes(saved.message, "sign in again with dari login");
  await Deno.writeTextFile(`${data}/key`, "dari_of_nobody\n", { mode: 0o600 });
  const byKey = await assertRejects(
    () => connectAsAsked({ ...choice, "api-key-file": `${data}/key` }, createIo()),
    DariError,
  );
  assertEquals(byKey.code, "unauthenticated");
  assertEquals(byKey.message, "The credential was not accepted");
  await using anonymous = await connectAnonymously(server.tls, choice, createIo());
  assertEquals(await anonymous.call("rpc.ping"), "pong");
});

Deno.test("connectAsAsked() warns that --insecure checks no certificate", async () => {
  await using server = await startServer();
  const warnings: string[] = [];
  const io = { ...createIo(), warn: (line: string) => void warnings.push(line) };
  const choice = { ...nothing, data: server.directory, to: [server.tls], insecure: true };
  await using client = await connectAsAsked(choice, io);
  assertEquals(await client.call("rpc.ping"), "pong");
  assertStringIncludes(warnings.join(), "is not checked");
});

/** The exit code of `dari discover`, for which the authority in `public.crt` is a public one. */
async function discover(directory: string, to: string, words: readonly string[]): Promise<number> {
  const cli = new URL("../../../cli.ts", import.meta.url).pathname;
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", `--cert=${directory}/public.crt`, "--allow-all", cli]
      .concat(["discover", "--to", to, "--ca", `${directory}/given.crt`, ...words]),
    stdout: "null",
    stderr: "null",
  }).output();
  return code;
}

Deno.test("--ca-only trusts the authorities of --ca alone", async () => {
  await using directory = await tempDirectory();
  const { authority, foreign } = await world();
  await Deno.writeTextFile(`${directory.path}/given.crt`, authority.pem);
  await Deno.writeTextFile(`${directory.path}/public.crt`, foreign.pem);
  const start = async (issuer: typeof authority) =>
    await serve({ listen: "tls://localhost:0", methods: {}, tls: await tlsPair(issuer) });
  await using right = await start(authority);
  await using wrong = await start(foreign);
  const [given, publicly] = [right.addresses[0]!, wrong.addresses[0]!];
  assertEquals(await discover(directory.path, given, ["--ca-only"]), 0);
  assertEquals(await discover(directory.path, publicly, ["--ca-only"]), 69);
  assertEquals(await discover(directory.path, publicly, []), 0);
});

Deno.test("--ca-only without --ca is a mistake of the user", async () => {
  const choice = { ...nothing, "ca-only": true };
  const error = await assertRejects(
    () => connectAnonymously("tls://localhost:1", choice, createIo()),
    DariError,
  );
  assertEquals(error.code, "usage");
  assertStringIncludes(error.message, "--ca-only needs --ca FILE");
});
