import { Aws, Fn, RemovalPolicy } from "aws-cdk-lib";
import {
  type ISecurityGroup,
  type IVpc,
  Port,
  SecurityGroup,
  type SubnetSelection,
} from "aws-cdk-lib/aws-ec2";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import {
  type DatabaseCluster,
  DatabaseProxy,
  type DatabaseProxyOptions,
  DefaultAuthScheme,
  ProxyTarget,
} from "aws-cdk-lib/aws-rds";
import { Construct } from "constructs";

export interface IamDatabaseProxyProps
  extends Pick<DatabaseProxyOptions, "borrowTimeout" | "maxConnectionsPercent"> {
  /** Its property `iamAuthentication` has to be true. */
  readonly cluster: DatabaseCluster;
  /** 5432 or 3306. */
  readonly port: number;
  readonly databaseName: string;
  /** The database users that log in through the proxy, each created for IAM. */
  readonly users: readonly string[];
  /** Begins the proxy's name. */
  readonly name: string;
  readonly vpc: IVpc;
  readonly vpcSubnets: SubnetSelection;
}

/**
 * An RDS Proxy with end-to-end IAM: functions log in to it, and it logs in to the database, by tokens. There is no password and no
 * secret. Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-iam-setup.html
 *
 * Copy this file into your project.
 */
export class IamDatabaseProxy extends Construct {
  readonly proxy: DatabaseProxy;
  readonly log: LogGroup;
  readonly #securityGroup: ISecurityGroup;
  readonly #props: IamDatabaseProxyProps;

  constructor(scope: Construct, id: string, props: IamDatabaseProxyProps) {
    super(scope, id);
    const { cluster, users, vpc, vpcSubnets, name, ...options } = props;
    this.#props = props;
    this.#securityGroup = new SecurityGroup(this, "SecurityGroup", { vpc, allowAllOutbound: false });

    // Of another stack of the same name, RDS may have left a log group. So the name ends with a part of this stack's id.
    const stackId = Fn.select(2, Fn.split("/", Aws.STACK_ID));
    const dbProxyName = `${name}-${Fn.select(0, Fn.split("-", stackId))}`;
    // Created here, since the log group that RDS creates has no retention limit.
    this.log = new LogGroup(this, "Log", {
      logGroupName: `/aws/rds/proxy/${dbProxyName}`,
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const role = new Role(this, "Role", { assumedBy: new ServicePrincipal("rds.amazonaws.com") });
    // `rds-db:connect` on the cluster, as each of these users and as no other.
    for (const user of users) cluster.grantConnect(role, user);
    this.proxy = new DatabaseProxy(this, "Proxy", {
      borrowTimeout: options.borrowTimeout,
      maxConnectionsPercent: options.maxConnectionsPercent,
      dbProxyName,
      defaultAuthScheme: DefaultAuthScheme.IAM_AUTH,
      requireTLS: true,
      role,
      // Also lets the proxy's group reach the database's.
      proxyTarget: ProxyTarget.fromCluster(cluster),
      vpc,
      vpcSubnets,
      securityGroups: [this.#securityGroup],
    });
    this.proxy.node.addDependency(this.log);
  }

  /** Lets a function log in as one of the users, and sets the environment variables that `rdsProxy()` reads. */
  connect(lambda: LambdaFunction, user: string): void {
    const { users, port, databaseName } = this.#props;
    if (!users.includes(user))
      throw new Error(`IamDatabaseProxy: expected one of the users ${users.join(", ")}, got ${user}`);
    this.proxy.grantConnect(lambda, user);
    this.#securityGroup.connections.allowFrom(lambda, Port.tcp(port), "Functions to the proxy");
    lambda.addEnvironment("RDS_PROXY_ENDPOINT", this.proxy.endpoint);
    lambda.addEnvironment("RDS_PROXY_USER", user);
    lambda.addEnvironment("RDS_PROXY_DATABASE", databaseName);
  }
}
