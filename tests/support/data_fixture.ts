/**
 * A small data directory with something of everything that dari keeps: accounts, a session, API keys,
 * an invitation, an authority, certificates (one of them revoked) and a policy.
 *
 * The directories in `tests/data` were made with it, each by the version that it is named after:
 * `deno run --allow-all --import-map=tests/import_map.json tests/support/data_fixture.ts PATH`.
 *
 * @module
 */

import { openIdentity } from "../../lib/auth/mod.ts";
import { ensurePrivateDirectory, writeFileAtomic } from "../../lib/base/file/files.ts";
import { generateKeyPair, initAuthority, issueLeaf, loadAuthority } from "../../lib/cert/mod.ts";
import { dataLedger } from "../../lib/endpoint/data_ledger.ts";
import { openSqliteStore } from "../../lib/store/mod.ts";

/** What signs in to the directory; kept beside it, in `secrets.json`. */
export interface FixtureSecrets {
  /** The password of `alice`. */
  readonly password: string;
  /** The token of a session of `alice`. */
  readonly session: string;
  /** An API key of `bob`, and its id. */
  readonly apiKey: string;
  readonly apiKeyId: string;
  /** Another one that was revoked. */
  readonly revokedApiKey: string;
  /** An invitation for `bob`. */
  readonly invitation: string;
  /** The serial of a certificate that is valid, and of one that was revoked. */
  readonly serial: string;
  readonly revokedSerial: string;
}

const YEARS_MS = 50 * 365 * 24 * 3_600_000;

/**
 * Makes the directory.
 *
 * @param path Where; there is nothing yet.
 * @returns What signs in to it.
 */
export async function makeDataFixture(path: string): Promise<FixtureSecrets> {
  await ensurePrivateDirectory(path);
  await writeFileAtomic(`${path}/policy.json`, JSON.stringify(POLICY));
  const certificates = await makeCertificates(path);
  await using store = await openSqliteStore(`${path}/dari.db`);
  using identity = await openIdentity(store, {
    policy: POLICY,
    passwords: { iterations: 1_000 },
    sessions: { idleMs: YEARS_MS, maxMs: YEARS_MS },
  });
  const { accounts, sessions, keys, invitations } = identity;
  const password = "correct horse battery";
  await accounts.add({ name: "alice", password, roles: ["admin", "user"] });
  await accounts.add({ name: "bob", roles: ["user"] });
  await identity.certificates.map("bob", "worker-1.internal");
  const { token } = await sessions.create(await accounts.record("alice"), {
    address: "192.0.2.1:5",
  });
  const kept = await keys.create({ account: "bob", name: "kept" });
  const revoked = await keys.create({ account: "bob", name: "revoked" });
  await keys.revoke(revoked.key.id);
  const { secret } = await invitations.create({ name: "bob" });
  return {
    password,
    session: token,
    apiKey: kept.text,
    apiKeyId: kept.key.id,
    revokedApiKey: revoked.text,
    invitation: secret,
    ...certificates,
  };
}

const POLICY = { roles: { admin: ["*"], user: ["*"], certificate: ["add"] } };

async function makeCertificates(path: string) {
  await using ledger = dataLedger(path);
  await initAuthority(path, { ledger });
  const authority = await loadAuthority(path);
  const issue = async (name: string) => {
    const { publicKey } = await generateKeyPair();
    return await issueLeaf(authority, ledger, publicKey, { names: [name], purposes: ["client"] });
  };
  const [valid, revoked] = [await issue("worker-1.internal"), await issue("worker-2.internal")];
  await ledger.revoke(revoked.serial, "keyCompromise");
  return { serial: valid.serial, revokedSerial: revoked.serial };
}

if (import.meta.main) {
  const [path = ""] = Deno.args;
  const secrets = await makeDataFixture(path);
  await Deno.writeTextFile(`${path}/secrets.json`, `${JSON.stringify(secrets, null, 2)}\n`);
}
