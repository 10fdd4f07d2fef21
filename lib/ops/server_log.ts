/**
 * What a server's log says of connections, sign-ins and calls.
 *
 * @module
 */

import { errorTable } from "../base/errors.ts";
import type { Observer, SignInRecord } from "../rpc/observer.ts";
import type { Log } from "./log.ts";

/**
 * Logs what somebody who runs a server has to know: connections, who signed in and who could not,
 * calls that were denied, methods that failed.
 *
 * A failed sign-in is logged with its name only where there is an account of that name: people type
 * passwords where a name is asked for.
 *
 * @param log The log.
 * @param isAccount Whether there is an account of a name.
 * @returns An observer for a server.
 */
export function logServer(log: Log, isAccount: (name: string) => Promise<boolean>): Observer {
  const tellFailed = async (message: string, record: SignInRecord): Promise<void> => {
    const { method, name, errorCode: code, error, peer: { address: peer } } = record;
    if (code !== undefined && !errorTable[code].public) {
      // The client reads "Internal error"; the reason is told here or nowhere.
      return log.write("error", "a method failed", { method, error, peer });
    }
    const account = name !== undefined && await isAccount(name).catch(() => false)
      ? { account: name }
      : {};
    log.write("warn", message, { peer, method, ...account, code });
  };
  return {
    handlerFailed: ({ method }, error) => log.write("error", "a method failed", { method, error }),
    callDenied({ method, principal, peer }, { code }) {
      const caller = principal === null
        ? {}
        : { principal: principal.chain?.join(" via ") ?? principal.name };
      log.write("warn", "a call was denied", { peer: peer.address, method, ...caller, code });
    },
    signInSucceeded: ({ method, name: account, peer }) =>
      log.write("info", "a sign-in succeeded", { peer: peer.address, method, account }),
    signInFailed: (record) => void tellFailed("a sign-in failed", record),
    accountLocked: (record) => void tellFailed("an account is locked", record),
    connectionOpened({ peer: { address, protocol, cipher, certificate } }) {
      if (protocol === undefined) return;
      const subject = certificate?.subject ?? "none";
      log.write("info", "a connection was opened", { peer: address, protocol, cipher, subject });
    },
    connectionClosed({ peer }, reason) {
      if (reason === undefined) return;
      log.write("warn", "a connection was cut", { peer: peer.address, reason });
    },
    connectionRefused({ peer }, reason) {
      log.write("warn", "a connection was refused", { peer: peer.address, reason });
    },
  };
}
