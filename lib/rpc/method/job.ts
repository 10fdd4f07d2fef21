/**
 * How a method runs as a job: later than it is asked for, and again where it fails.
 *
 * @module
 */

/** What a method says of itself as a job. */
// deno-lint-ignore no-explicit-any
export interface JobSettings<Params = any> {
  /** How often it is tried again after it has failed. @default {4} */
  readonly retries?: number | undefined;
  /** The pause after the first try, in milliseconds; it doubles with each. @default {1_000} */
  readonly backoffMs?: number | undefined;
  /** How long one try may take, in milliseconds. @default {3_600_000} */
  readonly timeoutMs?: number | undefined;
  /**
   * What a job is about, for instance a customer: jobs of one key run in their order, one at a time.
   *
   * @default {nothing: jobs do not wait for each other}
   */
  readonly key?: ((params: Params) => string) | undefined;
  /** How many of them one thread runs at once. @default {1} */
  readonly concurrency?: number | undefined;
  /** How long its result is kept, in milliseconds. @default {86_400_000} */
  readonly keepMs?: number | undefined;
}
