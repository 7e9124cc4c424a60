import { QueryTypes, type Sequelize } from "sequelize";
import type { Program } from "../compare.js";
import type { SequelizeProgramOptions } from "../sides/sequelize.js";

/** Programs for both engines. Messages that differ on purpose are not compared: on MySQL, values are part of the text. */
export const sequelizePrograms: readonly Program<Sequelize, SequelizeProgramOptions>[] = [
  {
    name: "select with replacements",
    messages: "not at all",
    run: (db) =>
      db.query("select :n as n, :t as t", { replacements: { n: 1, t: "it's" }, type: QueryTypes.SELECT }),
  },
];
