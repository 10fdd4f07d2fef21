/**
 * Where a stream goes on whose reader comes back: the ids of its events are the cursors of its items.
 *
 * @see {@link https://html.spec.whatwg.org/multipage/server-sent-events.html | Server-sent events},
 * `Last-Event-ID`
 * @module
 */

import type { MethodDescription } from "../../protocol/openrpc.ts";
import { HttpFault } from "../engine/http_fault.ts";
import type { HttpRequest } from "../engine/http_message.ts";

/** How a method's stream goes on, as the method declares it. */
export type Cursor = NonNullable<MethodDescription["cursor"]>;

/**
 * Gives the id of the event of an item.
 *
 * @param item The JSON text of the item.
 * @param cursor Which member of it is its cursor.
 * @returns The JSON text of the cursor; `undefined` where the item has none.
 */
export function eventIdOf(item: string, { item: member }: Cursor): string | undefined {
  const value: unknown = JSON.parse(item);
  const found = member === undefined ? value : (value as Record<string, unknown> | null)?.[member];
  const isPlain = typeof found === "string" || typeof found === "number";
  return isPlain ? JSON.stringify(found) : undefined;
}

/**
 * Puts the cursor of a reader that comes back into the params.
 *
 * @param request The request.
 * @param params The params, as the reader gave them at first.
 * @param cursor Which param takes the cursor.
 * @returns The params; as they are for a reader that begins.
 * @throws {HttpFault} 400 for an id that is none of the stream's, and for params by position.
 */
export function paramsBehind(request: HttpRequest, params: unknown, cursor: Cursor): unknown {
  const id = request.header("last-event-id");
  if (id === null || id === "") return params;
  if (Array.isArray(params)) {
    throw new HttpFault(400, "A stream goes on where its params are given by name");
  }
  try {
    return { ...params as object | undefined, [cursor.param]: JSON.parse(id) as unknown };
  } catch {
    throw new HttpFault(
      400,
      `Last-Event-ID is ${JSON.stringify(id)}, which is no event of a stream`,
    );
  }
}
