/**
 * The stream of a few NATS servers: one order of messages for all, which a majority of them agrees on.
 *
 * @module
 */

import type { LogMessage } from "../../../../lib/cluster/log/log.ts";
import type { Random } from "../../time/random.ts";
import type { Program, Timeline } from "../../time/timeline.ts";
import { Links } from "./links.ts";
import { type KeptMessage, LAG_MS, newNode, type Proposal, type StreamNode } from "./node.ts";

/** How long it takes to elect a leader, in milliseconds: as measured of nats-server 2.9. */
const ELECTION_MS = [4_000, 9_000] as const;
/** How long a leader without a majority believes that it leads, in milliseconds. */
const STEP_DOWN_MS = 10_000;
/** What a leader and its followers take to write, in milliseconds. */
const COMMIT_MS = [1, 4] as const;
/** How many messages a leader gives before anybody has agreed on them. */
const MOST_EARLY = 5;

/** The NATS servers. */
export class Stream {
  readonly nodes: readonly StreamNode[];
  /** The ways between them. */
  readonly links = new Links();
  /** Every message that was ever agreed on, by its number less one. */
  readonly kept: KeptMessage[] = [];
  /** How far messages were removed, and how many there were by then. */
  readonly #removals: { readonly after: number; readonly upTo: number }[] = [];
  readonly #time: Timeline;
  readonly #random: Random;
  readonly #wall: () => number;
  #leader: StreamNode | undefined;
  /** Grows with each leader, so that what an earlier one began ends with it. */
  #term = 0;
  #isCommitting = false;
  #isElecting = false;
  /** Grows with each loss of a leader: an election that began before is over. */
  #losses = 0;

  /**
   * @param time When things happen.
   * @param random How long they take, and who wins elections.
   * @param wall The time that the stream gives its messages.
   * @param count How many NATS servers there are.
   */
  constructor(time: Timeline, random: Random, wall: () => number, count: number) {
    this.#time = time;
    this.#random = random;
    this.#wall = wall;
    this.nodes = Array.from({ length: count }, (_, place) => newNode(`n${place}`));
    this.#leader = this.nodes[0];
  }

  /** The NATS server that leads the stream, or believes that it does. */
  get leader(): StreamNode | undefined {
    return this.#leader;
  }

  /** Whether one that leads could agree on anything. */
  get hasQuorum(): boolean {
    return this.#leader !== undefined && this.#hasMajority(this.#leader);
  }

  /** Cuts two NATS servers off from each other, or ends one such cut. */
  cut(one: StreamNode, other: StreamNode, isCut: boolean): void {
    this.links.cut(one, other, isCut);
    this.#reconsider();
  }

  /** Kills a NATS server; what it has written stays. */
  kill(node: StreamNode): void {
    if (!node.isUp) return;
    node.isUp = false;
    const readers = [...node.readers];
    node.readers.clear();
    for (const reader of readers) reader.lost();
    this.#reconsider();
  }

