/**
 * The start-up trial: before a server listens, it connects to a listener of the same configuration
 * with certificates that must be accepted and others that must be refused.
 *
 * @module
 */

import { connect } from "node:tls"; // see node_tls_connection.ts
import { settlesWithin } from "../../../base/abort.ts";
import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { CertificateAndKey } from "../key_pair.ts";
import {
  listenNodeTls,
  type NodeTlsListener,
  type NodeTlsListenOptions,
} from "../node/node_tls_listen.ts";
import { isGranted } from "../node/net_permission.ts";
import { type Outcome, resumeSession, type TrialCertificates } from "./session_trial.ts";

export type { TrialCertificates } from "./session_trial.ts";

/** One attempt and how it should end. */
export interface Attempt {
  /** What the client sent, in words. */
  readonly what: string;
  /** How it should end. */
  readonly expected: Outcome;
  /** How it ended. */
  readonly outcome: Outcome;
}

/** A configuration that asks for client certificates. */
export type ClientCertificateOptions = NodeTlsListenOptions & { readonly clientCa: string };

const LOOPBACK = { host: "127.0.0.1", port: 0 };
/** Accepted and refused in one trial: a listener that refuses every client proves nothing. */
const MEMBER = "a valid certificate";

/**
 * Tries a configuration on a listener of its own, on loopback: with a valid certificate, none, one of
 * another authority, a revoked one and a resumed TLS session; and last with the valid one again, once
 * a reload has left the configured authorities alone.
 *
 * @param options What the server will listen with; host and port do not matter.
 * @param trial The certificates to connect with.
 * @throws {DariError} `configuration` naming the attempts that ended as they should and those that
 * did not, unless all did.
 */
export async function tryClientCertificates(
  options: ClientCertificateOptions,
  trial: TrialCertificates,
): Promise<void> {
  requirePermission();
  const onTrial: NodeTlsListenOptions = {
    ...options,
    ...LOOPBACK,
    maxConnections: undefined, // a low limit would refuse the attempts for another reason
    onRefused: undefined,
    clientCa: `${options.clientCa}\n${trial.ca}`,
    isRevoked: (serial) => serial === trial.revoked.serial || options.isRevoked(serial),
  };
  const listener = await listenNodeTls(onTrial);
  try {
    const attempts: Attempt[] = [
      await attempt(MEMBER, "accepted", listener, trial.member),
      await attempt("no certificate", "refused", listener),
      await attempt("a foreign certificate", "refused", listener, trial.stranger),
      await attempt("a revoked certificate", "refused", listener, trial.revoked),
      {
        what: "a resumed session",
        expected: "refused",
        outcome: await resumeSession(onTrial, trial),
      },
    ];
    listener.reload(options);
    attempts.push(await attempt("the trial's authority", "refused", listener, trial.member));
    checkAttempts(attempts);
  } finally {
    listener.close();
  }
}

/** The trial listens and connects on ports that the system chooses. */
function requirePermission(): void {
  const missing = ["127.0.0.1", "localhost"].filter((host) => !isGranted(host));
  if (missing.length === 0) return;
  throw new DariError(
    "configuration",
    "A server with client certificates tries on this machine, before it serves, that it refuses " +
      `those that it must: add ${missing.join(",")} (every port) to --allow-net`,
  );
}

/**
 * Refuses a configuration whose trial did not end as it should.
 *
 * @param attempts What was tried.
 * @throws {DariError} `configuration` naming the attempts that ended as they should and those that
 * did not, unless all did.
 */
export function checkAttempts(attempts: readonly Attempt[]): void {
  const failed = attempts.filter(({ expected, outcome }) => expected !== outcome);
  if (failed.length === 0) return;
  const passed = attempts.filter((one) => !failed.includes(one)).map(({ what }) => what);
  const list = failed.map(({ what, expected, outcome }) =>
    `${what} (was ${outcome}, should be ${expected})`
  );
  throw new DariError(
    "configuration",
    `The server does not start, because its trial of client certificates failed. ` +
      `Passed: ${passed.join(", ") || "nothing"}. Failed: ${list.join(", ")}`,
  );
}

/** Connects and waits until the listener has accepted the connection or ended it. */
async function attempt(
  what: string,
  expected: Outcome,
  listener: NodeTlsListener,
  pair?: CertificateAndKey,
): Promise<Attempt> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let outcome: Outcome = "not answered";
  const end = (how: Outcome) => {
    if (outcome === "not answered") outcome = how;
    resolve();
  };
  // The trial is about the client's certificate: the server's does not matter here.
  const socket = connect({ ...pair, ...listener.at, rejectUnauthorized: false });
  const claim: typeof listener.claim = (connection, { remotePort }) => {
    if (remotePort !== socket.localPort) return false; // another program found the port
    end("accepted");
    connection.abort();
    return true;
  };
  listener.claim = claim;
  for (const event of ["error", "end", "close"]) socket.on(event, () => end("refused"));
  await settlesWithin(promise, limits.trialTimeoutMs);
  socket.destroy();
  listener.claim = undefined;
  return { what, expected, outcome };
}
