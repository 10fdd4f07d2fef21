/**
 * What makes spans of calls. The calls' path knows this interface alone; nothing of it is there where
 * nobody traces.
 *
 * @see {@link https://www.w3.org/TR/trace-context/ | W3C Trace Context}
 * @module
 */

/** What a span says of its call. */
export interface SpanAbout {
  /** The method's name. */
  readonly method: string;
  /** Its parent: the `traceparent` that came with the call, or that it would carry. */
  readonly traceparent: string | undefined;
  /** The `tracestate` beside it. */
  readonly tracestate?: string | undefined;
  /** The other end, where it is known. */
  readonly address?: string | undefined;
}

/** A span of one call. */
export interface CallSpan {
  /** Its own `traceparent`, which the calls carry that are made within. */
  readonly traceparent: string;
  /**
   * Runs the work of the call, so that other instrumentation finds the span as the one in use.
   *
   * @param work The work.
   */
  within<T>(work: () => T): T;
  /**
   * Ends it.
   *
   * @param error What the call failed with; absent where it succeeded.
   */
  end(error?: unknown): void;
}

/** The sides of a call. */
export type SpanKind = "client" | "server" | "worker";

/** Makes spans. It must not throw. */
export interface CallTracer {
  /**
   * Whether a call may have a span. It is asked for every call and has to be cheap.
   *
   * @param kind The side that asks.
   * @param traceparent What came with the call, or what it would carry.
   */
  samples(kind: SpanKind, traceparent: string | undefined): boolean;
  /**
   * Begins a span.
   *
   * @param kind The side that makes it.
   * @param about What it says.
   * @returns The span; `undefined` where nobody records it.
   */
  begin(kind: SpanKind, about: SpanAbout): CallSpan | undefined;
}

/**
 * Ends a span with what a call gives.
 *
 * @param span The span.
 * @param outcome The promise of its result.
 * @returns The result.
 */
export async function endedWith<T>(span: CallSpan, outcome: Promise<T>): Promise<T> {
  try {
    const result = await outcome;
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

/**
 * Ends a span with the last item of a stream.
 *
 * @param span The span.
 * @param items The items.
 */
export async function* endedWithItems<T>(
  span: CallSpan,
  items: AsyncIterable<T>,
): AsyncGenerator<T, unknown> {
  let failure: unknown;
  try {
    return yield* items as AsyncGenerator<T, unknown>;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    span.end(failure);
  }
}
