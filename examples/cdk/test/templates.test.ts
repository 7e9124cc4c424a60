import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { afterAll, describe, expect, test } from "vitest";
import { buildPackages } from "../../../test/support/build-packages.js";
import { IamDatabaseProxy } from "../iam-database-proxy.js";
import { ShopStack } from "../shop-stack.js";
import { evaluate } from "./evaluate.js";

const SAM = fileURLToPath(new URL("../../sam", import.meta.url));
const PROXY_ARN = "arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-0123456789abcdef0";
const STACK_ARN =
  "arn:aws:cloudformation:eu-west-1:123456789012:stack/Shop/8f2a6c10-1111-2222-3333-444455556666";

// The command that bundles the functions.
await buildPackages();

const outdir = await mkdtemp(join(tmpdir(), "rds-proxy-cdk-"));
afterAll(() => rm(outdir, { recursive: true, force: true }));

// The flag makes errors of what CDK's own rules find wrong with a template: unknown properties, versions, cycles.
const app = new App({ outdir, context: { "@aws-cdk/core:validateAgainstDefaultRules": true } });
const engines = [
  { engine: "postgres", family: "POSTGRESQL", cluster: "aurora-postgresql", port: 5432 },
  { engine: "mysql", family: "MYSQL", cluster: "aurora-mysql", port: 3306 },
] as const;
for (const { engine } of engines) {
  new ShopStack(app, `cdk-${engine}`, { engine });
  new CfnInclude(new Stack(app, `sam-${engine}`), "Template", {
    templateFile: join(SAM, "template.yaml"),
    parameters: { Engine: engine },
  });
}
const assembly = app.synth();

const shops = engines.flatMap((expected) => ["cdk", "sam"].map((kind) => ({ kind, ...expected })));
describe.each(shops)("$kind with $engine", ({ kind, engine, family, cluster, port }) => {
  const template = assembly.getStackByName(`${kind}-${engine}`).template;
  const resources = Object.entries<Resource>(template.Resources).map(([name, { Type, Properties }]) => ({
    Ref: name,
    Type,
    Properties: evaluate(Properties, {
      refs: {
        "AWS::Partition": "aws",
        "AWS::Region": "eu-west-1",
        "AWS::AccountId": "123456789012",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackId": STACK_ARN,
      },
      attributes: {
        DBProxyArn: PROXY_ARN,
        DBClusterResourceId: "cluster-ABCDEFGHIJKL",
        "Endpoint.Port": port,
      },
      mappings: template.Mappings,
    }),
  }));
  const all = (...types: string[]) => resources.filter(({ Type }) => types.includes(Type));
  const the = (...types: string[]) => {
    const [resource, ...others] = all(...types);
    if (!resource || others.length > 0) throw new Error(`expected one of ${types}`);
    return resource;
  };
  const lambda = the("AWS::Lambda::Function", "AWS::Serverless::Function");
  const proxy = the("AWS::RDS::DBProxy");
  const database = the("AWS::RDS::DBCluster");

  test("lets the function log in as one user of one proxy, and the proxy as this user of one cluster", () => {
    const statements = all("AWS::IAM::Policy", "AWS::IAM::Role", lambda.Type).flatMap(statementsOf);
    const arn = "arn:aws:rds-db:eu-west-1:123456789012:dbuser";
    expect(statements).toEqual([
      { Effect: "Allow", Action: "rds-db:connect", Resource: `${arn}:cluster-ABCDEFGHIJKL/app_user` },
      { Effect: "Allow", Action: "rds-db:connect", Resource: `${arn}:prx-0123456789abcdef0/app_user` },
    ]);
  });

  test("uses IAM from the function to the database, with TLS and without a secret", () => {
    expect(proxy.Properties).toMatchObject({
      EngineFamily: family,
      RequireTLS: true,
      DefaultAuthScheme: "IAM_AUTH",
    });
    expect(proxy.Properties).not.toHaveProperty("Auth");
    expect(database.Properties).toMatchObject({ EnableIAMDatabaseAuthentication: true });
    expect(JSON.stringify(all("AWS::SecretsManager::Secret"))).not.toContain("app_user");
  });

  test("lets only the function reach the proxy, and only the proxy the database", () => {
    const [functionGroup, proxyGroup, databaseGroup] = [
      get(lambda.Properties, "VpcConfig", "SecurityGroupIds", "0"),
      get(proxy.Properties, "VpcSecurityGroupIds", "0"),
      get(database.Properties, "VpcSecurityGroupIds", "0"),
    ];
    const hops = [
      { from: functionGroup, to: proxyGroup, ports: [port, port] },
      { from: proxyGroup, to: databaseGroup, ports: [port, port] },
    ];
    const groups = all(
      "AWS::EC2::SecurityGroup",
      "AWS::EC2::SecurityGroupEgress",
      "AWS::EC2::SecurityGroupIngress",
    );
    for (const direction of ["Egress", "Ingress"] as const) {
      expect(new Set(groups.flatMap((group) => rules(group, direction)))).toEqual(new Set(hops));
    }
    expect(all("AWS::EC2::InternetGateway", "AWS::EC2::NatGateway")).toEqual([]);
  });

  test("gives the function endpoint and user, and no secret", () => {
    expect(get(lambda.Properties, "Environment", "Variables")).toEqual({
      RDS_PROXY_ENDPOINT: `${proxy.Ref}.Endpoint`,
      RDS_PROXY_USER: "app_user",
      RDS_PROXY_DATABASE: get(database.Properties, "DatabaseName"),
    });
  });

  test("reserves no concurrency, which a new account refuses", () => {
    expect(lambda.Properties).not.toHaveProperty("ReservedConcurrentExecutions");
  });

  test("gives up a place in the proxy's queue before the function ends", () => {
    const pool = get(the("AWS::RDS::DBProxyTargetGroup").Properties, "ConnectionPoolConfigurationInfo");
    expect(get(pool, "ConnectionBorrowTimeout")).toBeLessThan(Number(get(lambda.Properties, "Timeout")));
  });

  test("keeps the proxy's log, and raises an alarm when sessions are pinned", () => {
    const name = `shop-${engine}-8f2a6c10`;
    expect(proxy.Properties).toMatchObject({ DBProxyName: name });
    expect(all("AWS::Logs::LogGroup").map(({ Properties }) => Properties)).toContainEqual({
      LogGroupName: `/aws/rds/proxy/${name}`,
      RetentionInDays: 7,
    });
    expect(the("AWS::CloudWatch::Alarm").Properties).toMatchObject({
      Namespace: "AWS/RDS",
      MetricName: "DatabaseConnectionsCurrentlySessionPinned",
      Dimensions: [{ Name: "ProxyName", Value: proxy.Ref }],
    });
  });

  test("leaves nothing behind with a name that the next deployment uses", () => {
    for (const [name, resource] of Object.entries<{ Type: string; DeletionPolicy?: string }>(
      template.Resources,
    )) {
      const isKept = !["Delete", undefined].includes(resource.DeletionPolicy);
      // Of a cluster a snapshot is kept, whose name CloudFormation makes up.
      if (isKept)
        expect(resource, name).toMatchObject({ Type: "AWS::RDS::DBCluster", DeletionPolicy: "Snapshot" });
    }
  });

  test("limits the size of the database", () => {
    expect(database.Properties).toMatchObject({
      Engine: cluster,
      StorageEncrypted: true,
      ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 4 },
    });
  });
});

