import { DariError } from "../../../base/errors.ts";
import { fetchAuthority } from "../../../endpoint/pinned_authority.ts";
import { hostAndPort } from "../../../transport/address.ts";
import { parseAddress } from "../../../transport/scheme/parse.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { flag, option, optionalOperand, refuseTogether } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { address, type ValueType } from "../../app/value_type.ts";
import { fingerprint } from "../../trust/fingerprint.ts";
import {
  listTrusted,
  readTrusted,
  removeTrusted,
  type ServerAddress,
  writeTrusted,
} from "../../trust/trusted_servers.ts";
import { fingerprintsOf } from "../../trust/trusting_dial.ts";
import { neededUserDirectory, userDirectoryOf } from "../../trust/user_directory.ts";

const server: ValueType<string> = { ...address, placeholder: "HOST:PORT" };

/** `dari trust` */
export const command: Command = defineCommand({
  examples: [
    "dari trust box.example.com:9090 --fingerprint 3F:A4:…",
    ["dari trust", "list the servers that are trusted"],
    "dari trust box.example.com:9090 --install",
    "dari trust box.example.com:9090 --forget",
  ],
  operands: { server: optionalOperand(server, "the server, as later commands name it") },
  options: {
    fingerprint: option(fingerprint, "SHA-256 of the public key of the server's authority"),
    install: flag("put its authority into the stores of the system and of browsers as well"),
    uninstall: flag("remove its authority from these stores"),
    forget: flag("trust the server no longer, and forget what signs in there"),
  },
  notes: [
    "dari serve prints the fingerprint when it starts; dari cert inspect ca.crt shows it as key " +
    "sha256. Take it from there by a way that you trust: colons, spaces and case do not count.",
    "The server sends its authority, and nothing is sent to it before the fingerprint was compared " +
    "and the server has proved to be that authority's. Later commands to the same host and port " +
    "need no --ca, and trust no other authority there. The trust is kept in $XDG_CONFIG_HOME/dari " +
    "(else ~/.config/dari), which only you can read, and counts for no other host.",
    "--install makes every program of this machine trust the authority, for every name that it may " +
    "issue for. Authorities without name constraints are refused. The system's store needs root.",
  ],
  async run({ operands, options }, io) {
    const { fingerprint, install, uninstall, forget } = options;
    refuseTogether({ "--fingerprint": fingerprint !== undefined, "--forget": forget });
    refuseTogether({ "--install": install, "--uninstall": uninstall });
    if (operands.server === undefined) {
      if (forget || install || uninstall || fingerprint !== undefined) throw missing("HOST:PORT");
      return await list(options, io);
    }
    const at = serverOf(operands.server);
    const name = hostAndPort(at.host, at.port);
    const directory = neededUserDirectory(io);
    const kept = await readTrusted(directory, at);
    if (fingerprint === undefined && kept === undefined) {
      if (!forget && !uninstall) throw missing("--fingerprint HEX");
      throw new DariError("not_found", `${name} is not trusted here`);
    }
    const lines: string[] = [];
    let ca = kept?.ca ?? "";
    if (fingerprint !== undefined) {
      ca = await fetchAuthority(at, fingerprint, kept?.ca);
      await writeTrusted(directory, at, { ca });
      lines.push(`${name} is trusted: its authority has this fingerprint`);
    } else if (!install && !uninstall && !forget) throw missing("--fingerprint HEX");
    const stores = install || uninstall ? await changeStores(ca, install, io) : [];
    lines.push(...stores.map((store) => `${install ? "installed in" : "removed from"} ${store}`));
    if (forget) {
      await removeTrusted(directory, at);
      lines.push(`${name} is not trusted any more`);
    }
    const fingerprints = ca === "" ? [] : await fingerprintsOf(ca);
    report(options, io, { server: name, fingerprints, trusted: !forget, stores }, lines);
    return 0;
  },
});

async function changeStores(ca: string, isInstall: boolean, io: Io): Promise<string[]> {
  // Loaded here: it runs other programs, and few users ask for that.
  const stores = await import("../../trust/certificate_stores.ts");
  const machine = stores.storeHost(io.env("HOME"));
  return isInstall
    ? await stores.installAuthorities(ca, machine)
    : await stores.uninstallAuthorities(ca, machine);
}

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
