/**
 * The start-up trial: a listener with client certificates tries to get past itself, before anybody
 * else can.
 *
 * @module
 */

import { connect } from "node:tls"; // see node_tls_connection.ts
import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { CertificateAndKey } from "../key_pair.ts";
import {
  listenNodeTls,
  type NodeTlsListener,
  type NodeTlsListenOptions,
} from "../node/node_tls_listen.ts";
import { type Outcome, resumeSession, type TrialCertificates } from "./session_trial.ts";

export type { TrialCertificates } from "./session_trial.ts";

/** One attempt and what it should come to. */
export interface Attempt {
  /** What was shown, in words. */
  readonly what: string;
  /** What it should come to. */
  readonly expected: Outcome;
  /** What it came to. */
  readonly outcome: Outcome;
}

/** Who is let in as well as refused in a trial: refusing everybody is no proof of care. */
const MEMBER = "a valid certificate";

/**
 * Listens with client certificates, after it has tried the listener from inside: with a valid
 * certificate, none, a foreign one, a revoked one, a resumed session, and last with the valid one
 * again, once the listener trusts the configured authorities alone.
 *
 * @param options Where, with which certificate, and whom to let in.
 * @param trial What to show.
 * @throws {DariError} `configuration` naming what held and what did not, when not all did.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export async function listenTried(
  options: NodeTlsListenOptions & { readonly clientCa: string },
  trial: TrialCertificates,
): Promise<NodeTlsListener> {
  let isOnTrial = true;
  const onTrial: NodeTlsListenOptions = {
    ...options,
    clientCa: `${options.clientCa}\n${trial.ca}`,
    isRevoked: (serial) => serial === trial.revoked.serial || options.isRevoked(serial),
    onRefused: (address, reason) => isOnTrial || options.onRefused?.(address, reason),
  };
  const listener = await listenNodeTls(onTrial);
  try {
    const attempts: Attempt[] = [
      await attempt(MEMBER, "let in", listener, trial.member),
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
    isOnTrial = false;
    judgeTrial(attempts);
    return listener;
  } catch (error) {
    listener.close();
    throw error;
  }
}

/**
 * Refuses a listener that did not do in its trial what it should.
 *
 * @param attempts What was tried.
 * @throws {DariError} `configuration` naming what held and what did not, when not all did.
 */
export function judgeTrial(attempts: readonly Attempt[]): void {
  const failed = attempts.filter(({ expected, outcome }) => expected !== outcome);
  if (failed.length === 0) return;
  const held = attempts.filter((one) => !failed.includes(one)).map(({ what }) => what);
  const list = failed.map(({ what, outcome }) => `${what} (was ${outcome})`);
  throw new DariError(
    "configuration",
    `The server does not start, since its trial of client certificates failed. ` +
      `Held: ${held.join(", ") || "nothing"}. Did not hold: ${list.join(", ")}`,
  );
}

/** Connects and waits until the listener has let the connection in or ended it. */
async function attempt(
  what: string,
  expected: Outcome,
  listener: NodeTlsListener,
  pair?: CertificateAndKey,
): Promise<Attempt> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const { port } = listener.at;
  // The trial is about the other end: whom the server shows itself as does not matter here.
  const socket = connect({ ...pair, host: hostFor(listener), port, rejectUnauthorized: false });
  listener.claim = (connection, { remotePort }) => {
    if (remotePort !== socket.localPort) return false; // somebody else's, and early
    resolve("let in");
    connection.abort();
    return true;
  };
  socket.on("error", () => resolve("refused"));
  socket.on("end", () => resolve("refused"));
  socket.on("close", () => resolve("refused"));
  const timer = setTimeout(() => resolve("not answered"), limits.trialTimeoutMs);
  const outcome = await promise;
  clearTimeout(timer);
  socket.destroy();
  listener.claim = undefined;
  return { what, expected, outcome };
}

/** Where to reach a listener from inside. */
function hostFor({ at: { host } }: NodeTlsListener): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
