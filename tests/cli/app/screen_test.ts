import { assertEquals } from "@std/assert";
import { openScreen } from "../../../lib/cli/app/screen.ts";

function terminal(rows = 4, color = false) {
  let written = "";
  const raw: boolean[] = [];
  const typed = ["q", null];
  return {
    raw,
    take() {
      const text = written;
      written = "";
      return text;
    },
    terminal: {
      color,
      write: (bytes: Uint8Array) => void (written += new TextDecoder().decode(bytes)),
      setRaw: (isRaw: boolean) => void raw.push(isRaw),
      read(into: Uint8Array) {
        const next = typed.shift() ?? null;
        if (next === null) return Promise.resolve(null);
        return Promise.resolve(new TextEncoder().encodeInto(next, into).written);
      },
      size: () => ({ columns: 5, rows }),
    },
  };
}

Deno.test("a screen takes the terminal over, and gives it back", () => {
  const { terminal: on, raw, take } = terminal();
  {
    using _ = openScreen(on);
    assertEquals([take(), raw], ["\x1b[?1049h\x1b[?25l", [true]]);
  }
  assertEquals([take(), raw], ["\x1b[?25h\x1b[?1049l", [true, false]]);
});

Deno.test("a page is cut to the terminal, and its text cannot move the cursor", () => {
  const { terminal: on, take } = terminal();
  using screen = openScreen(on);
  take();
  screen.show(["1234567", ["ab", { text: "cdef", style: "bold" }, "g"], "\x1b[2J", "one too many"]);
  const lines = ["12345", "abcde", "\\u001b[2J"].map((line) => `${line}\x1b[K`);
  assertEquals(take(), `\x1b[H${lines.join("\r\n")}\r\n\x1b[J`);
});

Deno.test("a page is cut where its wide letters reach the end of the line", () => {
  const { terminal: on, take } = terminal();
  using screen = openScreen(on);
  take();
  screen.show(["다리다리", ["다", { text: "리다", style: "bold" }]]);
  assertEquals(take(), "\x1b[H다리\x1b[K\r\n다리\x1b[K\r\n\x1b[J");
});

Deno.test("colours are written where the terminal has them", () => {
  const { terminal: on, take } = terminal(4, true);
  using screen = openScreen(on);
  take();
  screen.show([[{ text: "abcdefg", style: "bold" }]]);
  assertEquals(take(), "\x1b[H\x1b[1mabcde\x1b[0m\x1b[K\r\n\x1b[J");
});

Deno.test("keys come as text, and null once the terminal is gone", async () => {
  using screen = openScreen(terminal().terminal);
  assertEquals([await screen.key(), await screen.key()], ["q", null]);
});
