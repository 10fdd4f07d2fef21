import { assertEquals, assertThrows } from "@std/assert";
import { join, u16, vector16, vector24, vector8 } from "../../../../lib/ops/scan/wire/bytes.ts";
import { ScanFault } from "../../../../lib/ops/scan/wire/fault.ts";
import {
  parseCertificates12,
  parseCertificates13,
  parseServerHello,
  parseServerKeyExchange,
} from "../../../../lib/ops/scan/hello/server_hello.ts";

const random = new Uint8Array(32).fill(7);

function hello(...extensions: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return join(u16(0x0303), random, vector8(1), u16(0x1301), 0, vector16(...extensions));
}

Deno.test("parseServerHello() takes the version of TLS 1.3 from its extension", () => {
  const versions = join(u16(43), vector16(u16(0x0304)));
  const share = join(u16(51), vector16(u16(29), vector16(9)));
  const { version, suite, group, isRetry } = parseServerHello(hello(versions, share));
  assertEquals([version, suite, group, isRetry], [0x0304, 0x1301, 29, false]);
  const old = parseServerHello(join(u16(0x0301), random, vector8(), u16(0x2f), 1));
  assertEquals([old.version, old.compression, old.extensions.size], [0x0301, 1, 0]);
});

Deno.test("parseServerHello() refuses extensions that are there twice, and what is cut off", () => {
  const one = join(u16(43), vector16(u16(0x0304)));
  assertThrows(() => parseServerHello(hello(one, one)), ScanFault, "twice");
  const whole = hello(one);
  for (let length = 0; length < whole.length; length++) {
    // What is left after the compression method is a hello without extensions.
    if (length === 2 + 32 + 2 + 2 + 1) continue;
    assertThrows(() => parseServerHello(whole.slice(0, length)), ScanFault);
  }
});

Deno.test("parseServerKeyExchange() reads curves, primes and signatures", () => {
  const form = { isEcdhe: true, hasScheme: true, isSigned: true };
  const ecdhe = join(3, u16(29), vector8(5, 6), u16(0x0403), vector16(1, 2, 3));
  const read = parseServerKeyExchange(ecdhe, form);
  assertEquals([read.group, read.scheme, [...read.key], [...read.signature]], [
    29,
    0x0403,
    [5, 6],
    [1, 2, 3],
  ]);
  assertEquals([...read.signed], [3, 0, 29, 2, 5, 6]);
  const prime = join(0, 0x80, new Uint8Array(127));
  const dhe = join(vector16(prime), vector16(2), vector16(4));
  const anonymous = { isEcdhe: false, hasScheme: false, isSigned: false };
  assertEquals(parseServerKeyExchange(dhe, anonymous).primeBits, 1024);
  const short = join(vector16(0x01, 0xff), vector16(2), vector16(4));
  assertEquals(parseServerKeyExchange(short, anonymous).primeBits, 9);
  const zero = join(vector16(0), vector16(2), vector16(4));
  assertEquals(parseServerKeyExchange(zero, anonymous).primeBits, 0);
  assertThrows(() => parseServerKeyExchange(join(1, ecdhe), form), ScanFault, "without a name");
});

Deno.test("both forms of Certificate give every certificate", () => {
  const list = vector24(vector24(1, 2), vector24(3));
  assertEquals(parseCertificates12(list).map((one) => [...one]), [[1, 2], [3]]);
  const entry = (...der: number[]) => join(vector24(...der), u16(0));
  const body = join(vector8(), vector24(entry(1, 2), entry(3)));
  assertEquals(parseCertificates13(body).map((one) => [...one]), [[1, 2], [3]]);
});
