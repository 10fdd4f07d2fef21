import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { parseCertificates } from "../../../lib/cert/mod.ts";
import { RevokedWatch } from "../../../lib/cli/renewal/revoked_watch.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { tempDirectory } from "../../support/temp.ts";
import { clientPair, tlsAuthority, tlsPair } from "../../support/tls_certificates.ts";

/** A directory of a server that joined, and what the cluster's ledger says of certificates. */
async function world() {
  await using opening = new AsyncDisposableStack();
  const { path } = opening.use(await tempDirectory());
  const authority = await tlsAuthority("CN=cluster");
  const give = async (pem: string) => {
    await Deno.writeTextFile(`${path}/server.crt`, pem, { mode: 0o600 });
    return parseCertificates(pem)[0].serial;
  };
  const joined = async () => await give((await clientPair(authority, "server-2.internal")).cert);
  const revoked = new Set<string>();
  const heard: DariError[] = [];
  const ledger = {
    isRevoked: ({ serial }: { serial: string }) => revoked.has(serial),
    onRevoked: (error: DariError) => void heard.push(error),
  };
  const owned = opening.move();
  return {
    ...{ path, authority, give, joined, revoked, heard, ledger },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Lets what a timer began read its files. */
async function looked(watch: RevokedWatch): Promise<void> {
  await watch.look().catch(() => {});
  await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
}

Deno.test("RevokedWatch says once a second whether the certificate is revoked", async () => {
  await using at = await world();
  const serial = await at.joined();
  using timers = new FakeTimers();
  using watch = new RevokedWatch({ data: at.path, ...at.ledger });
  timers.advance(limits.certificateFileCheckMs);
  await looked(watch);
  assertEquals(at.heard, []);
  at.revoked.add(serial);
  timers.advance(limits.certificateFileCheckMs);
  await looked(watch);
  assertEquals(at.heard.map(({ code }) => code), ["failed_precondition"]);
});

Deno.test("RevokedWatch.look() reads a certificate that replaced another one", async () => {
  await using at = await world();
  at.revoked.add(await at.joined());
  using watch = new RevokedWatch({ data: at.path, ...at.ledger });
  await assertRejects(() => watch.look(), DariError, "dari join");
  await at.joined();
  await watch.look();
});

Deno.test("RevokedWatch leaves a certificate alone that is no joined server's", async () => {
  await using at = await world();
  at.revoked.add(await at.give((await tlsPair(at.authority)).cert));
  using watch = new RevokedWatch({ data: at.path, ...at.ledger });
  await watch.look();
  await Deno.remove(`${at.path}/server.crt`);
  await watch.look();
});

Deno.test("RevokedWatch goes on while the ledger cannot be read", async () => {
  await using at = await world();
  await at.joined();
  using timers = new FakeTimers();
  const isRevoked = () => {
    throw new DariError("unavailable", "the cluster cannot be reached");
  };
  using watch = new RevokedWatch({ ...at.ledger, data: at.path, isRevoked });
  timers.advance(limits.certificateFileCheckMs);
  await looked(watch);
  assertEquals(at.heard, []);
});
