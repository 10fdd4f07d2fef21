/**
 * The end of a proxy that has the service: it asks for certificates, and decides who may pass.
 *
 * @module
 */

import { openIdentity } from "../../auth/sign_in/identity.ts";
import { DariError } from "../../base/errors.ts";
import { ensurePrivateDirectory } from "../../base/file/files.ts";
import { AuditKeeper } from "../../endpoint/audit/audit_keeper.ts";
import { auditedPolicy } from "../../endpoint/audit/audited_server.ts";
import { dialService, listenForMembers } from "../../endpoint/proxy_streams.ts";
import { openLog } from "../../ops/open_log.ts";
import { auditedGate, refusalsTo } from "../../ops/audit/witness.ts";
import { ServiceProxy } from "../../proxy/proxy.ts";
import type { Address } from "../../transport/address.ts";
import { formatAddress } from "../../transport/scheme/parse.ts";
import type { CommandTable, Io } from "../app/command.ts";
import { asTyped, programOf } from "../app/program.ts";
import { hasSecretSource, readSecret } from "../app/secret_input.ts";
import { openServerStore } from "../serving/server_store.ts";
import { certificateFilesOf } from "../workspace/certificate_files.ts";
import { dataDirectoryOf } from "../workspace/data_directory.ts";
import { PolicyWatch } from "../workspace/policy_file.ts";
import type { ProxyChoice } from "./proxy_options.ts";
import { recordTo } from "./proxy_record.ts";
import { tellProxy } from "./running_proxies.ts";
import { passUntilStopped } from "./pass_until_stopped.ts";

/**
 * Passes the connections of those who may on to the service, until a signal.
 *
 * @param listen Where to listen, `tls://`.
 * @param service The service.
 * @param choice What the user typed.
 * @param io The environment.
 * @param commands All commands, which messages name.
 * @returns The exit code.
 * @throws {DariError} `usage`, `configuration`, `io` for what cannot be used.
 * @throws {TransportError} `unavailable` when the address is taken.
 */
export async function guardService(
  listen: Address,
  service: Address,
  choice: ProxyChoice,
  io: Io,
  commands: CommandTable,
): Promise<number> {
  if (listen.kind !== "tls") {
    const message = `--listen is ${
      formatAddress(listen)
    }: in front of a service it is tls://HOST:PORT`;
    throw new DariError("usage", message);
  }
  const dial = dialService(service);
  const name = choice.name ?? nameOf(service);
  checkName(name);
  const data = dataDirectoryOf(choice, io);
  await ensurePrivateDirectory(data);
  await using log = openLog(io.log, {
    format: choice.log ?? (choice.json ? "json" : "text"),
    level: "info",
  });
  const tell = (line: string, level: "info" | "warn") =>
    log.write(level, asTyped(line, programOf(io), commands));
  await using kept = await openServerStore(data, { tell, bringsAudit: true });
  const { store, audit, ledger, isCertificateRevoked } = kept;
  const policyFile = await PolicyWatch.open(`${data}/policy.json`);
  using identity = await openIdentity(store, {
    policy: policyFile.policy,
    isCertificateRevoked,
  });
  using _policy = policyFile.start({ use: auditedPolicy(audit, identity.setPolicy), tell });
  const isAccount = (name: string) => identity.accounts.get(name).then(() => true);
  const gate = auditedGate(identity.gate, audit, isAccount);
  const passphrase = hasSecretSource("passphrase", choice)
    ? await readSecret("passphrase", choice, io, { prompt: "" })
    : undefined;
  await using owned = new AsyncDisposableStack();
  const listener = await listenForMembers(listen, {
    data,
    file: `proxy-${name}`,
    tls: certificateFilesOf(choice.cert, choice.key),
    clientCa: { file: choice["client-ca"] ?? `${data}/ca.crt` },
    crl: choice.crl === undefined ? undefined : { file: choice.crl },
    names: choice.host === undefined ? [] : [choice.host],
    ...{ passphrase, ledger },
    owned,
    tell,
    maxConnections: choice["max-connections"],
    onRefused: refusalsTo(log, audit),
  });
  await using proxy = new ServiceProxy({
    ...{ name, dial, gate, idleMs: choice.idle },
    maxConnections: choice["max-connections"],
    record: recordTo(log, audit),
  });
  const { address } = listener;
  const { policy } = policyFile;
  const keeping = { ...kept, data, passphrase, policy, addresses: [address], tell };
  await using _keeper = await AuditKeeper.start(keeping);
  using _told = await tellProxy(data, {
    ...{ name, pid: Deno.pid, address },
    service: formatAddress(service),
  });
  proxy.listen(listener);
  if (choice.json) io.print(JSON.stringify({ ready: true, address, right: `proxy:${name}` }));
  else {
    io.print(`listening on ${address}`);
    io.print(`passing on to ${formatAddress(service)} those who have the right proxy:${name}`);
    io.print("ready");
  }
  await passUntilStopped(proxy, choice.drain, io, log, kept.lost);
  return 0;
}

/** By what the service is told from others on this machine. */
function nameOf(service: Address): string {
  if ("port" in service) return String(service.port);
  const { path } = service as { path: string };
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.sock(et)?$/, "");
}

/** It stands in policy.json, in the log and in a file's name. */
function checkName(name: string): void {
  if (/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u.test(name)) return;
  throw new DariError(
    "usage",
    `--name ${
      JSON.stringify(name)
    } cannot be a service's name: use up to 64 letters, digits, ".", ` +
      '"_" and "-", a letter or digit first',
  );
}
