import { assertEquals } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import {
  deriveSecret,
  expandLabel,
  hmac,
  prf12,
} from "../../../../lib/ops/scan/handshake/secrets.ts";

const hex = (text: string) => new Uint8Array(decodeHex(text.replace(/\s/g, "")));
const none = new Uint8Array(0);

Deno.test("RFC 8448 section 3: the early secret, and the one that is derived from it", async () => {
  const zeros = new Uint8Array(32);
  const early = await hmac("SHA-256", zeros, zeros);
  assertEquals(
    encodeHex(early),
    "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a",
  );
  assertEquals(
    encodeHex(await deriveSecret("SHA-256", early, "derived", none)),
    "6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba",
  );
});

Deno.test("RFC 8448 section 3: key and IV of the server's handshake traffic", async () => {
  const secret = hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
  const key = await expandLabel("SHA-256", secret, "key", none, 16);
  const iv = await expandLabel("SHA-256", secret, "iv", none, 12);
  assertEquals(encodeHex(key), "3fce516009c21727d0f2e4e86ee403bc");
  assertEquals(encodeHex(iv), "5d313eb2671276ee13000b30");
});

// Published on the list of the IETF's TLS working group: test vectors for P_SHA256 and P_SHA384.
Deno.test("the pseudorandom function of TLS 1.2 with SHA-256", async () => {
  const output = await prf12(
    "SHA-256",
    hex("9bbe436ba940f017b17652849a71db35"),
    "test label",
    hex("a0ba9f936cda311827a6f796ffd5198c"),
    100,
  );
  assertEquals(
    encodeHex(output),
    "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14" +
      "baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e" +
      "5a5110fff70187347b66",
  );
});
