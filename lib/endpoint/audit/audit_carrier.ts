/**
 * Brings the audit of a server of a cluster where those of all its servers are. The records in the data
 * directory are the truth: nobody waits for this, and what cannot be brought now is brought later.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { settlesWithin } from "../../base/abort.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import type { AuditStream } from "../../cluster/audit/audit_stream.ts";
import type { Audit } from "../../ops/audit/audit.ts";
import {
  afterPiece,
  type BroughtAudit,
  hashOfRecord,
  nextPiece,
} from "../../ops/audit/servers/next_piece.ts";
import { type AuditPiece, parsePiece, pieceText } from "../../ops/audit/servers/piece.ts";
import { type Head, readHead, readRecords } from "../../ops/audit/tables.ts";
import { parseRecord } from "../../ops/audit/record.ts";
import type { SqliteStore, Store } from "../../store/store.ts";
import { readSignedAudit, type SignedAudit, writeAuditHead } from "./audit_heads.ts";

/** What {@linkcode AuditCarrier} works with. */
export interface AuditCarrierOptions {
  /** The data directory's own store. */
  readonly tables: Pick<SqliteStore, "query" | "sync">;
  /** Where the audits of all servers are. */
  readonly stream: Pick<AuditStream, "ensure" | "last" | "append" | "read" | "remove" | "maxBytes">;
  /** The store of the cluster. */
  readonly store: Pick<Store, "put" | "get">;
  /** The audit, which says where it differs from what was brought. */
  readonly audit: Pick<Audit, "note">;
  /** What people call the server. */
  readonly server: string;
  /** Hears of trouble. */
  readonly tell?: WriteLog | undefined;
  /** Where the time comes from. @default {systemClock} */
  readonly clock?: Clock | undefined;
}

/** What has been brought, and where the last of it is. */
interface Position extends BroughtAudit {
  /** The number of its message; 0 before the first. */
  readonly sequence: number;
}

/** Brings what is recorded, until it is disposed of. */
export class AuditCarrier implements AsyncDisposable {
  readonly #options: AuditCarrierOptions;
  readonly #clock: Clock;
  readonly #timer: ReturnType<typeof setInterval>;
  /** Unknown at first, and after a message of which it is not known whether it has come. */
  #position: Position | undefined;
  /** Ends once what is under way was tried. */
  #running: Promise<unknown> = Promise.resolve();
  #isBusy = false;
  #isOver = false;
  #lastFault: string | undefined;
  #headAtMs = -Infinity;
  #headTo = 0;
  /** The last record that was brought, as far as it is known. */
  #broughtTo = 0;
  #waiting = 0;
  #waitingSinceMs: number | undefined;

  /**
   * Begins.
   *
   * @param options The records, and where they go.
   */
  constructor(options: AuditCarrierOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#timer = setInterval(() => void this.#soon(), limits.auditCarryMs);
    Deno.unrefTimer(this.#timer); // a program whose work is done may end
    this.#soon();
  }

  /** How many records wait to be brought. */
  get waiting(): number {
    return this.#waiting;
  }

  /** How long the oldest of them has waited, in milliseconds. */
  get lagMs(): number {
    const since = this.#waitingSinceMs;
    return since === undefined ? 0 : Math.max(0, this.#clock.now() - since);
  }

  /**
   * Brings all that is there; the timer does it otherwise.
   *
   * @throws {DariError} `unavailable` or `configuration` when it cannot be brought now.
   */
  carry(): Promise<void> {
    const carried = this.#running.then(() => this.#carryAll());
    this.#running = carried.catch(() => {});
    return carried;
  }

  async #carryAll(): Promise<void> {
    try {
      while (await this.#carryPiece());
    } catch (error) {
      this.#position = undefined;
      throw error;
    } finally {
      await this.#measure();
    }
    await this.#noteHead();
  }

  /** Brings what is left, as far as that is possible soon, and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await settlesWithin(this.#running, limits.auditLastCarryMs);
    this.#headAtMs = -Infinity;
    await settlesWithin(this.carry(), limits.auditLastCarryMs);
    this.#isOver = true;
  }

  async #soon(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    await this.carry().then(() => this.#well(), (error) => this.#failed(error));
    this.#isBusy = false;
  }

  /** @returns Whether there may be more. */
  async #carryPiece(): Promise<boolean> {
    const { tables, stream, server } = this.#options;
    const position = this.#position ??= await this.#find();
    if (position === undefined) return false;
    const { maxBytes } = stream;
    const witnessed = await this.#witnessed(position);
    const options = { server, maxBytes, witnessed };
    const piece = await tables.query((sql) => nextPiece(sql, position, options));
    if (piece === undefined) return false;
    // Records are there before the disk has them: a loss of power must not take what others have.
    await tables.sync();
    const sequence = await stream.append(position.log, pieceText(piece), position.sequence);
    this.#position = { ...afterPiece(position, piece), sequence };
    if (piece.first > position.first && position.sequence > 0) await this.#removeBefore(piece);
    return true;
  }

  /** What another server has signed of this audit, where it is cut. */
  async #witnessed({ log, first }: Position): Promise<SignedAudit | undefined> {
    const { tables, store } = this.#options;
    const head = await tables.query(readHead);
    return head === undefined || head.first <= first
      ? undefined
      : await readSignedAudit(store, log);
  }

