/**
 * What a server's log says of connections, sign-ins and calls.
 *
 * @module
 */

import { errorTable } from "../base/errors.ts";
import {
  type CallRecord,
  type ConnectionRecord,
  type Observer,
  requestIdOf,
  type SignInRecord,
} from "../rpc/observer.ts";
import type { Log, LogFields, LogLevel } from "./log.ts";

const CONNECTION_OPENED = "a connection was opened";

const FACTOR_CHANGES = {
  added: "a second factor was added",
  removed: "a second factor was removed",
  codes: "recovery codes were renewed",
} as const;

/** An observer that logs what it hears. */
export interface ServerLog extends Observer {
  /**
   * Logs that the server has started. One that could not start is not said to stop.
   *
   * @param fields What it serves, and where.
   */
  started(fields: LogFields): void;
}

/**
 * Logs what somebody who runs a server has to know: connections, who signed in and who could not,
 * calls that were denied or cut, methods that failed, how the server stopped.
 *
 * A failed sign-in is logged with its name only where there is an account of that name: people type
 * passwords where a name is asked for.
 *
 * @param log The log.
 * @param isAccount Whether there is an account of a name.
 * @param lowest The lowest level that the log writes; with `debug` every call and every connection
 * is told.
 * @returns An observer for a server.
 */
export function logServer(
  log: Log,
  isAccount: (name: string) => Promise<boolean>,
  lowest: LogLevel = "info",
): ServerLog {
  const isDebug = lowest === "debug";
  let hasStarted = false;
  const tellFailed = async (message: string, record: SignInRecord): Promise<void> => {
    const { method, name, errorCode: code, error } = record;
    const account = name !== undefined && await isAccount(name).catch(() => false)
      ? { account: name }
      : {};
    const fields = { ...signInFields(record), method, ...account, code };
    if (code === undefined || errorTable[code].public) return log.write("warn", message, fields);
    // The client reads "Internal error"; the reason is told here or nowhere.
    log.write("error", message, { ...fields, error });
  };
  return {
    handlerFailed: (call, error) =>
      log.write("error", "a method failed", { ...callFields(call), error }),
    callDenied: (call, { code }) =>
      log.write("warn", "a call was denied", { ...callFields(call), code }),
    callCut: (call) =>
      log.write("warn", "a call was cut", { ...callFields(call), ms: millisecondsOf(call) }),
    // Where nobody reads them, calls cost nothing.
    ...(isDebug ? { callEnded: (call: CallRecord) => tellEnded(log, call) } : {}),
    signInSucceeded: (record) => {
      const { method, name: account } = record;
      log.write("info", "a sign-in succeeded", { ...signInFields(record), method, account });
    },
    signInFailed: (record) => {
      if (record.errorCode !== "second_factor_required") {
        return void tellFailed("a sign-in failed", record);
      }
      // The password was right. What watches for failed sign-ins must not count this.
      const { method, name: account } = record;
      log.write("info", "a sign-in needs its second factor", {
        ...signInFields(record),
        method,
        account,
      });
    },
    factorChanged: ({ account, change, principal: { name: principal }, peer }) =>
      log.write("info", FACTOR_CHANGES[change], { peer: peer.address, account, principal }),
    accountLocked: (record) => void tellFailed("an account is locked", record),
    connectionOpened(connection) {
      const { protocol, cipher, certificate } = connection.peer;
      const fields = connectionFields(connection);
      if (protocol === undefined) {
        if (isDebug) log.write("debug", CONNECTION_OPENED, fields);
        return;
      }
      const subject = certificate?.subject ?? "none";
      log.write("info", CONNECTION_OPENED, { ...fields, protocol, cipher, subject });
    },
    connectionClosed(connection, reason) {
      const fields = connectionFields(connection);
      if (reason !== undefined) log.write("warn", "a connection was cut", { ...fields, reason });
      else if (isDebug) log.write("debug", "a connection was closed", fields);
    },
    connectionRefused({ peer }, reason) {
      log.write("warn", "a connection was refused", { peer: peer.address, reason });
    },
    started(fields) {
      hasStarted = true;
      log.write("info", "the server has started", fields);
    },
    serverStopping({ connections, calls }) {
      if (hasStarted) log.write("info", "the server is stopping", { connections, calls });
    },
    serverStopped({ drained, cut }) {
      if (!hasStarted) return;
      log.write(cut > 0 ? "warn" : "info", "the server has stopped", { drained, cut });
    },
  };
}

function tellEnded(log: Log, call: CallRecord): void {
  const code = call.errorCode ?? "ok";
  log.write("debug", "a call ended", { ...callFields(call), code, ms: millisecondsOf(call) });
}

/** What every line about a call has: a caller who has an error's `requestId` finds its reason by it. */
function callFields(call: CallRecord): LogFields {
  const { method, principal, peer: { address: peer }, meta: { traceparent } } = call;
  const trace = TRACE_ID.exec(traceparent ?? "")?.[1];
  return {
    ...{ peer, method, request: requestIdOf(call) },
    ...(trace === undefined ? {} : { trace }),
    ...(principal === null ? {} : { principal: principal.chain?.join(" via ") ?? principal.name }),
  };
}

/** The trace id of a `traceparent` (W3C Trace Context §3.2.2); a caller may have written anything. */
const TRACE_ID = /^[0-9a-f]{2}-([0-9a-f]{32})-/;

/** The ids of requests begin with that of their connection. */
function connectionFields({ id: connection, peer }: ConnectionRecord): LogFields {
  return { peer: peer.address, connection };
}

function signInFields({ connectionId, peer }: SignInRecord): LogFields {
  return connectionFields({ id: connectionId, peer, principal: null });
}

function millisecondsOf({ durationMs }: CallRecord): number {
  return Math.round(durationMs * 1_000) / 1_000;
}

/**
 * Logs clients that a listener refused.
 *
 * @param log The log.
 * @returns Hears the address of each, and why.
 */
export function logRefused(log: Log): (peer: string, reason: string) => void {
  return (peer, reason) => log.write("warn", "a connection was refused", { peer, reason });
}
