import { describe, expect, it } from "vitest";
import type { RdsProxyOptions } from "../options/options.js";
import type { Environment } from "../runtime.js";
import { errorOf } from "../testing/errors.js";
import { PROXY_HOST } from "../testing/resolved-options.js";
import { resolveEndpoint } from "./resolve-endpoint.js";

const OPTIONS: RdsProxyOptions = { host: PROXY_HOST, user: "app" };

/** Options as plain JavaScript may pass them, whatever their types say. */
function withValues(values: object): RdsProxyOptions {
  return Object.assign({ ...OPTIONS }, values);
}

describe("the endpoint", () => {
  it("follows from the host and the user alone", () => {
    expect(resolveEndpoint(OPTIONS, "postgres", {})).toEqual({
      engine: "postgres",
      kind: "proxy",
      targetRole: "read-write",
      host: PROXY_HOST,
      port: 5432,
      signingHost: PROXY_HOST,
      signingPort: 5432,
      servername: PROXY_HOST,
      region: "eu-west-1",
      user: "app",
      database: "app",
    });
  });

  it("has no default database until the user's name has been read from a secret", () => {
    let userOfSecret = "";
    const endpoint = resolveEndpoint({ host: PROXY_HOST }, "postgres", {}, () => userOfSecret);
    expect([endpoint.user, endpoint.database]).toEqual(["", undefined]);
    userOfSecret = "orders";
    expect([endpoint.user, endpoint.database]).toEqual(["orders", "orders"]);
    const mysql = resolveEndpoint({ host: PROXY_HOST }, "mysql", {}, () => "orders");
    expect([mysql.user, mysql.database]).toEqual(["orders", undefined]);
  });

  it("has the user and the database of the options where a secret has another user", () => {
    const options = { ...OPTIONS, database: "shop" };
    const endpoint = resolveEndpoint(options, "postgres", {}, () => "orders");
    expect([endpoint.user, endpoint.database]).toEqual(["app", "shop"]);
  });

  it("has MySQL's port, and no default database, on MySQL", () => {
    expect(resolveEndpoint(OPTIONS, "mysql", {})).toMatchObject({
      engine: "mysql",
      port: 3306,
      signingPort: 3306,
      database: undefined,
    });
  });

  it.each([
    ["Shop.Proxy-ABCDEFGHIJKL.EU-West-1.RDS.amazonaws.com", PROXY_HOST],
    [`${PROXY_HOST}.`, PROXY_HOST],
    [
      "reader.ENDPOINT.proxy-abc.eu-west-1.rds.amazonaws.com",
      "reader.endpoint.proxy-abc.eu-west-1.rds.amazonaws.com",
    ],
  ])("of %s is dialled, signed and verified as %s", (host, expected) => {
    const endpoint = resolveEndpoint(withValues({ host }), "postgres", {});
    expect(endpoint).toMatchObject({ kind: "proxy", region: "eu-west-1" });
    expect([endpoint.host, endpoint.signingHost, endpoint.servername]).toEqual([
      expected,
      expected,
      expected,
    ]);
  });

  it.each([
    "127.0.0.1",
    "::1",
    "localhost",
    "db_1.internal",
    "_db.x-1.7-y",
    `${"a".repeat(63)}.b`,
    `${"a.".repeat(126)}b`,
  ])("may be %s when the region is given", (host) => {
    const endpoint = resolveEndpoint(withValues({ host, region: "eu-west-1" }), "postgres", {});
    expect(endpoint).toMatchObject({ kind: "custom", host, signingHost: host, region: "eu-west-1" });
  });

  it.each(["[::1]", "[2001:DB8::7]", "[::ffff:10.0.0.7]"])(
    "may be %s, whose brackets Node does not take",
    (host) => {
      const address = host.slice(1, -1).toLowerCase();
      const options = withValues({ host, region: "eu-west-1" });
      expect(resolveEndpoint(options, "postgres", {})).toMatchObject({
        kind: "custom",
        host: address,
        signingHost: address,
        servername: address,
      });
      expect(
        resolveEndpoint(withValues({ signingHost: host, region: "eu-west-1" }), "mysql", {}).signingHost,
      ).toBe(address);
      expect(resolveEndpoint({ user: "app", region: "eu-west-1" }, "postgres", { PGHOST: host }).host).toBe(
        address,
      );
    },
  );

  it("neither keeps nor changes the options", () => {
    const options = Object.freeze({
      ...OPTIONS,
      port: 6000,
      ssl: Object.freeze({ servername: "db.example" }),
    });
    const endpoint = resolveEndpoint(options, "postgres", Object.freeze({}));
    expect(endpoint).toMatchObject({ port: 6000, servername: "db.example" });
    expect(endpoint).not.toBe(options);
  });
});

