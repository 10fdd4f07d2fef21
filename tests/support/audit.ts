import { assertEquals } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { generateKeyPair, signMessage, verifyMessage } from "../../lib/cert/mod.ts";
import {
  type CheckpointSigner,
  signAdded,
  type VerifySignature,
} from "../../lib/ops/audit/checkpoint.ts";
import { contentOf, partLine, partsOf } from "../../lib/ops/audit/reading/content.ts";
import {
  type AuditVerdict,
  verifyAudit,
  type VerifyOptions,
} from "../../lib/ops/audit/reading/verify.ts";
import { auditAlongside, AuditLog, type AuditLogOptions } from "../../lib/ops/audit/audit_log.ts";
import { type AuditRecord, parseRecord } from "../../lib/ops/audit/record.ts";
import { readRecords } from "../../lib/ops/audit/tables.ts";
import { openSqliteStore, type SqliteStore } from "../../lib/store/mod.ts";
import { TestClock } from "./clock.ts";
import { tempDirectory } from "./temp.ts";

/** A store whose changes are audited, in a directory of its own. */
export interface AuditedStore extends AsyncDisposable {
  readonly directory: string;
  readonly store: SqliteStore;
  readonly audit: AuditLog;
  readonly clock: TestClock;
  /** The records so far, without the one that says that the audit began. */
  records(): Promise<AuditRecord[]>;
  /** Their kinds. */
  kinds(): Promise<string[]>;
}

/** Opens one. */
export async function auditedStore(options: Partial<AuditLogOptions> = {}): Promise<AuditedStore> {
  await using opening = new AsyncDisposableStack();
  const { path: directory } = opening.use(await tempDirectory());
  const clock = new TestClock();
  const parts = { actor: () => "os:tester", clock, ...options };
  const path = `${directory}/dari.db`;
  const store = opening.use(
    await openSqliteStore(path, { clock, alongside: auditAlongside(parts) }),
  );
  const audit = opening.use(new AuditLog(store, parts));
  const opened = opening.move();
  const records = async () => {
    await audit.flush();
    const rows = await store.query((sql) => readRecords(sql, 2, 100_000));
    return rows.map(({ text }) => parseRecord(text));
  };
  return {
    ...{ directory, store, audit, clock, records },
    kinds: async () => (await records()).map(({ kind }) => kind),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const key = await generateKeyPair("ed25519");

/** Signs checkpoints. */
export const signer: CheckpointSigner = {
  pem: "the certificate",
  sign: (message) => signMessage("ed25519", key.privateKey, message),
};

/** Trusts what `signer` has signed. */
export const verify: VerifySignature = async (pem, { message, signature }) => {
  assertEquals(pem, signer.pem);
  if (await verifyMessage("ed25519", key.publicKey, message, signature)) return;
  throw new DariError("data", "The signature is wrong");
};

/** An audit of some records, the first half of which is signed apart. */
export async function signedAudit(count: number): Promise<AuditedStore> {
  const kept = await auditedStore();
  for (const half of [1, 2]) {
    const events = Array.from({ length: count / 2 }, (_, at) => ({
      ...{ kind: "call.denied", by: "alice", about: `${half}/${at}` },
    }));
    await Promise.all(events.map((event) => kept.audit.record(event)));
    await signAdded(kept.store, signer, kept.clock);
  }
  return kept;
}

/** Verifies an audit in its store. */
export function judge(kept: AuditedStore, options: VerifyOptions = {}): Promise<AuditVerdict> {
  return verifyAudit(contentOf(kept.store), { verify, ...options });
}

/** The lines of an export. */
export async function exported(kept: AuditedStore): Promise<string[]> {
  return await Array.fromAsync(contentOf(kept.store), partLine);
}

/** Verifies an exported audit. */
export function judgeLines(lines: readonly string[]): Promise<AuditVerdict> {
  async function* read() {
    await Promise.resolve();
    yield* lines;
  }
  return verifyAudit(partsOf(read()), { verify });
}
