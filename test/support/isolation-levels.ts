/** The levels that both engines have, by their names in SQL. */
export const isolationLevels = ["read committed", "repeatable read", "serializable"] as const;

export type IsolationLevel = (typeof isolationLevels)[number];

/** The levels of transactions that name none. */
export const DEFAULT_LEVELS: Readonly<Record<"postgres" | "mysql", IsolationLevel>> = {
  postgres: "read committed",
  mysql: "repeatable read",
};
