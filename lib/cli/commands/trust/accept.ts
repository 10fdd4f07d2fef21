import { DariError } from "../../../base/errors.ts";
import { exists } from "../../../base/file/file_state.ts";
import { writeNewFiles } from "../../../base/file/files.ts";
import { checkFree, encodePrivateKeyPem, generateKeyPair } from "../../../cert/mod.ts";
import { purposeOids } from "../../../cert/x509/certificate_template.ts";
import { parseCertificates } from "../../../cert/x509/certificate.ts";
import { connect } from "../../../endpoint/connect.ts";
import { fetchAuthority } from "../../../endpoint/pinned_authority.ts";
import type { HostAddress } from "../../../transport/address.ts";
import { formatAddress } from "../../../transport/scheme/parse.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { option } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { readSecret, tokenOptions } from "../../app/secret_input.ts";
import { file } from "../../app/value_type.ts";
import { readDefaultServer, writeDefaultServer } from "../../trust/default_server.ts";
import { exchangeInvitation, type Given } from "../../trust/exchange_invitation.ts";
import { type Invitation, parseInvitation } from "../../trust/invitation.ts";
import { readTrusted, writeTrusted } from "../../trust/trusted_servers.ts";
import { neededUserDirectory } from "../../trust/user_directory.ts";
import { prefixOf } from "../cert/options.ts";

/** `dari accept` */
export const command: Command = defineCommand({
  examples: ["dari accept", ["dari accept --token-stdin < invitation", "without a terminal"]],
  options: {
    ...tokenOptions,
    out: option(file("PREFIX"), "where a server certificate goes (default: its name)"),
  },
  notes: [
    "The invitation is the line that dari invite printed; it is asked for and never an argument. " +
    "The server is trusted as by dari trust: its authority is compared with the fingerprint in the " +
    "invitation on the connection over which the secret goes then.",
    "An API key or a client certificate is kept in $XDG_CONFIG_HOME/dari (else ~/.config/dari) and " +
    "used by later commands to this server. A server certificate goes to PREFIX.crt, with its " +
    "authority, and PREFIX.key, for dari serve --cert --key. Private keys are made here and stay.",
  ],
  async run({ options }, io) {
    const directory = neededUserDirectory(io);
    const line = await readSecret("token", options, io, { prompt: "Invitation" });
    const invitation = parseInvitation(line);
    const { server, fingerprint } = invitation;
    if (invitation.isToJoin) {
      throw new DariError("usage", "This machine is invited to a cluster: run dari join");
    }
    const ca = await fetchAuthority(
      server,
      fingerprint,
      (await readTrusted(directory, server))?.ca,
    );
    for (const end of options.out === undefined ? [] : [".crt", ".key"]) {
      await checkFree(`${options.out}${end}`);
    }
    // Before the secret is spent: what cannot be kept would be lost with it.
    await writeTrusted(directory, server, { ca });
    const { privateKey } = await generateKeyPair();
    const given = await exchangeInvitation(invitation, ca, privateKey);
    const key = await encodePrivateKeyPem(privateKey);
    const keeping = { ...invitation, directory, ca, key, out: options.out };
    const { lines, server: usual } = await keep(given, keeping);
    const address = formatAddress(usual);
    const isDefault = await readDefaultServer(directory) === undefined;
    if (isDefault) await writeDefaultServer(directory, address);
    await tryOut(usual, directory, ca, io);
    report(options, io, { name: given.name, server: address, fingerprint }, [
      ...lines,
      isDefault ? `commands use ${address} from now on (dari use)` : `call it with --to ${address}`,
    ]);
    return 0;
  },
});

interface Keeping extends Invitation {
  readonly directory: string;
  readonly ca: string;
  readonly key: string;
  readonly out: string | undefined;
}

/** @returns What was kept where, for a person, and the server that later calls go to. */
async function keep(
  given: Given,
  to: Keeping,
): Promise<{ lines: readonly string[]; server: HostAddress }> {
  const { server, directory, ca, key } = to;
  const { name, apiKey, certificate: cert } = given;
  if (apiKey !== undefined) {
    await writeTrusted(directory, server, { apiKey });
    return { server, lines: [`accepted: an API key of ${name} is kept for this server`] };
  }
  if (cert === undefined) throw new DariError("data", "The server gave no credential");
  const [{ serial, extensions: { extKeyUsage = [] } }] = parseCertificates(cert);
  const lines: string[] = [];
  let usual = server;
  if (extKeyUsage.includes(purposeOids.client)) {
    usual = to.mutualPort === undefined ? server : { ...server, port: to.mutualPort };
    await writeTrusted(directory, usual, { ca, pair: { cert, key } });
    lines.push(`accepted: a client certificate of ${name} is kept for this server`);
  }
  if (extKeyUsage.includes(purposeOids.server)) {
    const prefix = to.out ?? await freePrefix(prefixOf(undefined, name), serial);
    await writeNewFiles([
      { path: `${prefix}.key`, content: key },
      { path: `${prefix}.crt`, content: `${cert}${ca}`, mode: 0o644 },
    ]);
    lines.push(`accepted: dari serve --cert ${prefix}.crt --key ${prefix}.key serves as ${name}`);
  }
  return { lines, server: usual };
}

/** The invitation is spent: a file that is in the way must not cost the certificate. */
async function freePrefix(prefix: string, serial: string): Promise<string> {
  const isTaken = await exists(`${prefix}.crt`) || await exists(`${prefix}.key`);
  return isTaken ? `${prefix}-${serial}` : prefix;
}

/** What was kept is what the next command uses. */
async function tryOut(
  server: HostAddress,
  directory: string,
  ca: string,
  io: Io,
): Promise<void> {
  const kept = await readTrusted(directory, server);
  const credential = kept?.apiKey === undefined ? {} : { apiKey: kept.apiKey };
  const options = { ca, caOnly: true, warn: io.warn, ...credential, ...kept?.pair };
  await using client = await connect(formatAddress(server), options);
  await client.call("rpc.ping");
}
