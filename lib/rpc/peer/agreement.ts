/**
 * What the two ends of one connection have agreed on.
 *
 * @module
 */

import { DariError, TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { type Feature, FEATURES, HELLO, type Hello, readHello } from "../../protocol/hello.ts";

/**
 * - `plain`: the other side has not said what it knows;
 * - `asked`: this side has asked, and no answer has come;
 * - `agreed`: both know what both know.
 */
export type AgreementState = "plain" | "asked" | "agreed";

/**
 * What both ends know. A connection begins without an agreement, and that is plain dari/1.
 *
 * Invariant: the state moves from `plain` to `asked` or `agreed` once, and from `asked` to `agreed`,
 * or back to `plain` for good.
 */
export class Agreement {
  /** Called when this side's question was answered, or never will be. */
  onSettled: (() => void) | undefined;
  /** What this side knows on this connection. */
  readonly own: readonly Feature[];
  /** Called once both sides know what both know. */
  onAgreed: (() => void) | undefined;
  #state: AgreementState = "plain";
  /** What the other side said. */
  #hello: Hello | undefined;
  /** What both ends know: a few names, which are looked through sooner than a Set is made. */
  #features: readonly Feature[] = [];
  #maxLineBytes: number = limits.maxLineBytes;

  /** @param own What this side knows on this connection. */
  constructor(own: readonly Feature[] = FEATURES) {
    this.own = own;
  }

  /** Where it stands. */
  get state(): AgreementState {
    return this.#state;
  }

  /** The name and version of the other side, where it said them. */
  get agent(): string | undefined {
    return this.#hello?.agent;
  }

  /** The longest message that the other side takes, in bytes. */
  get maxLineBytes(): number {
    return this.#maxLineBytes;
  }

  /** The most calls that the other side serves at once; `Infinity` where it did not say. */
  get maxCallsInFlight(): number {
    return this.#hello?.maxCallsInFlight ?? Infinity;
  }

  /** Whether both ends know a feature. */
  has(feature: Feature): boolean {
    return this.#features.includes(feature);
  }

  /** This side asks. */
  ask(): void {
    this.#state = "asked";
  }

  /**
   * The other side asked.
   *
   * @param params What it said.
   * @throws {DariError} `failed_precondition` for a second time, or where no version is common;
   * `invalid_params` for a question of the wrong shape.
   */
  asked(params: unknown): void {
    if (this.#hello !== undefined) {
      throw new DariError("failed_precondition", `"${HELLO}" was said before on this connection`);
    }
    this.#agree(readHello(params));
  }

  /**
   * The other side answered.
   *
   * @param result What it said; what cannot be read counts as nothing said.
   */
  answered(result: unknown): void {
    try {
      this.#agree(readHello(result));
    } catch {
      this.refused();
    }
  }

  /**
   * The other side gave no answer that says what it knows.
   *
   * @param error Why; where the connection ended before, nothing is known of it.
   */
  refused(error?: unknown): void {
    if (error instanceof TransportError) return;
    if (this.#state === "asked") this.#state = "plain";
    this.onSettled?.();
  }

  #agree(hello: Hello): void {
    this.#hello = hello;
    this.#maxLineBytes = Math.min(limits.maxLineBytes, hello.maxLineBytes);
    this.#features = this.own.filter((feature) => hello.features.includes(feature));
    this.#state = "agreed";
    this.onSettled?.();
    this.onAgreed?.();
  }
}
