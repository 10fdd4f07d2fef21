/**
 * The least permissions of Deno that a server needs.
 *
 * @module
 */

/** How a server is configured. */
export interface ServedConfiguration {
  /** The data directory. */
  readonly directory: string;
  /** Where it listens: `tls://localhost:9090`, `unix:/run/dari.sock`. */
  readonly addresses: readonly string[];
  /** Whether a listener asks for client certificates: it tries them on this machine first. */
  readonly isMutual?: boolean | undefined;
  /** The oldest version of TLS; another than 1.2 takes node's sockets, which name IP addresses. */
  readonly tlsMin?: string | undefined;
}

/**
 * Finds the least flags of `deno run` for a server of the sample methods; a module needs what it does
 * itself beside them.
 *
 * @param configuration How the server is configured.
 * @returns The flags.
 *
 * @example
 * ```ts
 * import { leastFlags } from "./least_flags.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const addresses = ["unix:/data/dari.sock", "tls://localhost:9090"];
 * const flags = leastFlags({ directory: "/data", addresses });
 * assertEquals(flags[0], "--allow-net=unix:/data/dari.sock,localhost:9090");
 * ```
 */
export function leastFlags(
  { directory, addresses, isMutual = false, tlsMin = "1.2" }: ServedConfiguration,
): string[] {
  const sockets = addresses.filter((address) => address.startsWith("unix:"));
  // An address of NATS names several servers, and behind them a service.
  const ports = addresses.flatMap((address) =>
    /^\w+:\/\/([^/]+)/.exec(address)?.[1]?.split(",") ?? []
  );
  // A socket elsewhere is a file elsewhere.
  const paths = [
    directory,
    ...sockets.map((address) => address.slice("unix:".length)).filter((path) =>
      !path.startsWith(`${directory}/`)
    ),
  ].join(",");
  const local = ports.filter((place) => tlsMin !== "1.2" && place.startsWith("localhost:"));
  const net = [
    ...sockets,
    ...ports,
    ...isMutual
      ? ["localhost", "127.0.0.1"]
      : local.map((place) => place.replace("localhost", "127.0.0.1")),
  ];
  const isOpen = ports.some((place) => /^(?:0\.0\.0\.0|\[::\]):/.test(place));
  return [
    `--allow-net=${net.join(",")}`,
    `--allow-read=${paths}`,
    `--allow-write=${paths}`,
    "--allow-env=DARI_DATA",
    // The certificate is made out to the machine's own names and addresses.
    ...isOpen ? ["--allow-sys=hostname,networkInterfaces"] : [],
  ];
}
