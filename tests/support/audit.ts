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
