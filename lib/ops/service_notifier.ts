/**
 * What a service tells systemd: that it is ready, takes its configuration up again, or stops, and
 * that it is alive. While it starts it asks for the time that it needs: a server of a cluster reads
 * its state first.
 *
 * @see {@link https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html | sd_notify(3)}
 * @see {@link https://www.freedesktop.org/software/systemd/man/latest/sd_watchdog_enabled.html | sd_watchdog_enabled(3)}
 * @module
 */

import { reasonOf } from "../base/file/reason.ts";
import { limits } from "../base/limits.ts";
import { type Datagrams, openDatagrams } from "./datagrams.ts";

/** What a {@linkcode ServiceNotifier} is opened with. */
export interface ServiceNotifierOptions {
  /** Reads a variable of the environment. */
  readonly env: (name: string) => string | undefined;
  /** The id of this process. */
  readonly pid: number;
  /** Told when the service manager cannot be reached. */
  readonly tell: (line: string) => void;
}

/** Speaks to the service manager that has started this process. Its members never throw. */
export class ServiceNotifier implements Disposable {
  readonly #options: ServiceNotifierOptions;
  /** Ends with the last message. */
  #datagrams: Datagrams | undefined;
  /** Messages leave in the order in which they were given. */
  #sent: Promise<void> = Promise.resolve();
  #watchdog: ReturnType<typeof setInterval> | undefined;
  /** Asks for more time, until the service is ready. */
  #starting: ReturnType<typeof setInterval> | undefined;

  private constructor(options: ServiceNotifierOptions, datagrams: Datagrams | undefined) {
    this.#options = options;
    this.#datagrams = datagrams;
    if (datagrams === undefined) return;
    const extended = extensionOf(limits.serviceStartExtensionMs);
    this.#starting = setInterval(() => this.#send(extended), limits.serviceStartingMs);
    Deno.unrefTimer(this.#starting);
  }

  /**
   * Opens the way to the service manager, for a service that starts.
   *
   * @param options The environment.
   * @returns One that says nothing where no service manager waits for word (`NOTIFY_SOCKET`).
   */
  static open(options: ServiceNotifierOptions): ServiceNotifier {
    const path = options.env("NOTIFY_SOCKET");
    if (path === undefined || path === "") return new ServiceNotifier(options, undefined);
    try {
      return new ServiceNotifier(options, openDatagrams(path));
    } catch (error) {
      options.tell(`systemd is not told of this service: ${reasonOf(error)}`);
      return new ServiceNotifier(options, undefined);
    }
  }

  /**
   * Says that the service is ready, and from now on, where the service manager asks for it, that it
   * is alive. The signs come from the thread that serves: where it hangs, they end.
   *
   * @param status What the service does, in one line.
   */
  ready(status: string): void {
    clearInterval(this.#starting);
    this.#send("READY=1", `STATUS=${status}`);
    const periodMs = this.#watchdogMs();
    if (periodMs === undefined || this.#watchdog !== undefined) return;
    this.#watchdog = setInterval(() => this.#send("WATCHDOG=1"), periodMs);
    Deno.unrefTimer(this.#watchdog);
  }

  /** Says that the service takes up its configuration; {@linkcode ready} ends that. */
  reloading(): void {
    const now = this.#datagrams?.monotonicUs();
    this.#send("RELOADING=1", ...(now === undefined ? [] : [`MONOTONIC_USEC=${now}`]));
  }

  /**
   * Says that the service stops.
   *
   * @param withinMs How long that takes at most, in milliseconds.
   */
  stopping(withinMs: number): void {
    this.#send("STOPPING=1", extensionOf(withinMs));
  }

  /**
   * Says what the service does.
   *
   * @param status One line.
   */
  status(status: string): void {
    this.#send(`STATUS=${status}`);
  }

  /** Resolves once everything has left that was said so far. */
  flush(): Promise<void> {
    return this.#sent;
  }

  /** Ends the signs of life and the way to the service manager. */
  [Symbol.dispose](): void {
    clearInterval(this.#starting);
    clearInterval(this.#watchdog);
    this.#datagrams?.close();
    this.#datagrams = undefined;
  }

  #send(...fields: readonly string[]): void {
    const datagrams = this.#datagrams;
    if (datagrams === undefined) return;
    const text = fields.map((field) => field.replaceAll(/[\r\n]+/g, " ")).join("\n");
    this.#sent = this.#sent.then(() => datagrams.send(text)).catch((error) => {
      if (this.#datagrams === undefined) return;
      this[Symbol.dispose]();
      this.#options.tell(`systemd is not told of this service any more: ${reasonOf(error)}`);
    });
  }

  /** Half of the time within which a sign has to come; `undefined` where none is asked for. */
  #watchdogMs(): number | undefined {
    const { env, pid } = this.#options;
    const us = Number(env("WATCHDOG_USEC"));
    const wanted = env("WATCHDOG_PID");
    if (!(us > 0) || (wanted !== undefined && wanted !== String(pid))) return undefined;
    return Math.min(Math.max(1, us / 1_000 * limits.watchdogShare), limits.maxTimerMs);
  }
}

/** So much longer the manager may wait from now on. */
function extensionOf(ms: number): string {
  return `EXTEND_TIMEOUT_USEC=${Math.ceil(ms * 1_000)}`;
}
