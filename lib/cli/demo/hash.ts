import { encodeHex } from "@std/encoding/hex";
import type { Scene } from "./scene.ts";

/** SHA-256 of a text. */
export const scene: Scene = {
  title: { en: "SHA-256", ko: "SHA-256 해시" },
  code: `const bytes = new TextEncoder().encode(text);
const hash = await crypto.subtle.digest("SHA-256", bytes);
console.log(encodeHex(hash));`,
  tryIt: {
    en: "printf 'Hello, world!' | sha256sum",
    ko: "printf '안녕, 세계!' | sha256sum",
  },
  async play(stage) {
    const text = { en: "Hello, world!", ko: "안녕, 세계!" }[stage.language];
    const bytes = new TextEncoder().encode(text);
    const hash = encodeHex(await crypto.subtle.digest("SHA-256", bytes));
    stage.show({ en: `SHA-256 of "${text}"`, ko: `"${text}"의 SHA-256` }, hash);
  },
};
