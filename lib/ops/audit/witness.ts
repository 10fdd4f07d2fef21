/**
 * A gate whose decisions are audited: sign-ins and their failures, refused and administrative calls.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import type {
  Gate,
  SignInContext,
  SignInMethod,
  SignInReply,
  WitnessedCall,
} from "../../auth/sign_in/gate.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { peerHost } from "../../base/peer/peer_host.ts";
import { STRANGER } from "../../rpc/method/caller_name.ts";
import type { Observer } from "../../rpc/observer.ts";
import type { Peer, TransportName } from "../../transport/connection.ts";
import type { Log } from "../log.ts";
import { logRefused } from "../server_log.ts";
import type { AuditEvent } from "./audit.ts";
import type { AuditLog } from "./audit_log.ts";

/** Threads of this process: nobody signs in there. */
const OWN_THREADS: ReadonlySet<TransportName> = new Set(["memory", "pipe", "worker"]);

/**
 * Audits what a gate decides.
 *
 * - A sign-in is on disk before it is answered, and fails where it cannot be written. The session of a
 *   password or a key is recorded by the store; tokens are recorded here, once a minute each.
 * - A refused call of somebody who is signed in is one record. Failed sign-ins and refusals of strangers
 *   are counted by peer and reason. They stay refused whether or not they can be written.
 * - An administrative call is on disk before it runs, and does not run where it cannot be written.
 *
 * @param gate The gate.
 * @param audit Where it is written.
 * @param isAccount Whether there is an account of a name: people type passwords where a name is asked
 * for, so other names are not written.
 * @returns The gate, with a witness.
 */
export function auditedGate(
  gate: Gate,
  audit: AuditLog,
  isAccount: (name: string) => Promise<boolean>,
): Gate {
  const witness = new Witness(audit, isAccount);
  return {
    async identify(peer) {
      const principal = await gate.identify(peer);
      if (principal !== null && !OWN_THREADS.has(peer.transport)) {
        witness.connected(principal, peer); // who it is was proved by the connection
      }
      return principal;
    },
    async signIn(method, params, context) {
      let reply: SignInReply;
      try {
        reply = await gate.signIn(method, params, context);
      } catch (error) {
        void witness.failed(method, params, context, error);
        throw error;
      }
      await witness.answered(reply, context);
      return reply;
    },
    authenticate: (...asked) => gate.authenticate(...asked),
    ...(gate.delegate && { delegate: (...asked) => gate.delegate!(...asked) }),
    // It is asked for every call: nothing stands between.
    authorize: gate.authorize.bind(gate),
    witness: (call, refusal) =>
      refusal === undefined ? witness.administrative(call) : witness.refused(call, refusal),
    get callLimiter() {
      return gate.callLimiter;
    },
    ...(gate.factors && { factors: gate.factors }),
    ...(gate.passkeys && { passkeys: gate.passkeys }),
    onRevoked: (listener) => gate.onRevoked(listener),
    forget: (connectionId) => gate.forget(connectionId),
  };
}

/**
 * Audits the connections that a server refuses.
 *
 * @param audit Where they are counted.
 * @returns An observer for the server.
 */
export function refusedConnections(audit: AuditLog): Observer {
  return {
    connectionRefused: ({ peer }, reason) => countRefusal(audit, peer.address, reason),
  };
}

/**
 * Logs and audits the clients that a listener refuses.
 *
 * @param log The log.
 * @param audit Where they are counted.
 * @returns What a listener calls with the address of the client and the reason.
 */
export function refusalsTo(
  log: Log,
  audit: AuditLog,
): (address: string, reason: string) => void {
  const logRefusal = logRefused(log);
  return (address, reason) => {
    logRefusal(address, reason);
    countRefusal(audit, address, reason);
  };
}

/**
 * Audits that somebody was kept from a right that is no call.
 *
 * @param audit The audit.
 * @param name Who, where that is known; strangers are counted.
 * @param address The peer's address.
 * @param right The right.
 */
export function auditDenied(
  audit: AuditLog,
  name: string | null,
  address: string,
  right: string,
): void {
  const event = { kind: "call.denied", by: name ?? STRANGER, peer: address, about: right };
  if (name !== null) return audit.note(event);
  const peer = peerHost(address);
  audit.count(`denied ${peer} ${right}`, { ...event, peer });
}

