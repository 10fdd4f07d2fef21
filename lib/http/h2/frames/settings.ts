/**
 * What both sides say that they take.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9113#section-6.5 | RFC 9113}, section 6.5
 * @module
 */

import { limits } from "../../../base/limits.ts";
import {
  CODE,
  ConnectionFault,
  MAX_FRAME_BYTES,
  MAX_WINDOW_BYTES,
  read32,
  SETTING,
} from "./frame.ts";

/** What this side takes. */
export const ownSettings: readonly (readonly [name: number, value: number])[] = [
  [SETTING.maxConcurrentStreams, limits.maxHttp2Streams],
  [SETTING.initialWindowSize, limits.http2StreamWindowBytes],
  [SETTING.maxHeaderListSize, limits.maxHttpHeaderBytes],
  [SETTING.enableConnectProtocol, 1],
  [SETTING.noPriorities, 1],
];

const SETTING_BYTES = 6;
const MAX_FRAME_SETTING = 2 ** 24 - 1;

/**
 * Reads settings.
 *
 * @param payload The payload of a SETTINGS frame.
 * @returns The value of each by its number; of several values of one the last holds.
 * @throws {ConnectionFault} For values that none may have.
 */
export function readSettings(payload: Uint8Array): Map<number, number> {
  if (payload.length % SETTING_BYTES !== 0) {
    throw new ConnectionFault(CODE.frameSizeError, "A setting has 6 bytes");
  }
  const settings = new Map<number, number>();
  for (let at = 0; at < payload.length; at += SETTING_BYTES) {
    const name = payload[at]! << 8 | payload[at + 1]!;
    const value = read32(payload, at + 2);
    check(name, value);
    settings.set(name, value);
  }
  return settings;
}

function check(name: number, value: number): void {
  switch (name) {
    case SETTING.enablePush:
    case SETTING.enableConnectProtocol:
      if (value > 1) throw new ConnectionFault(CODE.protocolError, "A setting is 0 or 1");
      return;
    case SETTING.initialWindowSize:
      if (value <= MAX_WINDOW_BYTES) return;
      throw new ConnectionFault(CODE.flowControlError, "A window is too large");
    case SETTING.maxFrameSize:
      if (value >= MAX_FRAME_BYTES && value <= MAX_FRAME_SETTING) return;
      throw new ConnectionFault(CODE.protocolError, "The size of frames is out of bounds");
  }
}
