/**
 * Replacing an authority without a moment at which two peers do not trust each other.
 *
 * The authority allows none below it (path length 0), so the new one cannot be signed by the old
 * one: what carries peers over is that `ca.crt` holds both for a while. Three steps, each of which
 * leaves time to copy `ca.crt` to wherever it is trusted:
 *
 * 1. `prepare`: the new authority is made and trusted; the old one still issues.
 * 2. `switch`: the new authority issues; the old one is still trusted.
 * 3. `finish`: the old authority is trusted no longer.
 *
 * The files say which step is next, so that a crash at any point is made good by running it again.
 *
 * @module
 */

import { exists } from "../../base/file/file_state.ts";
import { DariError } from "../../base/errors.ts";
import { readSecretFile, writeFileAtomic } from "../../base/file/files.ts";
import { type AuthorityOptions, makeAuthority, openAuthority } from "./authority.ts";
import { authorityFiles, lockAuthority, settleKeyLocked } from "./authority_files.ts";
import { readAuthorityCertificates, recordAuthority } from "./directory.ts";
import { type Certificate, sameBytes } from "../x509/certificate.ts";
import { publicKeyOf } from "../key/key_pair.ts";
import { type Ledger, openFileLedger } from "../ledger/ledger.ts";
import { type LedgerEntry, stateOf } from "../ledger/event.ts";
import { encodePem } from "../der/pem.ts";
import { permitsOf } from "./permit.ts";
import { decodePrivateKeyPem, encodePrivateKeyPem, isEncryptedPem } from "../key/private_key.ts";
import { keyIdText } from "../key/public_key.ts";
import { systemClock } from "../../base/clock.ts";

/** The step of a rotation that comes next. */
export type RotationStep = "prepare" | "switch" | "finish";

/** Where a rotation stands. */
export interface RotationPlan {
  /** The step that comes next. */
  readonly step: RotationStep;
  /** Valid certificates of an authority other than the one that issues after this step. */
  readonly notMoved: readonly LedgerEntry[];
}

/** How a new authority is made, and the passphrase of its key and the old one's. */
export interface RotationOptions extends AuthorityOptions {
  /** The passphrase of both keys. */
  readonly passphrase?: string;
  /**
   * Where certificates are recorded.
   *
   * @default {the file in the data directory, as `openFileLedger` opens it}
   */
  readonly ledger?: Ledger;
  /** Finish although certificates of the old authority are still valid. */
  readonly force?: boolean;
}

/**
 * Looks where a rotation stands, and changes nothing.
 *
 * @param directory The data directory.
 * @param options Passphrase and clock.
 * @throws {DariError} `not_found` when there is no authority, `permission_denied` when a key's
 * passphrase is missing or wrong.
 *
 * @example
 * ```ts
 * import { initAuthority, openFileLedger, planRotation } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * const ledger = openFileLedger(directory);
 * await initAuthority(directory, { ledger });
 * assertEquals((await planRotation(directory, { ledger })).step, "prepare");
 * ```
 */
export async function planRotation(
  directory: string,
  options: RotationOptions = {},
): Promise<RotationPlan> {
  const { clock = systemClock, passphrase, ledger = openFileLedger(directory, clock) } = options;
  const certificates = await readAuthorityCertificates(directory);
  const step = await nextStep(directory, certificates, passphrase);
  // Before the switch, all valid certificates have yet to move.
  const issuing = step === "finish" ? await keyIdOfFile(directory, "key", passphrase) : undefined;
  const notMoved = (await ledger.entries()).filter((entry) =>
    entry.authority !== issuing && !entry.purposes.includes("authority") &&
    stateOf(entry, clock.now()) === "valid"
  );
  return { step, notMoved };
}

/**
 * Does the next step of a rotation.
 *
 * @param directory The data directory.
 * @param options What the new authority is like; read by the first step alone.
 * @returns The step that was done, and the certificates that have not moved.
 * @throws {DariError} `failed_precondition` when the last step would cut off certificates that are
 * still valid, and what {@linkcode planRotation} throws.
 *
 * @example
 * ```ts
 * import { applyRotation, initAuthority, openFileLedger, readAuthorityCertificates } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * const ledger = openFileLedger(directory);
 * await initAuthority(directory, { ledger });
 * assertEquals((await applyRotation(directory, { ledger })).step, "prepare");
 * assertEquals((await readAuthorityCertificates(directory)).length, 2); // both are trusted
 * ```
 */
