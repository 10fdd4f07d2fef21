import { DariError } from "../../base/errors.ts";
import { type Command, defineCommand, type Io } from "../app/command.ts";
import { flag, optionalOperand } from "../app/option.ts";
import { choice } from "../app/value_type.ts";
import type { Scene, Text } from "../demo/scene.ts";

/** The scenes, in the order of the tour. */
const scenes: Readonly<Record<string, () => Promise<{ scene: Scene }>>> = {
  "pipe": () => import("../demo/pipe.ts"),
  "queue": () => import("../demo/queue.ts"),
  "shared-memory": () => import("../demo/shared_memory.ts"),
  "unix-socket": () => import("../demo/unix_socket.ts"),
  "rpc": () => import("../demo/rpc.ts"),
  "auth": () => import("../demo/auth.ts"),
  "tls": () => import("../demo/tls.ts"),
  "mtls": () => import("../demo/mtls.ts"),
  "rsa": () => import("../demo/rsa.ts"),
  "hash": () => import("../demo/hash.ts"),
};

/** One thing that a scene showed. */
interface Step {
  readonly what: string;
  readonly outcome: unknown;
}

/** `dari demo` */
export const command: Command = defineCommand({
  examples: ["dari demo", "dari demo rpc"],
  operands: {
    scene: optionalOperand(choice("SCENE", Object.keys(scenes)), "one scene of the tour"),
  },
  options: { json: flag("print one JSON value: the scenes and what each showed") },
  notes: ["The tour is in Korean where the locale is Korean, else in English."],
  async run({ operands: { scene }, options: { json: isJson } }, io) {
    const chosen = scene === undefined ? Object.keys(scenes) : [scene];
    const language = languageOf(io);
    const played = [];
    for (const each of chosen) played.push(await play(each, language, isJson ? undefined : io));
    if (isJson) io.print(JSON.stringify(played));
    return 0;
  },
});

async function play(
  name: string,
  language: keyof Text,
  io: Io | undefined,
): Promise<{ scene: string; title: string; steps: readonly Step[] }> {
  const load = scenes[name];
  if (load === undefined) throw new DariError("usage", `There is no scene "${name}"`);
  const { scene } = await load();
  const steps: Step[] = [];
  const title = scene.title[language];
  io?.print([{ text: `${name}: ${title}`, style: "bold" }]);
  const directory = await Deno.makeTempDir({ prefix: "dari-demo-" });
  try {
    await Deno.chmod(directory, 0o700);
    await scene.play({
      directory,
      show(what, outcome) {
        steps.push({ what: what[language], outcome });
        io?.print([`  ${what[language]} → `, { text: readable(outcome), style: "green" }]);
      },
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  io?.print("");
  return { scene: name, title, steps };
}

function readable(outcome: unknown): string {
  return typeof outcome === "string" ? outcome : JSON.stringify(outcome);
}

/** LC_ALL wins over LANG (POSIX, Base Definitions 8.2). */
function languageOf(io: Io): keyof Text {
  const locale = io.env("LC_ALL") || io.env("LANG") || "";
  return /^ko(?![a-z])/i.test(locale) ? "ko" : "en";
}
