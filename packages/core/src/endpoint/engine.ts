/** The database engine behind the proxy. MariaDB and Aurora use one of these two protocols. */
export type Engine = "postgres" | "mysql";

/** The ports of RDS Proxy, which AWS does not let users change. */
export const DEFAULT_PORTS: Readonly<Record<Engine, number>> = { postgres: 5432, mysql: 3306 };
