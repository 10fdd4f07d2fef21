/**
 * How calls are spread over servers and connections.
 *
 * @module
 */

/** How many connections a client has to one address. */
export interface ConnectionsOptions {
  /**
   * The most connections to one address.
   *
   * @default {1}
   */
  readonly max?: number | undefined;
  /**
   * A connection beside the first is closed when it had no call for this long, in milliseconds.
   *
   * @default {30_000}
   */
  readonly idleMs?: number | undefined;
  /**
   * Another connection is opened when each of those that are open has so many calls under way.
   *
   * @default {64}
   */
  readonly callsEach?: number | undefined;
}

/**
 * When a server is set aside because its calls fail or are slow. The names are those of gRPC and Envoy.
 *
 * @see {@link https://github.com/grpc/proposal/blob/master/A50-xds-outlier-detection.md | gRPC A50}
 */
export interface OutlierOptions {
  /**
   * So many errors in a row set a server aside. Only errors count that say something of the server
   * (`internal`, `unavailable`, `resource_exhausted`, `deadline_exceeded`) and connections that break.
   *
   * @default {5}
   */
  readonly consecutiveErrors?: number | undefined;
  /**
   * How long a server is set aside for the first time, in milliseconds; each further time it is so
   * much longer.
   *
   * @default {30_000}
   */
  readonly baseEjectionTimeMs?: number | undefined;
  /**
   * The longest time for which a server is set aside, in milliseconds.
   *
   * @default {300_000}
   */
  readonly maxEjectionTimeMs?: number | undefined;
  /**
   * The largest part of the servers that may be set aside at once, in percent.
   *
   * @default {50}
   */
  readonly maxEjectionPercent?: number | undefined;
  /**
   * A server is set aside when its calls take so many times as long as those of the others;
   * `Infinity` for never.
   *
   * @default {5}
   */
  readonly slowRatio?: number | undefined;
  /**
   * Calls that take less are never slow, in milliseconds.
   *
   * @default {100}
   */
  readonly minSlowMs?: number | undefined;
}

/** How servers are asked whether they take calls (`rpc.health`). */
export interface HealthCheckOptions {
  /**
   * How often each server is asked, in milliseconds.
   *
   * @default {5_000}
   */
  readonly intervalMs?: number | undefined;
  /**
   * How long an answer may take, in milliseconds; a server that takes longer counts as one that takes
   * no calls.
   *
   * @default {2_000}
   */
  readonly timeoutMs?: number | undefined;
  /**
   * The service that is asked for; the empty text is the server as a whole.
   *
   * @default {""}
   */
  readonly service?: string | undefined;
}

/** How calls are spread over servers and connections. */
export interface BalanceOptions {
  /** Several connections to one address. */
  readonly connections?: ConnectionsOptions | undefined;
  /** When a server is set aside; `false` for never. It takes several servers. */
  readonly outliers?: OutlierOptions | false | undefined;
  /**
   * How servers are asked whether they take calls; `false` for not at all. Without it they are asked
   * where there are several.
   */
  readonly health?: HealthCheckOptions | false | undefined;
}
