import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";

/** A registry of this process, on loopback, for the packages of one scope. npm takes all others from where it is set to. */
export interface LocalRegistry {
  /** What makes npm publish to it and install from it, as environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  close(): void;
}

/** What npm sends to publish a version. */
interface Publication {
  readonly name: string;
  readonly "dist-tags": Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, { readonly dist: { readonly tarball: string } }>>;
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>;
}

/**
 * Answers npm's requests to publish, to look up and to download a package.
 *
 * Source: https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md
 *
 * @param scope such as `@rds-proxy`
 */
export async function startLocalRegistry(scope: string): Promise<LocalRegistry> {
  const packages = new Map<string, Omit<Publication, "_attachments">>();
  const tarballs = new Map<string, Buffer>();

  async function publish(request: IncomingMessage): Promise<void> {
    const { _attachments, ...packument } = (await json(request)) as Publication;
    const [attachment] = Object.values(_attachments);
    const [version] = Object.values(packument.versions);
    if (!attachment || !version)
      throw new Error(`${packument.name} was published without a version or a tarball`);
    packages.set(packument.name, packument);
    tarballs.set(new URL(version.dist.tarball).pathname, Buffer.from(attachment.data, "base64"));
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? "", "http://registry").pathname);
    if (request.method === "PUT") {
      await publish(request);
      response.writeHead(201).end("{}");
      return;
    }
    const found = tarballs.get(path) ?? packages.get(path.slice(1));
    if (!found) response.writeHead(404).end("{}");
    else response.end(Buffer.isBuffer(found) ? found : JSON.stringify(found));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the registry has no port");
  const host = `//127.0.0.1:${address.port}/`;
  return {
    environment: {
      [`npm_config_${scope}:registry`]: `http:${host}`,
      // npm publishes nothing without a token.
      [`npm_config_${host}:_authToken`]: "loopback",
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
