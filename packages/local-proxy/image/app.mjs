import { Signer } from "@aws-sdk/rds-signer";
import pg from "pg";

const { RDS_PROXY_ENDPOINT = "", RDS_PROXY_USER = "", RDS_PROXY_DATABASE } = process.env;
const [host, port] = RDS_PROXY_ENDPOINT.split(":");
const signer = new Signer({ hostname: host, port: Number(port), username: RDS_PROXY_USER });

const client = new pg.Client({
  host,
  port: Number(port),
  user: RDS_PROXY_USER,
  database: RDS_PROXY_DATABASE,
  password: () => signer.getAuthToken(),
  // Trusts NODE_EXTRA_CA_CERTS.
  ssl: true,
});
await client.connect();
const { rows } = await client.query("select current_user as name");
process.stdout.write(`Connected through the local RDS Proxy as ${rows[0].name}\n`);
await client.end();
