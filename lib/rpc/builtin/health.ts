/**
 * Whether a server, or one of its services, takes calls.
 *
 * @see {@link https://github.com/grpc/grpc/blob/master/doc/health-checking.md | gRPC health checking}
 * @module
 */

/** The answer of `rpc.health`. */
export type HealthStatus = "SERVING" | "NOT_SERVING" | "UNKNOWN";

/**
 * The health of a server and its services, as `rpc.health` tells it.
 *
 * @example
 * ```ts
 * import { Health } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const health = new Health();
 * assertEquals(health.status(""), "SERVING");
 * health.set("NOT_SERVING", "mail");
 * assertEquals(health.status("mail"), "NOT_SERVING");
 * assertEquals(health.status("print"), "UNKNOWN");
 * ```
 */
export class Health {
  readonly #services = new Map<string, HealthStatus>([["", "SERVING"]]);

  /**
   * Sets the status of a service.
   *
   * @param status Its status.
   * @param service Its name; the empty text is the server as a whole.
   */
  set(status: HealthStatus, service = ""): void {
    this.#services.set(service, status);
  }

  /**
   * Reads the status of a service.
   *
   * @param service Its name; anything but text stands for the server as a whole.
   * @returns Its status; `UNKNOWN` for a name that was never set.
   */
  status(service: unknown): HealthStatus {
    return this.#services.get(typeof service === "string" ? service : "") ?? "UNKNOWN";
  }
}
