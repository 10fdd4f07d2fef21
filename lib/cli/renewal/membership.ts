/**
 * What a server does as one of a cluster: it asks how the others are, has its certificate renewed by the
 * one that has the authority's key, and ends where that certificate is revoked.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { readOwnFile } from "../../base/file/files.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import { connect } from "../../endpoint/connect.ts";
import type { NatsAccess } from "../../endpoint/cluster/nats_access.ts";
import type { LookAtServers } from "../../ops/methods/servers_method.ts";
import type { Audit } from "../../ops/audit/audit.ts";
import { parseListenPlace } from "../../transport/scheme/listen_place.ts";
import { JoinedRenewal } from "./joined_renewal.ts";
import { type HeldCertificate, renewAt } from "./renew_at.ts";
import { ClusterSurvey } from "../cluster/cluster_survey.ts";
import { RevokedWatch, type RevokedWatchOptions } from "./revoked_watch.ts";

/** What a membership works with. */
export interface MembershipParts extends RevokedWatchOptions {
  /** Where renewals are written down. */
  readonly audit: Pick<Audit, "note">;
  /** Hears of them, and of failures. */
  readonly tell: WriteLog;
  /** Where the time comes from. @default {systemClock} */
  readonly clock?: Clock | undefined;
}

/** A membership; disposing ends what it asks. */
export interface Membership extends AsyncDisposable {
  /** Asks the servers of the cluster how they are. */
  readonly servers: LookAtServers;
  /** Renews the certificate. */
  readonly renewal: JoinedRenewal;
}

/**
 * Begins.
 *
 * @param cluster Where the server offers its service; `undefined` for one that offers none.
 * @param access How it shows NATS servers who it is.
 * @param parts What it works with.
 * @returns `undefined` for a server that is alone.
 * @throws {DariError} `failed_precondition` where the certificate is revoked already.
 */
export async function openMembership(
  cluster: string | undefined,
  access: NatsAccess | undefined,
  parts: MembershipParts,
): Promise<Membership | undefined> {
  const address = cluster === undefined ? undefined : parseListenPlace(cluster).address;
  if (address?.kind !== "nats" || access === undefined) return undefined;
  using opening = new DisposableStack();
  const revoked = opening.use(new RevokedWatch(parts));
  await revoked.look();
  const survey = new ClusterSurvey(address, access);
  const ask = (held: HeldCertificate) => askServers(held, { survey, access, data: parts.data });
  const renewal = opening.use(new JoinedRenewal({ ...parts, ask }));
  renewal.look();
  const owned = opening.move();
  return {
    servers: () => survey.look(),
    renewal,
    async [Symbol.asyncDispose]() {
      owned.dispose();
      await survey[Symbol.asyncDispose]();
    },
  };
}

/**
 * Asks the servers of a cluster, one after another, for the successor of a certificate. Only the one that
 * has the authority's key can give it.
 *
 * @param held The certificate.
 * @param way How the servers are found and reached.
 * @returns The successor, PEM.
 * @throws {DariError} Why none of them gave one.
 */
async function askServers(
  held: HeldCertificate,
  { survey, access, data }: {
    readonly survey: ClusterSurvey;
    readonly access: NatsAccess;
    readonly data: string;
  },
): Promise<string> {
  const { service, servers } = await survey.look();
  const ca = [await readOwnFile(`${data}/ca.crt`), ...[access.ca ?? []].flat()].join("\n");
  const pair = await access.pairNow?.() ?? access.pair;
  const reasons = new Set<string>();
  for (const { instance } of servers) {
    try {
      const options = { ca, caOnly: true, ...pair, warn: () => {} };
      await using client = await connect(`${service}/${instance}`, options);
      return await renewAt(client, held);
    } catch (error) {
      if (!(error instanceof DariError)) throw error;
      reasons.add(error.message);
    }
  }
  throw new DariError(
    "unavailable",
    `no server of ${service} has renewed it (${
      [...reasons].join("; ") || "none answers"
    }); the one with ` +
      "the authority's key must be up",
  );
}
