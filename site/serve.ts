import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import sirv from "sirv";

/** The built site. */
export const DIST: string = join(import.meta.dirname, "dist");

export interface SiteServer {
  /** The address of the landing page. */
  readonly url: string;
  close(): void;
}

/** Serves the built site on this machine only, below the path that it has on the web. */
export async function serveSite(base: string, port: number): Promise<SiteServer> {
  const serve = sirv(DIST, { etag: true });
  const server = createServer((request, response) => {
    const notFound = (): void => {
      response.writeHead(404).end();
    };
    if (!request.url?.startsWith(base)) return notFound();
    request.url = request.url.slice(base.length - 1);
    serve(request, response, notFound);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  const { port: opened } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${opened}${base}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
