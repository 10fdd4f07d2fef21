/**
 * What a server does for its audit while it serves: it signs what was added, and cuts what is too old.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { VERSION } from "../../base/version.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import type { Policy } from "../../auth/policy/policy.ts";
import type { Ledger } from "../../cert/ledger/ledger.ts";
import type { AuditLog } from "../../ops/audit/audit_log.ts";
import type { CheckpointSigner } from "../../ops/audit/checkpoint.ts";
import { cutAudit } from "../../ops/audit/cut.ts";
import type { SqliteStore } from "../../store/store.ts";
import { notePolicy } from "./audited_server.ts";
import { ensureAuditSigner, openAuditSigner, sealAudit } from "./audit_signing.ts";

/** What {@linkcode AuditKeeper.start} works with. */
export interface AuditKeeperOptions {
  /** The data directory. */
  readonly data: string;
  /** Its store. */
  readonly tables: Pick<SqliteStore, "query" | "transact">;
  /** The audit. */
  readonly audit: AuditLog;
  /** The ledger, where the signer's certificate is recorded. */
  readonly ledger: Ledger;
  /** What the authority's key is encrypted with. */
  readonly passphrase?: string | undefined;
  /** Where the server listens. */
  readonly addresses: readonly string[];
  /** The policy with which the server begins. @default {it is not compared with the last one} */
  readonly policy?: Policy | undefined;
  /** How long records are kept, in milliseconds. @default {limits.auditKeepMs} */
  readonly keepMs?: number | undefined;
  /** Where the time comes from. @default {systemClock} */
  readonly clock?: Clock | undefined;
  /** Hears of trouble. */
  readonly tell: WriteLog;
}

/** Signs and cuts, until it is disposed of; the last signature covers everything. */
export class AuditKeeper implements AsyncDisposable {
  readonly #options: AuditKeeperOptions;
  readonly #clock: Clock;
  #signer: CheckpointSigner | undefined;
  readonly #timer: ReturnType<typeof setInterval>;
  /** When it was looked for what is too old, on the clock that never steps. */
  #cutAt = -Infinity;
  /** The work under way. */
  #running: Promise<void> = Promise.resolve();
  #isBusy = false;
  #lastFault: string | undefined;

  private constructor(options: AuditKeeperOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#timer = setInterval(() => void this.#soon(), limits.auditCheckpointMs);
    Deno.unrefTimer(this.#timer); // a program whose work is done may end
  }

  /**
   * Begins. The first signature is made now, so that a server that serves is one whose audit is signed.
   *
   * @param options Directory, audit and authority.
   */
  static async start(options: AuditKeeperOptions): Promise<AuditKeeper> {
    const { audit, addresses, policy } = options;
    const keeper = new AuditKeeper(options);
    audit.note({ kind: "server.began", data: { version: VERSION, addresses } });
    await audit.flush();
    if (policy !== undefined) await notePolicy(options, policy);
    await audit.flush();
    await keeper.#soon();
    return keeper;
  }

  /** Signs what was added and cuts what is too old; the timer does it otherwise. */
  async keep(): Promise<void> {
    const { data, tables, keepMs = limits.auditKeepMs } = this.#options;
    const now = this.#clock.monotonic();
    if (now - this.#cutAt >= limits.auditCutMs) {
      this.#signer = await ensureAuditSigner(data, { ...this.#options, clock: this.#clock });
      const signer = this.#signer;
      const beforeMs = this.#clock.now() - keepMs;
      await cutAudit(tables, { beforeMs, by: "server", clock: this.#clock, signer });
      this.#cutAt = now;
    }
    // Somebody who knows the authority's passphrase may have made one meanwhile.
    this.#signer ??= await openAuditSigner(data, this.#clock);
    if (this.#signer !== undefined) await sealAudit(data, tables, this.#signer, this.#clock);
  }

  /** Writes what is left, signs it, and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
    this.#options.audit.note({ kind: "server.ended" });
    await this.#options.audit.flush();
    await this.#soon();
  }

  async #soon(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#running = this.keep().then(() => this.#well(), (error) => this.#failed(error));
    await this.#running;
    this.#isBusy = false;
  }

  #well(): void {
    if (this.#lastFault !== undefined) this.#options.tell("the audit is signed again", "info");
    this.#lastFault = undefined;
  }

  #failed(error: unknown): void {
    const fault = error instanceof Error ? error.message : String(error);
    if (fault !== this.#lastFault) {
      this.#options.tell(`the audit cannot be signed or cut: ${fault}`, "warn");
    }
    this.#lastFault = fault;
  }
}
