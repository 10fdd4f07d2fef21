import { DariError } from "../../base/errors.ts";
import { fetchAuthority } from "../../endpoint/pinned_authority.ts";
import { hostAndPort } from "../../transport/address.ts";
import { parseAddress } from "../../transport/scheme/parse.ts";
import { type Command, defineCommand, type Io } from "../app/command.ts";
import { flag, option, optionalOperand, refuseTogether } from "../app/option.ts";
import { report } from "../app/report.ts";
import { address, type ValueType } from "../app/value_type.ts";
import { fingerprint } from "../trust/fingerprint.ts";
import {
  listTrusted,
  readTrusted,
  removeTrusted,
  type ServerAddress,
  writeTrusted,
} from "../trust/trusted_servers.ts";
import { fingerprintsOf } from "../trust/trusting_dial.ts";
import { neededUserDirectory, userDirectoryOf } from "../trust/user_directory.ts";

const server: ValueType<string> = { ...address, placeholder: "HOST:PORT" };

/** `dari trust` */
export const command: Command = defineCommand({
  examples: [
    "dari trust box.example.com:9090 --fingerprint 3F:A4:…",
    ["dari trust", "list the servers that are trusted"],
    "dari trust box.example.com:9090 --forget",
  ],
  operands: { server: optionalOperand(server, "the server, as later commands name it") },
  options: {
    fingerprint: option(fingerprint, "SHA-256 of the public key of the server's authority"),
    forget: flag("trust the server no longer, and forget what signs in there"),
  },
  notes: [
    "dari serve prints the fingerprint when it starts; dari cert inspect ca.crt shows it as key " +
    "sha256. Take it from there by a way that you trust: colons, spaces and case do not count.",
    "The server sends its authority, and nothing is sent to it before the fingerprint was compared " +
    "and the server has proved to be that authority's. Later commands to the same host and port " +
    "need no --ca, and trust no other authority there. The trust is kept in $XDG_CONFIG_HOME/dari " +
    "(else ~/.config/dari), which only you can read, and counts for no other host.",
  ],
  async run({ operands, options }, io) {
    refuseTogether({
      "--fingerprint": options.fingerprint !== undefined,
      "--forget": options.forget,
    });
    if (operands.server === undefined) {
      if (options.forget || options.fingerprint !== undefined) throw missing("HOST:PORT");
      return await list(options, io);
    }
    const at = serverOf(operands.server);
    const name = hostAndPort(at.host, at.port);
    if (options.forget) {
      if (!await removeTrusted(neededUserDirectory(io), at)) {
        throw new DariError("not_found", `${name} is not trusted here`);
      }
      report(options, io, { forgotten: name }, [`${name} is not trusted any more`]);
      return 0;
    }
    if (options.fingerprint === undefined) throw missing("--fingerprint HEX");
    const directory = neededUserDirectory(io);
    const kept = await readTrusted(directory, at);
    const ca = await fetchAuthority(at, options.fingerprint, kept?.ca);
    await writeTrusted(directory, at, { ca });
    const value = { server: name, fingerprint: options.fingerprint };
    report(options, io, value, [`${name} is trusted: its authority has this fingerprint`]);
    return 0;
  },
});

function missing(what: string): DariError {
  return new DariError(
    "usage",
    `Missing ${what}; for instance: dari trust box.example.com:9090 --fingerprint 3F:A4:…`,
  );
}

function serverOf(text: string): ServerAddress {
  const address = parseAddress(text);
  if (address.kind === "tls") return address;
  throw new DariError(
    "usage",
    `Only servers with TLS are trusted so; write HOST:PORT, not ${text}`,
  );
}

async function list(options: { readonly json: boolean }, io: Io): Promise<number> {
  const directory = userDirectoryOf(io);
  const names = directory === undefined ? [] : await listTrusted(directory);
  const servers = await Promise.all(names.map(async (server) => {
    const kept = await readTrusted(directory!, serverOf(server));
    return { server, fingerprints: kept === undefined ? [] : await fingerprintsOf(kept.ca) };
  }));
  const lines = servers.flatMap(({ server, fingerprints }) =>
    fingerprints.map((fingerprint) => `${server}  ${fingerprint}`)
  );
  report(options, io, servers, lines);
  return 0;
}
