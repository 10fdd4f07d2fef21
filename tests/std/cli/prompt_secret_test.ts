import { assertEquals } from "@std/assert";
import { promptSecret } from "@std/cli/prompt-secret";

/** What a prompt returned, wrote, and did to the terminal. */
interface Prompted {
  readonly secret: string | null;
  readonly written: string;
  readonly rawModes: readonly boolean[];
}

/** Asks on a terminal where somebody types these chunks; `null` stands for no terminal. */
function promptWith(
  typed: readonly (string | Uint8Array)[] | null,
  options: { mask?: string; clear?: boolean } = {},
): Prompted {
  const chunks = [...typed ?? []];
  const rawModes: boolean[] = [];
  let written = "";
  const { stdin, stdout } = Deno;
  const before = [stdin.isTerminal, stdin.setRaw, stdin.readSync, stdout.writeSync] as const;
  stdin.isTerminal = () => typed !== null;
  stdin.setRaw = (mode: boolean) => void rawModes.push(mode);
  stdin.readSync = (into: Uint8Array) => {
    const chunk = chunks.shift();
    if (chunk === undefined) return null;
    const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    into.set(bytes);
    return bytes.length;
  };
  stdout.writeSync = (bytes: Uint8Array) => {
    written += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  try {
    return { secret: promptSecret("Password:", options), written, rawModes };
  } finally {
    [stdin.isTerminal, stdin.setRaw, stdin.readSync, stdout.writeSync] = before;
  }
}

Deno.test("promptSecret() reads up to Enter and shows a star for each character", () => {
  const { secret, rawModes } = promptWith(["s3", "cret", "\r"]);
  assertEquals(secret, "s3cret");
  assertEquals([rawModes[0], rawModes.at(-1)], [true, false]);
});

Deno.test("promptSecret() writes the message and the mask, and never the secret", () => {
  assertEquals(promptWith(["a", "b", "\n"]).written, "Password: **\n");
  assertEquals(promptWith(["a", "b", "\n"], { mask: "" }).written, "Password: \n");
});

Deno.test("promptSecret() removes the last character with backspace, if there is one", () => {
  assertEquals(promptWith(["\b", "ab\u007f", "c", "\n"]).secret, "ac");
});

Deno.test("promptSecret() reads a character whose bytes arrive apart", () => {
  const bytes = new TextEncoder().encode("다");
  assertEquals(promptWith([bytes.subarray(0, 1), bytes.subarray(1), "\n"]).secret, "다");
});

Deno.test("promptSecret() ends with Ctrl-D and with the end of input", () => {
  assertEquals(promptWith(["ab\u0004cd"]).secret, "ab");
  assertEquals(promptWith(["ab"]).secret, "ab");
});

Deno.test("promptSecret() returns null where standard input is no terminal", () => {
  const { secret, rawModes, written } = promptWith(null);
  assertEquals([secret, rawModes, written], [null, [], ""]);
});
