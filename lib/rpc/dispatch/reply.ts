/**
 * The messages that answer a call: its result, and the items of its stream.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { EncodedJson, encodeItem, encodeResultOf } from "../../protocol/encode.ts";
import type { Line } from "../../protocol/line.ts";
import type { Id } from "../../protocol/message.ts";
import { withReplyMeta } from "../../protocol/meta/meta.ts";
import { fillPlain, type Refusal, type WrittenValue } from "../../protocol/values/written.ts";
import { writeValue } from "../../protocol/values/write.ts";
import { type FilledValue, lineOf } from "../peer/peer_values.ts";
import type { ServedCall } from "./served_call.ts";

/**
 * Makes the reply to a call that succeeded.
 *
 * @param call The call.
 * @param id Its id.
 * @param result What its handler gave; `undefined` stands for null.
 * @returns The reply, which its caller takes.
 * @throws {DariError} `internal` when the result holds what cannot travel, `failed_precondition` for a
 * stream in it where the caller takes none, `resource_exhausted` when the reply does not fit.
 */
export function resultLine(call: ServedCall, id: Id, result: unknown): Line {
  if (result instanceof EncodedJson) {
    const types = call.values?.textOfHole === undefined ? undefined : result.types;
    return fitting(call, resultText(call, id, result.text, types));
  }
  const written = result === undefined ? "null" : writeValue(result, "result");
  if (typeof written !== "string") return typedResultLine(call, id, written);
  return fitting(call, resultText(call, id, written));
}

function typedResultLine(call: ServedCall, id: Id, written: WrittenValue | Refusal): Line {
  if ("reason" in written) {
    throw new DariError("internal", `The result cannot be sent: ${written.reason}`);
  }
  const { text, types, blobs, streams } = fill(call, written);
  try {
    return fitting(call, lineOf(resultText(call, id, text, types), blobs));
  } catch (refusal) {
    call.values?.stop(streams);
    throw refusal;
  }
}

/**
 * Makes the message of an item of a call that streams.
 *
 * @param call The call.
 * @param item The item; `undefined` stands for null.
 * @returns The message.
 * @throws {DariError} As {@linkcode resultLine}, but that it fits.
 */
export function itemLine(call: ServedCall, item: unknown): Line {
  const id = call.id ?? null;
  if (item === undefined) return encodeItem(id, "null");
  const written = writeValue(item, "item", { at: "/value" });
  if (typeof written === "string") return encodeItem(id, written);
  if ("reason" in written) {
    throw new DariError("internal", `The item cannot be sent: ${written.reason}`);
  }
  const { text, types, blobs } = fill(call, written);
  return lineOf(encodeItem(id, text, types), blobs);
}

function resultText({ replyMeta }: ServedCall, id: Id, text: string, types?: string): string {
  const reply = encodeResultOf(id, text, types);
  return replyMeta === undefined ? reply : withReplyMeta(reply, replyMeta);
}

function fill({ values, replies }: ServedCall, written: WrittenValue): FilledValue {
  if (values === undefined) {
    return { text: fillPlain(written), types: undefined, blobs: [], streams: [] };
  }
  const { takesBytes } = replies;
  return values.fill(written, { takesBytes, unreadMs: limits.unreadStreamMs });
}

/** Refuses a reply that does not fit. */
function fitting({ replies }: ServedCall, reply: Line): Line {
  const refusal = replies.refusal(reply);
  if (refusal !== undefined) throw refusal;
  return reply;
}
