/**
 * What the simulated servers offer: methods whose effects can be counted.
 *
 * @module
 */

import { delay } from "../../../lib/base/abort.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { diskFailure } from "../../../lib/base/file/disk_failure.ts";
import type { Identity } from "../../../lib/auth/sign_in/identity.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { untilNoConflict } from "../../../lib/store/collection.ts";
import type { Store } from "../../../lib/store/store.ts";
import { effectKey } from "./operation.ts";

/** What a call says of itself. */
interface Named {
  /** The step that it belongs to. */
  readonly id: number;
}

/** What the methods of one server work with. */
export interface Workplace {
  readonly store: Store;
  readonly identity: Identity;
  /** A stream was begun; what it gives is called when it has been let go. */
  opened(id: number): () => void;
  /** Calls a method of another server, for the handler that runs. */
  relay(method: string, params: object): Promise<unknown>;
  /** A handler begins. */
  ran(id: number, context: Context): void;
  /** A handler has failed, and told its caller to call again. */
  mayRunAgain(id: number): void;
  /** A credential is about to be revoked. */
  revoking(account: string): void;
  /** A credential was revoked, and that is on the disk. */
  revoked(account: string): void;
}

/** The names by which an account's credential is revoked. */
export interface Revocation extends Named {
  readonly account: string;
  /** What it signs in by. */
  readonly kind: "key" | "session" | "password";
  /** The id of its API key, where that is what it has. */
  readonly key: string;
}

/**
 * The methods of a server.
 *
 * @param place What they work with.
 */
export function methodsOf(place: Workplace) {
  const { store, identity } = place;
  return {
    /** Must not run twice. */
    async increment({ id, counter }: Named & { counter: string }, context: Context) {
      place.ran(id, context);
      const counting = untilNoConflict(async () => {
        const before = await store.get(counter);
        const count = Number(before?.value ?? 0) + 1;
        await store.batch([
          { kind: "put", key: counter, value: String(count), ifVersion: before?.version ?? 0 },
          { kind: "put", key: effectKey(id), value: counter },
        ]);
        return { id, count };
      });
      return await counting.catch((error) => {
        if (isRetryable(error)) place.mayRunAgain(id);
        throw error;
      });
    },
    /** May run twice: an older value never takes the place of a newer one. */
    async set(
      { id, register, value }: Named & { register: string; value: number },
      context: Context,
    ) {
      place.ran(id, context);
      return await untilNoConflict(async () => {
        const before = await store.get(register);
        const newest = Math.max(value, Number(before?.value ?? -1));
        await store.batch([
          { kind: "put", key: register, value: String(newest), ifVersion: before?.version ?? 0 },
          { kind: "put", key: effectKey(id), value: register },
        ]);
        return { id };
      });
    },
    async get({ id, register }: Named & { register: string }, context: Context) {
      place.ran(id, context);
      return { id, value: Number((await store.get(register))?.value ?? -1) };
    },
    /** Gives back what it gets, at once. */
    echo(params: Named & { value: unknown }, context: Context) {
      place.ran(params.id, context);
      return params;
    },
    async wait({ id, ms }: Named & { ms: number }, context: Context) {
      place.ran(id, context);
      await delay(ms, { signal: context.signal });
      return { id };
    },
    async *count(
      { id, items, pauseMs }: Named & { items: number; pauseMs: number },
      context: Context,
    ) {
      place.ran(id, context);
      const letGo = place.opened(id);
      try {
        for (let item = 0; item < items; item++) {
          await delay(pauseMs, { signal: context.signal });
          yield { id, item };
        }
        return { id, items };
      } finally {
        letGo();
      }
    },
    /** Reads a stream of its caller; must not run twice. */
    async sum({ id, numbers }: Named & { numbers: AsyncIterable<number> }, context: Context) {
      place.ran(id, context);
      let sum = 0;
      for await (const number of numbers) sum += number;
      return { id, sum };
    },
    /** Has another server count, inside the deadline of this call. */
    async relay({ id, counter }: Named & { counter: string }) {
      return await place.relay("increment", { id, counter }) as { id: number; count: number };
    },
    /** Called as a notification; must not run twice. */
    async note({ id }: Named, context: Context) {
      place.ran(id, context);
      await store.put(effectKey(id), "note");
    },
    /** Asks its caller who it is. */
    async ask({ id }: Named, context: Context) {
      place.ran(id, context);
      return { id, name: await context.call("name") };
    },
    async revoke({ id, account, kind, key }: Revocation, context: Context) {
      place.ran(id, context);
      place.revoking(account);
      if (kind === "key") await identity.keys.revoke(key);
      else if (kind === "session") await identity.sessions.revokeAll(account);
      else await identity.accounts.disable(account);
      place.revoked(account);
      return { id };
    },
  };
}

/** Whether the caller is told to call again. */
function isRetryable(error: unknown): boolean {
  return error instanceof DariError && (diskFailure(error) ?? error).retryable;
}

/** The types of the methods, for clients. */
export type SimulatedMethods = ReturnType<typeof methodsOf>;
