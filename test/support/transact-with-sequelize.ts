import { type Sequelize, Transaction } from "sequelize";
import type { Transact } from "./handlers/scripted-handler.js";
import type { IsolationLevel } from "./isolation-levels.js";

const { ISOLATION_LEVELS } = Transaction;

const LEVELS: Readonly<Record<IsolationLevel, Transaction.ISOLATION_LEVELS>> = {
  "read committed": ISOLATION_LEVELS.READ_COMMITTED,
  "repeatable read": ISOLATION_LEVELS.REPEATABLE_READ,
  serializable: ISOLATION_LEVELS.SERIALIZABLE,
};

/** A transaction of Sequelize's own. */
export const transactWithSequelize: Transact<Sequelize> = async (db, isolation, work) => {
  await db.transaction(isolation ? { isolationLevel: LEVELS[isolation] } : {}, (transaction) =>
    work(async (statement) => (await db.query(statement, { transaction }))[0]),
  );
};
