import mysql from "mysql2/promise";
import { expect, inject, test } from "vitest";
import type { LocalProxyOptions } from "../options/options.js";
import { connectClient, loginFailure } from "../testing/proxied-client.js";
import { mysqlConfig, mysqlLoginFailure } from "../testing/proxied-mysql-client.js";
import { startForTest } from "../testing/start-for-test.js";
import { startMysqlForTest } from "../testing/start-mysql-for-test.js";
import { describeOn } from "../testing/tested-engines.js";

/** Users of the proxy, whose secrets all name the one user of the real server. */
function usersOf(engine: "postgres" | "mysql"): Pick<LocalProxyOptions, "users"> {
  const { user, password } = inject(engine);
  return {
    users: {
      by_password: { user, password, authentication: "password" },
      by_token: { user, password, authentication: "iam" },
    },
  };
}

describeOn("postgres", "PostgreSQL", () => {
  test.each(["scram-sha-256", "md5", "cleartext"] as const)(
    "with passwords by %s the secret's password leads in, and nothing else does",
    async (clientPasswordAuthType) => {
      const proxy = await startForTest({ authentication: "password", postgres: { clientPasswordAuthType } });
      const { password } = inject("postgres");
      const client = await connectClient(proxy, { password });
      expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
      await client.end();
      expect(await loginFailure(proxy, { password: "wrong" })).toEqual({
        severity: "FATAL",
        code: "28P01",
        message: `The password that was provided for the role ${inject("postgres").user} is wrong.`,
      });
      expect(proxy.metrics()).toMatchObject({ TokensVerified: 0, ClientConnectionsSetupFailedAuth: 1 });
    },
  );

  test("with passwords a token is a wrong password, and gets its own error where the proxy sees it", async () => {
    const scram = await startForTest({ authentication: "password" });
    expect(await loginFailure(scram)).toMatchObject({
      code: "28P01",
      message: `The password that was provided for the role ${inject("postgres").user} is wrong.`,
    });
    const cleartext = await startForTest({
      authentication: "password",
      postgres: { clientPasswordAuthType: "cleartext" },
    });
    expect(await loginFailure(cleartext)).toEqual({
      severity: "FATAL",
      code: "28000",
      message: "Configure IAM authentication as the DefaultAuthScheme in your proxy and try again.",
    });
  });

  test("with end-to-end IAM a token is enough, and a password gets an error that asks for IAM", async () => {
    const { user, password } = inject("postgres");
    const proxy = await startForTest({
      authentication: "end-to-end-iam",
      users: { other: { user, password } },
    });
    await (await connectClient(proxy, { user: "other" })).end();
    expect(await loginFailure(proxy, { password })).toEqual({
      severity: "FATAL",
      code: "28000",
      message: "Enable IAM authentication for the client connection to the proxy and try again.",
    });
  });

  test("with end-to-end IAM a user without a secret logs in at the database by its name", async () => {
    const proxy = await startForTest({ authentication: "end-to-end-iam" });
    // The database's error: it requires a password, and says so in one way or the other, by its method.
    expect(await loginFailure(proxy, { user: "unlisted" })).toMatchObject({
      code: "XX000",
      message: expect.stringMatching(
        /^Request returned an error: (?:empty password returned by client|password authentication failed)/,
      ),
    });
    expect(proxy.metrics().TokensVerified).toBe(1);
  });

  test("users of one proxy may log in differently", async () => {
    const proxy = await startForTest(usersOf("postgres"));
    await (await connectClient(proxy, { user: "by_token" })).end();
    await (await connectClient(proxy, { user: "by_password", password: inject("postgres").password })).end();
    expect(
      await loginFailure(proxy, { user: "by_token", password: inject("postgres").password }),
    ).toMatchObject({
      code: "28P01",
      message: expect.stringContaining("The IAM authentication failed for the role by_token."),
    });
  });

  test("without TLS a password is accepted with requireTls false, a token never", async () => {
    const proxy = await startForTest({ requireTls: false, ...usersOf("postgres") });
    const { password } = inject("postgres");
    const config = { ssl: false };
    await (await connectClient(proxy, { user: "by_password", password, config })).end();
    expect(await loginFailure(proxy, { user: "by_token", config })).toMatchObject({
      message: "IAM authentication is allowed only with SSL connections.",
    });
  });
});

describeOn("mysql", "MySQL", () => {
  test.each(["caching_sha2_password", "mysql_native_password"] as const)(
    "with passwords by %s the secret's password leads in, and nothing else does",
    async (authPlugin) => {
      const proxy = await startMysqlForTest({ authentication: "password", mysql: { authPlugin } });
      const { authPlugins: _, ...config } = mysqlConfig(proxy);
      const client = await mysql.createConnection({ ...config, password: inject("mysql").password });
      expect((await client.query("select 1 as one"))[0]).toEqual([{ one: 1 }]);
      await client.end();
      await expect(mysql.createConnection({ ...config, password: "wrong" })).rejects.toMatchObject({
        errno: 1045,
        sqlState: "28000",
        message: `Access denied for user '${inject("mysql").user}'@'%' (using password: YES)`,
      });
      expect(proxy.metrics().TokensVerified).toBe(0);
    },
  );

  test("a login by another mode than the proxy's is denied", async () => {
    const endToEnd = await startMysqlForTest({ authentication: "end-to-end-iam" });
    expect(await mysqlLoginFailure(endToEnd, { password: inject("mysql").password })).toMatchObject({
      errno: 1045,
      sqlState: "28000",
    });
    await (await mysql.createConnection(mysqlConfig(endToEnd))).end();
  });

  test("users of one proxy may log in differently", async () => {
    const proxy = await startMysqlForTest(usersOf("mysql"));
    await (await mysql.createConnection(mysqlConfig(proxy, { user: "by_token" }))).end();
    const { authPlugins: _, ...config } = mysqlConfig(proxy, { user: "by_password" });
    await (await mysql.createConnection({ ...config, password: inject("mysql").password })).end();
  });

  test("without TLS caching_sha2_password is refused, mysql_native_password is not", async () => {
    for (const authPlugin of ["caching_sha2_password", "mysql_native_password"] as const) {
      const options = { authentication: "password", requireTls: false, mysql: { authPlugin } } as const;
      const proxy = await startMysqlForTest(options);
      const { authPlugins: _, ssl: __, ...config } = mysqlConfig(proxy);
      const login = mysql.createConnection({ ...config, password: inject("mysql").password });
      if (authPlugin === "mysql_native_password") await (await login).end();
      else await expect(login).rejects.toMatchObject({ errno: 3159 });
    }
  });
});