  /** Where the stream ends: what it has is known there alone, also after a crash. */
  async #find(): Promise<Position | undefined> {
    const { tables, stream } = this.#options;
    const head = await tables.query(readHead);
    if (head === undefined) return undefined;
    await stream.ensure();
    const last = await stream.last(head.log);
    const { log } = head;
    if (last === undefined) return { log, sequence: 0, to: 0, last: "", first: 1, signed: 0 };
    const piece = last.text === undefined ? undefined : parsePiece(last.text);
    const found = piece ?? await this.#newestPiece(log);
    const { to, last: hash, first } = found ?? { to: 0, last: "", first: 1 };
    const brought = { log, sequence: last.sequence, to, last: hash, first, signed: 0 };
    return await this.#compare(brought, head);
  }

  /** The last message of the audit is none of this program's: somebody without the key wrote it. */
  async #newestPiece(log: string): Promise<AuditPiece | undefined> {
    let newest: AuditPiece | undefined;
    for await (const { text } of this.#options.stream.read({ log })) {
      newest = (text === undefined ? undefined : parsePiece(text)) ?? newest;
    }
    return newest;
  }

  /** The store of a directory that was brought back, or changed by hand, has other records than were brought. */
  async #compare(brought: Position, head: Head): Promise<Position> {
    const { to, last } = brought;
    const end = encodeBase64Url(head.last);
    if (last === "" || (to < head.first && to !== head.size)) return brought; // it was cut here
    const here = to < head.size
      ? await this.#options.tables.query((sql) => hashOfRecord(sql, to))
      : to === head.size
      ? end
      : undefined;
    if (here === last) return brought;
    this.#options.audit.note({ kind: "audit.differs", about: head.log, data: { record: to } });
    this.#options.tell?.(
      `the audit has another record ${to} than this server had brought to the others: dari.db was ` +
        "brought back from a copy, or somebody changed it; dari audit verify --cluster says more",
      "warn",
    );
    return { ...brought, to: Math.min(to, head.size), last: here ?? end };
  }

  /** What was cut, and is signed for in the stream, goes from its beginning. */
  async #removeBefore({ log, first }: AuditPiece): Promise<void> {
    const { stream } = this.#options;
    for await (const { text, sequence } of stream.read({ log })) {
      const piece: Partial<AuditPiece> = text === undefined ? {} : parsePiece(text) ?? {};
      if ((piece.to ?? 0) < first) continue;
      return await stream.remove(log, sequence);
    }
  }

  async #noteHead(): Promise<void> {
    const position = this.#position;
    const now = this.#clock.monotonic();
    if (position === undefined || position.to === this.#headTo) return;
    if (now - this.#headAtMs < limits.auditHeadMs) return;
    const { log, to: size, last } = position;
    const { store, server } = this.#options;
    await writeAuditHead(store, { server, log, size, last, atMs: this.#clock.now() });
    this.#headAtMs = now;
    this.#headTo = size;
  }

  async #measure(): Promise<void> {
    const to = this.#broughtTo = this.#position?.to ?? this.#broughtTo;
    const state = await this.#options.tables.query((sql) => {
      const size = readHead(sql)?.size ?? 0;
      return { size, oldest: size > to ? readRecords(sql, to + 1, 1)[0] : undefined };
    }).catch(() => undefined);
    if (state === undefined) return;
    this.#waiting = Math.max(0, state.size - to);
    this.#waitingSinceMs = timeOf(state.oldest?.text);
  }

  #well(): void {
    if (this.#lastFault !== undefined) this.#options.tell?.("the audit is brought again", "info");
    this.#lastFault = undefined;
  }

  #failed(error: unknown): void {
    const fault = error instanceof Error ? error.message : String(error);
    if (fault !== this.#lastFault && !this.#isOver) {
      this.#options.tell?.(`the audit cannot be brought to the cluster: ${fault}`, "warn");
    }
    this.#lastFault = fault;
  }
}

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  try {
    return Date.parse(parseRecord(text).at);
  } catch {
    return undefined;
  }
}
