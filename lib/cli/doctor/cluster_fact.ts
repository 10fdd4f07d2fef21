/**
 * The stream of the cluster that a data directory belongs to.
 *
 * @module
 */

import { exists } from "../../base/file/file_state.ts";
import { reasonOf } from "../../base/file/files.ts";
import { recordKeyPath } from "../../cluster/record_key.ts";
import { logStream } from "../../cluster/subjects.ts";
import { openNats } from "../../endpoint/cluster/nats_access.ts";
import { readClusterFile } from "../../endpoint/store/cluster_file.ts";
import type { ClusterFact, Known } from "../../ops/doctor/patient/patient.ts";

/**
 * Asks the NATS servers of a data directory's cluster how they keep its store.
 *
 * @param directory The data directory.
 * @returns `undefined` where it belongs to none.
 */
export async function readClusterFact(
  directory: string,
): Promise<Known<ClusterFact> | undefined> {
  if (!await exists(recordKeyPath(directory))) return undefined;
  try {
    const place = await readClusterFile(directory);
    if (place === undefined) return { unknown: "no server of it has started here yet" };
    const { at, access } = place;
    const { JetStreamApi } = await import("../../cluster/log/jetstream_api.ts");
    const { infoOf } = await import("../../cluster/log/stream_config.ts");
    await using bus = await openNats(at, "dari doctor", access);
    using api = new JetStreamApi(bus);
    const stream = logStream(at.service, "store");
    const replicas = (await infoOf(api, stream))?.config?.num_replicas;
    return {
      value: {
        stream,
        replicas: typeof replicas === "number" ? replicas : undefined,
        version: bus.nats.info?.version ?? "0",
      },
    };
  } catch (error) {
    return { unknown: reasonOf(error) };
  }
}
