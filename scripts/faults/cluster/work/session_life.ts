/**
 * Sessions that are begun, used at all servers and revoked.
 *
 * @module
 */

import { DariError } from "../../../../lib/base/errors.ts";
import {
  type Broken,
  failureOf,
  PASSWORD,
  stalenessBoundMs,
  type Trouble,
  type Work,
  type WorkParts,
} from "./work.ts";

/** How many steps of a hundred begin a session, and how many revoke one; the others use one. */
const BEGIN = 4, REVOKE = 4;
/** Sessions that live at a time, at most. */
const MOST_LIVE = 40;
/** Sessions that were revoked are used for so long: beyond the bound of servers that are cut off. */
const USED_MS = 14_000;
const ACCOUNTS = 10;

interface KnownSession {
  readonly id: string;
  readonly token: string;
  readonly begunAtMs: number;
  /** When somebody began to revoke it. */
  revokingAtMs?: number;
  /** When that was confirmed. */
  revokedAtMs?: number;
}

/** A use of a session that was accepted or refused. */
interface Use {
  readonly session: KnownSession;
  readonly server: number;
  readonly invokedAtMs: number;
  readonly returnedAtMs: number;
  readonly isAccepted: boolean;
}

/** The sessions. */
export class SessionLife implements Work {
  readonly name = "sessions";
  readonly rate: number;
  readonly #parts: WorkParts;
  readonly #sessions: KnownSession[] = [];
  readonly #uses: Use[] = [];

  /**
   * @param parts What they go through.
   * @param rate How many steps in a second.
   */
  constructor(parts: WorkParts, rate: number) {
    this.#parts = parts;
    this.rate = rate;
  }

  async prepare(): Promise<void> {
    const { clients: { local } } = this.#parts;
    for (const name of this.#names()) await local[0]!.call("create", { name, password: PASSWORD });
    for (let begun = 0; begun < ACCOUNTS; begun++) await this.#begin();
  }

  async step(): Promise<void> {
    const { random } = this.#parts;
    const live = this.#sessions.filter(({ revokingAtMs }) => revokingAtMs === undefined);
    const chance = random.whole(0, 99);
    if (chance < BEGIN && live.length < MOST_LIVE) return await this.#begin();
    const session = random.pick(live);
    if (chance < BEGIN + REVOKE && live.length > 1) return await this.#revoke(session);
    const nowMs = this.#parts.journal.now();
    const used = this.#sessions.filter(({ revokingAtMs = nowMs }) =>
      nowMs - revokingAtMs < USED_MS
    );
    if (used.length > 0) await this.#use(random.pick(used), this.#parts.clients.any());
  }

  async judge(trouble: Trouble): Promise<Broken[]> {
    for (const session of this.#sessions) {
      await Promise.all(this.#parts.clients.local.keys().map((at) => this.#use(session, at)));
    }
    return this.#uses.flatMap((use) => judgeUse(use, trouble));
  }

  /** The longest time for which a revoked session was accepted, behind the confirmation. */
  get longestMs(): number {
    const late = ({ session: { revokedAtMs = Infinity }, invokedAtMs, isAccepted }: Use) =>
      isAccepted ? invokedAtMs - revokedAtMs : 0;
    return Math.max(0, ...this.#uses.map(late));
  }

  /** Uses that were accepted by a server that had had no way to the others for longer than the bound. */
  acceptedCutOff({ faultAtMs, healedAtMs, hit, isCut }: Trouble, boundMs: number): number {
    return this.#uses.filter(({ server, invokedAtMs, returnedAtMs, isAccepted }) =>
      isCut && hit.has(server) && isAccepted && invokedAtMs > faultAtMs + boundMs &&
      returnedAtMs < healedAtMs
    ).length;
  }

  #write() {
    return { work: this.name, isWrite: true, invokedAtMs: this.#parts.journal.now() };
  }

  #names(): string[] {
    return Array.from({ length: ACCOUNTS }, (_, at) => `${this.#parts.round}-session-${at}`);
  }

  async #begin(): Promise<void> {
    const { clients, random, journal } = this.#parts;
    const username = random.pick(this.#names());
    const begun = { ...this.#write(), server: clients.any() };
    try {
      const { token } = await clients.signIn(begun.server, { username, password: PASSWORD });
      const begunAtMs = journal.now();
      journal.add(begun);
      const client = clients.local[begun.server]!;
      const credential = await client.call("whoami", {}, { auth: token });
      const id = String(credential).replace("session:", "");
      this.#sessions.push({ id, token: token!, begunAtMs });
    } catch (error) {
      journal.add({ ...begun, failure: failureOf(error) });
    }
  }

  async #revoke(session: KnownSession): Promise<void> {
    const { clients, journal } = this.#parts;
    const begun = { ...this.#write(), server: clients.any() };
    session.revokingAtMs = begun.invokedAtMs;
    try {
      await clients.local[begun.server]!.call("revoke", { id: session.id });
      session.revokedAtMs = journal.now();
      journal.add(begun);
    } catch (error) {
      journal.add({ ...begun, failure: failureOf(error) });
    }
  }

  async #use(session: KnownSession, server: number): Promise<void> {
    const { clients, journal } = this.#parts;
    const invokedAtMs = journal.now();
    const begun = { work: this.name, server, isWrite: false, invokedAtMs };
    const use = (isAccepted: boolean) => {
      this.#uses.push({ session, server, invokedAtMs, returnedAtMs: journal.now(), isAccepted });
      journal.add(begun);
    };
    try {
      await clients.local[server]!.call("whoami", {}, { auth: session.token });
      use(true);
    } catch (error) {
      if (error instanceof DariError && error.code === "unauthenticated") use(false);
      else journal.add({ ...begun, failure: failureOf(error) });
    }
  }
}

function judgeUse(use: Use, trouble: Trouble): Broken[] {
  const { session, server, invokedAtMs, returnedAtMs, isAccepted } = use;
  const { id, begunAtMs, revokingAtMs = Infinity, revokedAtMs = Infinity } = session;
  const boundMs = stalenessBoundMs(trouble, invokedAtMs);
  const where = `session ${id} at server ${server}`;
  if (isAccepted && invokedAtMs - revokedAtMs > boundMs) {
    const what = `${where} ${Math.round(invokedAtMs - revokedAtMs)} ms behind its end`;
    return [{ promise: "what was revoked is refused", what }];
  }
  if (!isAccepted && revokingAtMs > returnedAtMs && invokedAtMs - begunAtMs > boundMs) {
    const what = `${where} ${Math.round(invokedAtMs - begunAtMs)} ms behind its beginning`;
    return [{ promise: "what was begun is accepted", what }];
  }
  return [];
}
