import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Identity, openIdentity } from "../../lib/auth/mod.ts";
import { DariError } from "../../lib/base/errors.ts";
import { openSqliteStore } from "../../lib/store/mod.ts";
import { tempDirectory } from "../support/temp.ts";

interface Acknowledged {
  readonly kind: "added" | "credential" | "revoked" | "disabled";
  readonly name: string;
  readonly text?: string;
}

/** Runs a writer until it acknowledged some, and kills it in the middle of what comes next. */
async function killedWriter(path: string, prefix: string, lines: number): Promise<Acknowledged[]> {
  const script = new URL("../support/identity_writer.ts", import.meta.url).pathname;
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

async function checkKept(identity: Identity, lines: readonly Acknowledged[]): Promise<void> {
  const { accounts, gate } = identity;
  const refused = async (token: string) =>
    await assertRejects(async () => await gate.authenticate(token, "add", null), DariError);
  const ended = new Set(
    lines.flatMap(({ kind, name, text }) =>
      kind === "disabled" ? name : kind === "revoked" ? text ?? "" : []
    ),
  );
  const inTheMiddle = lines.at(-1)?.name;
  for (const { kind, name, text = "" } of lines) {
    const { active } = await accounts.get(name);
    // What came after the last line may have been done or not.
    if (name === inTheMiddle) continue;
    assertEquals(active, !ended.has(name));
    if (kind !== "credential") continue;
    if (ended.has(name) || ended.has(text)) await refused(text);
    else assertEquals((await gate.authenticate(text, "add", null)).name, name);
  }
}

Deno.test("kill -9 amid registrations, sign-ins and revocations by two processes loses nothing", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  for (const round of [1, 2, 3]) {
    const writers = [
      killedWriter(path, `a${round}`, 20 * round),
      killedWriter(path, `b${round}`, 25 * round),
    ];
    const acknowledged = await Promise.all(writers);
    await using store = await openSqliteStore(path);
    using identity = await openIdentity(store);
    for (const lines of acknowledged) {
      assert(lines.length >= 20 * round);
      await checkKept(identity, lines);
    }
  }
});
