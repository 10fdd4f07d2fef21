import { openIdentity } from "../../auth/mod.ts";
import { connect } from "../../endpoint/mod.ts";
import { encodePem, generateKeyPair, rsaDecrypt, rsaEncrypt } from "../../cert/mod.ts";
import type { Context } from "../../rpc/mod.ts";
import { createMemoryStore } from "../../store/mod.ts";
import { serveWithIdentity } from "./identity_server.ts";
import { refusalOf, type Scene } from "./scene.ts";

const methods = { whoami: (_: unknown, { principal }: Context) => principal?.name };

const SECRET = { en: "a secret message", ko: "비밀 메시지" } as const;

/** Sign-in with an RSA key: the server encrypts a nonce, which only the private key decrypts. */
export const scene: Scene = {
  title: { en: "RSA key sign-in", ko: "RSA 키 로그인" },
  code: `const { publicKey, privateKey } = await generateKeyPair("rsa-2048");
const pem = encodePem("PUBLIC KEY", publicKey);
await identity.publicKeys.add("alice", pem, { decrypts: true });
const pkcs8 = encodePem("PRIVATE KEY", privateKey);
const key = { username: "alice", privateKey: pkcs8 };
await using client = await connect(address, { ca, key });`,
  tryIt: {
    en: "with dari serve in another terminal\n" +
      "  openssl pkey -in alice.key -pubout -out alice.pub\n" +
      "  dari user grant alice --public-key alice.pub\n" +
      "  dari login alice --key-file alice.key \\\n" +
      "    --to tls://localhost:9090 --ca .dari/ca.crt",
    ko: "다른 터미널에서 dari serve를 켜 두고, 자신의 키로\n" +
      "  openssl pkey -in alice.key -pubout -out alice.pub\n" +
      "  dari user grant alice --public-key alice.pub\n" +
      "  dari login alice --key-file alice.key \\\n" +
      "    --to tls://localhost:9090 --ca .dari/ca.crt",
  },
  async play(stage) {
    const { publicKey, privateKey } = await generateKeyPair("rsa-2048");
    const publicPem = encodePem("PUBLIC KEY", publicKey);
    const sealed = await rsaEncrypt(publicKey, new TextEncoder().encode(SECRET[stage.language]));
    stage.show(
      { en: "encrypted with the public key", ko: "공개 키로 암호화" },
      { publicKey: publicPem.split("\n")[0], bytes: sealed.length },
    );
    const opened = new TextDecoder().decode(await rsaDecrypt(privateKey, sealed));
    stage.show({ en: "decrypted with the private key", ko: "개인 키로 복호화" }, opened);

    await using store = createMemoryStore();
    using identity = await openIdentity(store);
    await identity.accounts.add({ name: "alice" });
    await identity.publicKeys.add("alice", publicPem, { decrypts: true });
    await using server = await serveWithIdentity(stage, methods, identity);
    const { address, ca } = server;
    const signInWith = (pkcs8: Uint8Array) =>
      connect<typeof methods>(address, {
        ca,
        keyLogin: { username: "alice", privateKey: encodePem("PRIVATE KEY", pkcs8) },
      });

    await using client = await signInWith(privateKey);
    stage.show(
      { en: "signed in by answering the challenge", ko: "챌린지에 답하여 로그인" },
      await client.call("whoami", {}),
    );
    const other = await generateKeyPair("rsa-2048");
    stage.show(
      { en: "another key", ko: "다른 키" },
      await refusalOf(signInWith(other.privateKey), stage, "이 키에게 낸 챌린지가 아닙니다"),
    );
  },
};
