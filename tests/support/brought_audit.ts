import { NotAppended } from "../../lib/cluster/log/log.ts";
import type { AuditMessage } from "../../lib/cluster/audit/audit_stream.ts";
import {
  afterPiece,
  type BroughtAudit,
  nextPiece,
} from "../../lib/ops/audit/servers/next_piece.ts";
import { type AuditPiece, parsePiece } from "../../lib/ops/audit/servers/piece.ts";
import {
  type ServersVerdict,
  verifyServers,
  type VerifyServersOptions,
} from "../../lib/ops/audit/servers/verify_servers.ts";
import { readHead } from "../../lib/ops/audit/tables.ts";
import { type AuditedStore, verify } from "./audit.ts";

/** What a server has brought: nothing. */
export async function nothingBrought({ store }: AuditedStore): Promise<BroughtAudit> {
  const { log = "" } = await store.query(readHead) ?? {};
  return { log, to: 0, last: "", first: 1, signed: 0 };
}

/** The pieces that a server brings, from what it has brought on. */
export async function piecesFrom(
  kept: AuditedStore,
  server: string,
  brought?: BroughtAudit,
  maxBytes = 16_384,
): Promise<{ readonly pieces: AuditPiece[]; readonly brought: BroughtAudit }> {
  let position = brought ?? await nothingBrought(kept);
  const pieces: AuditPiece[] = [];
  while (true) {
    const piece = await kept.store.query((sql) => nextPiece(sql, position, { server, maxBytes }));
    if (piece === undefined) return { pieces, brought: position };
    pieces.push(piece);
    position = afterPiece(position, piece);
  }
}

/** Verifies what servers have brought. */
export function judgeServers(
  pieces: readonly (AuditPiece | undefined)[],
  options: VerifyServersOptions = {},
): Promise<ServersVerdict> {
  async function* read() {
    await Promise.resolve();
    yield* pieces;
  }
  return verifyServers(read, { verify, ...options });
}

/** The stream of a test, in memory. */
export class MemoryAuditStream {
  maxBytes = 16_384;
  messages: (AuditMessage & { readonly log: string })[] = [];
  /** What becomes of the next text that is appended; it may throw. */
  onAppend: (keep: () => number) => number = (keep) => keep();
  #sequence = 0;

  async ensure(): Promise<void> {}

  size(): Promise<number> {
    return Promise.resolve(this.#sequence);
  }

  last(log: string): Promise<AuditMessage | undefined> {
    return Promise.resolve(this.messages.findLast((message) => message.log === log));
  }

  async append(log: string, text: string, after: number): Promise<number> {
    await Promise.resolve();
    const last = this.messages.findLast((message) => message.log === log);
    if ((last?.sequence ?? 0) !== after) throw new NotAppended("wrong last sequence");
    return this.onAppend(() => this.put(log, text));
  }

  /** Puts a message there, as somebody else does. */
  put(log: string, text: string | undefined): number {
    this.messages.push({ sequence: ++this.#sequence, atMs: 0, log, text });
    return this.#sequence;
  }

  /** Loses its last messages, whose numbers others get then. */
  loseAfter(sequence: number): void {
    this.messages = this.messages.filter((message) => message.sequence <= sequence);
    this.#sequence = sequence;
  }

  async *read(
    { log, after = 0 }: { readonly log?: string | undefined; readonly after?: number | undefined } =
      {},
  ) {
    await Promise.resolve();
    yield* this.messages.filter((message) =>
      message.sequence > after && (log === undefined || message.log === log)
    );
  }

  remove(log: string, before: number): Promise<void> {
    this.messages = this.messages.filter((message) =>
      message.log !== log || message.sequence >= before
    );
    return Promise.resolve();
  }

  /** What can be read of it. */
  get pieces(): (AuditPiece | undefined)[] {
    return this.messages.map(({ text }) => text === undefined ? undefined : parsePiece(text));
  }
}
