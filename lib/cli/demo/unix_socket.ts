import { connect, serve } from "../../endpoint/mod.ts";
import type { Scene } from "./scene.ts";

/** A server and its client on one machine. */
export const scene: Scene = {
  title: { en: "Unix socket", ko: "유닉스 도메인 소켓" },
  async play(stage) {
    const received: string[] = [];
    const methods = {
      deliver({ message }: { message: string }): string {
        received.push(message);
        return "서버 응답: 데이터 수신 완료";
      },
    };
    const address = `unix:${stage.directory}/demo.sock`;
    await using _server = await serve({ listen: address, methods, public: ["deliver"] });
    await using client = await connect<typeof methods>(address);
    const reply = await client.call("deliver", { message: "안녕하세요, 서버!" });
    stage.show({ en: "the server received", ko: "서버가 받은 메시지" }, received[0]);
    stage.show({ en: "the client received", ko: "클라이언트가 받은 응답" }, reply);
  },
};
