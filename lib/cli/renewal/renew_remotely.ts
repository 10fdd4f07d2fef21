/**
 * `dari cert renew --to ADDRESS`: the certificate came by invitation, and the authority is elsewhere.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { readNamedSecretFile, readPublicFile, writeFileAtomic } from "../../base/file/files.ts";
import {
  type Certificate,
  decodePrivateKeyPem,
  encodePem,
  inFile,
  isEncryptedPem,
  parseCertificates,
} from "../../cert/mod.ts";
import { purposeOids } from "../../cert/x509/certificate_template.ts";
import { parseAddress } from "../../transport/scheme/parse.ts";
import type { Io } from "../app/command.ts";
import { report } from "../app/report.ts";
import { readSecret, type SecretSource } from "../app/secret_input.ts";
import { renewAt } from "./renew_at.ts";
import { readTrusted, writeTrusted } from "../trust/trusted_servers.ts";
import { userDirectoryOf } from "../trust/user_directory.ts";
import { connectAnonymously, type ConnectionChoice } from "../workspace/server_connection.ts";

/** What the user typed. */
export interface RemoteRenewal extends SecretSource<"passphrase"> {
  readonly to: string;
  /** The certificate's file; `undefined` for the client certificate that is kept for the server. */
  readonly file: string | undefined;
  readonly key: string | undefined;
  readonly data: string | undefined;
  readonly ca: string | undefined;
  readonly "ca-only": boolean;
  readonly timeout: number;
  readonly json: boolean;
}

/** A certificate that is renewed, and where its successor goes. */
interface Held {
  readonly certificate: Certificate;
  /** What stands behind it in its file. */
  readonly chain: string;
  readonly key: string;
  /** The files of the pair, where the user named one. */
  readonly files?: { readonly cert: string; readonly key: string };
  /** Writes the successor; gives its file, where the user named one. */
  keep(pem: string): Promise<string | undefined>;
}

/**
 * Renews a certificate at a server.
 *
 * @param choice What the user typed.
 * @param io The environment.
 * @throws {DariError} Why it cannot be renewed; then its files are as they were.
 */
export async function renewRemotely(choice: RemoteRenewal, io: Io): Promise<number> {
  const held = choice.file === undefined
    ? await keptFor(choice.to, io)
    : await heldIn(choice.file, choice, io);
  const { certificate, chain } = held;
  // A server's certificate is none that a client shows.
  const { extKeyUsage = [] } = certificate.extensions;
  const pair = extKeyUsage.includes(purposeOids.client) ? held.files : undefined;
  const connection: ConnectionChoice = {
    ...{ to: [choice.to], data: choice.data, ca: choice.ca, "ca-only": choice["ca-only"] },
    ...{ cert: pair?.cert, key: pair?.key, "api-key-file": undefined },
    ...{ timeout: choice.timeout, insecure: false, "no-shared-memory": false },
  };
  await using client = await connectAnonymously(choice.to, connection, io);
  const successor = await renewAt(client, held);
  const file = await held.keep(`${successor}${chain}`);
  const [{ serial }] = parseCertificates(successor);
  report(choice, io, { serial, replaces: certificate.serial, file, server: choice.to }, [
    `${file ?? "the certificate kept for this server"}: renewed as ${serial}`,
  ]);
  return 0;
}

async function keptFor(to: string, io: Io): Promise<Held> {
  const server = parseAddress(to);
  const directory = userDirectoryOf(io);
  const kept = directory === undefined || server.kind !== "tls"
    ? undefined
    : await readTrusted(directory, server);
  if (directory === undefined || server.kind !== "tls" || kept?.pair === undefined) {
    throw new DariError(
      "not_found",
      `No client certificate is kept for ${to}; name the certificate's FILE, or dari accept an ` +
        "invitation first",
    );
  }
  const { cert, key } = kept.pair;
  const [certificate, ...chain] = parseCertificates(cert);
  return {
    ...{ certificate, key, chain: pemOf(chain) },
    async keep(pem) {
      await writeTrusted(directory, server, { pair: { cert: pem, key } });
      return undefined;
    },
  };
}

async function heldIn(file: string, choice: RemoteRenewal, io: Io): Promise<Held> {
  const keyFile = choice.key ?? file.replace(/(?:\.crt)?$/, ".key");
  const text = await readPublicFile(file);
  const [certificate, ...chain] = await inFile(file, () => parseCertificates(text));
  return {
    certificate,
    chain: pemOf(chain),
    key: await plainKey(keyFile, choice, io),
    files: { cert: file, key: keyFile },
    async keep(pem) {
      await writeFileAtomic(file, pem);
      return file;
    },
  };
}

async function plainKey(file: string, choice: RemoteRenewal, io: Io): Promise<string> {
  const pem = await readNamedSecretFile(file);
  if (!isEncryptedPem(pem)) return pem;
  const passphrase = await readSecret("passphrase", choice, io, {
    prompt: `Passphrase of ${file}`,
  });
  const key = await inFile(file, () => decodePrivateKeyPem(pem, passphrase));
  return encodePem("PRIVATE KEY", key);
}

function pemOf(chain: readonly Certificate[]): string {
  return chain.map(({ der }) => encodePem("CERTIFICATE", der)).join("");
}