describe("behind a tunnel or CNAME", () => {
  it("the token is for the real endpoint at its usual port, and its certificate is expected", () => {
    const options: RdsProxyOptions = { host: "localhost", port: 15432, user: "app", signingHost: PROXY_HOST };
    expect(resolveEndpoint(options, "postgres", {})).toMatchObject({
      kind: "proxy",
      host: "localhost",
      port: 15432,
      signingHost: PROXY_HOST,
      signingPort: 5432,
      servername: PROXY_HOST,
      region: "eu-west-1",
    });
    expect(resolveEndpoint(options, "mysql", {}).signingPort).toBe(3306);
  });

  it("each part can be set on its own", () => {
    const options = withValues({
      signingHost: "Other.Example.",
      signingPort: 7000,
      region: "eu-west-1",
      ssl: { servername: "name.example" },
    });
    expect(resolveEndpoint(options, "postgres", {})).toMatchObject({
      kind: "custom",
      host: PROXY_HOST,
      port: 5432,
      signingHost: "other.example",
      signingPort: 7000,
      servername: "name.example",
    });
  });

  it("the token is for the dialled port when only the port is unusual", () => {
    expect(resolveEndpoint(withValues({ port: 6000 }), "postgres", {}).signingPort).toBe(6000);
    expect(resolveEndpoint(withValues({ port: 6000, signingPort: 5432 }), "postgres", {}).signingPort).toBe(
      5432,
    );
  });
});

describe("the environment", () => {
  const OURS = {
    RDS_PROXY_ENDPOINT: "ours.example:6001",
    RDS_PROXY_PORT: "6002",
    RDS_PROXY_USER: "our-user",
    RDS_PROXY_DATABASE: "our-database",
    AWS_REGION: "eu-west-1",
    AWS_DEFAULT_REGION: "eu-west-2",
  };
  const THEIRS = {
    PGHOST: "pg.example",
    PGPORT: "6003",
    PGUSER: "pg-user",
    PGDATABASE: "pg-database",
    MYSQL_HOST: "mysql.example",
    MYSQL_TCP_PORT: "6004",
    MYSQL_USER: "mysql-user",
    MYSQL_DATABASE: "mysql-database",
  };

  it.each<[string, "postgres" | "mysql", Environment, object]>([
    [
      "has our variables first",
      "postgres",
      { ...THEIRS, ...OURS },
      { host: "ours.example", port: 6001, user: "our-user", database: "our-database", region: "eu-west-1" },
    ],
    [
      "has RDS_PROXY_PORT for an endpoint without one",
      "postgres",
      { ...OURS, RDS_PROXY_ENDPOINT: "ours.example" },
      { port: 6002 },
    ],
    [
      "has libpq's variables next",
      "postgres",
      { ...THEIRS, AWS_REGION: "eu-west-1" },
      { host: "pg.example", port: 6003, user: "pg-user", database: "pg-database" },
    ],
    [
      "has MySQL's variables for MySQL",
      "mysql",
      { ...THEIRS, AWS_REGION: "eu-west-1" },
      { host: "mysql.example", port: 6004, user: "mysql-user", database: "mysql-database" },
    ],
    [
      "mixes both where some of ours are missing",
      "postgres",
      { ...THEIRS, ...OURS, RDS_PROXY_USER: undefined, RDS_PROXY_DATABASE: "" },
      { host: "ours.example", user: "pg-user", database: "pg-database" },
    ],
    ["has AWS_DEFAULT_REGION last", "postgres", { ...OURS, AWS_REGION: undefined }, { region: "eu-west-2" }],
    [
      "is asked for the port when the endpoint is an address",
      "postgres",
      { ...OURS, RDS_PROXY_ENDPOINT: "::1" },
      { host: "::1", port: 6002 },
    ],
    [
      "has a port behind an address in brackets",
      "postgres",
      { ...OURS, RDS_PROXY_ENDPOINT: "[2001:db8::7]:6005" },
      { host: "2001:db8::7", port: 6005 },
    ],
    [
      "is asked for the port when the endpoint is an address in brackets",
      "postgres",
      { ...OURS, RDS_PROXY_ENDPOINT: "[::1]" },
      { host: "::1", port: 6002 },
    ],
    [
      "has the usual port at last",
      "postgres",
      { ...OURS, RDS_PROXY_ENDPOINT: "ours.example", RDS_PROXY_PORT: undefined },
      { port: 5432, signingPort: 5432 },
    ],
  ])("%s", (_, engine, env, expected) => {
    expect(resolveEndpoint({}, engine, env)).toMatchObject(expected);
  });

  it("comes after every option", () => {
    const options: RdsProxyOptions = {
      host: "option.example",
      port: 7000,
      user: "u",
      database: "d",
      region: "us-east-1",
    };
    expect(resolveEndpoint(options, "postgres", { ...OURS, ...THEIRS })).toMatchObject(options);
  });

  it("is used for an option that is undefined", () => {
    const options = withValues({
      host: undefined,
      port: undefined,
      user: undefined,
      database: undefined,
      region: undefined,
    });
    const undefinedToo = Object.assign(options, {
      signingHost: undefined,
      signingPort: undefined,
      ssl: undefined,
    });
    expect(resolveEndpoint(undefinedToo, "postgres", OURS)).toEqual(resolveEndpoint({}, "postgres", OURS));
  });
});

