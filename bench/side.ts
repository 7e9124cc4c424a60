import { Signer } from "@aws-sdk/rds-signer";
import { Gate } from "@rds-proxy/lambda-kit/network";
import { type LocalProxy, startLocalProxy, type Upstream } from "@rds-proxy/local-proxy";
import type { Bundle } from "./bundling/bundle.js";
import type { Contender, Group } from "./contenders.js";
import { fromADistance } from "./processes/distance.js";
import { MeasuredEnvironment } from "./processes/measured-environment.js";

/** A bundled contender with a proxy of its own. */
export class Side {
  readonly contender: Contender;
  readonly bundle: Bundle;
  readonly proxy: LocalProxy;
  /** The same proxy at a distance. */
  readonly #distantGate: Gate;
  readonly #runtimeFile: string;
  readonly #environments = new Set<MeasuredEnvironment>();

  static async start(
    contender: Contender,
    bundle: Bundle,
    runtimeFile: string,
    engine: Group["engine"],
    upstream: Upstream,
  ): Promise<Side> {
    const distantGate = await Gate.open(fromADistance);
    const proxy = await startLocalProxy({
      engine,
      upstream,
      // All contenders of a group share the server, which sessions that one of them leaves behind must not fill.
      maxConnectionsPercent: 10,
      // Where instructions are counted, a login takes many times longer.
      loginTimeoutMs: 300_000,
      endpointNames: [`localhost:${distantGate.port}`],
    });
    distantGate.leadTo(proxy.port);
    return new Side(contender, bundle, runtimeFile, proxy, distantGate);
  }

  private constructor(
    contender: Contender,
    bundle: Bundle,
    runtimeFile: string,
    proxy: LocalProxy,
    distantGate: Gate,
  ) {
    this.contender = contender;
    this.bundle = bundle;
    this.proxy = proxy;
    this.#distantGate = distantGate;
    this.#runtimeFile = runtimeFile;
  }

  /** The environment variables of a new environment; only the limit, which does not sign, uses the token. */
  async variables({ isDistant = false } = {}): Promise<Readonly<Record<string, string>>> {
    const { environment } = this.proxy;
    const port = isDistant ? this.#distantGate.port : this.proxy.port;
    return {
      ...environment,
      ...this.contender.variables,
      RDS_PROXY_ENDPOINT: `${this.proxy.host}:${port}`,
      BENCH_READY_TOKEN: await readyToken(this.proxy, port),
    };
  }

  async startEnvironment(
    variables: Readonly<Record<string, string>>,
    { isProbed = false } = {},
  ): Promise<MeasuredEnvironment> {
    const program = [this.#runtimeFile, this.bundle.file, ...(isProbed ? ["probed"] : [])] as const;
    const environment = await MeasuredEnvironment.start({ program, variables });
    this.#environments.add(environment);
    return environment;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#environments].map((environment) => environment.stop()));
    await this.#distantGate.close();
    await this.proxy.close();
  }
}

async function readyToken({ host, environment }: LocalProxy, port: number): Promise<string> {
  const signer = new Signer({
    hostname: host,
    port,
    username: environment["RDS_PROXY_USER"] ?? "",
    region: environment["AWS_REGION"] ?? "",
    credentials: {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
      ...(environment["AWS_SESSION_TOKEN"] ? { sessionToken: environment["AWS_SESSION_TOKEN"] } : {}),
    },
  });
  return await signer.getAuthToken();
}
