/**
 * The message that answers a call.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { EncodedJson, encodeResultOf } from "../../protocol/encode.ts";
import type { Line } from "../../protocol/line.ts";
import type { Id } from "../../protocol/message.ts";
import { withReplyMeta } from "../../protocol/meta/meta.ts";
import { fillPlain, type Refusal, type WrittenValue } from "../../protocol/values/written.ts";
import { writeValue } from "../../protocol/values/write.ts";
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
  const { values, replies } = call;
  if (values === undefined) return fitting(call, resultText(call, id, fillPlain(written)));
  return values.lineOf(written, {
    takesBytes: replies.takesBytes,
    textOf: (text, types) => resultText(call, id, text, types),
    refusal: (line) => replies.refusal(line),
  });
}

function resultText({ replyMeta }: ServedCall, id: Id, text: string, types?: string): string {
  const reply = encodeResultOf(id, text, types);
  return replyMeta === undefined ? reply : withReplyMeta(reply, replyMeta);
}

/** Refuses a reply that does not fit. */
function fitting({ replies }: ServedCall, reply: Line): Line {
  const refusal = replies.refusal(reply);
  if (refusal !== undefined) throw refusal;
  return reply;
}
