import type { LocalProxy } from "@rds-proxy/local-proxy";

/** The result of {@link connectTo}. */
export interface LocalProxyConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string | undefined;
  };
  readonly ssl: { readonly ca: string };
}

/** The options to connect to a local proxy, from the environment variables that it offers to other processes. */
export function connectTo(proxy: LocalProxy): LocalProxyConnection {
  const { environment } = proxy;
  return {
    host: proxy.host,
    port: proxy.port,
    user: variable(environment, "RDS_PROXY_USER"),
    database: variable(environment, "RDS_PROXY_DATABASE"),
    region: variable(environment, "AWS_REGION"),
    credentials: {
      accessKeyId: variable(environment, "AWS_ACCESS_KEY_ID"),
      secretAccessKey: variable(environment, "AWS_SECRET_ACCESS_KEY"),
      sessionToken: environment["AWS_SESSION_TOKEN"],
    },
    ssl: { ca: proxy.ca },
  };
}

function variable(environment: Readonly<Record<string, string>>, name: string): string {
  const value = environment[name];
  if (value === undefined) throw new Error(`the local proxy's environment lacks ${name}`);
  return value;
}