function countRefusal(audit: AuditLog, address: string, reason: string): void {
  const peer = peerHost(address);
  const event = { kind: "connection.refused", by: STRANGER, peer, data: { reason } };
  audit.count(`connection ${peer} ${reason}`, event);
}

/** Turns what a gate decided into records. */
class Witness {
  readonly #audit: AuditLog;
  readonly #isAccount: (name: string) => Promise<boolean>;

  constructor(audit: AuditLog, isAccount: (name: string) => Promise<boolean>) {
    this.#audit = audit;
    this.#isAccount = isAccount;
  }

  connected(principal: Principal, peer: Peer): void {
    void this.#audit.count(...signIn(principal, peer));
  }

  async answered({ result, principal }: SignInReply, { peer }: SignInContext): Promise<void> {
    if (!principal || isNewSession(result)) return;
    try {
      await this.#audit.mustCount(...signIn(principal, peer));
    } catch (cause) {
      throw notWritten("sign-in", cause);
    }
  }

  /** Nobody waits for it: the time of a refusal must not tell whether there is an account. */
  async failed(
    method: SignInMethod,
    params: unknown,
    { peer: { address }, signal }: SignInContext,
    error: unknown,
  ): Promise<void> {
    if (signal?.aborted === true || !isFailedSignIn(error)) return;
    const name = nameIn(params);
    const isKnown = name !== undefined && await this.#isAccount(name).catch(() => false);
    const about = isKnown ? name : undefined;
    const reason = reasonOf(error);
    const host = peerHost(address);
    await this.#audit.count(`failed ${host} ${method} ${reason} ${about ?? ""}`, {
      // The password was right, and the client was asked for a code: most sign-ins go on from there.
      kind: reason === "second_factor_required" ? "sign-in.code-asked" : "sign-in.failed",
      by: STRANGER,
      peer: host,
      about,
      data: { method, reason },
    });
  }

  refused(
    { principal, method, peer: { address } }: WitnessedCall,
    { code }: DariError,
  ): Promise<void> | undefined {
    const kind = "call.denied";
    if (principal !== null) {
      const event = { kind, ...originOf(principal), peer: address, about: method };
      return this.#audit.offer({ ...event, data: { code } });
    }
    const host = peerHost(address);
    const event: AuditEvent = { kind, by: STRANGER, peer: host, about: method, data: { code } };
    return this.#audit.count(`denied ${host} ${code}`, event);
  }

  async administrative({ principal, method, peer: { address } }: WitnessedCall): Promise<void> {
    try {
      const origin = principal === null ? { by: STRANGER } : originOf(principal);
      await this.#audit.record({
        kind: "call.administrative",
        ...origin,
        peer: address,
        about: method,
      });
    } catch (cause) {
      throw notWritten("call", cause);
    }
  }
}

/** What a sign-in is counted by, and its event. */
function signIn(principal: Principal, { address }: Peer): [string, AuditEvent] {
  const key = `sign-in ${principal.credentialId} ${peerHost(address)}`;
  return [key, { kind: "sign-in.accepted", ...originOf(principal), peer: address }];
}

function originOf({ name, credentialId, chain }: Principal): Pick<AuditEvent, "by" | "via"> {
  // On behalf of whom: from the first caller to the peer itself.
  return { by: chain === undefined ? name : chain.join(" > "), via: credentialId };
}

/** The store has recorded the session in the transaction that made it. */
function isNewSession(result: unknown): boolean {
  return typeof result === "object" && result !== null && "token" in result;
}

function isFailedSignIn(error: unknown): boolean {
  return error instanceof DariError && error.code !== "invalid_params" &&
    error.code !== "internal";
}

/** What was wrong, which the client is not told. */
function reasonOf(error: unknown): string {
  const { code, cause } = error as DariError;
  return cause instanceof DariError ? cause.name.replace(/Error$/, "") : code;
}

function nameIn(params: unknown): string | undefined {
  const { username } = (params ?? {}) as Record<string, unknown>;
  return typeof username === "string" ? username.slice(0, limits.maxNameBytes) : undefined;
}

function notWritten(what: string, cause: unknown): DariError {
  return new DariError(
    "unavailable",
    `The ${what} cannot be recorded in the audit, so it was refused; try again later`,
    { cause, retryAfterMs: limits.auditRetryMs },
  );
}
