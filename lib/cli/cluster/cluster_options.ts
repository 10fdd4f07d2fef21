/**
 * Offering methods as a service of NATS: what `dari serve` takes for it.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import { readNamedSecretFile, readPublicFile } from "../../base/file/files.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { recordKeyPath } from "../../cluster/record_key.ts";
import type { NatsAccess } from "../../endpoint/cluster/nats_access.ts";
import { type ClusterFile, rememberedCluster } from "../../endpoint/store/cluster_file.ts";
import { parseListenPlace } from "../../transport/scheme/listen_place.ts";
import { option, type Options } from "../app/option.ts";
import { file, text, type ValueType } from "../app/value_type.ts";
import {
  certificateFilesOf,
  readAuthorities,
  readCertificateFiles,
} from "../workspace/certificate_files.ts";
import { joinedPair } from "./joined_directory.ts";

/** NATS servers and a service. */
export const natsPlace: ValueType<string> = {
  ...text("ADDRESS"),
  expects: "NATS servers and the name of a service, such as nats://localhost:4222/orders",
  parse(typed) {
    const { address } = parseListenPlace(typed);
    return address.kind === "nats" && address.instance === undefined ? typed : undefined;
  },
};

/** The options. */
export const clusterOptions = {
  cluster: option(
    natsPlace,
    "offer the methods as a service of NATS, nats://HOST:PORT,…/SERVICE; ?client-ca=FILE may follow",
  ),
  "cluster-ca": option(file(), "the authorities of the NATS servers (default: DIR/ca.crt)"),
  "cluster-cert": option(
    file(),
    "the certificate that NATS servers are shown, with its chain (default: that of the last start, or of dari join)",
  ),
  "cluster-key": option(file(), "the private key of --cluster-cert (mode 0600)"),
} satisfies Options;

/** What the user typed for these options. */
export interface ClusterChoice {
  readonly cluster: string | undefined;
  readonly "cluster-ca": string | undefined;
  readonly "cluster-cert": string | undefined;
  readonly "cluster-key": string | undefined;
}

/**
 * Where `--cluster` listens.
 *
 * @param cluster What the user typed.
 */
export function clusterPlaces(cluster: string | undefined): readonly string[] {
  return cluster === undefined ? [] : [cluster];
}

/**
 * Reads how this server shows NATS servers who it is, and whom it trusts.
 *
 * @param choice What the user typed.
 * @param data The data directory.
 * @returns `undefined` without `--cluster`.
 * @throws {DariError} `usage` for a certificate without its key, `io` or `configuration` when a file
 * cannot be used.
 */
export async function natsAccessOf(
  choice: ClusterChoice,
  data: string,
): Promise<NatsAccess | undefined> {
  if (choice.cluster === undefined) return undefined;
  const files = await filesFor(choice, data);
  const { cert, key } = await readCertificateFiles(files.cert, files.key);
  return {
    ...(files.ca === undefined ? {} : { ca: await readAuthorities(files.ca) }),
    ...(cert === undefined || key === undefined ? {} : {
      pair: { cert, key },
      pairNow: async () => ({
        cert: await readPublicFile(files.cert!),
        key: await readNamedSecretFile(files.key!),
      }),
    }),
  };
}

/**
 * The files for NATS servers. What was not chosen is what the directory remembers of this cluster, else
 * its authority and the certificate of `dari join`.
 */
async function filesFor(
  { cluster, "cluster-ca": chosenCa, "cluster-cert": cert, "cluster-key": key }: ClusterChoice,
  data: string,
): Promise<Pick<ClusterFile, "ca" | "cert" | "key">> {
  const last = await rememberedCluster(data);
  const known = last?.address === cluster ? last : undefined;
  const own = `${data}/ca.crt`;
  const ca = chosenCa ?? known?.ca ?? (await exists(own) ? own : undefined);
  if (cert !== undefined || key !== undefined) return { ca, cert, key };
  const shown = known?.cert === undefined ? await joinedPair(data) : known;
  return { ca, cert: shown?.cert, key: shown?.key };
}

/**
 * Where the servers of a cluster meet, for a data directory that has their record key.
 *
 * @param choice What the user typed.
 * @param data The data directory.
 * @returns `undefined` without `--cluster` and without that key.
 * @throws {DariError} `io` when a file is not there.
 */
export async function chosenCluster(
  choice: ClusterChoice,
  data: string,
): Promise<ClusterFile | undefined> {
  const { cluster } = choice;
  if (cluster === undefined || !await exists(recordKeyPath(data))) return undefined;
  return await clusterFileOf({ ...choice, cluster }, data);
}

/**
 * What a data directory remembers of a cluster.
 *
 * @param choice What the user typed.
 * @param data The data directory.
 * @throws {DariError} `io` when a file is not there.
 */
export async function clusterFileOf(
  choice: ClusterChoice & { readonly cluster: string },
  data: string,
): Promise<ClusterFile> {
  certificateFilesOf(choice["cluster-cert"], choice["cluster-key"]);
  const { ca, cert, key } = await filesFor(choice, data);
  return {
    address: choice.cluster,
    ca: await absolute(ca),
    cert: await absolute(cert),
    key: await absolute(key),
  };
}

async function absolute(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await Deno.realPath(path);
  } catch (cause) {
    throw new DariError("io", `Cannot use "${path}": ${reasonOf(cause)}`, { cause });
  }
}
