import { connect, serve } from "../../endpoint/mod.ts";
import { encodePem, formatName, makeSelfSigned } from "../../cert/mod.ts";
import type { Language } from "../language/language.ts";
import type { Context } from "../../rpc/mod.ts";
import { refusalOf, type Scene } from "./scene.ts";

const methodsIn = (language: Language) => ({
  echo: ({ message }: { message: string }): string => `${WORDS[language].answer}: ${message}`,
  connection: (_: unknown, { peer }: Context) => ({ version: peer.protocol, cipher: peer.cipher }),
});

const WORDS = {
  en: { answer: "the answer, encrypted", messages: ["hello", "a test", "a secret"] },
  ko: { answer: "암호화된 응답", messages: ["안녕하세요", "보안 테스트", "암호화 통신"] },
} as const;

/** A server with a self-signed certificate, and a client that trusts that certificate alone. */
export const scene: Scene = {
  code: `const { certificate, privateKey } = await makeSelfSigned("localhost");
const cert = encodePem("CERTIFICATE", certificate.der);
const tls = { cert, key: encodePem("PRIVATE KEY", privateKey) };
const server = await serve({ listen: "tls://localhost:0", tls, methods });
await using client = await connect(server.addresses[0], { ca: cert });
console.log(await client.call("connection", {}));`,
  tryIt: {
    en: "dari cert self-signed localhost\n  dari cert inspect localhost.crt\n" +
      "  dari serve --cert localhost.crt --key localhost.key",
    ko: "dari cert self-signed localhost\n  dari cert inspect localhost.crt\n" +
      "  dari serve --cert localhost.crt --key localhost.key",
  },
  title: { en: "TLS with a self-signed certificate", ko: "자체 서명 인증서로 TLS" },
  async play(stage) {
    const methods = methodsIn(stage.language);
    const { certificate, privateKey } = await makeSelfSigned("localhost");
    const cert = encodePem("CERTIFICATE", certificate.der);
    const key = encodePem("PRIVATE KEY", privateKey);
    stage.show(
      { en: "the certificate", ko: "인증서" },
      {
        subject: formatName(certificate.subject),
        until: new Date(certificate.notAfterMs).toISOString(),
      },
    );
    await using server = await serve({
      listen: "tls://localhost:0",
      tls: { cert, key },
      tlsMin: "1.3",
      methods,
      public: Object.keys(methods),
    });
    const [address = ""] = server.addresses;
    await using client = await connect<typeof methods>(address, { ca: cert });
    stage.show(
      { en: "protocol and cipher", ko: "프로토콜과 암호 스위트" },
      await client.call("connection", {}),
    );
    for (const message of WORDS[stage.language].messages) {
      stage.show(
        { en: `sent ${message}`, ko: `보냄: ${message}` },
        await client.call("echo", { message }),
      );
    }
    stage.show(
      { en: "a client that does not trust it", ko: "인증서를 믿지 않는 클라이언트" },
      await refusalOf(connect(address), stage, "믿지 않는 인증 기관의 인증서입니다"),
    );
  },
};