describe("Aurora DSQL", () => {
  const DSQL = { host: "abcdefghijklmnopqrstuvwxyz.dsql.eu-west-1.on.aws", user: "admin" };
  const signer = { getAuthToken: async () => "token" };

  it("has one database, a region in its name, and tokens of a signer", () => {
    expect(resolveEndpoint({ ...DSQL, signer }, "postgres", {})).toMatchObject({
      kind: "dsql",
      port: 5432,
      region: "eu-west-1",
      user: "admin",
      database: "postgres",
    });
    expect(resolveEndpoint({ ...DSQL, signer, database: "shop" }, "postgres", {}).database).toBe("shop");
  });

  it("is refused without a signer, also behind a tunnel", () => {
    for (const place of [DSQL, { ...DSQL, host: "localhost", signingHost: DSQL.host }]) {
      expect(() => resolveEndpoint(place, "postgres", {})).toThrow(
        "signer: expected the maker of Aurora DSQL's tokens, received none. RDS's are refused: wrap a DsqlSigner of @aws-sdk/dsql-signer.",
      );
    }
  });
});

describe("a reader endpoint", () => {
  const READER = "reader.endpoint.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com";
  const ENV = {
    RDS_PROXY_ENDPOINT: PROXY_HOST,
    PGHOST: PROXY_HOST,
    RDS_PROXY_USER: "app",
    RDS_PROXY_PORT: "6001",
  };
  const ROLE = { targetRole: "read-only" } as const;

  it.each([
    [READER, 6001],
    [`${READER}:6002`, 6002],
  ])("is the one in RDS_PROXY_READER_ENDPOINT: %s", (address, port) => {
    const env = { ...ENV, RDS_PROXY_READER_ENDPOINT: address };
    expect(resolveEndpoint(ROLE, "postgres", env)).toMatchObject({
      targetRole: "read-only",
      kind: "proxy",
      host: READER,
      port,
      user: "app",
    });
    expect(resolveEndpoint({}, "postgres", env)).toMatchObject({
      targetRole: "read-write",
      host: PROXY_HOST,
    });
  });

  it("may also be given as the host", () => {
    expect(resolveEndpoint({ ...ROLE, host: READER }, "postgres", ENV).host).toBe(READER);
  });

  it("is never the writer's for want of another", () => {
    expect(() => resolveEndpoint(ROLE, "postgres", ENV)).toThrow(
      "host: expected the endpoint of an RDS Proxy, received none. Set the option `host` or RDS_PROXY_READER_ENDPOINT to",
    );
  });

  it("is called read-only, and nothing else", () => {
    expect(() => resolveEndpoint(withValues({ targetRole: "READ_ONLY" }), "postgres", {})).toThrow(
      'targetRole: expected "read-write" or "read-only", received "READ_ONLY".',
    );
  });
});

