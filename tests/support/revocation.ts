import { openStoreLedger } from "../../lib/cert/ledger/ledger.ts";
import type { ConnectionList, Owner, ShownConnection } from "../../lib/ops/live/connections.ts";
import type { RevocationParts } from "../../lib/ops/revoke/parts.ts";
import { testIdentity } from "./identity.ts";
import { facts } from "./ledgers.ts";

/** A connection as a server lists it. */
export function shownConnection(id: string, calls = 0): ShownConnection {
  const principal = { name: "alice", kind: "apiKey", credential: "apiKey:5f0c11d2a9be" } as const;
  const call = { method: "slow", principal, startedAtMs: 0, stream: false, bytesOut: 0 };
  return {
    ...{ id, transport: "tls", address: "192.0.2.1:50412", principal, openedAtMs: 0 },
    calls: Array.from({ length: calls }, () => call),
  };
}

/** Accounts, keys and certificates in memory; `alice` is there, and the connections that a test adds. */
export async function testRevocation() {
  const test = await testIdentity();
  const ledger = openStoreLedger(test.store, { clock: test.clock });
  const asked: Owner[] = [];
  const lists: (ConnectionList | undefined)[] = [];
  const parts: RevocationParts = {
    ...test.identity,
    ledger,
    clock: test.clock,
    connections: (owner) => {
      asked.push(owner);
      return Promise.resolve(lists.length > 1 ? lists.shift() : lists[0]);
    },
  };
  return {
    ...test,
    ledger,
    parts,
    /** Whose connections were asked for. */
    asked,
    /** The answers to come; the last one stays. */
    lists,
    /** Records a certificate. */
    issue: (serial: string, name: string, more: object = {}) =>
      ledger.recordIssued({
        ...facts,
        ...{ serial, subject: `CN=${name}`, names: [name], purposes: ["client"] },
        ...more,
      }),
    async [Symbol.asyncDispose]() {
      await ledger[Symbol.asyncDispose]();
      await test[Symbol.asyncDispose]();
    },
  };
}
