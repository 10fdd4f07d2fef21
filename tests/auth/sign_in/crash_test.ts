import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Identity, openIdentity } from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { tempDirectory } from "../../support/temp.ts";

interface Acknowledged {
  readonly kind: "password" | "credential" | "revoked" | "disabled" | "locked";
  readonly name: string;
  readonly text?: string;
}

/** Runs a writer until it acknowledged some, and kills it in the middle of what comes next. */
async function killedWriter(path: string, prefix: string, lines: number): Promise<Acknowledged[]> {
  const script = new URL("../../support/identity_writer.ts", import.meta.url).pathname;
  const writer = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-all", script, path, prefix],
    stdout: "piped",
  }).spawn();
  let text = "";
  for await (const chunk of writer.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.split("\n").length > lines) break;
  }
  writer.kill("SIGKILL");
  await writer.status;
  // The last line may be cut; it was not acknowledged.
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** Checks an account against the lines that the writer acknowledged of it. */
async function checkAccount(
  { accounts, gate, verify }: Identity,
  name: string,
  lines: readonly Acknowledged[],
): Promise<void> {
  const textsOf = (kind: Acknowledged["kind"]) =>
    lines.flatMap((line) => line.kind === kind ? [line.text ?? ""] : []);
  const isDisabled = textsOf("disabled").length > 0;
  const { active, lockedUntilMs } = await accounts.get(name);
  assertEquals(active, !isDisabled, name);
  assertEquals(lockedUntilMs !== undefined, textsOf("locked").length > 0, name);
  const passwords = textsOf("password");
  for (const credential of textsOf("credential")) {
    const isVoid = isDisabled || textsOf("revoked").includes(credential) ||
      // A change of password ends the sessions before it, and no key.
      (passwords.length > 1 && credential.startsWith("dses_"));
    if (isVoid) {
      await assertRejects(async () => await gate.authenticate(credential, "add", null), DariError);
    } else assertEquals((await gate.authenticate(credential, "add", null)).name, name);
  }
  if (isDisabled || lockedUntilMs !== undefined) return;
  for (const old of passwords.slice(0, -1)) await assertRejects(() => verify(name, old), DariError);
  assertEquals((await verify(name, passwords.at(-1) ?? "")).name, name);
}

async function checkKept(identity: Identity, lines: readonly Acknowledged[]): Promise<void> {
  const accounts = Map.groupBy(lines, ({ name }) => name);
  const inTheMiddle = lines.at(-1)?.name ?? "";
  // The change after the last line may have happened or not, but the account exists.
  assertEquals((await identity.accounts.get(inTheMiddle)).name, inTheMiddle);
  accounts.delete(inTheMiddle);
  for (const [name, acknowledged] of accounts) await checkAccount(identity, name, acknowledged);
}

Deno.test("kill -9 amid registrations, sign-ins, failures and revocations by two processes loses nothing", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  for (const round of [1, 2, 3]) {
    const writers = [
      killedWriter(path, `a${round}`, 20 * round),
      killedWriter(path, `b${round}`, 25 * round),
    ];
    const acknowledged = await Promise.all(writers);
    await using store = await openSqliteStore(path);
    using identity = await openIdentity(store, { passwords: { iterations: 4_096 } });
    for (const lines of acknowledged) {
      assert(lines.length >= 20 * round);
      await checkKept(identity, lines);
    }
  }
});