describe("the region", () => {
  it("is that of the endpoint's name, wherever the function runs", () => {
    expect(resolveEndpoint(OPTIONS, "postgres", { AWS_REGION: "us-east-1" }).region).toBe("eu-west-1");
  });

  it("is given for the endpoint of a global database, which is verified as its clusters are", () => {
    const host = "shop.global-abcdefghijkl.global.rds.amazonaws.com";
    const options = withValues({ host, region: "us-east-2" });
    expect(resolveEndpoint(options, "postgres", { AWS_REGION: "eu-west-1" })).toMatchObject({
      kind: "instance",
      region: "us-east-2",
      servername: host,
    });
  });

  it("is the variable's also where a signer makes the tokens, and empty without one", () => {
    const options = { ...withValues({ host: "db.example" }), signer: { getAuthToken: async () => "token" } };
    expect(resolveEndpoint(options, "postgres", { AWS_REGION: "us-east-1" }).region).toBe("us-east-1");
    expect(resolveEndpoint(options, "postgres", {}).region).toBe("");
  });

  it("may be given when it agrees with the name", () => {
    expect(resolveEndpoint(withValues({ region: "eu-west-1" }), "postgres", {}).region).toBe("eu-west-1");
  });

  it.each(["us-gov-east-1", "cn-north-1", "ap-southeast-5", "us-isob-east-1", "eusc-de-east-1"])(
    "may be %s",
    (region) => {
      expect(resolveEndpoint(withValues({ host: "db.example", region }), "postgres", {}).region).toBe(region);
    },
  );
});

