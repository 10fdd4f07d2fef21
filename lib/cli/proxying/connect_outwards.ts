/**
 * The end of a proxy that has the programs: they speak without TLS to it, and it with TLS to the other.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { dialMembers, listenLocally } from "../../endpoint/proxy_streams.ts";
import { openLog } from "../../ops/open_log.ts";
import { ServiceProxy } from "../../proxy/proxy.ts";
import { type Address, type HostAddress, hostAndPort } from "../../transport/address.ts";
import { formatAddress, parseAddress } from "../../transport/scheme/parse.ts";
import type { CertificateAndKey } from "../../transport/tls/key_pair.ts";
import type { Io } from "../app/command.ts";
import { readTrusted } from "../trust/trusted_servers.ts";
import { userDirectoryOf } from "../trust/user_directory.ts";
import { readAuthorities, readCertificateFiles } from "../workspace/certificate_files.ts";
import type { ProxyChoice } from "./proxy_options.ts";
import { recordTo } from "./proxy_record.ts";
import { passUntilStopped } from "./pass_until_stopped.ts";

/**
 * Passes the connections of programs on this machine on to a proxy, until a signal.
 *
 * @param listen Where to listen: a Unix socket, or TCP on loopback.
 * @param to The proxy at the other end, as it was typed.
 * @param choice What the user typed.
 * @param io The environment.
 * @returns The exit code.
 * @throws {DariError} `usage`, `configuration`, `io` for what cannot be used.
 * @throws {TransportError} `unavailable` when the address is taken.
 */
export async function connectOutwards(
  listen: Address,
  to: string,
  choice: ProxyChoice,
  io: Io,
): Promise<number> {
  const proxy = parseAddress(to);
  if (proxy.kind !== "tls") {
    throw new DariError("usage", `--connect is ${formatAddress(proxy)}: it takes tls://HOST:PORT`);
  }
  const dial = dialMembers(proxy, await credentialsOf(proxy, choice, io));
  await using log = openLog(io.log, {
    format: choice.log ?? (choice.json ? "json" : "text"),
    level: "info",
  });
  const listener = await listenLocally(listen);
  await using passing = new ServiceProxy({
    ...{ name: hostAndPort(proxy.host, proxy.port), dial, idleMs: choice.idle },
    maxConnections: choice["max-connections"],
    record: recordTo(log),
  });
  passing.listen(listener);
  const { address } = listener;
  if (choice.json) io.print(JSON.stringify({ ready: true, address }));
  else {
    io.print(`listening on ${address}`);
    io.print(`passing on to ${formatAddress(proxy)}`);
    io.print("ready");
  }
  await passUntilStopped(passing, choice.drain, io, log);
  return 0;
}

async function credentialsOf(
  proxy: HostAddress,
  choice: ProxyChoice,
  io: Io,
): Promise<{ pair: CertificateAndKey; ca: string | undefined }> {
  const { cert, key } = await readCertificateFiles(choice.cert, choice.key);
  const typed = choice.ca === undefined ? undefined : await readAuthorities(choice.ca);
  const directory = userDirectoryOf(io);
  const kept = directory === undefined ? undefined : await readTrusted(directory, proxy);
  const pair = cert !== undefined && key !== undefined ? { cert, key } : kept?.pair;
  if (pair !== undefined) return { pair, ca: typed ?? kept?.ca };
  throw new DariError(
    "usage",
    "Give the client certificate that the proxy asks for: --cert FILE --key FILE, or accept an " +
      `invitation of ${hostAndPort(proxy.host, proxy.port)} first (dari accept)`,
  );
}
