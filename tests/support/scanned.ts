import { parseCertificates } from "../../lib/cert/mod.ts";
import { certificateJudge } from "../../lib/endpoint/scan/certificate_judge.ts";
import type { ScanReport } from "../../lib/ops/scan/report/scan_report.ts";
import { scan, type ScannedServer, type ScanOptions } from "../../lib/ops/scan/scan.ts";
import type { Dial } from "../../lib/ops/scan/wire/budget.ts";
import type { ByteStream } from "../../lib/transport/stream_connection.ts";

/** Waits that are long enough on loopback. */
export const shortTimes = { quietMs: 150, settleMs: 150 };

/** Opens connections to a port of this machine. */
export function dialPort(port: number): Dial {
  return (signal) => Deno.connect({ hostname: "127.0.0.1", port, signal });
}

/** A server of a scan, reached by `dial`, called localhost. */
export function scannedAs(dial: Dial): ScannedServer {
  return {
    address: "localhost:1",
    connectedTo: "127.0.0.1:1",
    name: "localhost",
    isIp: false,
    dial,
  };
}

/** Scans a port of this machine that is called localhost. */
export function scanPort(
  port: number,
  ca: string,
  options: Partial<ScanOptions> = {},
): Promise<ScanReport> {
  const judge = certificateJudge({ authorities: parseCertificates(ca) });
  return scan(scannedAs(dialPort(port)), { judge, times: shortTimes, ...options });
}

/** The names of the rules that a report's findings break, sorted. */
export function rulesOf({ findings }: ScanReport): string[] {
  return findings.map(({ rule }) => rule).toSorted();
}

/** What a stand-in for a server does with each connection. */
export interface StandIn {
  /** Opens a connection to it. */
  readonly dial: Dial;
  /** How many connections were opened. */
  readonly connections: number;
  /** The most that were open at the same time. */
  readonly most: number;
}

/**
 * A server in memory that answers each ClientHello with the same pieces, then as `after` says: it
 * closes, keeps silent, or sends the last piece again and again.
 */
export function standIn(
  pieces: readonly Uint8Array[],
  after: "close" | "silence" | "flood",
): StandIn {
  let connections = 0;
  let open = 0;
  let most = 0;
  const dial = (): Promise<ByteStream> => {
    connections++;
    most = Math.max(most, ++open);
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    closed.then(() => open--);
    let at = 0;
    const read = async (into: Uint8Array): Promise<number | null> => {
      const piece = pieces[at] ?? (after === "flood" ? pieces.at(-1) : undefined);
      at++;
      if (piece === undefined && after === "silence") await closed;
      if (piece === undefined) return null;
      into.set(piece.subarray(0, into.length));
      return Math.min(piece.length, into.length);
    };
    return Promise.resolve({
      read,
      write: (bytes) => Promise.resolve(bytes.length),
      closeWrite: () => Promise.resolve(),
      close,
    });
  };
  return {
    dial,
    get connections() {
      return connections;
    },
    get most() {
      return most;
    },
  };
}
