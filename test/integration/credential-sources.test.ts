import { once } from "node:events";
import { createServer } from "node:http";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/nested-clients/sts";
import { createPool as createMysqlPool } from "@rds-proxy/adapter-mysql2";
import { createPool as createPgPool } from "@rds-proxy/adapter-pg";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { resolveOptions } from "@rds-proxy/core/adapter";
import type { AwsCredentials } from "@rds-proxy/core/internal";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { onTestedEngines } from "../support/tested-engines.js";

const ROLE = "arn:aws:iam::222222222222:role/orders-database";
const HOUR_MS = 3_600_000;

const sts = mockClient(STSClient);
beforeEach(() => {
  for (const name of ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE"]) {
    vi.stubEnv(`AWS_${name}`, undefined);
  }
});
afterEach(() => {
  sts.reset();
  vi.unstubAllEnvs();
});

/** Two pairs of temporary keys, of which the second replaces the first. */
const [FIRST, SECOND] = ["1", "2"].map((name) => ({
  accessKeyId: `ASIATEST${name}`,
  secretAccessKey: `secret ${name}`,
  sessionToken: `session ${name}`,
})) as [Required<Omit<AwsCredentials, "expiration">>, Required<Omit<AwsCredentials, "expiration">>];
type Keys = typeof FIRST;

/** Keys as AWS's services write them. */
function asServed({ accessKeyId, secretAccessKey, sessionToken }: Keys) {
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Expiration: new Date(Date.now() + HOUR_MS),
    sessionToken,
  };
}

/** A place that keys come from: the options that name it, and how it gets others. */
interface Source {
  readonly name: string;
  start(): Promise<{ readonly options: RdsProxyOptions; serve(keys: Keys): void; stop?(): Promise<void> }>;
}

const container: Source = {
  name: "the agent beside a container, long before the old ones end",
  async start() {
    let body = "";
    const agent = createServer((request, response) => {
      response.statusCode = request.headers.authorization === "agent's password" ? 200 : 401;
      response.end(body);
    }).listen(0, "127.0.0.1");
    onTestFinished(() => {
      agent.close();
    });
    await once(agent, "listening");
    const address = agent.address();
    const port = typeof address === "object" ? address?.port : undefined;
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `http://127.0.0.1:${port}/credentials`);
    vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "agent's password");
    return {
      options: { credentials: undefined },
      serve(keys) {
        const { sessionToken: Token, ...others } = asServed(keys);
        body = JSON.stringify({ ...others, Token });
      },
      async stop() {
        agent.closeAllConnections();
        agent.close();
        await once(agent, "close");
      },
    };
  },
};

const sources: readonly Source[] = [
  container,
  {
    name: "the environment",
    async start() {
      return {
        options: { credentials: undefined },
        serve({ accessKeyId, secretAccessKey, sessionToken }) {
          vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
          vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
          vi.stubEnv("AWS_SESSION_TOKEN", sessionToken);
        },
      };
    },
  },
  {
    name: "a provider",
    async start() {
      let served = FIRST;
      return {
        options: { credentials: async () => served },
        serve(keys) {
          served = keys;
        },
      };
    },
  },
];

const engines = [
  {
    engine: "postgres",
    createQuery(options: RdsProxyOptions): () => Promise<unknown> {
      const pool = createPgPool(options);
      onTestFinished(() => pool.end());
      return () => pool.query("select 1");
    },
  },
  {
    engine: "mysql",
    createQuery(options: RdsProxyOptions): () => Promise<unknown> {
      const pool = createMysqlPool(options);
      onTestFinished(() => pool.end());
      return () => pool.query("select 1");
    },
  },
] as const;

describe.each(onTestedEngines(engines))("on $engine", ({ engine, createQuery }) => {
  let proxy: LocalProxy;
  beforeEach(async () => {
    proxy = await startLocalProxy({ engine, upstream: inject(engine), credentials: [FIRST] });
  });
  afterEach(() => proxy.close());

  /** Makes the proxy accept only these keys, and closes its connections, so that clients have to log in again. */
  async function replaceKeys(keys: Keys): Promise<void> {
    proxy.setCredentials([keys]);
    proxy.faults.killConnections("fin");
    await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
  }

  /** Has STS answer with these one after the other. */
  function serveRole(...served: (Keys | Error)[]): void {
    sts.on(AssumeRoleCommand).callsFake(async () => {
      const answer = served.shift() ?? new Error("nothing more is served");
      if (answer instanceof Error) throw answer;
      const { sessionToken: SessionToken, ...others } = asServed(answer);
      return { Credentials: { ...others, SessionToken } };
    });
  }

  test.each(sources)("the next login is by the new keys of $name", async ({ start }) => {
    const { options, serve } = await start();
    serve(FIRST);
    const query = createQuery({ ...connectTo(proxy), ...options });
    await query();
    serve(SECOND);
    await replaceKeys(SECOND);
    await query();
    expect(proxy.metrics()).toMatchObject({ TokensVerified: 2, DistinctTokens: 2, TokensRefused: {} });
  });

  test("a role logs in, is assumed once for several connections, and again when its session was revoked", async () => {
    serveRole(FIRST, SECOND);
    const query = createQuery({ ...connectTo(proxy), roleArn: ROLE, maxConnections: 3 });
    await Promise.all([query(), query(), query()]);
    expect(sts.calls()).toHaveLength(1);
    await replaceKeys(SECOND);
    await query();
    expect(sts.calls()).toHaveLength(2);
    expect(proxy.metrics().TokensRefused).toEqual({ "unknown-access-key": 1 });
  });

  test("a login waits for a role while STS is throttling", async () => {
    serveRole(Object.assign(new Error("Rate exceeded"), { name: "Throttling" }), FIRST);
    await createQuery({ ...connectTo(proxy), roleArn: ROLE, retry: { baseDelayMs: 1 } })();
    expect(sts.calls()).toHaveLength(2);
  });

  test("the error names a role that may not be assumed, and there is no retry", async () => {
    serveRole(Object.assign(new Error("not authorized"), { name: "AccessDenied" }));
    await expect(createQuery({ ...connectTo(proxy), roleArn: ROLE })()).rejects.toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
      message: expect.stringMatching(/the role .*orders-database could not be assumed .*trust policy/),
    });
    expect(sts.calls()).toHaveLength(1);
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, DistinctTokens: 0 });
  });
});

test("the last keys of a container are used while its agent does not answer", async () => {
  const { options, serve, stop } = await container.start();
  serve(FIRST);
  const { credentials } = resolveOptions(
    { host: "localhost", user: "app", region: "eu-west-1", ...options },
    "mysql",
  );
  expect((await credentials(Date.now())).credentials).toMatchObject(FIRST);
  await stop?.();
  expect(await credentials(Date.now())).toMatchObject({ credentials: FIRST, source: "default chain" });
});
