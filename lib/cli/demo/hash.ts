import { encodeHex } from "@std/encoding/hex";
import type { Scene } from "./scene.ts";

/** SHA-256 of a text. */
export const scene: Scene = {
  title: { en: "SHA-256", ko: "SHA-256 해시" },
  async play(stage) {
    const bytes = new TextEncoder().encode("Hello, world!");
    const hash = encodeHex(await crypto.subtle.digest("SHA-256", bytes));
    stage.show({ en: 'SHA-256 of "Hello, world!"', ko: '"Hello, world!"의 SHA-256' }, hash);
  },
};
