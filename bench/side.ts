import { Signer } from "@aws-sdk/rds-signer";
import { type LocalProxy, startLocalProxy, type Upstream } from "@rds-proxy/local-proxy";
import type { Bundle } from "./bundling/bundle.js";
import type { Contender, Group } from "./contenders.js";
import { Distance } from "./processes/distance.js";
import { Environment } from "./processes/environment.js";

/** A contender that can be measured: bundled, and with a proxy of its own. */
export class Side {
  readonly contender: Contender;
  readonly bundle: Bundle;
  readonly proxy: LocalProxy;
  readonly #distance: Distance;
  readonly #runtimeFile: string;
  readonly #environments = new Set<Environment>();

  static async start(
    contender: Contender,
    bundle: Bundle,
    runtimeFile: string,
    engine: Group["engine"],
    upstream: Upstream,
  ): Promise<Side> {
    const distance = await Distance.open();
    const proxy = await startLocalProxy({ engine, upstream, endpointNames: [`localhost:${distance.port}`] });
    distance.leadTo(proxy.port);
    return new Side(contender, bundle, runtimeFile, proxy, distance);
  }

  private constructor(
    contender: Contender,
    bundle: Bundle,
    runtimeFile: string,
    proxy: LocalProxy,
    distance: Distance,
  ) {
    this.contender = contender;
    this.bundle = bundle;
    this.proxy = proxy;
    this.#distance = distance;
    this.#runtimeFile = runtimeFile;
  }

  /** What a new environment needs; the token is for the limit alone, which does not sign. */
  async variables({ isDistant = false } = {}): Promise<Readonly<Record<string, string>>> {
    const { environment } = this.proxy;
    const port = isDistant ? this.#distance.port : this.proxy.port;
    return {
      ...environment,
      RDS_PROXY_ENDPOINT: `${this.proxy.host}:${port}`,
      BENCH_READY_TOKEN: await readyToken(this.proxy, port),
    };
  }

  async startEnvironment(
    variables: Readonly<Record<string, string>>,
    options?: { isProbed: boolean },
  ): Promise<Environment> {
    const environment = await Environment.start(
      { runtimeFile: this.#runtimeFile, handlerFile: this.bundle.file, variables },
      options,
    );
    this.#environments.add(environment);
    return environment;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#environments].map((environment) => environment.stop()));
    await this.#distance.close();
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
