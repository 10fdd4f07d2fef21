/**
 * What a machine gets that joins the cluster of a server: the key of its records and the authorities.
 *
 * @module
 */

import type { ClusterSecrets } from "../../auth/mod.ts";
import { readOwnFile } from "../../base/file/files.ts";
import { formatRecordKey, readRecordKey } from "../../cluster/record_key.ts";

/**
 * Reads it. The files are read each time: `dari invite` may have made the key while the server runs.
 *
 * @param directory The data directory of the server.
 * @returns `undefined` where it has no key of records.
 * @throws {DariError} When a file is damaged or others can use it.
 */
export async function clusterSecretsOf(directory: string): Promise<ClusterSecrets | undefined> {
  const key = await readRecordKey(directory);
  if (key === undefined) return undefined;
  return {
    recordKey: formatRecordKey(key).trimEnd(),
    authorities: await readOwnFile(`${directory}/ca.crt`),
  };
}
