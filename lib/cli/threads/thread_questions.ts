/**
 * Questions of the main thread to those that serve the ports.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";

/** A question that waits for answers. */
interface OpenQuestion<Answer> {
  /** The threads that have not answered. */
  readonly missing: Set<number>;
  readonly answers: Answer[];
  /** Gives the answers so far, and forgets the question. */
  readonly end: () => void;
}

/** Asks all threads at once, and gathers what they answer. */
export class ThreadQuestions<Answer> {
  readonly #living: () => Iterable<number>;
  readonly #open = new Map<number, OpenQuestion<Answer>>();
  #last = 0;

  /** @param living Gives the threads that live. */
  constructor(living: () => Iterable<number>) {
    this.#living = living;
  }

  /**
   * Asks a question.
   *
   * @param tell Tells it to every thread, with its number.
   * @param timeoutMs How long a thread may take, in milliseconds.
   * @returns The answers, without those of threads that take longer or die.
   */
  ask(
    tell: (question: number) => void,
    timeoutMs: number = limits.threadAnswerMs,
  ): Promise<readonly Answer[]> {
    const { promise, resolve } = Promise.withResolvers<readonly Answer[]>();
    const missing = new Set(this.#living());
    if (missing.size === 0) return Promise.resolve([]);
    const question = ++this.#last;
    const answers: Answer[] = [];
    const end = () => {
      stopTimer();
      this.#open.delete(question);
      resolve(answers);
    };
    const stopTimer = after(timeoutMs, end);
    this.#open.set(question, { missing, answers, end });
    tell(question);
    return promise;
  }

  /**
   * Takes an answer. One that comes too late is dropped.
   *
   * @param thread The thread.
   * @param question The number of the question.
   * @param answer What it answers.
   */
  answered(thread: number, question: number, answer: Answer): void {
    const open = this.#open.get(question);
    if (open === undefined || !open.missing.delete(thread)) return;
    open.answers.push(answer);
    if (open.missing.size === 0) open.end();
  }

  /**
   * A thread has died: nobody waits for its answers any more.
   *
   * @param thread The thread.
   */
  died(thread: number): void {
    for (const { missing, end } of [...this.#open.values()]) {
      if (missing.delete(thread) && missing.size === 0) end();
    }
  }
}
