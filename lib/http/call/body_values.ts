/**
 * Values in the bodies of HTTP: plain JSON, and a result that is nothing but bytes as it is.
 *
 * @module
 */

import { fromBase64 } from "../../base/text/base64.ts";
import { fillPlain, type WrittenValue } from "../../protocol/values/written.ts";
import type { CallValues } from "../../rpc/dispatch/call_host.ts";

/** How values travel in calls whose requests have no envelope. */
export const bodyValues: CallValues = {
  textOfHole: undefined,
  revive: (value) => ({ value, streams: [] }),
  stop: () => {},
  fill(written, { takesBytes }) {
    const bytes = takesBytes ? wholeBytes(written) : undefined;
    return bytes === undefined
      ? { text: fillPlain(written), types: undefined, blobs: [], streams: [] }
      : { text: "null", types: undefined, blobs: [bytes], streams: [] };
  },
};

/** The bytes of a value that is nothing else. */
function wholeBytes({ texts, holes, types }: WrittenValue): Uint8Array | undefined {
  if (types !== '{"":"bytes"}' && types !== '{"":"arraybuffer"}') return undefined;
  const [hole] = holes;
  if (hole?.kind === "bytes") return hole.bytes;
  return holes.length === 0 ? fromBase64(JSON.parse(texts[0] ?? '""')) : undefined;
}
