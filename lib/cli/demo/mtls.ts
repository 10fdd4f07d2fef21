import { connect, serve } from "../../endpoint/mod.ts";
import { initAuthority, issueLeafFiles, loadAuthority } from "../../cert/mod.ts";
import { dataLedger } from "../../endpoint/data_ledger.ts";
import type { Context } from "../../rpc/mod.ts";
import { refusalOf, type Scene } from "./scene.ts";

const methods = {
  whoami: (_: unknown, { peer }: Context) => ({
    subject: peer.certificate?.subject,
    version: peer.protocol,
    cipher: peer.cipher,
  }),
};

/** Both sides show a certificate of one authority; clients without a certificate are refused. */
export const scene: Scene = {
  title: { en: "Mutual TLS", ko: "상호 TLS 인증" },
  code: `const ca = await Deno.readTextFile(".dari/ca.crt");
const listen = "tls://localhost:9090";
const server = await serve({ listen, clientCa: ca, methods });
const cert = await Deno.readTextFile("worker.crt");
const key = await Deno.readTextFile("worker.key");
await using client = await connect(listen, { ca, cert, key });`,
  tryIt: {
    en: "dari serve --client-ca .dari/ca.crt, and in another terminal\n" +
      "  dari cert issue worker.internal --client --out worker\n" +
      "  dari call add a=1 b=2 --to tls://localhost:9090 --ca .dari/ca.crt \\\n" +
      "    --cert worker.crt --key worker.key",
    ko: "dari serve --client-ca .dari/ca.crt, 그리고 다른 터미널에서\n" +
      "  dari cert issue worker.internal --client --out worker\n" +
      "  dari call add a=1 b=2 --to tls://localhost:9090 --ca .dari/ca.crt \\\n" +
      "    --cert worker.crt --key worker.key",
  },
  async play(stage) {
    const data = `${stage.directory}/data`;
    await using ledger = dataLedger(data);
    await initAuthority(data, { ledger });
    const ca = await Deno.readTextFile(`${data}/ca.crt`);
    const { certFile, keyFile } = await issueLeafFiles(
      await loadAuthority(data),
      ledger,
      `${stage.directory}/worker`,
      { names: ["worker-1.internal"], purposes: ["client"] },
    );
    await using server = await serve({
      listen: "tls://127.0.0.1:0",
      data,
      ledger,
      clientCa: ca,
      methods,
      public: ["whoami"],
    });
    const [address = ""] = server.addresses;

    await using client = await connect<typeof methods>(address, {
      ca,
      cert: await Deno.readTextFile(certFile),
      key: await Deno.readTextFile(keyFile),
    });
    stage.show(
      { en: "with a client certificate", ko: "클라이언트 인증서가 있을 때" },
      await client.call("whoami", {}),
    );
    stage.show(
      { en: "without one", ko: "클라이언트 인증서가 없을 때" },
      await refusalOf(
        callOnce(address, ca),
        stage,
        "클라이언트 인증서가 없어 서버가 연결을 끊었습니다",
      ),
    );
  },
};

/** In TLS 1.3 a client learns that it is refused after its handshake: its first call fails. */
async function callOnce(address: string, ca: string): Promise<unknown> {
  await using client = await connect<typeof methods>(address, { ca });
  return await client.call("whoami", {});
}
