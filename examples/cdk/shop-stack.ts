import { fileURLToPath } from "node:url";
import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { Alarm, Metric } from "aws-cdk-lib/aws-cloudwatch";
import { SecurityGroup, SubnetType, Vpc } from "aws-cdk-lib/aws-ec2";
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
} from "aws-cdk-lib/aws-rds";
import type { Construct } from "constructs";
import { IamDatabaseProxy } from "./iam-database-proxy.js";

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
  /**
   * The limit of the function's environments, hence of its client connections: docs/scaling.md. An account that is new has a
   * concurrency of 10, of which AWS lets nothing be reserved. Default: none, the account's limit.
   */
  readonly reservedConcurrency?: number;
}

/** A function that places orders, Aurora, and the RDS Proxy between them. */
export class ShopStack extends Stack {
  constructor(scope: Construct, id: string, { engine, reservedConcurrency, ...props }: ShopStackProps) {
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

    const database = new DatabaseCluster(this, "Database", {
      engine: cluster,
      // The proxy logs in to it by tokens, too.
      iamAuthentication: true,
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
      securityGroups: [new SecurityGroup(this, "DatabaseGroup", { vpc, allowAllOutbound: false })],
    });

    const proxy = new IamDatabaseProxy(this, "Proxy", {
      cluster: database,
      port,
      databaseName,
      users: [user],
      name: `shop-${engine}`,
      // The rest is for administrators and migrations.
      maxConnectionsPercent: 80,
      // Below the function's timeout: a client that has gone needs no place in the queue.
      borrowTimeout: Duration.seconds(5),
      vpc,
      vpcSubnets,
    });

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
      ]),
      runtime: Runtime.NODEJS_24_X,
      // Another version of Node.js ignores the cache, so Lambda updates it with a deployment only.
      runtimeManagementMode: RuntimeManagementMode.FUNCTION_UPDATE,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.seconds(10),
      reservedConcurrentExecutions: reservedConcurrency,
      logGroup: new LogGroup(this, "FunctionLog", {
        retention: RetentionDays.ONE_WEEK,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      vpc,
      vpcSubnets,
      securityGroups: [new SecurityGroup(this, "FunctionGroup", { vpc, allowAllOutbound: false })],
    });
    proxy.connect(placeOrder, user);

    new Alarm(this, "Pinned", {
      alarmDescription:
        "Sessions are pinned: the query `Pinned sessions` of CloudWatch Logs Insights tells why",
      metric: new Metric({
        namespace: "AWS/RDS",
        metricName: "DatabaseConnectionsCurrentlySessionPinned",
        dimensionsMap: { ProxyName: proxy.proxy.dbProxyName },
        statistic: "Maximum",
        period: Duration.minutes(1),
      }),
      threshold: 1,
      evaluationPeriods: 5,
    });
    new QueryDefinition(this, "PinnedSessions", {
      queryDefinitionName: `${this.stackName}/Pinned sessions`,
      logGroups: [proxy.log],
      queryString: new QueryString({
        fields: ["@timestamp", "@message"],
        filterStatements: ["@message like /The client session was pinned/"],
        sort: "@timestamp desc",
      }),
    });

    new CfnOutput(this, "FunctionName", { value: placeOrder.functionName });
    new CfnOutput(this, "DatabaseArn", { value: database.clusterArn });
    new CfnOutput(this, "AdminSecretArn", { value: database.secret?.secretArn ?? "" });
  }
}
