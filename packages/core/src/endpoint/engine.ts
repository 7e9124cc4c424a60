/** The database engine behind the proxy. MariaDB and both Auroras speak one of these two protocols. */
export type Engine = "postgres" | "mysql";

/** The ports RDS Proxy listens on; they cannot be changed on AWS. */
export const DEFAULT_PORTS: Readonly<Record<Engine, number>> = { postgres: 5432, mysql: 3306 };
