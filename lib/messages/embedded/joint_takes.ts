/**
 * Takes of the same kind that come in one turn, as one operation. Workers whose messages were
 * acknowledged together ask for the next ones together, and an operation costs more than a message.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { MessageWriter } from "../operation/writer.ts";
import type { TakenRow, Taking } from "./tables/take.ts";

/** One of them. */
interface Asked {
  readonly max: number;
  resolve(rows: TakenRow[]): void;
  reject(error: unknown): void;
}

/** Those that differ in nothing but how many messages they want. */
interface Joint extends Omit<Taking, "max"> {
  readonly queue: string;
  readonly asked: Asked[];
  /** How many messages all of them want. */
  max: number;
}

/** Gathers takes until the microtasks that wait have run. */
export class JointTakes {
  readonly #writer: Pick<MessageWriter, "write">;
  /** In the order in which they came. */
  #gathered: Joint[] = [];
  /** The last one of each kind. */
  readonly #joints = new Map<string, Joint>();

  /** @param writer Carries out operations. */
  constructor(writer: Pick<MessageWriter, "write">) {
    this.#writer = writer;
  }

  /**
   * Takes messages, with others who want some of the same queue.
   *
   * @param queue The queue.
   * @param taking How many at most, for how long, by whom.
   * @returns The messages. Those who asked first get theirs first.
   * @throws {DariError} What the writer throws.
   */
  take(queue: string, taking: Taking): Promise<TakenRow[]> {
    return new Promise((resolve, reject) => {
      const joint = this.#jointOf(queue, taking);
      joint.asked.push({ max: taking.max, resolve, reject });
      joint.max += taking.max;
    });
  }

  #jointOf(queue: string, { max, leaseMs, holder }: Taking): Joint {
    const kind = `${leaseMs} ${queue} ${holder}`;
    const known = this.#joints.get(kind);
    if (known !== undefined && known.max + max <= limits.maxMessageBatch) return known;
    const joint: Joint = { queue, leaseMs, holder, asked: [], max: 0 };
    this.#joints.set(kind, joint);
    if (this.#gathered.push(joint) === 1) queueMicrotask(() => this.#takeAll());
    return joint;
  }

  #takeAll(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    this.#joints.clear();
    for (const joint of gathered) this.#takeFor(joint);
  }

  async #takeFor({ queue, leaseMs, holder, asked, max }: Joint): Promise<void> {
    try {
      const rows = await this.#writer.write("queue.take", holder, { queue, max, leaseMs });
      let at = 0;
      for (const { max, resolve } of asked) resolve(rows.slice(at, at += max));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}
