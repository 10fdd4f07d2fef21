import { assertEquals, assertThrows } from "@std/assert";
import { CODE, ConnectionFault, SETTING } from "../../../../lib/http/h2/frames/frame.ts";
import { readSettings } from "../../../../lib/http/h2/frames/settings.ts";
import { setting } from "../../../support/http2_peer.ts";

function read(...settings: number[][]): Map<number, number> {
  return readSettings(new Uint8Array(settings.flat()));
}

Deno.test("readSettings() gives the last value of each, also of those that are not known", () => {
  const { initialWindowSize } = SETTING;
  const settings = read(
    setting(initialWindowSize, 1),
    setting(99, 7),
    setting(initialWindowSize, 2),
  );
  assertEquals([...settings], [[initialWindowSize, 2], [99, 7]]);
});

Deno.test("readSettings() refuses values beyond what RFC 9113, section 6.5.2, allows", () => {
  const cases: [name: number, fits: number, wrong: number, code: number][] = [
    [SETTING.enablePush, 1, 2, CODE.protocolError],
    [SETTING.enableConnectProtocol, 1, 2, CODE.protocolError],
    [SETTING.initialWindowSize, 2 ** 31 - 1, 2 ** 31, CODE.flowControlError],
    [SETTING.maxFrameSize, 16_384, 16_383, CODE.protocolError],
    [SETTING.maxFrameSize, 2 ** 24 - 1, 2 ** 24, CODE.protocolError],
  ];
  for (const [name, fits, wrong, code] of cases) {
    assertEquals(read(setting(name, fits)).get(name), fits);
    const error = assertThrows(() => read(setting(name, wrong)), ConnectionFault);
    assertEquals(error.code, code);
  }
  const error = assertThrows(() => read([0, 1, 0, 0, 0]), ConnectionFault);
  assertEquals(error.code, CODE.frameSizeError);
});
