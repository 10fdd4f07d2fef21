import { pipe } from "../../ipc/mod.ts";
import { asProgram, type Scene } from "./scene.ts";

/** What the parent sends, and the child's answer. */
const MESSAGES = {
  en: ["a message of the parent", "a message of the child"],
  ko: ["부모가 보낸 메시지", "자식이 보낸 메시지"],
} as const;

const END = { en: "the end", ko: "끝" } as const;

/** A parent and its child, a thread, send each other a message. */
export const scene: Scene = {
  title: { en: "Pipe", ko: "파이프" },
  code: `const [here, there] = pipe();
const file = import.meta.resolve("./child.ts");
const child = new Worker(file, { type: "module" });
child.postMessage(there.transfer());
console.log(await here.receive());`,
  tryIt: asProgram(
    "pipe, openPipe",
    `  addEventListener("message", async ({ data }) => {
    await openPipe(data).send(42);
  });`,
  ),
  async play(stage) {
    const [here, there] = pipe();
    const child = new Worker(new URL("./pipe_child.ts", import.meta.url), { type: "module" });
    child.postMessage(there.transfer());
    const say = MESSAGES[stage.language];
    try {
      await here.send(say);
      stage.show({ en: "the child received", ko: "자식이 받은 메시지" }, await here.receive());
      stage.show({ en: "the parent received", ko: "부모가 받은 메시지" }, await here.receive());
      stage.show(
        { en: "the child closed its end", ko: "자식이 파이프를 닫음" },
        await here.receive() === undefined ? END[stage.language] : "",
      );
    } finally {
      here.close();
      child.terminate();
    }
  },
};
