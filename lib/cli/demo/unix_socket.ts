import { connect, serve } from "../../endpoint/mod.ts";
import type { Scene } from "./scene.ts";

const WORDS = {
  en: { message: "Hello, server!", reply: "the server has received the data" },
  ko: { message: "안녕하세요, 서버!", reply: "서버 응답: 데이터 수신 완료" },
} as const;

/** A server and its client on one machine. */
export const scene: Scene = {
  title: { en: "Unix socket", ko: "유닉스 도메인 소켓" },
  code: `await using server = await serve({ listen: "unix:demo.sock", methods });
await using client = await connect("unix:demo.sock");
console.log(await client.call("deliver", { message }));`,
  tryIt: {
    en: "dari serve, and in another terminal\n  dari call add a=10 b=20",
    ko: "dari serve, 그리고 다른 터미널에서\n  dari call add a=10 b=20",
  },
  async play(stage) {
    const received: string[] = [];
    const words = WORDS[stage.language];
    const methods = {
      deliver({ message }: { message: string }): string {
        received.push(message);
        return words.reply;
      },
    };
    const address = `unix:${stage.directory}/demo.sock`;
    await using _server = await serve({ listen: address, methods, public: ["deliver"] });
    await using client = await connect<typeof methods>(address);
    const reply = await client.call("deliver", { message: words.message });
    stage.show({ en: "the server received", ko: "서버가 받은 메시지" }, received[0]);
    stage.show({ en: "the client received", ko: "클라이언트가 받은 응답" }, reply);
  },
};
