import { ensureServerIdentity } from "../../lib/cert/server/server_identity.ts";
import { tempDirectory } from "./temp.ts";

/** A certificate for this machine, its key, and the authority behind it, PEM. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

let made: Promise<TlsIdentity> | undefined;

/** The identity that the tests of one file share; making it takes a while. */
export function tlsIdentity(): Promise<TlsIdentity> {
  return made ??= make();
}

async function make(): Promise<TlsIdentity> {
  await using directory = await tempDirectory();
  const { certPem: cert, keyPem: key, caPem: ca } = await ensureServerIdentity(directory.path);
  return { cert, key, ca };
}
