/**
 * The streams of the cluster that a data directory belongs to.
 *
 * @module
 */

import { exists } from "../../base/file/file_state.ts";
import { reasonOf } from "../../base/file/files.ts";
import { recordKeyPath } from "../../cluster/record_key.ts";
import { LOG_KINDS, type LogKind, logStream, logSubject } from "../../cluster/subjects.ts";
import { openNats } from "../../endpoint/cluster/nats_access.ts";
import { readClusterFile } from "../../endpoint/store/cluster_file.ts";
import type { ClusterFact, Known, StreamFact } from "../../ops/doctor/patient/patient.ts";

/** What is lost with a stream. */
const KEEPS: Readonly<Record<LogKind, string>> = {
  store: "accounts, sessions and revocations",
  messages: "queues, jobs and topics",
  audit: "the audits of all servers, as far as they are together",
};

/**
 * Asks the NATS servers of a data directory's cluster how they keep what its servers share.
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
    const { differenceOf, infoOf } = await import("../../cluster/log/stream_config.ts");
    await using bus = await openNats(at, "dari doctor", access);
    using api = new JetStreamApi(bus);
    const streams: StreamFact[] = [];
    for (const kind of LOG_KINDS) {
      const name = logStream(at.service, kind);
      const config = (await infoOf(api, name))?.config;
      if (config === undefined) continue; // no server has made it yet
      const difference = differenceOf(config, `${logSubject(at.service, kind)}.>`);
      const replicas = Number(config.num_replicas ?? 1);
      streams.push({ name, keeps: KEEPS[kind], replicas, difference });
    }
    return { value: { streams, version: bus.nats.info?.version ?? "0" } };
  } catch (error) {
    return { unknown: reasonOf(error) };
  }
}