test("CDK has a limit of concurrency as an option, and refuses a user that the proxy's role may not log in as", () => {
  const stack = new ShopStack(new App(), "Limited", { engine: "postgres", reservedConcurrency: 50 });
  Template.fromStack(stack).hasResourceProperties("AWS::Lambda::Function", {
    ReservedConcurrentExecutions: 50,
  });

  const [proxy, lambda] = [stack.node.findChild("Proxy"), stack.node.findChild("PlaceOrder")];
  if (!(proxy instanceof IamDatabaseProxy && lambda instanceof LambdaFunction))
    throw new Error("the stack has others");
  expect(() => proxy.connect(lambda, "admin")).toThrow(
    "IamDatabaseProxy: expected one of the users app_user, got admin",
  );
});

test("CDK bundles the example's function with our packages, and with a code cache", async () => {
  const assets = (await readdir(outdir)).filter((name) => name.startsWith("asset."));
  expect(assets).toHaveLength(2);
  for (const asset of assets) await expectFunction(join(outdir, asset), "handler", "handler");
});

test("SAM's function is where its template looks for it", async () => {
  await promisify(execFile)("npm", ["run", "bundle"], { cwd: SAM });
  for (const { engine } of engines) {
    const { Handler, CodeUri } = assembly.getStackByName(`sam-${engine}`).template.Resources.PlaceOrder
      .Properties;
    const [file = "", name = ""] = String(
      evaluate(Handler, { refs: { Engine: engine }, attributes: {}, mappings: {} }),
    ).split(".");
    await expectFunction(join(SAM, CodeUri), file, name);
  }
});

async function expectFunction(folder: string, file: string, name: string): Promise<void> {
  expect(await readFile(join(folder, `${file}.code.cjs`), "utf8")).toContain("RDS_PROXY_ENDPOINT");
  expect((await stat(join(folder, `${file}.expose-gc.cache`))).size).toBeGreaterThan(10_000);
  expect(await readFile(join(folder, `${file}.cjs`), "utf8")).toMatch(
    new RegExp(`module\\.exports\\s*=\\s*\\{[^}]*\\b${name}\\b`),
  );
}

interface Resource {
  readonly Type: string;
  readonly Properties: unknown;
}

function get(value: unknown, ...path: string[]): unknown {
  return path.reduce((part: unknown, name) => Reflect.get(Object(part), name), value);
}

/** The statements of a policy resource, of a role, or of a function as SAM has them; managed policies aside. */
function statementsOf({ Properties }: Resource): unknown[] {
  const policies = [Properties, get(Properties, "Policies")].flat();
  return policies.flatMap((policy) => [
    ...asList(get(policy, "PolicyDocument", "Statement")),
    ...asList(get(policy, "Statement")),
  ]);
}

/** The connections that security groups and separate rules allow, without the rules that allow none. */
function rules({ Ref, Type, Properties }: Resource & { Ref: string }, direction: "Egress" | "Ingress") {
  const isGroup = Type === "AWS::EC2::SecurityGroup";
  const own = isGroup ? get(Properties, `SecurityGroup${direction}`) : Type.endsWith(direction) && Properties;
  return [own ?? []].flat().flatMap((rule) => {
    if (!rule || get(rule, "CidrIp") === "255.255.255.255/32") return [];
    const group = isGroup ? `${Ref}.GroupId` : get(rule, "GroupId");
    const ports = [get(rule, "FromPort"), get(rule, "ToPort")];
    return direction === "Egress"
      ? { from: group, to: get(rule, "DestinationSecurityGroupId"), ports }
      : { from: get(rule, "SourceSecurityGroupId"), to: group, ports };
  });
}

function asList(value: unknown): unknown[] {
  return value === undefined ? [] : [value].flat();
}
