/**
 * The cluster of a running server, for machines that are invited to join it.
 *
 * @module
 */

import type { InvitedCluster } from "../../auth/mod.ts";
import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import { limits } from "../../base/limits.ts";
import { readRecordKey } from "../../cluster/record_key.ts";
import { certificateNameOf } from "../../cluster/service/certificate_name.ts";
import { formatAddress, parseAddress } from "../../transport/scheme/parse.ts";
import { runningServer } from "../workspace/directory_in_use.ts";

/**
 * Finds the cluster of the server that uses a data directory.
 *
 * @param directory The data directory.
 * @returns The address of its service of NATS, and the name that every server of it needs.
 * @throws {DariError} `failed_precondition` when the server offers no service, has no key of records, or
 * the key of its authority is on another machine.
 */
export async function invitedCluster(directory: string): Promise<InvitedCluster> {
  const { addresses = [] } = await runningServer(directory) ?? {};
  const service = addresses.map((address) => parseAddress(address))
    .find((address) => address.kind === "nats");
  if (service === undefined) {
    throw refusal(
      `The server of "${directory}" is in no cluster: start it with dari serve --cluster ` +
        "nats://HOST:PORT/SERVICE --listen tls://HOST:PORT",
    );
  }
  if (!await exists(`${directory}/ca.key`)) {
    throw refusal(
      `The key of the authority (ca.key) is not in "${directory}": invite on the machine that has it`,
    );
  }
  const address = formatAddress(service);
  if (await readRecordKey(directory) === undefined) {
    throw refusal(
      `The server of "${directory}" shares no state: it has no ${limits.clusterKeyFile}. Stop it, move ` +
        `its accounts into the cluster (dari store migrate --to ${address}), and start it again`,
    );
  }
  return { address, names: [certificateNameOf(service.service)] };
}

function refusal(message: string): DariError {
  return new DariError("failed_precondition", message);
}
