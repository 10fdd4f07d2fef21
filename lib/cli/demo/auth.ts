import { AccountLockedError, type Identity, openIdentity } from "../../auth/mod.ts";
import { connect } from "../../endpoint/mod.ts";
import type { Context } from "../../rpc/mod.ts";
import { createMemoryStore } from "../../store/mod.ts";
import { serveWithIdentity } from "./identity_server.ts";
import { refusalOf, type Scene, type Stage } from "./scene.ts";

const NAME = "john_doe";
const PASSWORD = "SecurePass123!";

const methods = {
  whoami: (_: unknown, { principal }: Context) => ({
    name: principal?.name,
    roles: principal?.roles,
    by: principal?.kind,
  }),
};

/** Accounts, sessions, API keys and the lock. */
export const scene: Scene = {
  title: { en: "Accounts", ko: "계정과 인증" },
  code: `using identity = await openIdentity(store);
const login = { username: "john_doe", password };
await identity.accounts.add({ name: login.username, password });
const server = await serve({ listen, methods, gate: identity.gate });
await using client = await connect(server.addresses[0], { ca, login });
console.log(await client.call("whoami", {}));`,
  tryIt: {
    en: "with dari serve in another terminal\n  dari user add alice\n" +
      "  dari login alice --to tls://localhost:9090 --ca .dari/ca.crt\n  dari session list",
    ko: "다른 터미널에서 dari serve를 켜 두고\n  dari user add alice\n" +
      "  dari login alice --to tls://localhost:9090 --ca .dari/ca.crt\n  dari session list",
  },
  async play(stage) {
    await using store = createMemoryStore();
    using identity = await openIdentity(store, { passwords: { minCharacters: 8 } });
    const account = await identity.accounts.add({
      name: NAME,
      password: PASSWORD,
      email: "john@example.com",
      fields: { full_name: "John Doe" },
    });
    const { name, email, fields, roles } = account;
    stage.show({ en: "registered", ko: "사용자 등록" }, { name, email, fields, roles });
    await checkPasswords(stage, identity);
    await signIn(stage, identity);
    await lockOut(stage, identity);
  },
};

async function checkPasswords(stage: Stage, identity: Identity): Promise<void> {
  const { name, active } = await identity.verify(NAME, PASSWORD, "192.168.1.100");
  stage.show({ en: "the right password", ko: "올바른 비밀번호" }, { name, active });
  stage.show(
    { en: "a wrong password", ko: "잘못된 비밀번호" },
    await refusalOf(
      identity.verify(NAME, "WrongPassword", "192.168.1.100"),
      stage,
      "이름이나 비밀번호가 틀립니다",
    ),
  );
}

async function signIn(stage: Stage, identity: Identity): Promise<void> {
  const record = await identity.accounts.record(NAME);
  const { token, session } = await identity.sessions.create(record, {
    address: "192.168.1.100",
    agent: "Mozilla/5.0",
  });
  const { text: apiKey, key } = await identity.keys.create({ account: NAME, name: "web-app" });
  await using server = await serveWithIdentity(stage, methods, identity);
  const { address, ca } = server;

  await using bySession = await connect<typeof methods>(address, { ca, token });
  stage.show(
    { en: `a session from ${session.address}`, ko: `${session.address}에서 만든 세션` },
    await bySession.call("whoami", {}),
  );
  await using byKey = await connect<typeof methods>(address, { ca, apiKey });
  stage.show(
    { en: `the API key "${key.name}"`, ko: `API 키 "${key.name}"` },
    await byKey.call("whoami", {}),
  );
  await identity.sessions.revoke(session.id);
  stage.show(
    { en: "the session, once revoked", ko: "폐기된 세션" },
    await refusalOf(connect(address, { ca, token }), stage, "인증 정보를 받아들일 수 없습니다"),
  );
}

async function lockOut(stage: Stage, identity: Identity): Promise<void> {
  for (let failure = 1; failure <= 5; failure++) {
    await refusalOf(identity.verify(NAME, `guess-${failure}`, "203.0.113.7"), stage, "");
  }
  try {
    await identity.verify(NAME, PASSWORD, "203.0.113.7");
  } catch (error) {
    if (!(error instanceof AccountLockedError)) throw error;
    stage.show(
      { en: "the right password after five wrong ones", ko: "다섯 번 틀린 뒤의 올바른 비밀번호" },
      { locked: true, minutes: Math.ceil((error.retryAfterMs ?? 0) / 60_000) },
    );
  }
}
