/**
 * The server that uses a data directory, looked at from outside.
 *
 * @module
 */

import { exists } from "../../base/file/file_state.ts";
import { readPublicFile, reasonOf } from "../../base/file/files.ts";
import { parseCertificates } from "../../cert/x509/certificate.ts";
import { certificateJudge } from "../../endpoint/scan/certificate_judge.ts";
import { findServer } from "../../endpoint/scan/scanned_server.ts";
import type { ProxyFact, ServerFact } from "../../ops/doctor/patient/patient.ts";
import { scan } from "../../ops/scan/scan.ts";
import { parseAddress } from "../../transport/scheme/parse.ts";
import { runningProxies } from "../proxying/running_proxies.ts";
import { runningServer } from "../workspace/directory_in_use.ts";

/**
 * Reads what the server says of itself, and scans its port with TLS.
 *
 * @param directory The data directory.
 * @param scans Whether the port is scanned.
 * @param signal Ends the scan.
 * @returns `undefined` where no server uses the directory.
 */
export async function readServerFact(
  directory: string,
  scans: boolean,
  signal?: AbortSignal,
): Promise<ServerFact | undefined> {
  const server = await runningServer(directory);
  if (server === undefined) return undefined;
  const { pid, address, mutual, maxConnections, maxOpenFiles, tlsMin } = server;
  const addresses = await Promise.all((server.addresses ?? []).map(absolute));
  const isMutual = mutual !== undefined;
  const https = addresses.find((one) => one.startsWith("https:"));
  const place = address ?? (https && loopbackOf(https));
  const scanned = scans && place !== undefined
    ? await scanAddress(place, directory, signal)
    : undefined;
  return { pid, addresses, maxConnections, maxOpenFiles, tlsMin, isMutual, scan: scanned };
}

/**
 * Reads what the proxies say of themselves, and scans their ports.
 *
 * @param directory The data directory.
 * @param scans Whether the ports are scanned.
 * @param signal Ends the scans.
 */
export async function readProxyFacts(
  directory: string,
  scans: boolean,
  signal?: AbortSignal,
): Promise<ProxyFact[]> {
  const facts: ProxyFact[] = [];
  for (const proxy of await runningProxies(directory)) {
    const place = loopbackOf(proxy.address);
    const scan = scans ? await scanAddress(place, directory, signal) : undefined;
    facts.push({ ...proxy, scan });
  }
  return facts;
}

/** A wildcard is reached by loopback. */
function loopbackOf(address: string): string {
  return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}

/** The server's own directory may be another one than that of this program. */
async function absolute(address: string): Promise<string> {
  const path = /^unix:(.*)$/.exec(address)?.[1];
  return path === undefined ? address : `unix:${await Deno.realPath(path).catch(() => path)}`;
}

async function scanAddress(
  address: string,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<NonNullable<ServerFact["scan"]>> {
  try {
    const parsed = parseAddress(address);
    if (!("host" in parsed)) return { unknown: `${address} has no TLS` };
    const ca = `${directory}/ca.crt`;
    const authorities = await exists(ca) ? parseCertificates(await readPublicFile(ca)) : [];
    const server = await findServer(parsed, { signal });
    const { findings } = await scan(server, { judge: certificateJudge({ authorities }), signal });
    return { value: { address, findings } };
  } catch (error) {
    return { unknown: reasonOf(error) };
  }
}
