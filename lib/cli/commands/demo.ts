import { DariError } from "../../base/errors.ts";
import { type Command, defineCommand, type Io } from "../app/command.ts";
import { flag, optionalOperand } from "../app/option.ts";
import { choice } from "../app/value_type.ts";
import { asTyped, programOf } from "../app/program.ts";
import type { Scene } from "../demo/scene.ts";
import { type Language, languageOf } from "../language/language.ts";

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
  notes: [
    "Each scene shows the lines that made it, what happened, and how to do the same. The tour is in " +
    "Korean where the locale is Korean, else in English.",
  ],
  async run({ operands: { scene }, options: { json: isJson } }, io, commands) {
    const chosen = scene === undefined ? Object.keys(scenes) : [scene];
    const language = languageOf(io);
    const played = [];
    for (const each of chosen) {
      const say = (text: string) => asTyped(text, programOf(io), commands);
      played.push(await play(each, { language, say, io: isJson ? undefined : io }));
    }
    if (isJson) io.print(JSON.stringify(played));
    return 0;
  },
});

/** The terminal that the tour is shown on. */
interface Audience {
  readonly language: Language;
  /** Writes command lines as they are typed here. */
  say(text: string): string;
  /** Where the tour is shown; nowhere while it is gathered for JSON. */
  readonly io: Io | undefined;
}

/** A scene that was played. */
interface Played {
  readonly scene: string;
  readonly title: string;
  readonly code: string;
  readonly steps: readonly Step[];
  readonly tryIt: string;
}

const TRY = { en: "Try it yourself", ko: "직접 해 보기" } as const;

async function play(name: string, { language, say, io }: Audience): Promise<Played> {
  const load = scenes[name];
  if (load === undefined) throw new DariError("usage", `There is no scene "${name}"`);
  const { scene } = await load();
  const steps: Step[] = [];
  const title = scene.title[language];
  io?.print([{ text: `${name}: ${title}`, style: "bold" }]);
  const { code } = scene;
  for (const line of code.split("\n")) io?.print([{ text: `  │ ${line}`, style: "dim" }]);
  const directory = await Deno.makeTempDir({ prefix: "dari-demo-" });
  try {
    await Deno.chmod(directory, 0o700);
    await scene.play({
      directory,
      language,
      show(what, outcome) {
        steps.push({ what: what[language], outcome });
        io?.print([`  ${what[language]} → `, { text: readable(outcome), style: "green" }]);
      },
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  const tryIt = say(scene.tryIt[language]);
  io?.print(`  ${TRY[language]}: ${tryIt.replaceAll("\n", "\n  ")}`);
  io?.print("");
  return { scene: name, title, code, steps, tryIt };
}

function readable(outcome: unknown): string {
  return typeof outcome === "string" ? outcome : JSON.stringify(outcome);
}
