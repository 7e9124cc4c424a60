import { fileURLToPath } from "node:url";
import { CfnOutput, Duration, Stack, type StackProps } from "aws-cdk-lib";
import { Alarm, Metric } from "aws-cdk-lib/aws-cloudwatch";
import { Port, SecurityGroup, SubnetType, Vpc } from "aws-cdk-lib/aws-ec2";
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  Runtime,
  RuntimeManagementMode,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, QueryDefinition, QueryString, RetentionDays } from "aws-cdk-lib/aws-logs";
import {
  AuroraMysqlEngineVersion,
  AuroraPostgresEngineVersion,
  ClusterInstance,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseProxy,
  DatabaseSecret,
  ProxyTarget,
} from "aws-cdk-lib/aws-rds";
import type { Construct } from "constructs";

const databaseName = "shop";
const user = "app_user";

const engines = {
  postgres: {
    cluster: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_7 }),
    port: 5432,
    handler: "../pg/handler.ts",
  },
  mysql: {
    cluster: DatabaseClusterEngine.auroraMysql({ version: AuroraMysqlEngineVersion.VER_3_10_3 }),
    port: 3306,
    handler: "../mysql2/handler.ts",
  },
};

export interface ShopStackProps extends StackProps {
  readonly engine: keyof typeof engines;
}

/** A function that places orders, Aurora, and the RDS Proxy between them. */
export class ShopStack extends Stack {
  constructor(scope: Construct, id: string, { engine, ...props }: ShopStackProps) {
    super(scope, id, props);
    const { cluster, port, handler } = engines[engine];

    // Nothing here needs the internet: a token is signed by computation alone, and Lambda writes the log from outside
    // of the VPC. So there is no NAT gateway, which would cost more than the function.
    const vpc = new Vpc(this, "Vpc", {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: "isolated", subnetType: SubnetType.PRIVATE_ISOLATED }],
    });
    const vpcSubnets = { subnetType: SubnetType.PRIVATE_ISOLATED };
    const groups = {
      function: new SecurityGroup(this, "FunctionGroup", { vpc, allowAllOutbound: false }),
      proxy: new SecurityGroup(this, "ProxyGroup", { vpc, allowAllOutbound: false }),
      database: new SecurityGroup(this, "DatabaseGroup", { vpc, allowAllOutbound: false }),
    };
    groups.proxy.connections.allowFrom(groups.function, Port.tcp(port), "Functions to the proxy");

    const database = new DatabaseCluster(this, "Database", {
      engine: cluster,
      writer: ClusterInstance.serverlessV2("Writer"),
      // Not 0: a proxy keeps connections open, so the cluster would never pause.
      serverlessV2MinCapacity: 0.5,
      // A limit for the bill. It also decides max_connections, of which the proxy may use a part.
      serverlessV2MaxCapacity: 4,
      defaultDatabaseName: databaseName,
      storageEncrypted: true,
      // Lets the README create the database user without a machine inside of the VPC.
      enableDataApi: true,
      vpc,
      vpcSubnets,
      securityGroups: [groups.database],
    });

    // The proxy's login to the database. The function has no access to it.
    const userSecret = new DatabaseSecret(this, "UserSecret", { username: user });

    const proxyName = `shop-${engine}`;
    // Created here, since the log group that RDS creates has no retention limit.
    const proxyLog = new LogGroup(this, "ProxyLog", {
      logGroupName: `/aws/rds/proxy/${proxyName}`,
      retention: RetentionDays.ONE_WEEK,
    });
    const proxy = new DatabaseProxy(this, "Proxy", {
      dbProxyName: proxyName,
      // Also lets the proxy's group reach the database's.
      proxyTarget: ProxyTarget.fromCluster(database),
      secrets: [userSecret],
      iamAuth: true,
      requireTLS: true,
      // The rest is for administrators and migrations.
      maxConnectionsPercent: 80,
      // Below the function's timeout: a client that has gone needs no place in the queue.
      borrowTimeout: Duration.seconds(5),
      vpc,
      vpcSubnets,
      securityGroups: [groups.proxy],
    });
    proxy.node.addDependency(proxyLog);

    const outdir = fileURLToPath(new URL(`dist/${engine}`, import.meta.url));
    const placeOrder = new LambdaFunction(this, "PlaceOrder", {
      handler: "handler.handler",
      // Has a code cache, which the function uses if this computer runs Lambda's version of Node.js on its architecture.
      code: Code.fromCustomCommand(outdir, [
        "npx",
        "rds-proxy-bundle",
        fileURLToPath(new URL(handler, import.meta.url)),
        "--outdir",
        outdir,
        // Only inside the repository of @rds-proxy: its packages from their sources. Leave it out elsewhere.
        "--conditions=@rds-proxy/source",
      ]),
      runtime: Runtime.NODEJS_24_X,
      // Another version of Node.js ignores the cache, so Lambda updates it with a deployment only.
      runtimeManagementMode: RuntimeManagementMode.FUNCTION_UPDATE,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.seconds(10),
      // One client connection for each environment. How to calculate it: docs/scaling.md.
      reservedConcurrentExecutions: 50,
      environment: {
        RDS_PROXY_ENDPOINT: proxy.endpoint,
        RDS_PROXY_USER: user,
        RDS_PROXY_DATABASE: databaseName,
      },
      logGroup: new LogGroup(this, "FunctionLog", { retention: RetentionDays.ONE_WEEK }),
      vpc,
      vpcSubnets,
      securityGroups: [groups.function],
    });
    // Without the second argument the name would be looked up in the secret.
    proxy.grantConnect(placeOrder, user);

    new Alarm(this, "Pinned", {
      alarmDescription:
        "Sessions are pinned: the query `Pinned sessions` of CloudWatch Logs Insights tells why",
      metric: new Metric({
        namespace: "AWS/RDS",
        metricName: "DatabaseConnectionsCurrentlySessionPinned",
        dimensionsMap: { ProxyName: proxyName },
        statistic: "Maximum",
        period: Duration.minutes(1),
      }),
      threshold: 1,
      evaluationPeriods: 5,
    });
    new QueryDefinition(this, "PinnedSessions", {
      queryDefinitionName: `${proxyName}/Pinned sessions`,
      logGroups: [proxyLog],
      queryString: new QueryString({
        fields: ["@timestamp", "@message"],
        filterStatements: ["@message like /The client session was pinned/"],
        sort: "@timestamp desc",
      }),
    });

    new CfnOutput(this, "FunctionName", { value: placeOrder.functionName });
    new CfnOutput(this, "DatabaseArn", { value: database.clusterArn });
    new CfnOutput(this, "AdminSecretArn", { value: database.secret?.secretArn ?? "" });
    new CfnOutput(this, "UserSecretArn", { value: userSecret.secretArn });
  }
}