describe("a wrong value is refused with the name of the option or variable and the remedy", () => {
  const NO_REGION = { host: "db.example" };
  const IN_ENV = { RDS_PROXY_USER: "app", AWS_REGION: "eu-west-1" };

  it.each<[string, object, Environment, string]>([
    [
      "no host",
      { host: undefined },
      {},
      "host: expected the endpoint of an RDS Proxy, received none. Set the option `host`, RDS_PROXY_ENDPOINT or PGHOST to the " +
        "proxy's endpoint, such as my-proxy.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com.",
    ],
    [
      "no user",
      { user: undefined },
      {},
      "user: expected a database user, received none. Set the option `user`, RDS_PROXY_USER or PGUSER.",
    ],
    [
      "no region",
      NO_REGION,
      {},
      "region: expected the AWS region of the endpoint, received none. db.example does not tell it: set the option `region` or AWS_REGION.",
    ],
    [
      "no region for a global database",
      { host: "shop.global-abcdefghijkl.global.rds.amazonaws.com" },
      {},
      "region: expected the region whose cluster writes, received none. shop.global-abcdefghijkl.global.rds.amazonaws.com is the endpoint of a global database and names none: set the option `region`, or connect to the proxy or cluster of a region by its own endpoint.",
    ],
    [
      "the function's own region for a global database",
      { host: "shop.global-abcdefghijkl.global.rds.amazonaws.com" },
      IN_ENV,
      "region: expected the region whose cluster writes, received none.",
    ],
    [
      "another region than the name's",
      { region: "us-east-1" },
      {},
      `region: expected eu-west-1, the region in the name of ${PROXY_HOST}, received "us-east-1". A token for another region is always refused: leave \`region\` out.`,
    ],
    [
      "a malformed region",
      { ...NO_REGION, region: "Ireland" },
      {},
      'region: expected an AWS region such as eu-west-1, received "Ireland". Correct it.',
    ],
    ["a region with a zone", { ...NO_REGION, region: "eu-west-1a" }, {}, 'received "eu-west-1a"'],
    ["a region of one letter", { ...NO_REGION, region: "e-west-1" }, {}, 'received "e-west-1"'],
    ["a region of one word", { ...NO_REGION, region: "eu-1" }, {}, 'received "eu-1"'],
    ["a region without a number", { ...NO_REGION, region: "eu-west-" }, {}, 'received "eu-west-"'],
    ["a region in capitals", { ...NO_REGION, region: "EU-WEST-1" }, {}, 'received "EU-WEST-1"'],
    ["a region after another word", { ...NO_REGION, region: "1-eu-west-1" }, {}, 'received "1-eu-west-1"'],
    [
      "a region as a number",
      { ...NO_REGION, region: 1 },
      {},
      "region: expected a non-empty string without control characters",
    ],
    [
      "a malformed AWS_REGION",
      NO_REGION,
      { AWS_REGION: "local" },
      'AWS_REGION: expected an AWS region such as eu-west-1, received "local"',
    ],
    [
      "a malformed AWS_DEFAULT_REGION",
      NO_REGION,
      { AWS_DEFAULT_REGION: "x" },
      "AWS_DEFAULT_REGION: expected an AWS region",
    ],
    [
      "a host with a port",
      { host: "db.example:5432" },
      {},
      'host: expected a host name without scheme, path or user, received "db.example:5432". Copy the endpoint from the RDS console; port, user and database have options of their own.',
    ],
    ["brackets around a name", { host: "[db.example]" }, {}, 'received "[db.example]"'],
    ["brackets around an IPv4 address", { host: "[10.0.0.7]" }, {}, 'received "[10.0.0.7]"'],
    ["half a pair of brackets", { host: "[::1" }, {}, 'received "[::1"'],
    ["a port behind brackets", { host: "[::1]:5432" }, {}, 'received "[::1]:5432"'],
    ["a host with a path", { host: "db.example/shop" }, {}, 'received "db.example/shop"'],
    [
      "an empty host",
      { host: "" },
      {},
      'host: expected a non-empty string without control characters or surrounding spaces, received ""',
    ],
    [
      "a host with spaces",
      { host: " db.example" },
      {},
      'host: expected a non-empty string without control characters or surrounding spaces, received " db.example"',
    ],
    ["a host with a label too long", { host: `${"a".repeat(64)}.b` }, {}, "host: expected a host name"],
    ["a host with a last label too long", { host: `b.${"a".repeat(64)}` }, {}, "host: expected a host name"],
    ["a host too long", { host: `${"a.".repeat(126)}bc` }, {}, "host: expected a host name"],
    ["a host with a hyphen first", { host: "-db.example" }, {}, 'received "-db.example"'],
    ["a label with a hyphen first", { host: "db.-example" }, {}, 'received "db.-example"'],
    ["a host with a dot first", { host: ".example" }, {}, 'received ".example"'],
    ["a host with two dots at its end", { host: "db.example.." }, {}, 'received "db.example.."'],
    ["text before brackets", { host: "x[::1]" }, {}, 'received "x[::1]"'],
    ["an IPv6 address of too many groups", { host: "1:2:3:4:5:6:7:8:9" }, {}, 'received "1:2:3:4:5:6:7:8:9"'],
    ["a host with an empty label", { host: "db..example" }, {}, 'received "db..example"'],
    ["a host of an odd alphabet", { host: "dß.example" }, {}, 'received "dß.example"'],
    [
      "a host that is null",
      { host: null },
      {},
      "host: expected a non-empty string without control characters or surrounding spaces, received null",
    ],
    ["a host that is a number", { host: 42 }, {}, "received 42"],
    [
      "an empty user",
      { user: "" },
      {},
      'user: expected a non-empty string without control characters or surrounding spaces, received ""',
    ],
    [
      "a user that is an object",
      { user: {} },
      {},
      "user: expected a non-empty string without control characters or surrounding spaces, received a value of type object",
    ],
    [
      "a database with a line break",
      { database: "shop\n" },
      {},
      'database: expected a non-empty string without control characters or surrounding spaces, received "shop\\n"',
    ],
    [
      "a port as text",
      { port: "5432" },
      {},
      'port: expected a port from 1 to 65535, received "5432". Give the port as a number.',
    ],
    ["port 0", { port: 0 }, {}, "port: expected a port from 1 to 65535, received 0"],
    ["a port too high", { port: 65_536 }, {}, "received 65536"],
    ["a port and a half", { port: 5432.5 }, {}, "received 5432.5"],
    ["a port that is no number", { port: Number.NaN }, {}, "received NaN"],
    [
      "a signing port too low",
      { signingPort: -1 },
      {},
      "signingPort: expected a port from 1 to 65535, received -1",
    ],
    [
      "a signing host with a scheme",
      { signingHost: "https://db.example" },
      {},
      'signingHost: expected a host name without scheme, path or user, received "https://db.example"',
    ],
    [
      "RDS_PROXY_ENDPOINT with a scheme",
      { host: undefined },
      { ...IN_ENV, RDS_PROXY_ENDPOINT: "postgres://db.example" },
      'RDS_PROXY_ENDPOINT: expected a host name, or host:port, without scheme, path or user, received "postgres://db.example"',
    ],
    ...[
      "db.example:5432/shop",
      "x[::1]:5432",
      "[::1]]:5432",
      "[::1/]:5432",
      ":5432",
      "[]:5432",
      "a[b:5432",
    ].map((address): [string, object, Environment, string] => [
      `RDS_PROXY_ENDPOINT that is ${address}`,
      { host: undefined },
      { ...IN_ENV, RDS_PROXY_ENDPOINT: address },
      `RDS_PROXY_ENDPOINT: expected a host name, or host:port, without scheme, path or user, received "${address}"`,
    ]),
    [
      "RDS_PROXY_ENDPOINT with text behind its port",
      { host: undefined },
      { ...IN_ENV, RDS_PROXY_ENDPOINT: "db.example:5432x" },
      'RDS_PROXY_ENDPOINT: expected a port from 1 to 65535, received "5432x"',
    ],
    [
      "RDS_PROXY_ENDPOINT with text before its port",
      { host: undefined },
      { ...IN_ENV, RDS_PROXY_ENDPOINT: "db.example:x5432" },
      'RDS_PROXY_ENDPOINT: expected a port from 1 to 65535, received "x5432"',
    ],
    [
      "PGHOST with a port",
      { host: undefined },
      { ...IN_ENV, PGHOST: "db.example:5432" },
      'PGHOST: expected a host name without scheme, path or user, received "db.example:5432"',
    ],
    [
      "RDS_PROXY_ENDPOINT with two ports",
      { host: undefined },
      { ...IN_ENV, RDS_PROXY_ENDPOINT: "db.example:1:2" },
      'RDS_PROXY_ENDPOINT: expected a host name, or host:port, without scheme, path or user, received "db.example:1:2"',
    ],
    [
      "RDS_PROXY_ENDPOINT with a named port",
      { host: undefined },
      { ...IN_ENV, RDS_PROXY_ENDPOINT: "db.example:pg" },
      'RDS_PROXY_ENDPOINT: expected a port from 1 to 65535, received "pg"',
    ],
    [
      "RDS_PROXY_ENDPOINT with an empty port",
      { host: undefined },
      { ...IN_ENV, RDS_PROXY_ENDPOINT: "db.example:" },
      'RDS_PROXY_ENDPOINT: expected a port from 1 to 65535, received ""',
    ],
    [
      "RDS_PROXY_PORT out of range",
      {},
      { RDS_PROXY_PORT: "70000" },
      "RDS_PROXY_PORT: expected a port from 1 to 65535, received 70000",
    ],
    [
      "RDS_PROXY_PORT with a sign",
      {},
      { RDS_PROXY_PORT: "+5432" },
      'RDS_PROXY_PORT: expected a port from 1 to 65535, received "+5432"',
    ],
    [
      "PGPORT that is no number",
      {},
      { PGPORT: "0x10" },
      'PGPORT: expected a port from 1 to 65535, received "0x10"',
    ],
    [
      "RDS_PROXY_USER of spaces",
      { user: undefined },
      { RDS_PROXY_USER: " " },
      'RDS_PROXY_USER: expected a non-empty string without control characters or surrounding spaces, received " "',
    ],
    [
      "PGHOST that is a socket's folder",
      { host: undefined },
      { PGHOST: "/var/run/postgresql" },
      'PGHOST: expected a host name without scheme, path or user, received "/var/run/postgresql"',
    ],
  ])("%s", (_, values, env, message) => {
    const error = errorOf(() => resolveEndpoint(withValues(values), "postgres", env));
    expect(error.code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(error.message).toContain(message);
  });

  it("names MySQL's variables on MySQL", () => {
    const mysql = (options: RdsProxyOptions): string =>
      errorOf(() => resolveEndpoint(options, "mysql", {})).message;
    expect(mysql({ user: "app" })).toContain("MYSQL_HOST");
    expect(mysql({ host: PROXY_HOST })).toContain("MYSQL_USER");
  });

  it.each([
    ["postgres://app:hunter2@db.example:5432/shop", 'received "…@db.example:5432/shop"'],
    ["app:hunter2@db.example", 'received "…@db.example"'],
    ["db.example;pwd=hunter2", 'received "db.example;pwd=…"'],
    ["db.example;PassPhrase  = hunter2 hunter3", 'received "db.example;PassPhrase=…"'],
    ["postgres://app:hunter@2@db.example", 'received "…@db.example"'],
    ["jdbc:postgresql://db.example/shop?user=app&password=hunter2", '/shop?user=app&password=…"'],
    [
      "host=db.example user=app password=hunter@2 dbname=shop",
      'received "host=db.example user=app password=…"',
    ],
  ])("and without the password in it: %s", (host, received) => {
    for (const [options, env] of [
      [withValues({ host }), {}],
      [withValues({ signingHost: host }), {}],
      [withValues({ host: undefined }), { RDS_PROXY_ENDPOINT: host }],
    ] as const) {
      const { message } = errorOf(() => resolveEndpoint(options, "postgres", env));
      expect(message).toContain(received);
      expect(message).not.toContain("hunter");
    }
  });
});
