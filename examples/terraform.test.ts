import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Blocks by their kind, and by their type and name. */
interface Configuration {
  readonly resource: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>>;
  readonly data: Readonly<Record<string, object>>;
  readonly variable: Readonly<Record<string, readonly unknown[]>>;
  readonly locals: readonly [Readonly<Record<string, unknown>>];
}

// Its types would bring those of a browser into the examples, where some have the names of Node.js's.
const parser: { convertFiles(folder: string): Promise<Configuration> } = createRequire(import.meta.url)(
  "@cdktf/hcl2json",
);

/** The files as Terraform's own parser reads them. An expression is a text such as `${local.name}`. */
const configuration = await parser.convertFiles(fileURLToPath(new URL("terraform", import.meta.url)));

const resources = new Map<string, unknown>();
for (const [type, named] of Object.entries(configuration.resource)) {
  for (const [name, [properties]] of Object.entries(named)) resources.set(`${type}.${name}`, properties);
}
const all = (type: string) =>
  [...resources].filter(([address]) => address.startsWith(`${type}.`)).map(([, properties]) => properties);

test("uses IAM from the function to the database, with TLS and without a secret", () => {
  const proxy = resources.get("aws_db_proxy.proxy");
  expect(proxy).toMatchObject({ default_auth_scheme: "IAM_AUTH", require_tls: true });
  expect(proxy).not.toHaveProperty("auth");
  expect(resources.get("aws_rds_cluster.database")).toMatchObject({
    iam_database_authentication_enabled: true,
  });
  expect(all("aws_secretsmanager_secret")).toEqual([]);
});

test("lets the function log in as one user of one proxy, and the proxy as this user of one cluster", () => {
  const policies = ["function", "proxy"].map((name) =>
    String(Reflect.get(Object(resources.get(`aws_iam_role_policy.${name}`)), "policy")),
  );
  expect(all("aws_iam_role_policy")).toHaveLength(policies.length);
  const statements = policies.map((policy) =>
    [...policy.matchAll(/(Effect|Action|Resource) += "(.*)"/g)].map(([, ...pair]) => pair),
  );
  const [ofFunction, ofProxy] = [
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: Terraform's own
    '${local.db_users}:${element(split(":", aws_db_proxy.proxy.arn), 6)}/${local.user}',
    "${local.db_users}:${aws_rds_cluster.database.cluster_resource_id}/${local.user}",
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: Terraform's own
  ];
  expect(statements).toEqual(
    [ofFunction, ofProxy].map((resource) => [
      ["Effect", "Allow"],
      ["Action", "rds-db:connect"],
      ["Resource", resource],
    ]),
  );
});

test("lets only the function reach the proxy, and only the proxy the database", () => {
  const id = (name: string) => `\${aws_security_group.${name}.id}`;
  const rules = (direction: string) =>
    all(`aws_vpc_security_group_${direction}_rule`).map((rule) => [
      Reflect.get(Object(rule), "security_group_id"),
      Reflect.get(Object(rule), "referenced_security_group_id"),
    ]);
  expect(rules("egress")).toEqual([
    [id("function"), id("proxy")],
    [id("proxy"), id("database")],
  ]);
  expect(rules("ingress")).toEqual([
    [id("proxy"), id("function")],
    [id("database"), id("proxy")],
  ]);
  for (const group of all("aws_security_group")) {
    expect(group).not.toHaveProperty("ingress");
    expect(group).not.toHaveProperty("egress");
  }
});

test("reserves no concurrency by default, which a new account refuses", () => {
  expect(configuration.variable["reserved_concurrency"]).toMatchObject([{ default: -1 }]);
});

test("gives each thing that may be left behind a name that changes with the deployment", () => {
  expect(configuration.locals[0]["name"]).toContain("random_id.deployment.hex");
  const named = [...resources].flatMap(([address, properties]) =>
    ["name", "identifier", "cluster_identifier", "function_name", "final_snapshot_identifier"].flatMap(
      (key) => {
        const value: unknown = Reflect.get(Object(properties), key);
        return typeof value === "string" &&
          !/^aws_(?:iam_role_policy|rds_cluster_instance|lambda_runtime)/.test(address)
          ? value
          : [];
      },
    ),
  );
  expect(named).not.toEqual([]);
  for (const name of named) expect(name).toMatch(/\$\{(?:local\.name|aws_)/);
});

test("refers only to what it declares", () => {
  const text = JSON.stringify(configuration);
  const references = text.matchAll(
    /(?<![\w."/-])((?:data\.)?(?:aws|archive|random)_\w+\.\w+|(?:local|var)\.\w+)/g,
  );
  const used = new Set([...references].map(([, address = ""]) => address));
  const declared = new Set([
    ...resources.keys(),
    ...Object.entries(configuration.data).flatMap(([type, named]) =>
      Object.keys(named).map((name) => `data.${type}.${name}`),
    ),
    ...Object.keys(configuration.locals[0]).map((name) => `local.${name}`),
    ...Object.keys(configuration.variable).map((name) => `var.${name}`),
  ]);
  expect(used.size).toBeGreaterThan(10);
  expect([...used].filter((address) => !declared.has(address))).toEqual([]);
});
