/**
 * One certificate for all threads: the main thread loads and renews it, and the others are told.
 *
 * @module
 */

import { reasonOf } from "../../base/file/reason.ts";
import type { Ledger } from "../../cert/ledger/ledger.ts";
import type { ServerCredentials, UseCredentials } from "../../cert/server/server_credentials.ts";
import type { ListenPlace } from "../../transport/scheme/listen_place.ts";
import { schemes } from "../../transport/scheme/table.ts";
import { checkKeyPair, type TlsCredentials } from "../../transport/tls/key_pair.ts";
import { type CredentialOptions, openCredentials } from "../listen.ts";
import type { LiveCredentials } from "../server_credentials.ts";

/** The credentials of listeners that ask for the same client certificates, or for none. */
export interface GroupCredentials {
  /** The file of the authorities that these listeners alone ask for. */
  readonly clientCaFile: string | undefined;
  /** The credentials. */
  readonly credentials: TlsCredentials;
}

/** The certificates of a server, in its main thread. */
export interface KeptCertificates extends Disposable {
  /** The credentials now, of each group of listeners. */
  readonly current: readonly GroupCredentials[];
  /** Loads them again at once, and says what became of it. */
  reload(): Promise<void>;
}

/**
 * Loads the certificates of all places, and keeps them up to date.
 *
 * @param places Where the server listens.
 * @param options Where certificates come from.
 * @param ledger Where they are recorded.
 * @param onFresh Hears of each new one that can be used.
 * @returns The certificates; disposing ends the renewal.
 * @throws {DariError} When one cannot be loaded.
 */
export async function keepCertificates(
  places: readonly ListenPlace[],
  options: CredentialOptions,
  ledger: Ledger,
  onFresh: (fresh: GroupCredentials) => void,
): Promise<KeptCertificates> {
  const current = new Map<string | undefined, TlsCredentials>();
  const leave: (() => void)[] = [];
  const all: ServerCredentials[] = [];
  const isTls = ({ address }: ListenPlace) => schemes[address.kind].needs === "certificate";
  for (const { clientCaFile } of places.filter(isTls)) {
    if (current.has(clientCaFile)) continue;
    const clientCa = clientCaFile === undefined ? options.clientCa : { file: clientCaFile };
    const kept = await openCredentials(places, { ...options, clientCa }, ledger);
    all.push(kept);
    current.set(clientCaFile, kept.current);
    leave.push(kept.subscribe((credentials) => {
      checkKeyPair(credentials); // here, since threads take it up later
      current.set(clientCaFile, credentials);
      onFresh({ clientCaFile, credentials });
    }, kept.current));
  }
  return {
    get current() {
      return [...current].map(([clientCaFile, credentials]) => ({ clientCaFile, credentials }));
    },
    async reload() {
      await Promise.all(all.map((kept) => kept.reload()));
    },
    [Symbol.dispose]: () => leave.forEach((end) => end()),
  };
}

/** The certificates of a server, in a thread that serves its ports. */
export class ToldCertificates {
  readonly #groups = new Map<string | undefined, ToldCredentials>();

  /**
   * @param groups What the main thread has.
   * @param tell Hears of a certificate that a listener could not take up.
   */
  constructor(
    groups: readonly GroupCredentials[],
    tell: (line: string, level: "warn") => void,
  ) {
    for (const { clientCaFile, credentials } of groups) {
      this.#groups.set(clientCaFile, new ToldCredentials(credentials, tell));
    }
  }

  /**
   * Takes a new certificate up.
   *
   * @param fresh What the main thread has told.
   */
  take({ clientCaFile, credentials }: GroupCredentials): void {
    this.#groups.get(clientCaFile)?.take(credentials);
  }

  /** The credentials of one group of listeners. */
  of(clientCaFile: string | undefined): LiveCredentials {
    const group = this.#groups.get(clientCaFile);
    if (group === undefined) throw new Error(`there are no credentials for ${clientCaFile}`);
    return group;
  }
}

/** Credentials that the main thread gives. */
class ToldCredentials implements LiveCredentials {
  #current: TlsCredentials;
  readonly #tell: (line: string, level: "warn") => void;
  /** Added by `subscribe`, removed by what it returns. */
  readonly #uses = new Set<UseCredentials>();

  constructor(current: TlsCredentials, tell: (line: string, level: "warn") => void) {
    this.#current = current;
    this.#tell = tell;
  }

  get current(): TlsCredentials {
    return this.#current;
  }

  subscribe(use: UseCredentials, inUse: TlsCredentials): () => void {
    this.#uses.add(use);
    if (inUse !== this.#current) void this.#give(use); // it changed while the listener was opened
    return () => this.#uses.delete(use);
  }

  take(fresh: TlsCredentials): void {
    this.#current = fresh;
    for (const use of this.#uses) void this.#give(use);
  }

  async #give(use: UseCredentials): Promise<void> {
    try {
      await use(this.#current);
    } catch (error) {
      this.#tell(`A thread keeps its old certificate: ${reasonOf(error)}`, "warn");
    }
  }
}
