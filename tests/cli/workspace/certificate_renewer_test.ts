import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  encodePem,
  generateKeyPair,
  initAuthority,
  issueLeaf,
  loadAuthority,
  openStoreLedger,
  parseCertificates,
} from "../../../lib/cert/mod.ts";
import { certificateRenewer } from "../../../lib/cli/workspace/certificate_renewer.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { TestClock } from "../../support/clock.ts";
import { tempDirectory } from "../../support/temp.ts";

/** An authority in a data directory, and what renews the certificates that it issued. */
async function workshop(passphrase?: string) {
  const directory = await tempDirectory();
  const data = directory.path;
  const clock = new TestClock(Math.floor(Date.now() / 1_000) * 1_000);
  const store = await openSqliteStore(`${data}/dari.db`);
  const ledger = openStoreLedger(store, { directory: data, clock });
  await initAuthority(data, { ledger, clock, ...(passphrase === undefined ? {} : { passphrase }) });
  const authority = await loadAuthority(data, passphrase);
  return {
    ...{ data, clock, ledger, authority },
    renewer: certificateRenewer(data, ledger, undefined, clock),
    async issue(options: object = {}) {
      const { publicKey } = await generateKeyPair();
      const names = ["worker.internal"];
      const leaf = await issueLeaf(authority, ledger, publicKey, {
        ...{ names, purposes: ["client"], clock },
        ...options,
      });
      return { leaf, pem: encodePem("CERTIFICATE", leaf.der) };
    },
    async [Symbol.asyncDispose]() {
      await ledger[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function refusal(call: () => Promise<unknown>): Promise<string> {
  const error = await assertRejects(call, DariError);
  return `${error.code}: ${error.message.replaceAll(/[0-9a-f]{16,}/g, "SERIAL")}`;
}

Deno.test("a successor has the subject, names, purposes and life that the ledger has, and the same key", async () => {
  await using shop = await workshop();
  const { leaf, pem } = await shop.issue({ subject: "O=Example, CN=worker", lifeMs: 3_600_000 });
  shop.clock.advance(60_000);
  const [successor] = parseCertificates(await shop.renewer.renew(pem));
  const [old, entry] = [
    await shop.ledger.entry(leaf.serial),
    await shop.ledger.entry(successor.serial),
  ];
  assertEquals(old.replacedBy, successor.serial);
  assertEquals(
    [entry.subject, entry.names, entry.purposes, entry.key],
    [old.subject, old.names, old.purposes, old.key],
  );
  assertEquals(entry.notAfterMs - entry.notBeforeMs, old.notAfterMs - old.notBeforeMs);
  assertEquals((await shop.renewer.find(pem)).isRenewed, true);
});

Deno.test("what may not be renewed is refused, and each time it is said why", async () => {
  await using shop = await workshop();
  const { renewer, ledger, clock, data } = shop;
  const told = (pem: string) => refusal(() => renewer.find(pem));
  const revoked = await shop.issue();
  await ledger.revoke(revoked.leaf.serial, "superseded");
  assertEquals(await told(revoked.pem), "failed_precondition: Certificate SERIAL is revoked");
  const local = await shop.issue({ file: "/srv/local.crt" });
  assertEquals(
    await told(local.pem),
    "failed_precondition: The file of certificate SERIAL is on the server's machine; run dari cert " +
      "renew there",
  );
  assertEquals(
    await told(await Deno.readTextFile(`${data}/ca.crt`)),
    "failed_precondition: The certificate is an authority's own; it is replaced by dari cert rotate",
  );
  const old = await shop.issue({ lifeMs: 1_000 });
  clock.advance(2_000);
  assertEquals(
    await told(old.pem),
    "failed_precondition: Certificate SERIAL has expired; ask for an invitation",
  );
  await using other = await workshop();
  assertEquals(
    await told((await other.issue()).pem),
    "failed_precondition: The server's authority did not issue this certificate for this key",
  );
  assertEquals(
    (await told("no PEM")).startsWith("invalid_params: The certificate cannot be read"),
    true,
  );
});

Deno.test("a certificate for another key, with a serial number of the ledger, is refused", async () => {
  await using shop = await workshop();
  const { leaf } = await shop.issue();
  const der = new Uint8Array(leaf.der);
  const { publicKey } = await generateKeyPair();
  // The key stands in the certificate as it is: another one in its place keeps the serial number.
  const at = der.findIndex((_, at) =>
    publicKey.slice(0, 26).every((byte, i) => der[at + i] === byte)
  );
  der.set(publicKey, at);
  assertEquals(
    await refusal(() => shop.renewer.find(encodePem("CERTIFICATE", der))),
    "failed_precondition: The server's authority did not issue this certificate for this key",
  );
});

Deno.test("a renewal that races a revocation loses, and renewals at once do not fork", async () => {
  await using shop = await workshop();
  const { leaf, pem } = await shop.issue();
  const asked = await Promise.allSettled(Array.from({ length: 8 }, () => shop.renewer.renew(pem)));
  assertEquals(asked.filter(({ status }) => status === "fulfilled").length, 1);
  const entries = await shop.ledger.entries();
  assertEquals(entries.filter(({ replaces }) => replaces === leaf.serial).length, 1);
  for (let n = 0; n < 5; n++) {
    const { leaf, pem } = await shop.issue();
    const [renewed] = await Promise.allSettled([
      shop.renewer.renew(pem),
      shop.ledger.revoke(leaf.serial, "keyCompromise"),
    ]);
    if (renewed.status === "rejected") continue;
    // Where it came first, the revocation takes the successor with it: it has the same key.
    await assertRejects(() => shop.renewer.find(renewed.value), DariError, "is revoked");
  }
});

Deno.test("a key's certificates are renewed maxRenewals times in renewalWindowMs, and then it is said when again", async () => {
  await using shop = await workshop();
  const { clock, renewer, ledger } = shop;
  const other = await shop.issue();
  let { pem } = await shop.issue();
  const begunAtMs = clock.now();
  for (let n = 0; n < limits.maxRenewals; n++) {
    pem = await renewer.renew(pem);
    clock.advance(1_000);
  }
  const before = (await ledger.entries()).length;
  const error = await assertRejects(() => renewer.renew(pem), DariError, "try again after");
  const retryAtMs = begunAtMs + limits.renewalWindowMs;
  assertEquals([error.code, error.retryAfterMs], ["resource_exhausted", retryAtMs - clock.now()]);
  assertStringIncludes(
    error.message,
    `10 times in 1h; try again after ${new Date(retryAtMs).toISOString()}`,
  );
  assertEquals((await ledger.entries()).length, before);
  await renewer.renew(other.pem); // another key is another matter
  clock.advance(retryAtMs - clock.now() - 1);
  await assertRejects(() => renewer.renew(pem), DariError, "try again after");
  clock.advance(1);
  pem = await renewer.renew(pem);
  await assertRejects(() => renewer.renew(pem), DariError, "try again after");
  // A clock that is set back does not make anybody wait longer than the window.
  clock.advance(-86_400_000);
  const { retryAfterMs } = await assertRejects(() => renewer.renew(pem), DariError);
  assertEquals(retryAfterMs, limits.renewalWindowMs);
});

Deno.test("certificates of a short life are renewed as often within that", async () => {
  await using shop = await workshop();
  const lifeMs = 60_000;
  let { pem } = await shop.issue({ lifeMs });
  for (let n = 0; n < limits.maxRenewals; n++) pem = await shop.renewer.renew(pem);
  const { retryAfterMs } = await assertRejects(() => shop.renewer.renew(pem), DariError);
  assertEquals(retryAfterMs, lifeMs);
});

Deno.test("a certificate that begins with its authority is renewed for as long as it was issued for", async () => {
  await using shop = await workshop();
  shop.clock.advance(-10_000); // the clock of another machine, or one that was set back
  const lifeMs = 60_000;
  const { leaf, pem } = await shop.issue({ lifeMs });
  assertEquals(leaf.notBeforeMs, shop.authority.certificate.notBeforeMs);
  const [successor] = parseCertificates(await shop.renewer.renew(pem));
  assertEquals(successor.notAfterMs, leaf.notAfterMs);
});

Deno.test("an authority that cannot issue is told by what its owner can do", async () => {
  await using shop = await workshop("correct horse");
  const { pem } = await shop.issue();
  assertEquals(
    await refusal(() => shop.renewer.renew(pem)),
    "failed_precondition: The key of the server's authority is encrypted, and the server was started " +
      "without its passphrase; the server's owner can give it with --passphrase-stdin or " +
      "--passphrase-file",
  );
  const none = certificateRenewer(`${shop.data}/none`, shop.ledger, undefined);
  assertEquals(
    await refusal(() => none.renew(pem)),
    "failed_precondition: This server has no authority that issues certificates",
  );
});
