/**
 * Sends metrics to a collector, again and again.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import type { MetricsSource } from "../metrics/family.ts";
import { otlpBody } from "./otlp_metrics.ts";
import type { OtlpSettings } from "./otlp_settings.ts";

/** What {@linkcode OtlpPush} works with. */
export interface OtlpPushOptions {
  /** What is sent. */
  readonly source: MetricsSource;
  /** Where it is sent. */
  readonly settings: OtlpSettings;
  /** When the server began, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** The time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Hears when nothing can be sent any more, and when that is over. */
  readonly tell: WriteLog;
  /** Sends a request. @default {fetch} */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/**
 * Sends metrics on a timer, one request at a time. What fails is not kept: counts are those since the
 * beginning, so the next request says it all. After a failure the pause doubles, up to ten minutes.
 *
 * Invariant: while it is not closed, either a request is under way or the timer runs.
 */
export class OtlpPush implements AsyncDisposable {
  readonly #options: OtlpPushOptions;
  readonly #closing = new AbortController();
  /** Requests that failed, one behind the other. */
  #failures = 0;
  #stopTimer: () => void;
  #sending: Promise<void> | undefined;

  /** @param options What is sent, and where. */
  constructor(options: OtlpPushOptions) {
    this.#options = options;
    this.#stopTimer = this.#next(options.settings.intervalMs);
  }

  /** Sends what there is for the last time, for a second or two at most, and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopTimer();
    const stop = after(limits.otlpLastMs, () => this.#closing.abort(), { persistent: false });
    await this.#sending;
    if (this.#failures === 0) await this.#send().catch(() => {});
    stop();
    this.#closing.abort();
  }

  #next(ms: number): () => void {
    return after(ms, () => {
      this.#sending = this.#sendAndTell().finally(() => this.#sending = undefined);
    }, { persistent: false });
  }

  async #sendAndTell(): Promise<void> {
    const { settings: { url, intervalMs }, tell } = this.#options;
    let waitMs = intervalMs;
    try {
      await this.#send();
      if (this.#failures > 0) tell(`Metrics are sent to ${originOf(url)} again`, "info");
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      const asked = error instanceof Refusal ? error.retryAfterMs : 0;
      const most = Math.max(intervalMs, limits.maxOtlpPauseMs);
      waitMs = Math.min(most, Math.max(asked, intervalMs * 2 ** this.#failures));
      if (this.#failures === 1 && !this.#closing.signal.aborted) {
        tell(`Metrics cannot be sent to ${originOf(url)}: ${reasonOf(error)}`, "warn");
      }
    }
    if (!this.#closing.signal.aborted) this.#stopTimer = this.#next(waitMs);
  }

  async #send(): Promise<void> {
    const { source, settings, startedAtMs, now, fetch: send = fetch } = this.#options;
    const { url, headers, timeoutMs, resource } = settings;
    const reply = await send(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: otlpBody(source.collect(), resource, { startedAtMs, atMs: now() }),
      signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeoutMs)]),
      redirect: "error", // the headers may hold a token for this collector alone
    });
    await reply.body?.cancel(); // what a collector says besides is not read
    if (!reply.ok) throw new Refusal(reply);
  }
}

/** A collector that did not take the metrics. */
class Refusal extends Error {
  readonly retryAfterMs: number;

  constructor({ status, headers }: Response) {
    super(`it answers with status ${status}`);
    const seconds = Number(headers.get("retry-after"));
    this.retryAfterMs = seconds > 0 ? seconds * 1_000 : 0;
  }
}

/** A URL may hold a token in its path or query. */
function originOf(url: string): string {
  return new URL(url).origin;
}
