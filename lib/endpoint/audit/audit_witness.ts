/**
 * Signs what other servers of a cluster bring of their audits, at a server that can sign: one that joined
 * has no authority, and its audit would otherwise never be signed, and never be cut where all of them are.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import type { AuditStream } from "../../cluster/audit/audit_stream.ts";
import { type CheckpointSigner, makeCheckpoint } from "../../ops/audit/checkpoint.ts";
import { parsePiece } from "../../ops/audit/servers/piece.ts";
import { SeenAudit } from "../../ops/audit/servers/seen_audit.ts";
import { readHead } from "../../ops/audit/tables.ts";
import type { SqliteStore, Store } from "../../store/store.ts";
import { readSignedAudits, writeSignedAudit } from "./audit_heads.ts";

/** What {@linkcode AuditWitness} works with. */
export interface AuditWitnessOptions {
  /** The data directory's own store: its own audit is signed there. */
  readonly tables: Pick<SqliteStore, "query">;
  /** Where the audits of all servers are. */
  readonly stream: Pick<AuditStream, "size" | "read">;
  /** The store of the cluster. */
  readonly store: Pick<Store, "put" | "list">;
  /** Opens what signs; `undefined` where this server cannot. */
  readonly signer: () => Promise<CheckpointSigner | undefined>;
  /** Hears of trouble. */
  readonly tell?: WriteLog | undefined;
  /** Where the time comes from. @default {systemClock} */
  readonly clock?: Clock | undefined;
}

/** An audit that is watched. */
interface Watched {
  readonly server: string;
  readonly seen: SeenAudit;
  /** How much of it was signed. */
  signed: number;
}

/** Looks at what comes from time to time, until it is disposed of. */
export class AuditWitness implements AsyncDisposable {
  readonly #options: AuditWitnessOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #watched = new Map<string, Watched>();
  /** The last message that was looked at; unknown before the first look. */
  #sequence: number | undefined;
  #running: Promise<void> = Promise.resolve();
  #isOver = false;
  #lastFault: string | undefined;

  /**
   * Begins.
   *
   * @param options What is watched, and what signs.
   */
  constructor(options: AuditWitnessOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), limits.auditWitnessMs);
    Deno.unrefTimer(this.#timer); // a program whose work is done may end
  }

  /** Looks at what has come, and signs it; it never rejects. The timer does it otherwise. */
  look(): Promise<void> {
    this.#running = this.#running.then(async () => {
      if (this.#isOver) return;
      try {
        await this.#look();
        this.#lastFault = undefined;
      } catch (error) {
        this.#failed(error);
      }
    });
    return this.#running;
  }

  /** Ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#isOver = true;
    await this.#running;
  }

  async #look(): Promise<void> {
    const { stream, signer: open } = this.#options;
    const signer = await open();
    const size = signer && await stream.size();
    if (signer === undefined || size === undefined) return;
    this.#sequence ??= await this.#begin();
    if (size < this.#sequence) this.#sequence = 0; // it lost its end, or was made anew
    for await (const { sequence, text } of stream.read({ after: this.#sequence })) {
      if (this.#isOver) return;
      if (text !== undefined) await this.#take(text);
      this.#sequence = sequence;
    }
    const own = await this.#options.tables.query((sql) => readHead(sql)?.log);
    for (const [log, watched] of this.#watched) {
      if (log !== own) await this.#sign(log, watched, signer);
    }
  }

  /** Goes on where it, or another server that can sign, had come to. */
  async #begin(): Promise<number> {
    let first = Infinity;
    for (const { log, seen, sequence } of await readSignedAudits(this.#options.store)) {
      this.#watched.set(log, { server: log, seen: new SeenAudit(seen), signed: seen.size });
      first = Math.min(first, sequence);
    }
    return Number.isFinite(first) ? first : 0;
  }

  async #take(text: string): Promise<void> {
    const piece = parsePiece(text);
    if (piece === undefined) return;
    const { log, server } = piece;
    const watched = this.#watched.get(log) ?? { server, seen: new SeenAudit(), signed: 0 };
    this.#watched.set(log, watched);
    const { isBroken } = watched.seen;
    if (watched.seen.isBefore(piece)) await this.#readAgain(log, watched.seen);
    watched.seen.take(piece);
    if (isBroken || !watched.seen.isBroken || watched.seen.isLate) return;
    this.#options.tell?.(
      `the audit that ${server} brings does not follow what it had brought, and is signed no more; ` +
        "dari audit verify --cluster says more",
      "warn",
    );
  }

  /**
   * Reads an audit from its beginning. NATS servers that lost their last messages give the numbers of
   * these to what its server then brings again, and what was looked at already is passed over.
   */
  async #readAgain(log: string, seen: SeenAudit): Promise<void> {
    for await (const { text } of this.#options.stream.read({ log, isCompared: true })) {
      const piece = text === undefined ? undefined : parsePiece(text);
      if (piece?.log === log) seen.take(piece);
    }
  }

  async #sign(log: string, watched: Watched, signer: CheckpointSigner): Promise<void> {
    const { seen } = watched;
    if (seen.size === watched.signed) return;
    const { store, clock = systemClock } = this.#options;
    const { size, root } = seen;
    const checkpoint = JSON.stringify(
      await makeCheckpoint({ log, size, root }, signer, clock.now()),
    );
    const { state } = seen;
    const sequence = this.#sequence ?? 0;
    await writeSignedAudit(store, { log, checkpoint, pem: signer.pem, seen: state, sequence });
    watched.signed = size;
  }

  #failed(error: unknown): void {
    const fault = error instanceof Error ? error.message : String(error);
    if (fault !== this.#lastFault) {
      this.#options.tell?.(`the audits of other servers cannot be signed: ${fault}`, "warn");
    }
    this.#lastFault = fault;
  }
}