  /**
   * The leader gives what it is asked and cannot bring it to the others, who still reach everybody, and
   * then is the leader no more.
   *
   * @param ms How long it is that leader, in milliseconds.
   */
  unseat(ms: number): void {
    const leader = this.#leader;
    if (leader === undefined || this.nodes.length === 1) return;
    leader.isHasty = leader.isStuck = true;
    const term = this.#term;
    this.#time.after(ms, `${leader.name} leads no more`, () => {
      if (this.#term !== term || !leader.isStuck) return;
      this.#lose();
      this.#electLater();
    });
  }

  /** Starts a NATS server again. */
  start(node: StreamNode): void {
    node.isUp = true;
    this.#reconsider();
  }

  /**
   * A NATS server gets a proposal from a client of its own.
   *
   * @returns `nobody` where the client is told that nobody leads, `lost` where nobody will ever answer.
   */
  propose(at: StreamNode, proposal: Proposal): "nobody" | "lost" | "taken" {
    const leader = this.#leader;
    if (leader === undefined) return "nobody";
    if (!this.links.has(at, leader)) return "lost";
    if (leader.tail.length === 0) leader.tailAt = this.#agreed;
    leader.tail.push(proposal);
    this.#giveEarly(leader);
    this.#commitSoon();
    return "taken";
  }

  /**
   * What a NATS server shows behind a message.
   *
   * @param at The NATS server.
   * @param after The number of the last message that is known.
   */
  *shownBy(at: StreamNode, after: number): Generator<KeptMessage> {
    for (let next = Math.max(after, this.removedAt(at)); next < at.shown; next++) {
      yield this.kept[next]!;
    }
  }

  /**
   * What a NATS server gives though nobody has agreed on it: up to the first message of the reader's own,
   * since one that its writer had confirmed is lost by this, and nothing can be promised of it.
   *
   * @param at The NATS server.
   * @param after The number of the last message that is known.
   * @param to Who reads.
   */
  givenEarly(at: StreamNode, after: number, to: Program): KeptMessage[] {
    const next = at.early.filter(({ sequence }) => sequence > after);
    const own = next.findIndex(({ by }) => by === to);
    return own < 0 ? next : next.slice(0, own);
  }

  /** Whether a NATS server has the same message under the same number, or had before it was removed. */
  has(at: StreamNode, { sequence, data }: LogMessage): boolean {
    if (sequence <= this.removedAt(at)) return true;
    const kept = at.early.find((each) => each.sequence === sequence) ??
      (sequence <= at.shown ? this.kept[sequence - 1] : undefined);
    return kept?.data.length === data.length && data.every((byte, at) => byte === kept.data[at]);
  }

  /** Up to which number a NATS server knows messages to be removed. */
  removedAt(at: StreamNode): number {
    return this.#removals.reduce((most, { after, upTo }) => {
      return after <= at.shown ? Math.max(most, Math.min(upTo, at.shown)) : most;
    }, 0);
  }

  /** Everything is up and linked again. */
  heal(): void {
    this.links.mend();
    const well = { lagMs: LAG_MS, isUp: true, isHasty: false, isStuck: false };
    for (const node of this.nodes) Object.assign(node, well);
    this.#reconsider();
  }

  get #agreed(): number {
    return this.kept.length;
  }

  #hasMajority(node: StreamNode): boolean {
    const linked = this.nodes.filter((other) => this.links.has(node, other)).length;
    return linked > this.nodes.length / 2;
  }

  /** Looks at who leads, after something has changed. */
  #reconsider(): void {
    const leader = this.#leader;
    if (leader !== undefined && !leader.isUp) this.#lose();
    if (this.hasQuorum) {
      this.#commitSoon();
      for (const node of this.nodes) this.#catchUp(node);
      return;
    }
    if (this.#leader !== undefined) this.#stepDownLater(this.#leader);
    this.#electLater();
  }

  #stepDownLater(leader: StreamNode): void {
    const term = this.#term;
    this.#time.after(STEP_DOWN_MS, `${leader.name} steps down`, () => {
      if (this.#term !== term || this.#leader !== leader || this.hasQuorum) return;
      this.#leader = undefined;
    });
  }

  #lose(): void {
    this.#leader = undefined;
    this.#losses++;
    this.#isElecting = false;
  }

  #electLater(): void {
    if (this.#isElecting) return;
    this.#isElecting = true;
    const losses = this.#losses;
    this.#time.after(this.#random.whole(...ELECTION_MS), "a leader is elected", () => {
      if (this.#losses !== losses) return;
      this.#isElecting = false;
      if (this.hasQuorum) return;
      // Whoever lacks what was agreed on is not elected.
      const able = this.nodes.filter((node) =>
        node.isUp && !node.isStuck && node.written === this.#agreed && this.#hasMajority(node)
      );
      if (able.length > 0) return this.#lead(this.#random.pick(able));
      // Without a majority the next change is waited for.
      if (this.nodes.some((node) => node.isUp && this.#hasMajority(node))) this.#electLater();
    });
  }

  #lead(leader: StreamNode): void {
    this.#term++;
    this.#isCommitting = false;
    this.#leader = leader;
    this.#time.note(`${leader.name} leads`);
    // What it was asked before, and nobody agreed on, comes first where it is still in its log.
    if (leader.tailAt !== this.#agreed || this.#random.chance(0.5)) leader.tail = [];
    for (const node of this.nodes) {
      if (node !== leader) node.tail = [];
      if (node.tail.length === 0) node.early = [];
      node.isHasty = node.isStuck = false;
    }
    this.#commitSoon();
    for (const node of this.nodes) this.#catchUp(node);
  }

  #giveEarly(leader: StreamNode): void {
    if (!leader.isHasty) return;
    const { early } = leader;
    const asked = leader.tail.flatMap((each) => "removesUpTo" in each ? [] : [each]);
    for (const proposal of asked.slice(early.length, MOST_EARLY)) {
      const sequence = this.#agreed + early.length + 1;
      early.push({ ...proposal, sequence, atMs: this.#wall() });
    }
    for (const reader of leader.readers) reader.wake();
  }

  #commitSoon(): void {
    if (this.#isCommitting || this.#leader === undefined || this.#leader.tail.length === 0) return;
    if (!this.hasQuorum || this.#leader.isStuck) return;
    this.#isCommitting = true;
    const term = this.#term;
    this.#time.after(this.#random.whole(...COMMIT_MS), "the stream agrees", () => {
      if (this.#term !== term) return;
      this.#isCommitting = false;
      if (this.hasQuorum && !this.#leader!.isStuck) this.#commit(this.#leader!);
    });
  }

  #commit(leader: StreamNode): void {
    const proposals = leader.tail.splice(0);
    for (const proposal of proposals) {
      if ("removesUpTo" in proposal) {
        this.#removals.push({ after: this.#agreed, upTo: proposal.removesUpTo });
      } else {
        const { place, data, by, sentAt } = proposal;
        const sequence = this.#agreed + 1;
        const given = leader.early.find((each) => each.data === data);
        this.kept.push(given ?? { sequence, atMs: this.#wall(), place, data, by, sentAt });
      }
    }
    leader.early = [];
    for (const node of this.nodes) {
      if (this.links.has(node, leader)) node.written = this.#agreed;
    }
    leader.shown = this.#agreed;
    for (const { agreed } of proposals) agreed();
    for (const reader of leader.readers) reader.wake();
    for (const node of this.nodes) this.#catchUp(node);
  }

  /** Has a NATS server get what the leader has, a while later. */
  #catchUp(node: StreamNode): void {
    const leader = this.#leader;
    if (leader === undefined || node.isCatchingUp || node.shown === this.#agreed) return;
    if (!this.links.has(node, leader)) return;
    node.isCatchingUp = true;
    this.#time.after(this.#random.whole(1, node.lagMs), `${node.name} catches up`, () => {
      node.isCatchingUp = false;
      if (this.#leader === undefined || !this.links.has(node, this.#leader)) return;
      node.written = node.shown = this.#agreed;
      for (const reader of node.readers) reader.wake();
    });
  }
}
