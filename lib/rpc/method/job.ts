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
  /**
   * Who runs it: the server, or only other processes (`dari work`), which may run it in both cases.
   *
   * @default {"server"}
   */
  readonly workers?: "server" | "external" | undefined;
  /**
   * When it runs by itself: `"0 3 * * *"`, `{ cron, timeZone }`, `{ everyMs }`, or several of them.
   *
   * @default {only when somebody puts it}
   */
  readonly schedule?: JobSchedule | readonly JobSchedule[] | undefined;
}

/** When a job runs by itself; a text alone is a cron pattern in UTC. */
export type JobSchedule = string | CronSchedule | IntervalSchedule;

/** What cron patterns and intervals have in common. */
export interface RepeatedJob {
  /**
   * What becomes of times that came while no server ran: none of them, one run for all of them, or
   * one for each of the last 100.
   *
   * @default {"once"}
   */
  readonly missed?: "skip" | "once" | "all" | undefined;
  /** The params of each run. @default {none} */
  readonly params?: unknown;
}

/** A job that runs at times of a calendar. */
export interface CronSchedule extends RepeatedJob {
  /**
   * Minute, hour, day of the month, month and day of the week, with seconds before them if need be:
   * `"30 7 * * MON-FRI"`, `"0 0 L * *"`, `"@daily"`.
   */
  readonly cron: string;
  /** The time zone of the pattern, such as `Asia/Seoul`. @default {"UTC"} */
  readonly timeZone?: string | undefined;
}

/** A job that runs again and again with the same pause. */
export interface IntervalSchedule extends RepeatedJob {
  /** From one run to the next, in milliseconds: a second to a year. The first comes after that. */
  readonly everyMs: number;
}