export async function applyRotation(
  directory: string,
  options: RotationOptions = {},
): Promise<RotationPlan> {
  await readAuthorityCertificates(directory); // where there is none, none is locked
  using _lock = await lockAuthority(directory);
  await settleKeyLocked(directory);
  const plan = await planRotation(directory, options);
  switch (plan.step) {
    case "prepare":
      await prepare(directory, options);
      return plan;
    case "switch":
      await switchKeys(directory);
      return plan;
    case "finish":
      if (plan.notMoved.length > 0 && options.force !== true) {
        throw new DariError(
          "failed_precondition",
          `${plan.notMoved.length} certificates of the old authority are still valid; renew them ` +
            "(dari cert renew --all), revoke them, or give --force",
        );
      }
      await finish(directory, options.passphrase);
      return plan;
    default:
      return plan.step satisfies never;
  }
}

/**
 * Puts a new authority in the place of the current one, as the first two steps of a rotation do: the
 * new one issues, and `ca.crt` has both, so that what the old one issued is still trusted. For a
 * caller that holds the lock.
 *
 * @param directory The data directory.
 * @param options What the new authority is like, and the passphrase of its key.
 * @throws {DariError} `failed_precondition` when a rotation is under way, `permission_denied` when the
 * passphrase is missing or wrong.
 */
export async function replaceLocked(directory: string, options: RotationOptions): Promise<void> {
  for (const name of [authorityFiles.nextKey, authorityFiles.previousKey]) {
    if (!await exists(`${directory}/${name}`)) continue;
    throw new DariError(
      "failed_precondition",
      "The authority is being replaced already; finish that first (dari cert rotate)",
    );
  }
  await prepare(directory, options);
  await switchKeys(directory);
}

async function nextStep(
  directory: string,
  certificates: readonly Certificate[],
  passphrase: string | undefined,
): Promise<RotationStep> {
  if (await exists(`${directory}/${authorityFiles.nextKey}`)) {
    const publicKey = await readPublicKey(directory, "nextKey", passphrase);
    // A key without a certificate is what a crash in the first step leaves: it is made again.
    return certificates.some((one) => sameBytes(one.publicKey, publicKey)) ? "switch" : "prepare";
  }
  return await exists(`${directory}/${authorityFiles.previousKey}`) ? "finish" : "prepare";
}

async function prepare(directory: string, options: RotationOptions): Promise<void> {
  const { passphrase, clock, ledger = openFileLedger(directory, clock) } = options;
  const certificates = await readAuthorityCertificates(directory);
  const keyPem = await readSecretFile(`${directory}/${authorityFiles.key}`);
  // Proves that the passphrase is the old key's as well, so that one passphrase opens both.
  const old = await openAuthority(await decodePrivateKeyPem(keyPem, passphrase), certificates);
  const permits = permitsOf(old.certificate.extensions.nameConstraints);
  const made = await makeAuthority({ permits, ...options });
  const nextPem = await encodePrivateKeyPem(
    made.privateKey,
    isEncryptedPem(keyPem) ? passphrase : undefined,
  );
  await writeFileAtomic(`${directory}/${authorityFiles.nextKey}`, nextPem);
  await recordAuthority(ledger, made);
  await writeCertificates(directory, [...certificates, made.certificate]);
}

async function switchKeys(directory: string): Promise<void> {
  const key = `${directory}/${authorityFiles.key}`;
  await writeFileAtomic(`${directory}/${authorityFiles.previousKey}`, await readSecretFile(key));
  await Deno.rename(`${directory}/${authorityFiles.nextKey}`, key);
}

async function finish(directory: string, passphrase: string | undefined): Promise<void> {
  const publicKey = await readPublicKey(directory, "key", passphrase);
  const certificates = await readAuthorityCertificates(directory);
  const current = certificates.filter((one) => sameBytes(one.publicKey, publicKey));
  await writeCertificates(directory, current);
  await Deno.remove(`${directory}/${authorityFiles.previousKey}`);
}

async function writeCertificates(
  directory: string,
  certificates: readonly Certificate[],
): Promise<void> {
  const pem = certificates.map(({ der }) => encodePem("CERTIFICATE", der));
  await writeFileAtomic(`${directory}/${authorityFiles.certificates}`, pem.join(""));
}

async function keyIdOfFile(
  directory: string,
  which: "key",
  passphrase: string | undefined,
): Promise<string> {
  return await keyIdText(await readPublicKey(directory, which, passphrase));
}

async function readPublicKey(
  directory: string,
  which: "key" | "nextKey" | "previousKey",
  passphrase: string | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const pem = await readSecretFile(`${directory}/${authorityFiles[which]}`);
  return await publicKeyOf(await decodePrivateKeyPem(pem, passphrase));
}
