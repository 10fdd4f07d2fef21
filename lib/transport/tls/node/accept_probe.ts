/**
 * Notices when a node:tls listener has stopped accepting. A lack of descriptors ends the runtime's
 * accepting for ever and without an event, so the listener connects to itself now and then.
 *
 * @module
 */

import { settlesWithin } from "../../../base/abort.ts";
import { limits } from "../../../base/limits.ts";
import { hostAndPort } from "../../address.ts";
import { isGranted } from "./net_permission.ts";

/** What a probe works with. */
export interface AcceptProbeOptions {
  /** Where the listener listens. */
  readonly at: { readonly host: string; readonly port: number };
  /** Closes the port and listens on it again; rejects when that is not possible yet. */
  readonly reopen: () => Promise<void>;
  /** Hears when the listener was found deaf. */
  readonly tell: (line: string, level: "warn") => void;
  /** Pause between two looks, in milliseconds. @default {2_000} */
  readonly everyMs?: number | undefined;
  /** Time to accept the probe, in milliseconds. @default {1_000} */
  readonly timeoutMs?: number | undefined;
  /** Connects to the listener. @default {Deno.connect} */
  readonly connect?:
    | ((at: { hostname: string; port: number }) => Promise<Deno.TcpConn>)
    | undefined;
}

/**
 * Probes one listener. Its timer runs until `close`; a listener that accepts others is not probed.
 *
 * After `#isDeaf` has found the listener deaf, `#isDown` is set until it listens again.
 */
export class AcceptProbe {
  readonly #options: AcceptProbeOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  /** Where the latest probe came from, as the listener sees it. */
  #address: string | undefined;
  /** Whether something was accepted since the last look. */
  #hasAccepted = true;
  #isLooking = false;
  #isDown = false;
  #isClosed = false;
  /** Wakes the probe that waits to be accepted. */
  #wake: (() => void) | undefined;

  /** @param options The listener. */
  constructor(options: AcceptProbeOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.look(), options.everyMs ?? limits.acceptProbeMs);
    Deno.unrefTimer(this.#timer); // a program whose work is done may end
  }

  /** Says that the listener accepted a connection. */
  accepted(): void {
    this.#hasAccepted = true;
    this.#wake?.();
  }

  /**
   * Whether a connection is the latest probe.
   *
   * @param address The address of its other end.
   */
  isOwn(address: string): boolean {
    return address === this.#address;
  }

  /** Probes the listener if it has not accepted anything since the last look. Never rejects. */
  async look(): Promise<void> {
    if (this.#isLooking || this.#isClosed) return;
    const hasAccepted = this.#hasAccepted;
    this.#hasAccepted = false;
    if (hasAccepted && !this.#isDown) return;
    this.#isLooking = true;
    try {
      if (this.#isDown || await this.#isDeaf()) await this.#reopen();
    } finally {
      this.#isLooking = false;
    }
  }

  /** Ends the probing. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#wake?.();
  }

  async #isDeaf(): Promise<boolean> {
    const { at: { host, port }, connect = Deno.connect, timeoutMs } = this.#options;
    if (!isGranted(hostAndPort(host, port))) return false;
    let conn: Deno.TcpConn;
    try {
      conn = await connect({ hostname: host, port });
    } catch {
      return false; // there is no descriptor for the probe either: the next look will tell
    }
    try {
      const { hostname, port } = conn.localAddr;
      this.#address = hostAndPort(hostname, port);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      if (this.#hasAccepted || this.#isClosed) return false;
      return !await settlesWithin(promise, timeoutMs ?? limits.acceptProbeTimeoutMs);
    } finally {
      this.#wake = undefined;
      conn.close();
    }
  }

  async #reopen(): Promise<void> {
    const { at: { host, port }, reopen, tell } = this.#options;
    if (!this.#isDown) {
      const where = hostAndPort(host, port);
      tell(`The system ran out of descriptors; ${where} accepts again from now on`, "warn");
    }
    this.#isDown = true;
    // Where there is no descriptor yet, the next look tries again.
    await reopen().then(() => this.#isDown = false, () => {});
  }
}
