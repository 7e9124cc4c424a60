/** One file of node-postgres, which its types do not describe. */
declare module "pg/lib/client.js" {
  import type pg from "pg";

  const Client: typeof pg.Client;
  export = Client;
}
