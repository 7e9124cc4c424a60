/** The levels that both engines have, by their names in SQL. */
export const isolationLevels = ["read committed", "repeatable read", "serializable"] as const;

export type IsolationLevel = (typeof isolationLevels)[number];
