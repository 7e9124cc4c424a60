import type { Sequelize } from "sequelize";

/**
 * Settings that Sequelize's dialects read at each connect. Its types leave these members out; they have been the same in
 * all of 6.37.
 * Source: https://github.com/sequelize/sequelize/blob/v6/src/sequelize.js
 */
export interface InstanceSettings {
  readonly options: {
    /** 0 until the server has said which version it is. */
    databaseVersion: string | 0;
    readonly timezone: string;
  };
  readonly config: {
    keepDefaultTimezone?: boolean | undefined;
  };
}

export function settingsOf(sequelize: Sequelize): InstanceSettings {
  return sequelize as unknown as InstanceSettings;
}
