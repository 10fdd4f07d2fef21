import { assertEquals, assertMatch } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import { limits } from "../../lib/base/limits.ts";
import { bitLength, pointFault, rsaKeyFault } from "../../lib/base/key_check.ts";
import { numberOfBits, pointOffCurve } from "../support/broken_key.ts";

const f4 = Uint8Array.of(1, 0, 1);

for (const [curve, coordinateBytes] of [["P-256", 32], ["P-384", 48], ["P-521", 66]] as const) {
  Deno.test(`pointFault() takes the keys of ${curve}, and no other point`, async () => {
    for (let i = 0; i < 5; i++) {
      const { publicKey } = await crypto.subtle.generateKey(
        { name: "ECDSA", namedCurve: curve },
        true,
        ["sign", "verify"],
      );
      const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
      assertEquals(pointFault(curve, point), undefined);
      point[point.length - 1]! ^= 1;
      assertMatch(pointFault(curve, point) ?? "", /not a point on its curve/);
    }
    assertMatch(pointFault(curve, pointOffCurve(coordinateBytes)) ?? "", /not a point/);
    const infinity = Uint8Array.of(0);
    const compressed = Uint8Array.of(2, ...new Uint8Array(coordinateBytes));
    const tooLarge = Uint8Array.of(4, ...new Uint8Array(2 * coordinateBytes).fill(0xff));
    assertMatch(pointFault(curve, infinity) ?? "", /uncompressed/);
    assertMatch(pointFault(curve, compressed) ?? "", /uncompressed/);
    assertMatch(pointFault(curve, tooLarge) ?? "", /not a point/);
  });
}

Deno.test("pointFault() takes each coordinate in one form: below the prime of its curve", async () => {
  const { publicKey } = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-521" },
    true,
    ["sign", "verify"],
  );
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  for (const from of [1, 67]) {
    // P-521 has seven bits to spare, so that a coordinate and the prime together still fit.
    const coordinate = BigInt(`0x${encodeHex(point.subarray(from, from + 66))}`) + 2n ** 521n - 1n;
    const other = point.slice();
    other.set(decodeHex(coordinate.toString(16).padStart(132, "0")), from);
    assertEquals(pointFault("P-521", point), undefined);
    assertMatch(pointFault("P-521", other) ?? "", /not a point/);
  }
});

Deno.test("pointFault() takes the keys of Ed25519, and no point off the curve", async () => {
  for (let i = 0; i < 5; i++) {
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    const { publicKey } = pair as CryptoKeyPair;
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
    assertEquals(pointFault("Ed25519", point), undefined);
  }
  // RFC 8032 section 5.1.3: y is below the prime, and (y² − 1)/(dy² + 1) is a square.
  const noSquare = Uint8Array.of(2, ...new Uint8Array(31));
  assertMatch(pointFault("Ed25519", noSquare) ?? "", /not a point/);
  assertMatch(pointFault("Ed25519", new Uint8Array(32).fill(0xff)) ?? "", /not a point/);
  assertMatch(pointFault("Ed25519", new Uint8Array(31)) ?? "", /32 octets/);
});

// The eight points whose order divides the cofactor.
for (
  const point of [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  ]
) {
  Deno.test(`pointFault() refuses the point ${point.slice(0, 8)}… of low order (${point.slice(-2)})`, () => {
    assertMatch(pointFault("Ed25519", decodeHex(point)) ?? "", /low order/);
  });
}

Deno.test("rsaKeyFault() takes a modulus of the least and of the most bits, and not one more or less", () => {
  const faultAt = (bits: number) => rsaKeyFault(numberOfBits(bits, 1), f4);
  assertEquals(faultAt(limits.minRsaBits), undefined);
  assertEquals(faultAt(limits.maxRsaBits), undefined);
  assertMatch(faultAt(limits.minRsaBits - 1) ?? "", /has 2047 bits/);
  assertMatch(faultAt(limits.maxRsaBits + 1) ?? "", /has 4097 bits/);
});

Deno.test("rsaKeyFault() refuses even numbers, and exponents that are too short or too long", () => {
  const modulus = numberOfBits(2_048, 1);
  const faultOf = (exponent: Uint8Array) => rsaKeyFault(modulus, exponent);
  assertMatch(rsaKeyFault(numberOfBits(2_048, 0), f4) ?? "", /even modulus/);
  assertMatch(faultOf(Uint8Array.of(1, 0, 0)) ?? "", /even or below 65537/);
  assertMatch(faultOf(Uint8Array.of(0xff, 0xff)) ?? "", /even or below 65537/);
  assertEquals(faultOf(numberOfBits(limits.maxRsaExponentBits, 1)), undefined);
  assertMatch(faultOf(numberOfBits(limits.maxRsaExponentBits + 1, 1)) ?? "", /more than 33 bits/);
});

Deno.test("bitLength() does not count leading zeros", () => {
  const lengths = [[0], [1], [0, 0xff], [0x80, 0]].map((octets) =>
    bitLength(Uint8Array.from(octets))
  );
  assertEquals(lengths, [0, 1, 8, 16]);
});
