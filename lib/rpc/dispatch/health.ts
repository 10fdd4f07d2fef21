/**
 * Whether a server, or one service of it, wants calls.
 *
 * @see {@link https://github.com/grpc/grpc/blob/master/doc/health-checking.md | gRPC health checking}
 * @module
 */

/** The answer of `rpc.health`. */
export type HealthStatus = "SERVING" | "NOT_SERVING" | "UNKNOWN";

/** The health of a server and its services. */
export class Health {
  readonly #services = new Map<string, HealthStatus>([["", "SERVING"]]);

  /**
   * Says how a service is.
   *
   * @param status Its status.
   * @param service Its name; the empty text is the server as a whole.
   */
  set(status: HealthStatus, service = ""): void {
    this.#services.set(service, status);
  }

  /**
   * Tells how a service is.
   *
   * @param service Its name; anything but text stands for the server as a whole.
   * @returns Its status; `UNKNOWN` for a name that was never set.
   */
  status(service: unknown): HealthStatus {
    return this.#services.get(typeof service === "string" ? service : "") ?? "UNKNOWN";
  }
}
