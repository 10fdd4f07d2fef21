/**
 * Values in the bodies of HTTP: plain JSON, and a result that is nothing but bytes as it is.
 *
 * @module
 */

import { fromBase64 } from "../../base/text/base64.ts";
import { fillPlain, type WrittenValue } from "../../protocol/values/written.ts";
import { lineOf } from "../../rpc/peer/peer_values.ts";
import type { CallValues } from "../../rpc/dispatch/call_host.ts";

/** How values travel in calls whose requests have no envelope. */
export const bodyValues: CallValues = {
  textOfHole: undefined,
  revive: (value) => ({ value, streams: [] }),
  lineOf(written, form) {
    const bytes = form.takesBytes ? wholeBytes(written) : undefined;
    const line = bytes === undefined
      ? form.textOf(fillPlain(written))
      : lineOf(form.textOf("null"), [bytes]);
    const refusal = form.refusal(line);
    if (refusal !== undefined) throw refusal;
    return line;
  },
};

/** The bytes of a value that is nothing else. */
function wholeBytes({ texts, holes, types }: WrittenValue): Uint8Array | undefined {
  if (types !== '{"":"bytes"}' && types !== '{"":"arraybuffer"}') return undefined;
  const [hole] = holes;
  if (hole?.kind === "bytes") return hole.bytes;
  return holes.length === 0 ? fromBase64(JSON.parse(texts[0] ?? '""')) : undefined;
}
