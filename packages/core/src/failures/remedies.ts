// What to check next: remedies that several rows of the failure tables share.

export const SLOTS_REMEDY: string =
  "All connection slots are taken. Lower the functions' concurrency or `maxConnections`, raise the proxy's " +
  "MaxConnectionsPercent, or look for pinned sessions (metric DatabaseConnectionsCurrentlySessionPinned).";

export const THROTTLE_REMEDY: string =
  "Connections are opened faster than the proxy or IAM allows. Keep them warm instead of opening one per " +
  "invocation, and spread cold starts (provisioned or reserved concurrency).";

export const BORROW_REMEDY: string =
  "The proxy had no free database connection: the database is down, or all its connections are in use or " +
  "pinned. See the metrics DatabaseConnectionsBorrowLatency and DatabaseConnectionsCurrentlySessionPinned.";

export const NETWORK_REMEDY: string =
  "Check that the function runs in the proxy's VPC, that its security group may reach the proxy's port, and " +
  "that the proxy and its database are available.";

export const UNKNOWN_HOST_REMEDY: string =
  "The host name is unknown. Check the endpoint's spelling and that the VPC resolves DNS names.";

export const DROP_REMEDY: string =
  "The connection broke. Check the proxy's and the database's logs for restarts, failovers and closed sessions.";

export const TLS_REMEDY: string =
  "The proxy insists on TLS and the connection did not use it; this library always does.";

export const NO_TLS_REMEDY: string = "The server has TLS switched off; a token is never sent without it.";

export const TLS_VERSION_REMEDY: string =
  "The two sides have no TLS version in common, or the port does not speak this protocol.";

export const READ_ONLY_REMEDY: string =
  "The server takes no writes: it is a reader endpoint, or was the writer before a failover.";

export const CERTIFICATE_REMEDY: string =
  "The server's certificate was not accepted. An RDS Proxy is verified with Node's own roots, an RDS instance " +
  "with the RDS bundle; a local proxy or a private CA needs `ssl.ca` or NODE_EXTRA_CA_CERTS. Behind a tunnel or " +
  "CNAME set `signingHost`, or `ssl.servername`, to the real endpoint.";
